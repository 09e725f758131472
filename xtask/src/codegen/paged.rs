//! Lists that come in pages: where the items are, and how that is written.

use anyhow::{Context, Result, ensure};

use crate::description::Operation;
use crate::description::pagination::{Keyset, Pagination, Style};

use super::types::{Field, Item, Shape, Type};

/// A list that comes in pages.
pub struct Paged {
    pub item: Type,
    /// The fields of the output that lead to the list; none where the output is the list.
    pub below: Vec<Step>,
}

/// A field on the way to a list.
pub struct Step {
    name: String,
    json: String,
    optional: bool,
}

/// Where a list's items are: the output is the list, or one of the output's fields is.
pub fn find(items: &[Item], operation: &Operation, output: Type) -> Result<(Type, Option<Paged>)> {
    let Some(pagination) = &operation.pagination else {
        return Ok((output, None));
    };
    if !pagination.items.is_empty() {
        let paged = follow(items, &output, &pagination.items).with_context(|| {
            format!(
                "{}: no list `{}` in the result",
                operation.id,
                pagination.items.join(".")
            )
        })?;
        return Ok((output, Some(paged)));
    }
    if let Type::List(item) = &output {
        let item = (**item).clone();
        let below = Vec::new();
        return Ok((output, Some(Paged { item, below })));
    }
    ensure!(
        pagination.style == Style::Single,
        "{}: it has pages, but where in the result the items are is not known: give `items`",
        operation.id
    );
    Ok((output, None))
}

/// The list at the end of a path.
fn follow(items: &[Item], from: &Type, path: &[String]) -> Option<Paged> {
    let mut below = Vec::new();
    let mut at = from;
    for name in path {
        let field = fields(items, at)?
            .iter()
            .find(|field| field.json == *name)?;
        let optional = matches!(field.ty, Type::Optional(_));
        below.push(Step {
            name: field.name.clone(),
            json: field.json.clone(),
            optional,
        });
        at = inner(&field.ty);
    }
    let Type::List(item) = at else { return None };
    let item = (**item).clone();
    Some(Paged { item, below })
}

fn fields<'i>(items: &'i [Item], ty: &Type) -> Option<&'i [Field]> {
    let Type::Item(index) = ty else { return None };
    match &items[*index].shape {
        Shape::Model(fields) => Some(fields),
        _ => None,
    }
}

fn inner(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => inner,
        ty => ty,
    }
}

impl Paged {
    /// The path of the list in the result, by JSON names.
    pub fn path(&self) -> String {
        let names: Vec<&str> = self.below.iter().map(|step| step.json.as_str()).collect();
        names.join(".")
    }

    /// What kind of JSON an item is.
    pub fn kind(&self) -> &'static str {
        match inner(&self.item) {
            Type::Bool | Type::Int | Type::Float => "Number",
            Type::Text | Type::Date | Type::DateTime | Type::Id(_) | Type::Blob => "Text",
            Type::List(_) => "List",
            _ => "Object",
        }
    }

    /// An expression for the list in `output`.
    pub fn expression(&self) -> String {
        let mut steps = self.below.iter().rev();
        let last = steps.next();
        let mut is_optional = last.is_some_and(|step| step.optional);
        let mut expression = last.map_or_else(String::new, |step| format!(".{}", step.name));
        for step in steps {
            if step.optional {
                let then = if is_optional { "and_then" } else { "map" };
                expression = format!(".{}.{then}(|it| it{expression})", step.name);
                is_optional = true;
            } else {
                expression = format!(".{}{expression}", step.name);
            }
        }
        format!("output{expression}")
    }
}

/// What a result says of its page, as the library's type for it.
pub fn told(pagination: &Pagination) -> String {
    let Pagination {
        info, total, next, ..
    } = pagination;
    let said = [("info", info), ("total", total), ("next", next)].into_iter();
    let said = said.filter(|(_, path)| !path.is_empty());
    let fields: String = said
        .map(|(name, path)| format!("{name}: {path:?}, "))
        .collect();
    match fields.as_str() {
        "" => "Told::NOTHING".to_owned(),
        fields => format!("Told {{ {fields}..Told::NOTHING }}"),
    }
}

/// Whether a path within a result leads to a number.
pub fn is_number(items: &[Item], result: &Type, path: &str) -> bool {
    let end = path.split('.').try_fold(result, |at, name| {
        let field = fields(items, inner(at))?
            .iter()
            .find(|field| field.json == name)?;
        Some(&field.ty)
    });
    matches!(end.map(inner), Some(Type::Int | Type::Float))
}

/// The library's name for a style.
pub fn style(style: &Style) -> String {
    match style {
        Style::Single => "Single".to_owned(),
        Style::Number(query) if query == "page" => "Number".to_owned(),
        Style::Number(query) => format!("NumberIn({query:?})"),
        Style::Cursor => "Cursor".to_owned(),
        Style::CursorAfter => "CursorAfter".to_owned(),
        Style::PageToken => "PageToken".to_owned(),
        Style::Token(query) => format!("Token({query:?})"),
        Style::Offset(query) => format!("Offset({query:?})"),
        Style::Keyset(Keyset {
            before,
            after,
            key,
            id,
        }) => {
            format!(
                "Keyset(&Keyset {{ before: &{before:?}, after: &{after:?}, key: {key:?}, id: {id:?} }})"
            )
        }
    }
}

/// How the pages follow each other, in words.
pub fn sentence(style: &Style) -> &'static str {
    match style {
        Style::Single => "The list comes in one page.",
        Style::Number(_) => "The list comes in numbered pages.",
        Style::Offset(_) => "The list comes in pages, each of which skips those before.",
        Style::Keyset(_) => {
            "The list comes in pages, each of which starts at the last item before."
        }
        _ => "The list comes in pages that link to each other.",
    }
}
