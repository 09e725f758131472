//! Writes models, enums and unions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::plan::Plan;
use super::render::Renderer;
use super::types::{Field, Item, Shape, Type, Union};
use super::{config, names};

/// Names that a setter cannot have.
const RESERVED: &[&str] = &["new", "clone", "default", "eq", "fmt", "into", "from"];

/// The types of one home, by the group that each belongs to.
pub fn files(plan: &Plan, home: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let render = Renderer { plan, home };
    let mut written: BTreeSet<&str> = BTreeSet::new();
    for (index, item) in plan
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.home == home)
    {
        let canonical = plan.classes.canonical[index];
        let name = plan.classes.names[index].clone();
        let text = if canonical == index {
            write_item(&render, index, item, &name)
        } else if plan.classes.is_alias[index] && written.insert(&plan.classes.names[index]) {
            let schema = &item.schema;
            let target = &plan.classes.names[canonical];
            format!("/// `{schema}` of the API description.\npub type {name} = {target};\n\n")
        } else {
            continue;
        };
        files
            .entry(item.group.clone())
            .or_default()
            .push((name, text));
    }
    files
        .into_iter()
        .map(|(group, mut items)| {
            items.sort();
            let body: String = items.into_iter().map(|(_, text)| text).collect();
            (group, format!("{PRELUDE}{body}"))
        })
        .collect()
}

const PRELUDE: &str = "\
#[allow(unused_imports)]
use super::*;
#[allow(unused_imports)]
use crate::generated::prelude::*;

";

fn write_item(render: &Renderer<'_>, index: usize, item: &Item, name: &str) -> String {
    let doc = doc(item);
    match &item.shape {
        Shape::Model(fields) => model(render, index, item, name, fields),
        Shape::Enum(values) => {
            let mut out = format!("open_enum!(\n    /// {doc}\n    {name} {{\n");
            let mut taken: Vec<String> = Vec::new();
            for value in values {
                let variant =
                    names::unique(names::variant(value), |v| taken.iter().any(|t| t == v));
                let _ = writeln!(out, "        {variant} = {value:?},");
                taken.push(variant);
            }
            out + "    }\n);\n\n"
        }
        Shape::Union(shape) => union(render, index, name, &doc, shape),
    }
}

fn doc(item: &Item) -> String {
    if item.official {
        return format!("`{}` of the API description.", item.schema);
    }
    let (owner, place) = item.schema.rsplit_once('.').unwrap_or(("", &item.schema));
    match item.shape {
        Shape::Enum(_) => format!("The values of `{}` in `{owner}`.", names::snake(place)),
        _ => format!("`{}` in `{owner}`.", names::snake(place)),
    }
}

fn union(render: &Renderer<'_>, index: usize, name: &str, doc: &str, shape: &Union) -> String {
    let mut out = format!("union!(\n    /// {doc}\n    {name} {{\n");
    let mut seen: Vec<String> = Vec::new();
    let mut position = BTreeMap::new();
    for (number, variant) in shape.variants.iter().enumerate() {
        let ty = render.field(index, &variant.ty);
        let resolved = Renderer { ..*render }.ty(&canonical_type(render, &variant.ty));
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
    out + ");\n\n" + &shared_fields(render, name, shape)
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

fn canonical_type(render: &Renderer<'_>, ty: &Type) -> Type {
    ty.map_items(&mut |item| render.plan.classes.canonical[item])
}

/// Getters for the scalar fields that all variants have in common.
fn shared_fields(render: &Renderer<'_>, name: &str, shape: &Union) -> String {
    let models: Option<Vec<&Vec<Field>>> = shape
        .variants
        .iter()
        .map(|variant| match &variant.ty {
            Type::Item(item) => match &render.plan.items[*item].shape {
                Shape::Model(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let Some(models) = models.filter(|models| models.len() > 1) else {
        return String::new();
    };
    let mut out = String::new();
    for field in models[0] {
        let kinds: Option<Vec<Scalar>> = models
            .iter()
            .map(|fields| {
                let same = fields.iter().find(|other| other.json == field.json)?;
                scalar(render, &same.ty)
            })
            .collect();
        let Some(kinds) = kinds.filter(|kinds| kinds.windows(2).all(|pair| pair[0] == pair[1]))
        else {
            continue;
        };
        let (ty, getter) = match kinds[0] {
            Scalar::Text => ("&str", "text_of"),
            Scalar::Bool => ("bool", "bool_of"),
            Scalar::Int => ("i64", "int_of"),
        };
        let (json, method) = (&field.json, &field.name);
        let _ = writeln!(
            out,
            "    /// The field `{json}`, which every variant has; none where the reply lacked it.\n    \
             #[inline]\n    pub fn {method}(&self) -> Option<{ty}> {{\n        codec::{getter}(self, {json:?})\n    }}\n",
        );
    }
    if out.is_empty() {
        out
    } else {
        format!("impl {name} {{\n{out}}}\n\n")
    }
}

#[derive(PartialEq)]
enum Scalar {
    Text,
    Bool,
    Int,
}

fn scalar(render: &Renderer<'_>, ty: &Type) -> Option<Scalar> {
    match ty {
        Type::Optional(inner) => scalar(render, inner),
        Type::Text | Type::Date | Type::DateTime | Type::Id(_) => Some(Scalar::Text),
        Type::Bool => Some(Scalar::Bool),
        Type::Int => Some(Scalar::Int),
        Type::Item(item) => match render.plan.items[*item].shape {
            Shape::Enum(_) => Some(Scalar::Text),
            _ => None,
        },
        _ => None,
    }
}

fn model(render: &Renderer<'_>, index: usize, item: &Item, name: &str, fields: &[Field]) -> String {
    let mut out = format!(
        "/// {}\n#[derive(Default)]\n#[non_exhaustive]\npub struct {name} {{\n",
        doc(item)
    );
    for field in fields {
        let ty = field_type(render, index, field);
        let _ = writeln!(
            out,
            "    /// {}\n    pub {}: {ty},",
            field_doc(field),
            field.name
        );
    }
    out.push_str("    /// What is in no field.\n    pub extra: Extra,\n}\n\n");
    let _ = writeln!(out, "model!({name} {{");
    for (number, field) in fields.iter().enumerate() {
        let ty = field_type(render, index, field);
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
    out.push_str("});\n\n");
    if render.plan.inputs.contains(&index) {
        out.push_str(&builder(render, index, item, name, fields));
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

/// The type of a field, which is optional in two more cases than the description says. A field that
/// leads back to its own model cannot always be there. And in what requests carry, JSON of any kind is
/// to be told from JSON that was not set: null can be meant.
fn field_type(render: &Renderer<'_>, index: usize, field: &Field) -> String {
    let ty = render.field(index, &field.ty);
    let is_sent = render.plan.inputs.contains(&index) && !field.null_if_unset;
    if ty.starts_with("Box<") || (field.ty == Type::Any && is_sent) {
        format!("Option<{ty}>")
    } else {
        ty
    }
}

fn field_doc(field: &Field) -> String {
    let json = &field.json;
    match (&field.constant, field.required) {
        (Some(value), _) => format!("`{json}`: {value:?}."),
        (None, true) => format!("`{json}`; required."),
        (None, false) => format!("`{json}`."),
    }
}

/// A constructor that takes what is required, and a setter for each of the others.
fn builder(
    render: &Renderer<'_>,
    index: usize,
    item: &Item,
    name: &str,
    fields: &[Field],
) -> String {
    let wanted = config::constructor(&item.schema);
    let is_argument = |field: &Field| match wanted {
        Some(names) => {
            names.contains(&field.json.as_str()) || (field.required && field.json == "id")
        }
        None => field.required && field.constant.is_none(),
    };
    let mut arguments = Vec::new();
    let mut sets = String::new();
    let mut setters = String::new();
    // Required by the description, but not by the API, which has a value of its own for them.
    let mut left = Vec::new();
    let mut left_names = Vec::new();
    for (position, field) in fields.iter().enumerate() {
        let ty = field_type(render, index, field);
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
            arguments.push(format!("{}: {accepted}", field.name));
            let _ = writeln!(sets, "            {}: {},", field.name, wrap(into));
            continue;
        }
        if let Some(constant) = &field.constant {
            let set = wrap(format!("{constant:?}.into()"));
            let _ = writeln!(sets, "            {}: {set},", field.name);
            continue;
        }
        if field.required {
            left.push(format!("({position}, {:?})", field.json));
            left_names.push(format!("`{}`", field.json));
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
        "A value of what is required"
    };
    if !left.is_empty() {
        let _ = writeln!(
            sets,
            "            extra: Extra::without(&[{}]),",
            left.join(", ")
        );
    }
    let what = if left.is_empty() {
        format!("{what}.")
    } else {
        let names = left_names.join(", ");
        format!(
            "{what}. Unless it is set, {names} is not sent: the API has its own, or keeps what is."
        )
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
    format!(
        "impl {name} {{\n    /// {what}\n{allow}    pub fn new({}) -> Self {{\n{new}    }}\n\n{setters}}}\n\n",
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
