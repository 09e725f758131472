//! The vectors that are closest to another.

use serde_json::{Value, json};

use super::batch::{unpack, values};
use super::filter::{Filter, indexed};
use super::vectors::shown;
use super::{INVALID, dimensions, found, invalid, metadata_indexes, table, vectors_of};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::store::{Object, text};

const USUAL_MATCHES: usize = 5;
const MOST_MATCHES: usize = 100;
/// The most matches if values or all metadata are asked for.
const MOST_WHOLE_MATCHES: usize = 20;

/// What a match shows of its metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Indexed,
    Everything,
}

pub(super) fn query(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let index = found(call)?;
    let wanted = body.get("vector").and_then(values);
    let wanted = wanted.ok_or_else(|| invalid("vector", "is not a list of numbers"))?;
    let (expected, got) = (dimensions(index), wanted.len());
    if got != expected {
        let message = format!(
            "invalid query vector, expected {expected} dimensions, and got {got} dimensions"
        );
        return Err(ApiError::bad_request(40006, message));
    }
    let with_values = body.get("returnValues") == Some(&Value::Bool(true));
    let metadata = match text(&body, "returnMetadata") {
        "all" => Shown::Everything,
        "indexed" => Shown::Indexed,
        _ => Shown::Nothing,
    };
    let whole = with_values || metadata == Shown::Everything;
    let count = how_many(&body, whole)?;
    let filter = Filter::parse(body.get("filter").unwrap_or(&Value::Null))?;
    let namespace = body.get("namespace").and_then(Value::as_str);

    let metric = index
        .get("config")
        .map_or("", |config| config["metric"].as_str().unwrap_or_default());
    let rows = call
        .store
        .rows(&vectors_of(&table(call), text(index, "name")));
    let rows =
        rows.filter(|row| namespace.is_none_or(|namespace| text(row, "namespace") == namespace));
    let rows = rows.filter(|row| filter.selects(index, row));
    let mut scored: Vec<_> = rows
        .map(|row| (score(metric, &wanted, &unpack(row)), row))
        .collect();
    scored.sort_by(|(a, _), (b, _)| match metric {
        "cosine" => b.total_cmp(a),
        _ => a.total_cmp(b),
    });
    let matches = scored.iter().take(count).map(|(score, row)| {
        let mut shown_match = object(json!({ "id": row["id"], "score": score }));
        if let Some(namespace) = row.get("namespace") {
            shown_match.insert("namespace".to_owned(), namespace.clone());
        }
        if with_values {
            shown_match.insert("values".to_owned(), shown(&unpack(row)));
        }
        let metadata = match metadata {
            Shown::Nothing => None,
            Shown::Everything => row.get("metadata").cloned(),
            Shown::Indexed => Some(indexed_of(index, row).into()),
        };
        shown_match.extend(metadata.map(|metadata| ("metadata".to_owned(), metadata)));
        Value::Object(shown_match)
    });
    let matches: Vec<_> = matches.collect();
    Ok(Reply::result(
        json!({ "count": matches.len(), "matches": matches }),
    ))
}

fn how_many(body: &Object, whole: bool) -> Result<usize, ApiError> {
    let most = if whole {
        MOST_WHOLE_MATCHES
    } else {
        MOST_MATCHES
    };
    let Some(given) = body.get("topK").filter(|given| !given.is_null()) else {
        return Ok(USUAL_MATCHES);
    };
    let given = given
        .as_f64()
        .filter(|given| given.fract() == 0.0 && *given >= 1.0);
    match given {
        Some(given) if given <= most as f64 => Ok(given as usize),
        _ => Err(invalid(
            "topK",
            &format!("must be 1 to {most}, with what is to be returned"),
        )),
    }
}

/// How close two vectors are. Except for cosine, smaller scores are closer.
fn score(metric: &str, a: &[f32], b: &[f32]) -> f64 {
    let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let dot: f64 = pairs().map(|(a, b)| a * b).sum();
    match metric {
        "euclidean" => pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        "dot-product" => -dot,
        _ => {
            let length = |all: &[f32]| {
                all.iter()
                    .map(|a| f64::from(*a).powi(2))
                    .sum::<f64>()
                    .sqrt()
            };
            let lengths = length(a) * length(b);
            if lengths == 0.0 { 0.0 } else { dot / lengths }
        }
    }
}

/// The metadata of a vector as indexed.
fn indexed_of(index: &Object, row: &Object) -> Object {
    let mut known = Object::new();
    let properties = metadata_indexes::of(index).filter_map(|one| one["propertyName"].as_str());
    for property in properties {
        if let Some(value) = indexed(index, row, property) {
            nest(&mut known, property, value);
        }
    }
    known
}

/// Sets the value at a dotted path.
fn nest(into: &mut Object, name: &str, value: Value) {
    match name.split_once('.') {
        None => drop(into.insert(name.to_owned(), value)),
        Some((first, rest)) => {
            let inner = into.entry(first).or_insert_with(|| Object::new().into());
            if let Value::Object(inner) = inner {
                nest(inner, rest, value);
            }
        }
    }
}
