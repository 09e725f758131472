//! Writes conversions of plain values, such as `"strict"` or `14_400`, into what they alone make.

use crate::codegen::items::types::{Field, Shape, Type};
use crate::codegen::plan::definition::Definition;
use crate::codegen::write::render::Renderer;
use crate::codegen::write::template::template;

template! {
    OfText { json, text, name, field, value } = r#"
/// With this `$json`.
impl From<$text> for $name {
    fn from($field: $text) -> Self {
        $value
    }
}

"#
}

template! {
    OfValue { generics, value, name, into } = r#"
impl$generics From<$value> for $name {
    fn from(value: $value) -> Self {
        $into
    }
}

"#
}

/// A model that one text makes, or a value of which it takes nothing else.
pub fn of_model(render: &Renderer<'_>, index: usize, definition: &Definition) -> String {
    let Definition { name, .. } = definition;
    if let Some(Field {
        json, name: field, ..
    }) = render.sole_text(index)
    {
        let value = if definition.constructor.arguments().is_empty() {
            format!("Self::new().{field}({field})")
        } else {
            format!("Self::new({field})")
        };
        let conversions = TEXTS.map(|text| {
            let conversion = OfText {
                json,
                text,
                name,
                field,
                value: &value,
            };
            conversion.fill()
        });
        return conversions.concat();
    }
    if let Some(element) = sole_list(render, index, definition) {
        let (accepted, _) = render.argument(&Type::List(Box::new(element)), "");
        return from_lists(name, &accepted);
    }
    let Some(union) = sole_union(definition) else {
        return String::new();
    };
    let values = accepted(render, union).into_iter();
    let conversions = values.map(|value| conversion(name, value, "Self::new(value)"));
    conversions.collect()
}

/// A union that can be a text or a number, or one of whose variants was decided to be made of such a value.
pub fn of_union(render: &Renderer<'_>, definition: &Definition) -> String {
    let name = &definition.name;
    let variant = |ty: &Type| {
        let mut variants = definition.variants().iter();
        variants.find(|variant| definition.is_sent && variant.ty == *ty)
    };
    if let (None, Some(decided)) = (variant(&Type::Text), &definition.text_variant) {
        let mut variants = definition.variants().iter();
        let held = variants.find(|variant| variant.name == *decided);
        let held = held.and_then(|variant| variant.ty.embedded());
        let union = held.and_then(|item| sole_union(&render.plan.definitions[item]));
        let values = union.map_or(TEXTS.to_vec(), |union| accepted(render, union));
        let into = format!("Self::{decided}(value.into())");
        return values
            .into_iter()
            .map(|value| conversion(name, value, &into))
            .collect();
    }
    let mut out = String::new();
    if let Some(text) = variant(&Type::Text) {
        for given in ["&str", "&String"] {
            let into = format!("Self::{}(value.to_owned())", text.name);
            out += &conversion(name, given, &into);
        }
    }
    if let Some(texts) = variant(&Type::List(Box::new(Type::Text))) {
        let into = format!(
            "Self::{}(value.into_iter().map(Into::into).collect())",
            texts.name
        );
        out += &generic("<T: Into<String>, const N: usize>", name, "[T; N]", &into);
    }
    // What a literal without a type is.
    if let Some(number) = variant(&Type::Int).or(variant(&Type::Float)) {
        out += &conversion(name, "i32", &format!("Self::{}(value.into())", number.name));
    }
    out
}

const TEXTS: [&str; 3] = ["&str", "&String", "String"];

/// What a body that one list makes is a list of.
fn sole_list(render: &Renderer<'_>, index: usize, definition: &Definition) -> Option<Type> {
    let [only] = definition.constructor.arguments() else {
        return None;
    };
    let field = definition.fields().iter().find(|field| field.json == *only);
    match field?.ty.bare() {
        Type::List(element) if render.plan.is_body(index) => Some((**element).clone()),
        _ => None,
    }
}

/// Conversions of lists, of what the constructor accepts as an element.
fn from_lists(name: &str, accepted: &str) -> String {
    let element = accepted.strip_prefix("impl IntoIterator<Item = ");
    let Some(element) = element.and_then(|element| element.strip_suffix('>')) else {
        return String::new();
    };
    let into = "Self::new(value)";
    let [list, array] = [format!("Vec<{element}>"), format!("[{element}; N]")];
    match element.strip_prefix("impl ") {
        Some(bound) => {
            generic(&format!("<T: {bound}>"), name, "Vec<T>", into)
                + &generic(
                    &format!("<T: {bound}, const N: usize>"),
                    name,
                    "[T; N]",
                    into,
                )
        }
        None => conversion(name, &list, into) + &generic("<const N: usize>", name, &array, into),
    }
}

/// The union that is all that a new model takes.
fn sole_union(definition: &Definition) -> Option<usize> {
    let [only] = definition.constructor.arguments() else {
        return None;
    };
    let field = definition.fields().iter().find(|field| field.json == *only);
    let item = match field?.ty.bare() {
        Type::Item(item) => *item,
        _ => return None,
    };
    definition.is_sent.then_some(item)
}

/// The plain values that make a union.
fn accepted(render: &Renderer<'_>, union: usize) -> Vec<&'static str> {
    let definition = &render.plan.definitions[union];
    if !matches!(definition.shape, Shape::Union(_)) || !definition.is_sent {
        return Vec::new();
    }
    let variants = definition.variants().iter();
    let plain = variants.flat_map(|variant| match variant.ty {
        Type::Text => TEXTS.as_slice(),
        Type::Int => &["i32", "i64"],
        Type::Float => &["i32", "f64"],
        Type::Bool => &["bool"],
        _ => &[],
    });
    let mut plain: Vec<&str> = plain.copied().collect();
    plain.sort_unstable();
    plain.dedup();
    plain
}

fn conversion(name: &str, value: &str, into: &str) -> String {
    generic("", name, value, into)
}

fn generic(generics: &str, name: &str, value: &str, into: &str) -> String {
    OfValue {
        generics,
        value,
        name,
        into,
    }
    .fill()
}
