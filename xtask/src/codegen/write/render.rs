//! How types are spelled, and what callers may pass for them.

use crate::codegen::items::types::{Field, Shape, Type};
use crate::codegen::plan::Plan;

/// Spells types as seen from one module.
#[derive(Clone, Copy)]
pub struct Renderer<'p> {
    pub plan: &'p Plan,
    /// The module whose types need no path.
    pub home: &'p [String],
}

impl Renderer<'_> {
    /// The type's spelling.
    pub fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Any => "Value".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Int => "i64".to_owned(),
            Type::Float => "f64".to_owned(),
            Type::Text => "String".to_owned(),
            Type::Date => "Date".to_owned(),
            Type::DateTime => "DateTime".to_owned(),
            Type::Blob => "Blob".to_owned(),
            Type::Id(name) => (*name).to_owned(),
            Type::List(inner) => format!("Vec<{}>", self.ty(inner)),
            Type::Map(inner) => format!("BTreeMap<String, {}>", self.ty(inner)),
            Type::Optional(inner) => format!("Option<{}>", self.ty(inner)),
            Type::Item(item) => self.item(*item),
        }
    }

    /// The name of an item, with its module if that is another one.
    pub fn item(&self, index: usize) -> String {
        let definition = &self.plan.definitions[index];
        if definition.home == self.home {
            return definition.name.clone();
        }
        format!("crate::{}", definition.path())
    }

    /// The type of a field or variant, which may be boxed.
    pub fn held(&self, ty: &Type, boxed: Option<bool>) -> String {
        match ty {
            Type::Optional(inner) if boxed == Some(true) => {
                format!("Option<Box<{}>>", self.ty(inner))
            }
            ty if boxed == Some(true) => format!("Box<{}>", self.ty(ty)),
            ty => self.ty(ty),
        }
    }

    /// What a caller may pass for the type, and how `value` becomes it.
    pub fn argument(&self, ty: &Type, value: &str) -> (String, String) {
        match ty {
            Type::Optional(inner) => self.argument(inner, value),
            Type::Text | Type::Date | Type::DateTime | Type::Id(_) | Type::Any | Type::Blob => (
                format!("impl Into<{}>", self.ty(ty)),
                format!("{value}.into()"),
            ),
            Type::Item(item)
                if !matches!(self.shape(*item), Shape::Model(_))
                    || self.sole_text(*item).is_some()
                    || self.plan.sent_for(*item).next().is_some() =>
            {
                (
                    format!("impl Into<{}>", self.ty(ty)),
                    format!("{value}.into()"),
                )
            }
            // Not `Into`: the types in `[a.into(), b.into()]` could then no longer be inferred.
            Type::List(element)
                if element
                    .embedded()
                    .is_some_and(|item| matches!(self.shape(item), Shape::Union(_))) =>
            {
                (
                    format!("impl IntoIterator<Item = {}>", self.ty(element)),
                    format!("{value}.into_iter().collect()"),
                )
            }
            Type::List(element) if !matches!(**element, Type::Optional(_)) => {
                match self.argument(element, "item") {
                    (accepted, into) if into == "item.into()" => (
                        format!("impl IntoIterator<Item = {accepted}>"),
                        format!("{value}.into_iter().map(Into::into).collect()"),
                    ),
                    (accepted, into) if into == "item" => (
                        format!("impl IntoIterator<Item = {accepted}>"),
                        format!("{value}.into_iter().collect()"),
                    ),
                    _ => (self.ty(ty), value.to_owned()),
                }
            }
            Type::Map(inner) => {
                let (accepted, into) = match &**inner {
                    Type::Optional(_) => (self.ty(inner), "value".to_owned()),
                    inner => self.argument(inner, "value"),
                };
                (
                    format!("impl IntoIterator<Item = (impl Into<String>, {accepted})>"),
                    format!(
                        "{value}.into_iter().map(|(key, value)| (key.into(), {into})).collect()"
                    ),
                )
            }
            ty => (self.ty(ty), value.to_owned()),
        }
    }

    /// What a caller may pass for the body of a request.
    pub fn body_argument(&self, ty: &Type) -> (String, String) {
        match ty {
            Type::Item(_) => (
                format!("impl Into<{}>", self.ty(ty)),
                "body.into()".to_owned(),
            ),
            ty => self.argument(ty, "body"),
        }
    }

    /// The field that alone makes a text a value of the item: the only one that a new value requires, or a filter's
    /// `exact`.
    pub fn sole_text(&self, item: usize) -> Option<&Field> {
        let definition = &self.plan.definitions[item];
        let field = |json: &str| definition.fields().iter().find(|field| field.json == json);
        let text = Type::Optional(Box::new(Type::Text));
        let exact = || field("exact").filter(|field| field.ty == text);
        let found = match definition.constructor.arguments() {
            [] => exact(),
            [only] => field(only).filter(|field| field.ty.is_text()),
            _ => None,
        };
        found.filter(|_| definition.is_sent)
    }

    fn shape(&self, item: usize) -> &Shape {
        &self.plan.definitions[item].shape
    }
}
