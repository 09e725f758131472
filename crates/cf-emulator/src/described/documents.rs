//! Singletons and settings: what was set last is what is read.

use serde_json::Value;

use super::operation::{Operation, Role, fill};
use super::sample::Sampler;
use super::{reply, show};
use crate::engine::call::Call;
use crate::http::envelope::Outcome;
use crate::http::json::merge_deep;
use crate::store::Object;

pub(super) fn answer(operation: &Operation, call: &mut Call<'_>, body: Value) -> Outcome {
    let path = fill(operation.path, call.params);
    // An empty request sets nothing, but can switch something on.
    let body = match body {
        Value::Null => Value::Object(Object::new()),
        body => body,
    };
    let mut current = call.store.document(&path).cloned();
    if let (None, Some(unset), false) = (&current, operation.unset, call.any_id) {
        return Err(unset.error());
    }
    match operation.role {
        Role::ReplaceDocument => current = Some(body),
        Role::MergeDocument => match &mut current {
            Some(known) => merge_deep(known, body),
            None => current = Some(body),
        },
        Role::ResetDocument => {
            call.store.remove_document(&path);
            current = None;
        }
        _ => {}
    }
    if let (Some(value), false) = (&current, matches!(operation.role, Role::ReadDocument)) {
        call.store.set_document(path.clone(), value.clone());
    }
    let sampler = Sampler {
        seed: &path,
        known: &call.params.0,
    };
    let schema = operation.result();
    let mut initial = sampler.value(&schema);
    if !call.any_id {
        empty_lists(&mut initial);
    }
    let value = match current {
        // What was set, in a reply that has other fields besides.
        Some(Value::Object(set)) => match initial {
            Value::Object(initial) => {
                let mut whole = Value::Object(initial);
                merge_deep(&mut whole, Value::Object(set));
                shown(&schema, whole, sampler)
            }
            _ => show::show(&schema, &set, sampler),
        },
        Some(value) if super::check::fits(&schema, &value) => value,
        _ => initial,
    };
    Ok(reply(operation, value))
}

/// The lists of what was never set are empty.
fn empty_lists(value: &mut Value) {
    match value {
        Value::Array(items) => items.clear(),
        Value::Object(fields) => fields.values_mut().for_each(empty_lists),
        _ => {}
    }
}

fn shown(schema: &super::Schema, whole: Value, sampler: Sampler<'_>) -> Value {
    match whole {
        Value::Object(object) => show::show(schema, &object, sampler),
        other => {
            let object: Object = [("value".to_owned(), other)].into_iter().collect();
            show::show(schema, &object, sampler)
        }
    }
}
