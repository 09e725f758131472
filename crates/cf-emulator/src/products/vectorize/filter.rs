//! Filters by indexed metadata: `{"genre": "news", "year": {"$gte": 2020}}`.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::metadata_indexes;
use crate::http::error::ApiError;
use crate::http::paging::{compare, lookup};
use crate::store::Object;

/// The most bytes of a filter as JSON.
const LONGEST: usize = 2048;
/// The most bytes of a string in an index.
const LONGEST_INDEXED: usize = 64;

const OPERATORS: &[&str] = &["$eq", "$ne", "$in", "$nin", "$lt", "$lte", "$gt", "$gte"];

/// All conditions of a filter must hold.
pub(super) struct Filter(Vec<Condition>);

struct Condition {
    property: String,
    operator: String,
    wanted: Value,
}

impl Filter {
    pub(super) fn parse(filter: &Value) -> Result<Self, ApiError> {
        let invalid = |why: &str| super::invalid("filter", why);
        let conditions = match filter {
            Value::Null => return Ok(Self(Vec::new())),
            Value::Object(conditions) if filter.to_string().len() <= LONGEST => conditions,
            Value::Object(_) => return Err(invalid("has more than 2048 bytes")),
            _ => return Err(invalid("is not an object")),
        };
        let mut all = Vec::new();
        for (property, wanted) in conditions {
            let operators = match wanted {
                Value::Object(operators) => operators.clone(),
                plain => Object::from_iter([("$eq".to_owned(), plain.clone())]),
            };
            for (operator, wanted) in operators {
                if !OPERATORS.contains(&operator.as_str()) {
                    return Err(invalid(&format!("unknown operator {operator}")));
                }
                if matches!(operator.as_str(), "$in" | "$nin") != wanted.is_array() {
                    return Err(invalid(&format!("{operator} has the wrong kind of value")));
                }
                let property = property.clone();
                all.push(Condition {
                    property,
                    operator,
                    wanted,
                });
            }
        }
        Ok(Self(all))
    }

    pub(super) fn selects(&self, index: &Object, vector: &Object) -> bool {
        self.0.iter().all(|condition| {
            let value = indexed(index, vector, &condition.property);
            value.is_some_and(|value| condition.holds(&value))
        })
    }
}

impl Condition {
    fn holds(&self, value: &Value) -> bool {
        let equals = |wanted: &Value| {
            compare(value, &known(wanted)) == Ordering::Equal && same_kind(value, wanted)
        };
        let ordering = || compare(value, &known(&self.wanted));
        let among = || self.wanted.as_array().into_iter().flatten().any(equals);
        match self.operator.as_str() {
            "$eq" => equals(&self.wanted),
            "$ne" => !equals(&self.wanted),
            "$in" => among(),
            "$nin" => !among(),
            _ if !same_kind(value, &self.wanted) => false,
            "$lt" => ordering().is_lt(),
            "$lte" => ordering().is_le(),
            "$gt" => ordering().is_gt(),
            _ => ordering().is_ge(),
        }
    }
}

fn same_kind(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// The part of a value that an index has: of strings, the start.
fn known(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let ends = text.char_indices().map(|(at, one)| at + one.len_utf8());
            let end = ends.take_while(|end| *end <= LONGEST_INDEXED).last();
            text[..end.unwrap_or_default()].into()
        }
        value => value.clone(),
    }
}

/// The value of a property, if it was indexed when the vector was written.
pub(super) fn indexed(index: &Object, vector: &Object, property: &str) -> Option<Value> {
    let kind = metadata_indexes::of(index).find(|one| one["propertyName"] == *property)?;
    let covered = vector.get("indexed").and_then(Value::as_array)?;
    let value = lookup(vector.get("metadata")?.as_object()?, property);
    let fits = match kind["indexType"].as_str() {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        _ => value.is_boolean(),
    };
    (covered.contains(&json!(property)) && fits).then(|| known(value))
}
