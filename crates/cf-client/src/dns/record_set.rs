//! The records of one name and type: what is wanted against what exists.

use std::collections::VecDeque;

use serde_json::Value;

use super::compare::{Object, differences, same_content};
use super::plan::{Change, Plan};

/// A record of the zone.
pub(super) struct Existing {
    pub(super) record: Object,
    pub(super) is_owned: bool,
}

/// Plans the changes of one name and type.
pub(super) fn plan(kind: &str, wanted: Vec<Object>, mut existing: Vec<Existing>, plan: &mut Plan) {
    // First those that exist already, if only by content, so that no record is changed needlessly.
    let mut new = VecDeque::new();
    for wanted in wanted {
        let same = |existing: &Existing| same_content(kind, &wanted, &existing.record);
        // Of several, one that may be changed.
        let owned = existing
            .iter()
            .position(|existing| existing.is_owned && same(existing));
        match owned.or_else(|| existing.iter().position(same)) {
            Some(index) => {
                let existing = existing.remove(index);
                let changes = differences(&wanted, &existing.record);
                match (changes.is_empty(), existing.is_owned) {
                    (true, _) => plan.kept += 1,
                    (false, true) => plan.changes.push(Change::update(existing.record, changes)),
                    (false, false) => plan.foreign.push(wanted),
                }
            }
            None => new.push_back(wanted),
        }
    }
    for existing in existing {
        if !existing.is_owned {
            continue;
        }
        // A record that is no longer wanted becomes one that is: it keeps its ID.
        plan.changes.push(match new.pop_front() {
            Some(wanted) => {
                let mut changes = differences(&wanted, &existing.record);
                for field in ["content", "data"] {
                    if let Some(value) = wanted.get(field).filter(|value| **value != Value::Null) {
                        changes.insert(field.to_owned(), value.clone());
                    }
                }
                Change::update(existing.record, changes)
            }
            None => Change::delete(existing.record),
        });
    }
    plan.changes.extend(new.into_iter().map(Change::create));
}
