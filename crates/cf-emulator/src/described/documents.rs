//! Singletons and settings: what was set last is what is read.

use serde_json::Value;

use super::operation::Operation;
use super::path::fill;
use super::role::Role;
use super::sample::Sampler;
use super::{check, children, reply, rows, show};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::json::merge_deep;
use crate::store::Object;

pub(super) fn answer(operation: &Operation, call: &mut Call<'_>, body: Value) -> Outcome {
    let path = fill(operation.path, call.params);
    // An empty request sets nothing, but can switch something on.
    let body = match body {
        Value::Null => Value::Object(Object::new()),
        body => body,
    };
    let current = call.store.document(&path);
    let is_unset = current.is_none() && !children::exist(operation, call);
    if let (true, Some(unset), false) = (is_unset, operation.unset, call.any_id) {
        return Err(unset.error());
    }
    let set = match (operation.role, current) {
        (Role::ReplaceDocument, _) | (Role::MergeDocument, None) => Some(body),
        (Role::MergeDocument, Some(known)) => {
            let mut merged = known.clone();
            merge_deep(&mut merged, body);
            Some(merged)
        }
        _ => None,
    };
    if let Some(set) = set {
        call.store.set_document(path.clone(), set);
    } else if operation.role == Role::ResetDocument {
        call.store.remove_document(&path);
    }
    Ok(show(operation, call, &path))
}

/// The document at `path` in the form of an operation's reply.
pub(super) fn show(operation: &Operation, call: &Call<'_>, path: &str) -> Reply {
    let sampler = Sampler {
        unset: !call.any_id,
        ..Sampler::new(path, call)
    };
    let schema = operation.result();
    let mut initial = sampler.value(&schema);
    if !call.any_id {
        empty_lists(&mut initial);
    }
    let mut value = match call.store.document(path) {
        // What was set, in a reply that has other fields besides.
        Some(Value::Object(set)) => match initial {
            Value::Object(initial) => {
                let others = initial.keys().filter(|field| !set.contains_key(*field));
                others.for_each(|field| sampler.note(field));
                let mut whole = Value::Object(initial);
                merge_deep(&mut whole, Value::Object(set.clone()));
                show::show(&schema, &rows::row(whole), sampler)
            }
            _ => show::show(&schema, set, sampler),
        },
        Some(value) if check::fits(&schema, value) => value.clone(),
        _ => {
            if operation.children.is_empty() {
                call.made_up.all();
            }
            initial
        }
    };
    children::show(operation, call, &schema, &mut value);
    reply::of_value(operation, value)
}

/// The lists of what was never set are empty.
fn empty_lists(value: &mut Value) {
    match value {
        Value::Array(items) => items.clear(),
        Value::Object(fields) => fields.values_mut().for_each(empty_lists),
        _ => {}
    }
}
