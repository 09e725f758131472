//! Paginated lists: where the items are, and how that is written.

use anyhow::{Result, bail, ensure};

use crate::description::Operation;
use crate::description::pagination::Style;

use crate::codegen::items::types::{Field, Shape, Type};

/// A paginated list.
pub struct Paged {
    pub item: Type,
    /// The JSON names of the output's fields that lead to the list; empty if the output is the list.
    below: Vec<String>,
}

/// A shape that a type mentions, by its index.
pub type Shapes<'s> = &'s dyn Fn(usize) -> &'s Shape;

/// Where a list's items are: the output is the list, or one of its fields is.
pub fn find(
    shapes: Shapes<'_>,
    operation: &Operation,
    output: Type,
) -> Result<(Type, Option<Paged>)> {
    let Some(pagination) = &operation.pagination else {
        return Ok((output, None));
    };
    if !pagination.items.is_empty() {
        let below = pagination.items.clone();
        let path = path(shapes, &output, &below);
        let Some(Type::List(item)) = path
            .as_ref()
            .and_then(|path| path.last())
            .map(|field| field.ty.bare())
        else {
            bail!(
                "{}: no list `{}` in the result",
                operation.id,
                below.join(".")
            );
        };
        let item = (**item).clone();
        return Ok((output, Some(Paged { item, below })));
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

/// The fields on a path.
fn path<'s>(shapes: Shapes<'s>, from: &Type, names: &[String]) -> Option<Vec<&'s Field>> {
    let mut at = from;
    let mut path = Vec::new();
    for name in names {
        let Type::Item(index) = at.bare() else {
            return None;
        };
        let Shape::Model(fields) = shapes(*index) else {
            return None;
        };
        let field = fields.iter().find(|field| field.json == *name)?;
        path.push(field);
        at = &field.ty;
    }
    Some(path)
}

impl Paged {
    /// The path of the list in the result, by JSON names.
    pub fn path(&self) -> String {
        self.below.join(".")
    }

    /// Whether the output is the list.
    pub fn is_whole(&self) -> bool {
        self.below.is_empty()
    }

    /// The JSON type of an item.
    pub fn kind(&self) -> &'static str {
        match self.item.bare() {
            Type::Bool | Type::Int | Type::Float => "Number",
            Type::Text | Type::Date | Type::DateTime | Type::Id(_) | Type::Blob => "Text",
            Type::List(_) => "List",
            _ => "Object",
        }
    }

    /// An expression for the list in `output`, which is of type `ty`.
    pub fn expression(&self, shapes: Shapes<'_>, ty: &Type) -> String {
        let path = path(shapes, ty, &self.below).unwrap_or_default();
        let is_optional = |field: &Field| matches!(field.ty, Type::Optional(_));
        let mut steps = path.iter().rev();
        let last = steps.next();
        let mut optional = last.is_some_and(|field| is_optional(field));
        let mut expression = last.map_or_else(String::new, |field| format!(".{}", field.name));
        for field in steps {
            if is_optional(field) {
                let then = if optional { "and_then" } else { "map" };
                expression = format!(".{}.{then}(|it| it{expression})", field.name);
                optional = true;
            } else {
                expression = format!(".{}{expression}", field.name);
            }
        }
        format!("output{expression}")
    }
}

/// Whether a path within a result leads to a number.
pub fn is_number(shapes: Shapes<'_>, result: &Type, names: &str) -> bool {
    let names: Vec<String> = names.split('.').map(str::to_owned).collect();
    let path = path(shapes, result, &names).unwrap_or_default();
    matches!(
        path.last().map(|field| field.ty.bare()),
        Some(Type::Int | Type::Float)
    )
}
