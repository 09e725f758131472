//! Writes constructors: `new` and the setters of models, and a function for each variant of a union.

use crate::codegen::items::types::{Field, Shape, Type};
use crate::codegen::plan::definition::Definition;
use crate::codegen::words::names;
use crate::codegen::write::render::Renderer;
use crate::codegen::write::template::template;

template! {
    New { doc, allow, arguments, value } = r#"
/// $doc.
$allow
pub fn new($arguments) -> Self {
    $value
}

"#
}

template! {
    Filled { fields } = r#"
Self {
    $fields
    ..Self::default()
}
"#
}

template! {
    Setter { json, method, name, accepted, value } = r#"
/// Sets `$json`.
#[must_use]
pub fn $method(mut self, $name: $accepted) -> Self {
    self.$name = $value;
    self
}

"#
}

template! {
    OfVariant { doc, allow, method, arguments, variant, value } = r#"
/// $doc.
$allow
pub fn $method($arguments) -> Self {
    Self::$variant($value)
}

"#
}

/// `new`, which takes the required fields, and setters.
pub fn of_model(render: &Renderer<'_>, index: usize, definition: &Definition) -> String {
    let is_argument = |field: &Field| definition.constructor.arguments().contains(&field.json);
    // An edit may set just one of the fields that a new value requires.
    let changes = definition.role.is_some() || render.plan.sent_for(index).next().is_some();
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
            sets += &format!("{}: {},\n", field.name, wrap(into.clone()));
            if !changes {
                continue;
            }
        }
        if let Some(constant) = field.constant.as_ref().filter(|_| !is_argument(field)) {
            let value = match field.ty.bare() {
                Type::Map(_) => "BTreeMap::new()".to_owned(),
                _ => format!("{constant:?}.into()"),
            };
            sets += &format!("{}: {},\n", field.name, wrap(value));
            // What tells a variant from the others stays; anything else has a setter, for those who write what they know.
            if render.plan.is_variant(index) {
                continue;
            }
        }
        let setter = Setter {
            json: &field.json,
            method: &names::method(&field.name),
            name: &field.name,
            accepted: &accepted,
            value: &wrap(into),
        };
        setters += &setter.fill();
    }
    let arguments = arguments(render, definition);
    let value = match sets.as_str() {
        "" => "Self::default()".to_owned(),
        fields => Filled { fields }.fill(),
    };
    let new = New {
        doc: &doc(definition),
        allow: allow(&arguments),
        arguments: &list(&arguments),
        value: &value,
    };
    new.fill() + &setters
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
        let needs = needs.join(", ");
        return format!("Creates an empty value. A new one needs {needs} before it is sent");
    }
    let what = if definition.constructor.arguments().is_empty() {
        "Creates an empty value"
    } else {
        "Creates a value with the required fields"
    };
    what.to_owned()
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
        let name = &variant.name;
        let doc = if arguments.is_empty() {
            format!("Creates an empty [`{name}`](Self::{name})")
        } else {
            format!("Creates [`{name}`](Self::{name}) with the required fields")
        };
        let constructor = OfVariant {
            doc: &doc,
            allow: allow(&arguments),
            method: &definition.variant_constructor(name),
            arguments: &list(&arguments),
            variant: name,
            value: &value,
        };
        out += &constructor.fill();
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
        "#[allow(clippy::too_many_arguments)]"
    } else {
        ""
    }
}
