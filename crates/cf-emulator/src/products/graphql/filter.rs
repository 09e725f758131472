//! Filters of datasets.

use std::cmp::Ordering;

use serde_json::Value;

use super::compare::{compare, is_like};
use super::rows::Rows;

/// What follows a field's name, the longest first.
const OPERATORS: [&str; 12] = [
    "_notlike", "_hasall", "_hasany", "_notin", "_like", "_geq", "_leq", "_neq", "_has", "_gt",
    "_lt", "_in",
];

/// Whether a row passes a filter; the error says what is wrong with the filter.
pub(super) fn passes(row: &Value, filter: &Value, rows: &Rows<'_>) -> Result<bool, String> {
    let Value::Object(conditions) = filter else {
        return Err("an object is expected".to_owned());
    };
    // All are looked at: an invalid one is an error whatever the others say.
    let mut passed = true;
    for (key, value) in conditions {
        passed &= match (key.as_str(), value) {
            ("AND", Value::Array(all)) => {
                let mut every = true;
                for filter in all {
                    every &= passes(row, filter, rows)?;
                }
                every
            }
            ("OR", Value::Array(any)) => {
                let mut one = false;
                for filter in any {
                    one |= passes(row, filter, rows)?;
                }
                one
            }
            ("AND" | "OR", _) => return Err(format!("{key}: a list is expected")),
            _ => condition(row, key, value, rows)?,
        };
    }
    Ok(passed)
}

fn condition(row: &Value, key: &str, wanted: &Value, rows: &Rows<'_>) -> Result<bool, String> {
    let (name, operator) = match OPERATORS.iter().find(|operator| {
        let name = key.strip_suffix(**operator);
        name.is_some_and(|name| rows.knows(name)) && !rows.knows(key)
    }) {
        Some(operator) => (&key[..key.len() - operator.len()], *operator),
        None if rows.knows(key) => (key, ""),
        None => return Err(format!("unknown arg \"{key}\"")),
    };
    let found = Rows::value(row, name);
    let order = || compare(found, wanted);
    let list = || match wanted {
        Value::Array(list) => Ok(list.as_slice()),
        _ => Err(format!("{key}: a list is expected")),
    };
    let pattern = || match wanted {
        Value::String(form) => Ok(found.as_str().is_some_and(|text| is_like(text, form))),
        _ => Err(format!("{key}: a string is expected")),
    };
    let is_in = |list: &[Value]| {
        let mut list = list.iter();
        list.any(|wanted| compare(found, wanted) == Some(Ordering::Equal))
    };
    let has = |wanted: &Value| found.as_array().is_some_and(|all| all.contains(wanted));
    Ok(match operator {
        "" => order() == Some(Ordering::Equal),
        "_neq" => order() != Some(Ordering::Equal),
        "_gt" => order() == Some(Ordering::Greater),
        "_lt" => order() == Some(Ordering::Less),
        "_geq" => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        "_leq" => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        "_in" => is_in(list()?),
        "_notin" => !is_in(list()?),
        "_like" => pattern()?,
        "_notlike" => !pattern()?,
        "_has" => has(wanted),
        "_hasall" => list()?.iter().all(has),
        _ => list()?.iter().any(has),
    })
}
