//! Secrets that callers send: no reply has them.

use serde_json::Value;

use super::schema::{Field, Schema};
use crate::store::Object;

/// How deep secrets are looked for; schemas can contain themselves.
const DEPTH: usize = 16;

/// Whether no reply shows this field: the description says that it can only be
/// written, or its name is that of a secret and replies need not have it.
pub(super) fn is_hidden(field: &Field) -> bool {
    field.write_only || !field.required && cf_redact::is_secret(&field.name)
}

/// Removes what the `schema` of a body says can only be written.
pub(super) fn remove(schema: &Schema, value: &mut Value) {
    remove_to(schema, value, DEPTH);
}

fn remove_to(schema: &Schema, value: &mut Value, depth: usize) {
    if depth == 0 {
        return;
    }
    match (schema.value(), value) {
        (Schema::List(items), Value::Array(values)) => {
            for value in values {
                remove_to(items, value, depth - 1);
            }
        }
        (Schema::Map(inner), Value::Object(values)) => {
            for value in values.values_mut() {
                remove_to(inner, value, depth - 1);
            }
        }
        (Schema::Object(fields), Value::Object(values)) => {
            for field in fields {
                match values.get_mut(&field.name) {
                    Some(_) if field.write_only => drop(values.remove(&field.name)),
                    Some(value) => remove_to(&field.schema, value, depth - 1),
                    None => {}
                }
            }
        }
        (Schema::All(all) | Schema::Either(all), value) => {
            for one in all {
                remove_to(one, value, depth - 1);
            }
        }
        _ => {}
    }
}

/// A value that the description does not define, without members that have the
/// name of a secret.
pub(super) fn without(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(without_in(object)),
        Value::Array(items) => items.iter().map(without).collect(),
        other => other.clone(),
    }
}

/// The same for the members of an object.
pub(super) fn without_in(object: &Object) -> Object {
    let public = object
        .iter()
        .filter(|(name, _)| !cf_redact::is_secret(name));
    public
        .map(|(name, value)| (name.clone(), without(value)))
        .collect()
}
