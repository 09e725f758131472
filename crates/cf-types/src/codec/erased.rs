//! Clone and equality of any field, written once for all models.

use super::bridge::Shown;
use super::field::{Field, Next, Token, View};

/// Copies `from` into `to`, an empty value of the same type.
pub fn clone(from: &dyn Field, to: &mut dyn Field) {
    if let Some(source) = from.as_union() {
        if let Next::Union(target) = to.take(Token::Object) {
            match (source.chosen(), source.other()) {
                (Some((index, value)), _) => clone(value, target.select(index)),
                (None, Some(raw)) => target.set_other(raw.clone()),
                (None, None) => {}
            }
        }
        return;
    }
    let token = match from.view() {
        View::None => Token::Reset,
        View::Bool(value) => Token::Bool(value),
        View::Number(number) => Token::Number(number),
        View::Str(text) => Token::Str(text),
        View::Bytes(blob) => Token::File(blob),
        View::Seq(_) => Token::Array,
        View::Object(_) | View::Dict(_) | View::Any(_) | View::Raw(_) => Token::Object,
    };
    match (from.view(), to.take(token)) {
        (View::Seq(source), Next::Seq(target)) => {
            for index in 0..source.len() {
                clone(source.at(index), target.grow());
            }
        }
        (View::Object(source), Next::Object(target)) => {
            for index in 0..source.names().len() {
                clone(source.get(index), target.get_mut(index));
            }
            *target.extra_mut() = source.extra().clone();
        }
        (View::Dict(source), Next::Dict(target)) => {
            source.visit(&mut |key, value| clone(value, target.slot(key)));
        }
        (View::Any(source), Next::Any(target)) => *target = source.clone(),
        (View::Raw(source), Next::Raw(target)) => *target = source.clone(),
        _ => {}
    }
}

/// Whether two values of one type are equal.
pub fn eq(a: &dyn Field, b: &dyn Field) -> bool {
    if let (Some(a), Some(b)) = (a.as_union(), b.as_union()) {
        let (a, b) = (a.chosen().map(|c| c.0), b.chosen().map(|c| c.0));
        if a != b {
            return false;
        }
    }
    match (a.view(), b.view()) {
        (View::None, View::None) => true,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Number(a), View::Number(b)) => a == b,
        (View::Str(a), View::Str(b)) => a == b,
        (View::Any(a), View::Any(b)) => a == b,
        (View::Raw(a), View::Raw(b)) => a == b,
        (View::Bytes(a), View::Bytes(b)) => a == b,
        (View::Seq(a), View::Seq(b)) => {
            a.len() == b.len() && (0..a.len()).all(|index| eq(a.at(index), b.at(index)))
        }
        (View::Object(a), View::Object(b)) => {
            (0..a.names().len()).all(|index| eq(a.get(index), b.get(index)))
                && a.extra() == b.extra()
        }
        (View::Dict(a), View::Dict(b)) => {
            let mut entries = Vec::new();
            a.visit(&mut |key, value| entries.push((key.to_owned(), super::to_vec(value))));
            let mut entries = entries.into_iter();
            let mut same = a.len() == b.len();
            b.visit(&mut |key, value| {
                same = same && entries.next() == Some((key.to_owned(), super::to_vec(value)));
            });
            same
        }
        _ => false,
    }
}

/// The field `name` of a model, or of the model that a union holds.
pub(crate) fn field_of<'f>(value: &'f dyn Field, name: &str) -> Option<View<'f>> {
    match value.view() {
        View::Object(object) => {
            let index = object.names().position(name)?;
            Some(object.get(index).view())
        }
        _ => None,
    }
}

#[allow(dead_code)] // Not every product needs it.
pub(crate) fn text_of<'f>(value: &'f dyn Field, name: &str) -> Option<&'f str> {
    match field_of(value, name)? {
        View::Str(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

#[allow(dead_code)] // Not every product needs it.
pub(crate) fn bool_of(value: &dyn Field, name: &str) -> Option<bool> {
    match field_of(value, name)? {
        View::Bool(value) => Some(value),
        _ => None,
    }
}

#[allow(dead_code)] // Not every product needs it.
pub(crate) fn json_of(value: &dyn Field, name: &str) -> Option<serde_json::Value> {
    let json = serde_json::to_value(Shown(field_of(value, name)?)).ok()?;
    (!json.is_null()).then_some(json)
}

#[allow(dead_code)] // Not every product needs it.
pub(crate) fn int_of(value: &dyn Field, name: &str) -> Option<i64> {
    match field_of(value, name)? {
        View::Number(number) => number.as_i64(),
        _ => None,
    }
}
