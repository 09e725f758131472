//! Datasets of groups: rows with the same dimensions become one.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value, json};

use super::Failure;
use super::compare::compare;
use super::query::Field;

/// The groups of rows, by the dimensions that a query selects.
pub(super) fn of(rows: Vec<&Value>, fields: &[Field]) -> Result<Vec<Value>, Failure> {
    let selected = fields.iter().filter(|field| field.name == "dimensions");
    let dimensions: Vec<&str> = selected
        .flat_map(|field| &field.fields)
        .map(|field| field.name.as_str())
        .collect();
    let mut groups: Vec<(Vec<&Value>, Vec<&Value>)> = Vec::new();
    for row in rows {
        let key: Vec<&Value> = dimensions
            .iter()
            .map(|name| &row["dimensions"][name])
            .collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, members)) => members.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let merged = groups
        .into_iter()
        .map(|(_, members)| merged(&members, fields));
    merged.collect()
}

/// One row for several.
fn merged(rows: &[&Value], fields: &[Field]) -> Result<Value, Failure> {
    let Some((first, others)) = rows.split_first() else {
        return Ok(json!({}));
    };
    let mut merged = (*first).clone();
    merged["count"] = rows
        .iter()
        .map(|row| row["count"].as_u64().unwrap_or(1))
        .sum::<u64>()
        .into();
    for (name, merge) in [
        ("sum", sum as fn(&Value, &Value) -> Value),
        ("max", max),
        ("min", min),
    ] {
        for row in others {
            for (field, value) in row[name].as_object().into_iter().flatten() {
                let known = merged[name].get(field);
                let value = known.map_or_else(|| value.clone(), |known| merge(known, value));
                if merged[name].is_null() {
                    merged[name] = Value::Object(Map::new());
                }
                merged[name][field] = value;
            }
        }
    }
    let kept = ["dimensions", "count", "sum", "max", "min"];
    for field in fields
        .iter()
        .filter(|field| !kept.contains(&field.name.as_str()))
    {
        let name = field.name.as_str();
        if others.iter().any(|row| row[name] != first[name]) {
            return Err(Failure::new(format!(
                "the emulator cannot compute \"{name}\" of several rows: select the dimensions that tell them apart"
            )));
        }
    }
    Ok(merged)
}

fn sum(a: &Value, b: &Value) -> Value {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64())
        && let Some(sum) = a.checked_add(b)
    {
        return sum.into();
    }
    let sum = a.as_f64().unwrap_or_default() + b.as_f64().unwrap_or_default();
    Number::from_f64(sum).map_or(Value::Null, Value::Number)
}

fn max(a: &Value, b: &Value) -> Value {
    match compare(a, b) {
        Some(Ordering::Less) => b.clone(),
        _ => a.clone(),
    }
}

fn min(a: &Value, b: &Value) -> Value {
    match compare(a, b) {
        Some(Ordering::Greater) => b.clone(),
        _ => a.clone(),
    }
}
