//! The records of one name and type: what is wanted against what is there.

use std::collections::VecDeque;

use serde_json::Value;

use super::compare::{Object, differences, same_content};
use super::plan::{Change, Plan};

/// A record that is there.
pub(super) struct There {
    pub(super) record: Object,
    pub(super) is_owned: bool,
}

/// Plans the changes of one name and type.
pub(super) fn plan(kind: &str, wanted: Vec<Object>, mut there: Vec<There>, plan: &mut Plan) {
    // First what is there already, if only by its content, so that nothing is changed in vain.
    let mut new = VecDeque::new();
    for wanted in wanted {
        let same = |there: &There| same_content(kind, &wanted, &there.record);
        // Of several, one that may be changed.
        let owned = there.iter().position(|there| there.is_owned && same(there));
        match owned.or_else(|| there.iter().position(same)) {
            Some(index) => {
                let there = there.remove(index);
                let changes = differences(&wanted, &there.record);
                match (changes.is_empty(), there.is_owned) {
                    (true, _) => plan.kept += 1,
                    (false, true) => plan.changes.push(Change::update(there.record, changes)),
                    (false, false) => plan.foreign.push(wanted),
                }
            }
            None => new.push_back(wanted),
        }
    }
    for there in there {
        if !there.is_owned {
            continue;
        }
        // A record that is no longer wanted becomes one that is: it keeps its ID.
        plan.changes.push(match new.pop_front() {
            Some(wanted) => {
                let mut changes = differences(&wanted, &there.record);
                for field in ["content", "data"] {
                    if let Some(value) = wanted.get(field).filter(|value| **value != Value::Null) {
                        changes.insert(field.to_owned(), value.clone());
                    }
                }
                Change::update(there.record, changes)
            }
            None => Change::delete(there.record),
        });
    }
    plan.changes.extend(new.into_iter().map(Change::create));
}
