//! Members of collections that take time until they are what they should be.

use serde_json::Value;

use super::collection::Collection;
use crate::store::{Object, Store, pending};

/// A field, and its value meanwhile and in the end.
type State = (&'static str, &'static str, &'static str);

const STATES: &[(&str, &[State])] = &[
    (
        "accounts/{account_id}/browser-rendering/crawl",
        &[("/status", "running", "completed")],
    ),
    (
        "zones/{zone_id}/custom_hostnames",
        &[
            ("/status", "pending", "active"),
            ("/ssl/status", "pending_validation", "active"),
        ],
    ),
];

fn states(collection: &Collection) -> Option<&'static [State]> {
    let mut all = STATES.iter();
    let found = all.find(|(path, _)| collection.path == *path);
    found.map(|(_, states)| *states)
}

/// Begins a new member.
pub(super) fn begin(collection: &Collection, store: &Store, row: &mut Object) {
    if let Some(states) = states(collection) {
        let is_pending = pending::begin(store, row);
        set(row, states, is_pending);
    }
}

/// Counts a question for a member. `true` if it has changed.
pub(super) fn poll(collection: &Collection, row: &mut Object) -> bool {
    let Some(states) = states(collection) else {
        return false;
    };
    let is_marked = pending::is_marked(row);
    if is_marked && !pending::poll(row) {
        set(row, states, false);
    }
    is_marked
}

/// Sets the fields, those of objects only where the object is.
fn set(row: &mut Object, states: &[State], is_pending: bool) {
    for (at, meanwhile, end) in states {
        let value = if is_pending { *meanwhile } else { *end };
        match at.trim_start_matches('/').split_once('/') {
            None => {
                row.insert(at.trim_start_matches('/').to_owned(), value.into());
            }
            Some((outer, inner)) => {
                if let Some(Value::Object(object)) = row.get_mut(outer) {
                    object.insert(inner.to_owned(), value.into());
                }
            }
        }
    }
}
