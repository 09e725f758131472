//! Writes models, enums and unions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::codegen::items::types::{Field, Shape, Type, Union};
use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::{Definition, Getter, Scalar};
use crate::codegen::write::explanations::comment;
use crate::codegen::write::render::Renderer;
use crate::codegen::write::{constructors, conversions, facts, values};

/// The types of one home, if any.
pub fn file(plan: &Plan, home: &[String]) -> Option<String> {
    let render = Renderer { plan, home };
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for (index, definition) in plan.of_home(home) {
        let text = write_definition(&render, index, definition);
        texts.insert(&definition.name, text);
    }
    let body: String = texts.into_values().collect::<String>() + &conversions::of(&render);
    (!body.is_empty()).then(|| format!("{PRELUDE}{body}"))
}

const PRELUDE: &str = "\
//! Models.

#[allow(unused_imports)]
use crate::generated::prelude::*;

";

fn write_definition(render: &Renderer<'_>, index: usize, definition: &Definition) -> String {
    let name = &definition.name;
    match &definition.shape {
        Shape::Model(fields) => model(render, index, definition, fields),
        Shape::Enum(_) => {
            let doc = comment(&doc(render, definition), "    ");
            let mut out = format!("open_enum!(\n{doc}    {name} {{\n");
            for (variant, value) in &definition.values {
                if let Some(said) = render.plan.docs.value(definition, variant) {
                    let _ = writeln!(out, "        /// {said}");
                }
                let _ = writeln!(out, "        {variant} = {value:?},");
            }
            out + "    }\n);\n\n"
        }
        Shape::Union(shape) => {
            let boxed = if render.plan.is_boxed(index) {
                format!("boxed_union!({name});\n\n")
            } else {
                String::new()
            };
            let methods =
                getters(&definition.getters) + &constructors::of_union(render, definition);
            union(render, definition, shape)
                + &boxed
                + &inherent(name, &methods)
                + &values::of_union(render, definition)
        }
    }
}

/// What a type is, and where the description has it.
fn doc(render: &Renderer<'_>, definition: &Definition) -> Vec<String> {
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
    facts::below(render.plan.docs.ty(definition), Some(place))
}

fn union(render: &Renderer<'_>, definition: &Definition, shape: &Union) -> String {
    let doc = comment(&doc(render, definition), "    ");
    let mut out = format!("union!(\n{doc}    {} {{\n", definition.name);
    let mut seen: Vec<String> = Vec::new();
    let mut position = BTreeMap::new();
    for (number, variant) in shape.variants.iter().enumerate() {
        let ty = render.held(&variant.ty, variant.boxed);
        let resolved = render.ty(&variant.ty);
        // Two names for one structure become one variant.
        if let Some(known) = seen.iter().position(|known| *known == resolved) {
            position.insert(number, known);
            continue;
        }
        position.insert(number, seen.len());
        let said = render.plan.docs.variant(render.plan, definition, variant);
        let _ = writeln!(
            out,
            "        /// {}\n        {} => {}({ty}),",
            said.unwrap_or_else(|| variant_doc(&variant.ty)),
            seen.len(),
            variant.name
        );
        seen.push(resolved);
    }
    out.push_str("    }\n");
    if let Some(tag) = &shape.tag {
        let _ = writeln!(out, "    tag {:?} {{", tag.name);
        for (value, variant) in &tag.values {
            let _ = writeln!(out, "        {value:?} => {},", position[variant]);
        }
        out.push_str("    }\n");
    }
    out + ");\n\n"
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
fn getters(getters: &[Getter]) -> String {
    let mut out = String::new();
    for Getter {
        json,
        name: method,
        kind,
    } in getters
    {
        let (ty, getter) = match kind {
            Scalar::Text => ("&str", "text_of"),
            Scalar::Bool => ("bool", "bool_of"),
            Scalar::Int => ("i64", "int_of"),
            Scalar::Any => ("Value", "json_of"),
        };
        let _ = writeln!(
            out,
            "    /// The field `{json}` of whichever variant this is; `None` if it is absent.\n    \
             #[inline]\n    pub fn {method}(&self) -> Option<{ty}> {{\n        codec::{getter}(self, {json:?})\n    }}\n",
        );
    }
    out
}

fn inherent(name: &str, methods: &str) -> String {
    if methods.is_empty() {
        String::new()
    } else {
        format!("impl {name} {{\n{methods}}}\n\n")
    }
}

fn model(render: &Renderer<'_>, index: usize, definition: &Definition, fields: &[Field]) -> String {
    let name = &definition.name;
    let mut out = format!(
        "{}#[derive(Default)]\n#[non_exhaustive]\npub struct {name} {{\n",
        comment(&doc(render, definition), "")
    );
    for field in fields {
        let ty = render.held(&field.ty, field.boxed);
        let said = render.plan.docs.field(render.plan, index, &field.json);
        let doc = facts::below(said, facts::of_field(definition, field, said.is_some()));
        let doc = comment(&doc, "    ");
        let _ = writeln!(out, "{doc}    pub {}: {ty},", field.name);
    }
    out.push_str("    /// Fields without a place in the model.\n    pub extra: Extra,\n}\n\n");
    let _ = writeln!(out, "model!({name} {{");
    for (number, field) in fields.iter().enumerate() {
        let ty = render.held(&field.ty, field.boxed);
        // Any JSON can be null anyway.
        let optional = if ty.starts_with("Option<") {
            " optional"
        } else if field.facts.is("nullable") && field.ty != Type::Any {
            " nullable"
        } else {
            ""
        };
        let secret = if render.plan.secret.contains(&(index, field.json.clone())) {
            " secret"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "    {number} {} {:?}{optional}{secret},",
            field.name, field.json
        );
    }
    let read_only: Vec<String> = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| definition.is_sent && field.read_only)
        .map(|(number, _)| number.to_string())
        .collect();
    out.push('}');
    let needs = definition.constructor.needs();
    let needs = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| needs.contains(&field.json));
    let needs: Vec<String> = needs.map(|(number, _)| number.to_string()).collect();
    for (word, numbers) in [("read_only", read_only), ("needs", needs)] {
        if !numbers.is_empty() {
            let _ = write!(out, " {word} [{}]", numbers.join(", "));
        }
    }
    out.push_str(");\n\n");
    if definition.is_sent {
        let methods = constructors::of_model(render, index, definition);
        out.push_str(&inherent(name, &methods));
        out.push_str(&values::of_model(render, index, definition));
    }
    out
}
