//! Writes models, enums and unions.

use std::collections::{BTreeMap, BTreeSet};

use crate::codegen::items::types::{Field, Shape, Type, Union};
use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::{Definition, Getter as Planned, Scalar};
use crate::codegen::write::explanations::comment;
use crate::codegen::write::render::Renderer;
use crate::codegen::write::template::{escaped, template};
use crate::codegen::write::{constructors, conversions, facts, values};

template! {
    File { types, conversions } = r#"
//! Models.

#[allow(unused_imports)]
use crate::generated::prelude::*;

$types
$conversions
"#
}

template! {
    Model { doc, name, fields, rows, notes } = r#"
$doc
#[derive(Default)]
#[non_exhaustive]
pub struct $name {
    $fields
    /// Fields without a place in the model.
    pub extra: Extra,
}

model!($name {
    $rows
}$notes);

"#
}

template! {
    ModelField { doc, name, ty } = r#"
$doc
pub $name: $ty,
"#
}

template! {
    ModelRow { number, name, json, word } = r#"
$number $name "$json"$word,
"#
}

template! {
    Enum { doc, name, values } = r#"
open_enum!(
    $doc
    $name {
        $values
    }
);

"#
}

template! {
    EnumValue { doc, name, value } = r#"
/// $?doc
$name = "$value",
"#
}

template! {
    OneOf { doc, name, variants, tag } = r#"
union!(
    $doc
    $name {
        $variants
    }
    $tag
);

"#
}

template! {
    Variant { doc, number, name, ty } = r#"
/// $doc
$number => $name($ty),
"#
}

template! {
    Tag { name, values } = r#"
tag "$name" {
    $values
}
"#
}

template! {
    TagValue { value, variant } = r#"
"$value" => $variant,
"#
}

template! {
    Boxed { name } = r#"
boxed_union!($name);

"#
}

template! {
    Methods { name, methods } = r#"
impl $name {
    $methods
}

"#
}

template! {
    Getter { json, name, ty, read } = r#"
/// The field `$json` of whichever variant this is; `None` if it is absent.
#[inline]
pub fn $name(&self) -> Option<$ty> {
    codec::$read(self, "$json")
}

"#
}

/// The types of one home, if any.
pub fn file(plan: &Plan, home: &[String]) -> Option<String> {
    let render = Renderer { plan, home };
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for (index, definition) in plan.of_home(home) {
        let text = write_definition(&render, index, definition);
        texts.insert(&definition.name, text);
    }
    let file = File {
        types: &texts.into_values().collect::<String>(),
        conversions: &conversions::of(&render),
    };
    let is_empty = file.types.is_empty() && file.conversions.is_empty();
    (!is_empty).then(|| file.fill())
}

fn write_definition(render: &Renderer<'_>, index: usize, definition: &Definition) -> String {
    match &definition.shape {
        Shape::Model(fields) => model(render, index, definition, fields),
        Shape::Enum(_) => open_enum(render, definition),
        Shape::Union(shape) => union(render, index, definition, shape),
    }
}

/// What a type is, and where the description has it.
fn doc(render: &Renderer<'_>, definition: &Definition) -> String {
    let spots: BTreeSet<&str> = definition
        .spots
        .iter()
        .map(|spot| spot.name.as_str())
        .collect();
    let shortest = spots
        .iter()
        .min_by_key(|name| (name.len(), **name))
        .copied()
        .unwrap_or_default();
    let place = format!("`{shortest}` of the API description.");
    comment(&facts::below(render.plan.docs.ty(definition), Some(place)))
}

fn model(render: &Renderer<'_>, index: usize, definition: &Definition, fields: &[Field]) -> String {
    let name = &definition.name;
    let (mut declared, mut rows) = (String::new(), String::new());
    for (number, field) in fields.iter().enumerate() {
        let ty = render.held(&field.ty, field.boxed);
        let said = render.plan.docs.field(render.plan, index, &field.json);
        let facts = facts::of_field(definition, field, said.is_some());
        let declaration = ModelField {
            doc: &comment(&facts::below(said, facts)),
            name: &field.name,
            ty: &ty,
        };
        declared += &declaration.fill();
        // Any JSON can be null anyway.
        let optional = if ty.starts_with("Option<") {
            " optional"
        } else if field.facts.is("nullable") && field.ty != Type::Any {
            " nullable"
        } else {
            ""
        };
        let is_secret = render.plan.secret.contains(&(index, field.json.clone()));
        let secret = if is_secret { " secret" } else { "" };
        let row = ModelRow {
            number: &number.to_string(),
            name: &field.name,
            json: &escaped(&field.json),
            word: &[optional, secret].concat(),
        };
        rows += &row.fill();
    }
    let is_read_only = |field: &Field| definition.is_sent && field.read_only;
    let needs = definition.constructor.needs();
    let notes = [
        note("read_only", fields, &is_read_only),
        note("needs", fields, &|field| needs.contains(&field.json)),
    ];
    let model = Model {
        doc: &doc(render, definition),
        name,
        fields: &declared,
        rows: &rows,
        notes: &notes.concat(),
    };
    let mut out = model.fill();
    if definition.is_sent {
        let methods = constructors::of_model(render, index, definition);
        out += &inherent(name, &methods);
        out += &values::of_model(render, index, definition);
    }
    out
}

/// The numbers of the fields of which something holds: ` needs [0, 2]`.
fn note(word: &str, fields: &[Field], holds: &dyn Fn(&Field) -> bool) -> String {
    let fields = fields.iter().enumerate();
    let numbers = fields.filter(|(_, field)| holds(field));
    let numbers: Vec<String> = numbers.map(|(number, _)| number.to_string()).collect();
    match numbers.as_slice() {
        [] => String::new(),
        numbers => format!(" {word} [{}]", numbers.join(", ")),
    }
}

fn open_enum(render: &Renderer<'_>, definition: &Definition) -> String {
    let values = definition.values.iter().map(|(name, value)| {
        let said = render.plan.docs.value(definition, name);
        let value = EnumValue {
            doc: said.unwrap_or_default(),
            name,
            value: &escaped(value),
        };
        value.fill()
    });
    let text = Enum {
        doc: &doc(render, definition),
        name: &definition.name,
        values: &values.collect::<String>(),
    };
    text.fill()
}

fn union(render: &Renderer<'_>, index: usize, definition: &Definition, shape: &Union) -> String {
    let name = &definition.name;
    let mut variants = String::new();
    let mut seen: Vec<String> = Vec::new();
    let mut position = BTreeMap::new();
    for (number, variant) in shape.variants.iter().enumerate() {
        let resolved = render.ty(&variant.ty);
        // Two names for one structure become one variant.
        if let Some(known) = seen.iter().position(|known| *known == resolved) {
            position.insert(number, known.to_string());
            continue;
        }
        let new = seen.len().to_string();
        let said = render.plan.docs.variant(render.plan, definition, variant);
        let text = Variant {
            doc: said.unwrap_or_else(|| variant_doc(&variant.ty)),
            number: &new,
            name: &variant.name,
            ty: &render.held(&variant.ty, variant.boxed),
        };
        variants += &text.fill();
        position.insert(number, new);
        seen.push(resolved);
    }
    let tag = shape.tag.as_ref().map(|tag| {
        let values = tag.values.iter().map(|(value, variant)| {
            let (value, variant) = (&escaped(value), &position[variant]);
            TagValue { value, variant }.fill()
        });
        let (name, values) = (&escaped(&tag.name), &values.collect::<String>());
        Tag { name, values }.fill()
    });
    let union = OneOf {
        doc: &doc(render, definition),
        name,
        variants: &variants,
        tag: &tag.unwrap_or_default(),
    };
    let boxed = if render.plan.is_boxed(index) {
        Boxed { name }.fill()
    } else {
        String::new()
    };
    let methods = getters(&definition.getters) + &constructors::of_union(render, definition);
    union.fill() + &boxed + &inherent(name, &methods) + &values::of_union(render, definition)
}

fn variant_doc(ty: &Type) -> &'static str {
    match ty {
        Type::Item(_) => "A model.",
        Type::List(_) => "A list.",
        Type::Map(_) => "A map.",
        Type::Text | Type::Id(_) => "Text.",
        Type::Int | Type::Float => "A number.",
        Type::Bool => "A boolean.",
        Type::Date => "A date.",
        Type::DateTime => "A date, or a point in time.",
        Type::Blob => "Bytes.",
        Type::Any | Type::Optional(_) => "Any JSON.",
    }
}

/// Getters for the scalar fields that all variants have in common.
fn getters(getters: &[Planned]) -> String {
    let getters = getters.iter().map(|Planned { json, name, kind }| {
        let (ty, read) = match kind {
            Scalar::Text => ("&str", "text_of"),
            Scalar::Bool => ("bool", "bool_of"),
            Scalar::Int => ("i64", "int_of"),
            Scalar::Any => ("Value", "json_of"),
        };
        let json = &escaped(json);
        Getter {
            json,
            name,
            ty,
            read,
        }
        .fill()
    });
    getters.collect()
}

fn inherent(name: &str, methods: &str) -> String {
    if methods.is_empty() {
        String::new()
    } else {
        Methods { name, methods }.fill()
    }
}
