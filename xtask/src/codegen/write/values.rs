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
    OfValue { value, name, into } = r#"
impl From<$value> for $name {
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
        out += &conversion(
            name,
            "&str",
            &format!("Self::{}(value.to_owned())", text.name),
        );
    }
    // What a literal without a type is.
    if let Some(number) = variant(&Type::Int).or(variant(&Type::Float)) {
        out += &conversion(name, "i32", &format!("Self::{}(value.into())", number.name));
    }
    out
}

const TEXTS: [&str; 2] = ["&str", "String"];

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
    OfValue { value, name, into }.fill()
}
