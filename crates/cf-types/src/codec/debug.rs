//! `Debug` of any field, written once for all models: it shows what is set, and never a secret.

use std::fmt::{self, Debug as _};

use cf_redact::{Secrecy, addresses, secrecy};
use serde_json::Value;

use super::field::{Field, View};
use super::whole::whole;
use super::{Names, Object, RawJson, tree};

/// What replaces a secret.
const MARK: &str = "[redacted]";

/// Shows a model: only fields that hold something, and never a secret.
///
/// # Errors
/// Those of the formatter.
pub fn debug(name: &str, value: &dyn Field, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value.view() {
        View::Object(object) => debug_object(name, object, Around::Plain, f),
        view => Shown(view, Around::Plain).fmt(f),
    }
}

/// What the names around a value say about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Plain,
    /// Texts are secret; models within have names of their own.
    Text,
    /// Everything is secret.
    Whole,
}

impl Around {
    fn member(name: &str) -> Self {
        match secrecy(name) {
            Secrecy::Whole => Self::Whole,
            Secrecy::Text => Self::Text,
            Secrecy::Public | Secrecy::Page | Secrecy::Parameter => Self::Plain,
        }
    }

    /// What a member is within this.
    fn and(self, name: &str) -> Self {
        match (self, Self::member(name)) {
            (Self::Whole, _) | (_, Self::Whole) => Self::Whole,
            (Self::Text, Self::Plain) if matches!(name, "value" | "values" | "text") => Self::Whole,
            (_, member) => member,
        }
    }
}

fn debug_object(
    name: &str,
    object: &dyn Object,
    around: Around,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if let Some(raw) = whole(object) {
        return f.debug_tuple(name).field(&Hidden(raw, around)).finish();
    }
    let mut out = f.debug_struct(name);
    let names = object.names();
    for (index, field) in names.iter().enumerate() {
        let around = of_field(names, index, field, around);
        match object.get(index).view() {
            View::None => {}
            view => {
                out.field(field, &Shown(view, around));
            }
        }
    }
    if !object.extra().is_empty() {
        out.field("extra", &Mismatches(object, around));
    }
    out.finish()
}

fn of_field(names: &Names, index: usize, field: &str, around: Around) -> Around {
    match names.is_secret(index) {
        true => Around::Whole,
        false => around.and(field),
    }
}

/// What a model has besides its fields: unknown members, and values that do not fit.
struct Mismatches<'a>(&'a dyn Object, Around);

impl fmt::Debug for Mismatches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.names();
        let members = self.0.extra().iter().map(|(name, raw)| {
            let around = match names.position(name) {
                Some(index) => of_field(names, index, name, self.1),
                None => self.1.and(name),
            };
            (name, Hidden(raw, around))
        });
        f.debug_map().entries(members).finish()
    }
}

/// A value within what its name says.
struct Shown<'a>(View<'a>, Around);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let around = self.1;
        match self.0 {
            View::None => f.write_str("None"),
            View::Bool(value) => value.fmt(f),
            View::Str("") => f.write_str("\"\""),
            _ if around == Around::Whole => f.write_str(MARK),
            View::Str(_) if around == Around::Text => f.write_str(MARK),
            View::Number(number) => f.write_str(&number.to_text()),
            View::Str(text) => addresses(text, MARK).fmt(f),
            View::Any(value) => write!(f, "{}", hidden(value, around)),
            View::Raw(raw) => Hidden(raw, around).fmt(f),
            View::Bytes(blob) => blob.fmt(f),
            View::Seq(seq) => {
                let elements = (0..seq.len()).map(|index| Shown(seq.at(index).view(), around));
                f.debug_list().entries(elements).finish()
            }
            View::Object(object) => debug_object("", object, around, f),
            View::Dict(dict) => {
                let mut out = f.debug_map();
                dict.visit(&mut |key, value| {
                    out.entry(&key, &Shown(value.view(), around.and(key)));
                });
                out.finish()
            }
        }
    }
}

/// JSON as it was written, but without its secrets.
pub(super) struct Hidden<'a>(&'a RawJson, Around);

impl<'a> Hidden<'a> {
    pub(super) fn json(raw: &'a RawJson) -> Self {
        Self(raw, Around::Plain)
    }

    /// The value of a member.
    pub(super) fn member(name: &str, raw: &'a RawJson) -> Self {
        Self(raw, Around::member(name))
    }
}

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        let Some(value) = tree::of(text) else {
            // Too deep to look into.
            return write!(f, "JSON({} bytes)", text.len());
        };
        match hidden(&value, self.1) {
            hidden if hidden == value => f.write_str(text),
            hidden => write!(f, "{hidden}"),
        }
    }
}

fn hidden(value: &Value, around: Around) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        _ if around == Around::Whole => MARK.into(),
        Value::String(_) if around == Around::Text => MARK.into(),
        Value::String(text) => addresses(text, MARK).into(),
        Value::Number(_) => value.clone(),
        Value::Array(items) => items.iter().map(|item| hidden(item, around)).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members =
                members.map(|(name, value)| (name.clone(), hidden(value, around.and(name))));
            Value::Object(members.collect())
        }
    }
}
