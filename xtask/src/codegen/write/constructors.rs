//! Writes constructors: `new` and the setters of models, and a function for each variant of a union.

use std::fmt::Write as _;

use crate::codegen::items::types::{Field, Shape, Type};
use crate::codegen::plan::definition::Definition;
use crate::codegen::words::names;
use crate::codegen::write::render::Renderer;

/// `new`, which takes the required fields, and setters.
pub fn of_model(render: &Renderer<'_>, index: usize, definition: &Definition) -> String {
    let is_argument = |field: &Field| definition.constructor.arguments().contains(&field.json);
    // An edit may set just one of the fields that a new value requires.
    let changes = definition.role.is_some() || render.plan.sent_for(index).next().is_some();
    let variants = render.plan.definitions.iter();
    let is_variant = variants
        .flat_map(Definition::variants)
        .any(|variant| variant.ty.core() == Some(index));
    let mut sets = String::new();
    let mut setters = String::new();
    for field in definition.fields().iter().filter(|field| !field.read_only) {
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
            let _ = writeln!(sets, "            {}: {},", field.name, wrap(into.clone()));
            if !changes {
                continue;
            }
        }
        if let Some(constant) = field.constant.as_ref().filter(|_| !is_argument(field)) {
            let value = match field.ty.bare() {
                Type::Map(_) => "BTreeMap::new()".to_owned(),
                _ => format!("{constant:?}.into()"),
            };
            let set = wrap(value);
            let _ = writeln!(sets, "            {}: {set},", field.name);
            // What tells a variant from the others stays; anything else has a setter, for those who write what they know.
            if is_variant {
                continue;
            }
        }
        let method = names::method(&field.name);
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
    let arguments = arguments(render, definition);
    let new = if sets.is_empty() {
        "        Self::default()\n".to_owned()
    } else {
        format!("        Self {{\n{sets}            ..Self::default()\n        }}\n")
    };
    format!(
        "{}{}    pub fn new({}) -> Self {{\n{new}    }}\n\n{setters}",
        doc(definition),
        allow(&arguments),
        list(&arguments)
    )
}

/// What `new` creates, and what remains to be set.
fn doc(definition: &Definition) -> String {
    let needs: Vec<String> = definition
        .constructor
        .needs()
        .iter()
        .map(|json| format!("`{json}`"))
        .collect();
    if !needs.is_empty() {
        return format!(
            "    /// Creates an empty value. A new one needs {} before it is sent.\n",
            needs.join(", ")
        );
    }
    let what = if definition.constructor.arguments().is_empty() {
        "Creates an empty value"
    } else {
        "Creates a value with the required fields"
    };
    format!("    /// {what}.\n")
}

/// A function for each variant that is a model, with the arguments of the model's constructor.
pub fn of_union(render: &Renderer<'_>, definition: &Definition) -> String {
    let Shape::Union(union) = &definition.shape else {
        return String::new();
    };
    let mut out = String::new();
    for variant in union.variants.iter().filter(|_| definition.is_sent) {
        let Type::Item(item) = variant.ty else {
            continue;
        };
        let model = &render.plan.definitions[item];
        if !matches!(model.shape, Shape::Model(_)) || !model.is_sent {
            continue;
        }
        let arguments = arguments(render, model);
        let names: Vec<&str> = arguments.iter().map(|(name, _)| name.as_str()).collect();
        let value = format!("{}::new({})", render.ty(&variant.ty), names.join(", "));
        let value = if variant.boxed == Some(true) {
            format!("Box::new({value})")
        } else {
            value
        };
        let _ = writeln!(
            out,
            "    /// {}.\n{}    pub fn {}({}) -> Self {{\n        Self::{}({value})\n    }}\n",
            if arguments.is_empty() {
                format!("Creates an empty [`{0}`](Self::{0})", variant.name)
            } else {
                format!(
                    "Creates [`{0}`](Self::{0}) with the required fields",
                    variant.name
                )
            },
            allow(&arguments),
            definition.variant_constructor(&variant.name),
            list(&arguments),
            variant.name,
        );
    }
    out
}

/// The arguments of a model's constructor: names, and what callers may pass.
fn arguments(render: &Renderer<'_>, definition: &Definition) -> Vec<(String, String)> {
    let names = definition.constructor.arguments().iter();
    let fields = definition.fields();
    names
        .filter_map(|json| fields.iter().find(|field| field.json == *json))
        .map(|field| {
            let (accepted, _) = render.argument(&field.ty, &field.name);
            (field.name.clone(), accepted)
        })
        .collect()
}

fn list(arguments: &[(String, String)]) -> String {
    let arguments = arguments.iter();
    let typed = arguments.map(|(name, accepted)| format!("{name}: {accepted}"));
    typed.collect::<Vec<_>>().join(", ")
}

fn allow(arguments: &[(String, String)]) -> &'static str {
    if arguments.len() > 7 {
        "    #[allow(clippy::too_many_arguments)]\n"
    } else {
        ""
    }
}
