//! Writes models, enums and unions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::conversions;
use super::definition::{Definition, Getter, Scalar};
use super::plan::Plan;
use super::render::Renderer;
use super::types::{Field, Shape, Type, Union};

/// Names that a setter cannot have.
const RESERVED: &[&str] = &["new", "clone", "default", "eq", "fmt", "into", "from"];

/// The types of one home; none where it has none.
pub fn file(plan: &Plan, home: &[String]) -> Option<String> {
    let render = Renderer { plan, home };
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for (index, definition) in plan.definitions.iter().enumerate() {
        if definition.home == home {
            texts.insert(
                &definition.name,
                write_definition(&render, index, definition),
            );
        }
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
    let doc = doc(definition);
    let name = &definition.name;
    match &definition.shape {
        Shape::Model(fields) => model(render, index, definition, fields),
        Shape::Enum(_) => {
            let mut out = format!("open_enum!(\n    /// {doc}\n    {name} {{\n");
            for (variant, value) in &definition.values {
                let _ = writeln!(out, "        {variant} = {value:?},");
            }
            out + "    }\n);\n\n"
        }
        Shape::Union(shape) => {
            union(render, name, &doc, shape) + &getters(name, &definition.getters)
        }
    }
}

fn doc(definition: &Definition) -> String {
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
    format!("`{shortest}` of the API description.")
}

fn union(render: &Renderer<'_>, name: &str, doc: &str, shape: &Union) -> String {
    let mut out = format!("union!(\n    /// {doc}\n    {name} {{\n");
    let mut seen: Vec<String> = Vec::new();
    let mut position = BTreeMap::new();
    for (number, variant) in shape.variants.iter().enumerate() {
        let ty = render.held(&variant.ty, variant.boxed);
        let resolved = render.ty(&variant.ty);
        // Two names of one structure are one variant.
        if let Some(known) = seen.iter().position(|known| *known == resolved) {
            position.insert(number, known);
            continue;
        }
        position.insert(number, seen.len());
        let _ = writeln!(
            out,
            "        /// {}\n        {} => {}({ty}),",
            variant_doc(&variant.ty),
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
fn getters(name: &str, getters: &[Getter]) -> String {
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
        };
        let _ = writeln!(
            out,
            "    /// The field `{json}`, whichever variant it is; none where the reply lacked it.\n    \
             #[inline]\n    pub fn {method}(&self) -> Option<{ty}> {{\n        codec::{getter}(self, {json:?})\n    }}\n",
        );
    }
    if out.is_empty() {
        out
    } else {
        format!("impl {name} {{\n{out}}}\n\n")
    }
}

fn model(render: &Renderer<'_>, index: usize, definition: &Definition, fields: &[Field]) -> String {
    let name = &definition.name;
    let mut out = format!(
        "/// {}\n#[derive(Default)]\n#[non_exhaustive]\npub struct {name} {{\n",
        doc(definition)
    );
    for field in fields {
        let ty = render.held(&field.ty, field.boxed);
        let _ = writeln!(
            out,
            "    /// {}\n    pub {}: {ty},",
            field_doc(definition, field),
            field.name
        );
    }
    out.push_str("    /// What is in no field.\n    pub extra: Extra,\n}\n\n");
    let _ = writeln!(out, "model!({name} {{");
    for (number, field) in fields.iter().enumerate() {
        let ty = render.held(&field.ty, field.boxed);
        let optional = if ty.starts_with("Option<") {
            " optional"
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
    if read_only.is_empty() {
        out.push_str("});\n\n");
    } else {
        let _ = writeln!(out, "}} read_only [{}]);\n", read_only.join(", "));
    }
    if definition.is_sent {
        out.push_str(&builder(render, index, definition, fields));
        if render.is_text_filter(index) {
            for text in ["&str", "String"] {
                let _ = writeln!(
                    out,
                    "/// Exactly this.\nimpl From<{text}> for {name} {{\n    \
                     fn from(exact: {text}) -> Self {{\n        Self::new().exact(exact)\n    }}\n}}\n"
                );
            }
        }
    }
    out
}

fn field_doc(definition: &Definition, field: &Field) -> String {
    let json = &field.json;
    if definition.is_sent && field.read_only {
        return format!("`{json}`; only in replies.");
    }
    match (&field.constant, field.required) {
        (Some(value), _) => format!("`{json}`: {value:?}."),
        (None, true) => format!("`{json}`; required."),
        (None, false) => format!("`{json}`."),
    }
}

/// A constructor that takes what a new value has to have, and setters.
fn builder(
    render: &Renderer<'_>,
    index: usize,
    definition: &Definition,
    fields: &[Field],
) -> String {
    let name = &definition.name;
    let is_argument = |field: &Field| definition.constructor.contains(&field.json);
    // What changes a resource may set just one of what a new one has to have.
    let changes = definition.role.is_some() || render.plan.sent_for(index).next().is_some();
    let mut arguments = Vec::new();
    let mut sets = String::new();
    let mut setters = String::new();
    for field in fields.iter().filter(|field| !field.read_only) {
        let ty = render.held(&field.ty, field.boxed);
        let boxed = ty.contains("Box<");
        let wrap = |into: String| {
            let into = if boxed {
                format!("Box::new({into})")
            } else {
                into
            };
            if ty.starts_with("Option<") {
                format!("Some({into})")
            } else {
                into
            }
        };
        let (accepted, into) = render.argument(&field.ty, &field.name);
        if is_argument(field) {
            arguments.push((&field.json, format!("{}: {accepted}", field.name)));
            let _ = writeln!(sets, "            {}: {},", field.name, wrap(into.clone()));
            if !changes {
                continue;
            }
        }
        if let Some(constant) = field.constant.as_ref().filter(|_| !is_argument(field)) {
            let set = wrap(format!("{constant:?}.into()"));
            let _ = writeln!(sets, "            {}: {set},", field.name);
            continue;
        }
        let method = setter_name(&field.name);
        let _ = writeln!(
            setters,
            "    /// Sets `{}`.\n    #[must_use]\n    pub fn {method}(mut self, {}: {accepted}) -> Self {{\n        \
             self.{} = {};\n        self\n    }}\n",
            field.json,
            field.name,
            field.name,
            wrap(into)
        );
    }
    let what = if arguments.is_empty() {
        "An empty value"
    } else {
        "A value of what a new one has to have"
    };
    let new = if sets.is_empty() {
        "        Self::default()\n".to_owned()
    } else {
        format!("        Self {{\n{sets}            ..Self::default()\n        }}\n")
    };
    let allow = if arguments.len() > 7 {
        "    #[allow(clippy::too_many_arguments)]\n"
    } else {
        ""
    };
    let order = |json: &String| definition.constructor.iter().position(|name| name == json);
    arguments.sort_by_key(|(json, _)| order(json));
    let arguments: Vec<String> = arguments
        .into_iter()
        .map(|(_, argument)| argument)
        .collect();
    format!(
        "impl {name} {{\n    /// {what}.\n{allow}    pub fn new({}) -> Self {{\n{new}    }}\n\n{setters}}}\n\n",
        arguments.join(", ")
    )
}

fn setter_name(field: &str) -> String {
    if RESERVED.contains(&field) {
        format!("{field}_")
    } else {
        field.to_owned()
    }
}
