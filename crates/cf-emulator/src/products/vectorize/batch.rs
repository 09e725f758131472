//! Vectors as they are sent: NDJSON, as the body or in a form.

use std::io::{self, BufRead, BufReader};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use super::INVALID;
use crate::engine::call::Call;
use crate::engine::route::Stream;
use crate::http::content::Stored;
use crate::http::error::ApiError;
use crate::http::json::{self, object};
use crate::store::{Object, text};

/// The most vectors in one request.
const MOST_VECTORS: usize = 5000;
const LONGEST_ID: usize = 64;
const LONGEST_NAMESPACE: usize = 64;
/// The most bytes of a vector's metadata as JSON.
const LARGEST_METADATA: usize = 10 << 10;

pub(super) const STREAM: Stream = Stream {
    most: Some(100 << 20),
    too_large: ApiError::too_large,
    large_only: true,
};

/// The rules for the vectors of a batch.
pub(super) struct Rules {
    pub(super) dimensions: usize,
    /// Invalid lines are skipped.
    pub(super) discards: bool,
}

/// The lines in a request.
pub(super) fn sent(call: &Call<'_>) -> Result<Stored, ApiError> {
    if !call.request.is_form() {
        return call.request.content().stored();
    }
    let form = call.request.form.as_ref();
    let part = form.and_then(|form| form.part("vectors"));
    let part = part.ok_or_else(|| refused("the form has no part vectors".to_owned()))?;
    part.data.stored()
}

/// Parses all vectors, in the form in which they are stored.
pub(super) fn read(lines: &Stored, rules: &Rules) -> Result<Vec<Object>, ApiError> {
    let unreadable = |error: io::Error| ApiError::unreadable(&error);
    let mut reader = BufReader::new(lines.reader().map_err(unreadable)?);
    let (mut vectors, mut line, mut number) = (Vec::new(), Vec::new(), 0);
    while reader.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
        number += 1;
        let text = line.trim_ascii();
        if !text.is_empty() {
            match parse(text) {
                Ok(vector) => vectors.push(checked(vector, rules.dimensions)?),
                Err(_) if rules.discards => {}
                Err(why) => return Err(refused(format!("line {number}: {why}"))),
            }
        }
        if vectors.len() > MOST_VECTORS {
            return Err(refused(format!(
                "there can be {MOST_VECTORS} vectors at most"
            )));
        }
        line.clear();
    }
    match vectors.is_empty() {
        true => Err(refused("there are no vectors".to_owned())),
        false => Ok(vectors),
    }
}

fn refused(why: String) -> ApiError {
    ApiError::bad_request(INVALID, why)
}

/// A vector from its line.
struct Vector {
    id: String,
    values: Vec<f32>,
    namespace: Option<String>,
    metadata: Option<Object>,
}

fn parse(line: &[u8]) -> Result<Vector, String> {
    let value: Value = json::parse(line).map_err(|error| error.to_string())?;
    let id = value["id"].as_str().ok_or("id is not a string")?;
    let values = values(&value["values"]).ok_or("values is not a list of numbers")?;
    let namespace = match &value["namespace"] {
        Value::Null => None,
        Value::String(namespace) => Some(namespace.clone()),
        _ => return Err("namespace is not a string".to_owned()),
    };
    let metadata = match &value["metadata"] {
        Value::Null => None,
        Value::Object(metadata) => Some(metadata.clone()),
        _ => return Err("metadata is not an object".to_owned()),
    };
    Ok(Vector {
        id: id.to_owned(),
        values,
        namespace,
        metadata,
    })
}

/// The numbers of a vector.
pub(super) fn values(values: &Value) -> Option<Vec<f32>> {
    let values = values.as_array()?.iter();
    // Vectorize stores 32-bit floats.
    values
        .map(|value| value.as_f64().map(|value| value as f32))
        .collect()
}

/// A valid vector, as it is stored.
fn checked(vector: Vector, dimensions: usize) -> Result<Object, ApiError> {
    let id = &vector.id;
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err(refused(format!(
            "invalid vector id {id:?}, which must have 1 to {LONGEST_ID} bytes"
        )));
    }
    let found = vector.values.len();
    if found != dimensions {
        let message = format!(
            "invalid vector for id={id:?}, expected {dimensions} dimensions, and got {found} dimensions"
        );
        return Err(ApiError::bad_request(40012, message));
    }
    let mut row = object(json!({ "id": id, "values": pack(&vector.values) }));
    if let Some(namespace) = vector.namespace {
        if namespace.len() > LONGEST_NAMESPACE {
            return Err(refused(format!(
                "the namespace of id={id:?} has more than {LONGEST_NAMESPACE} bytes"
            )));
        }
        row.insert("namespace".to_owned(), namespace.into());
    }
    if let Some(metadata) = vector.metadata {
        let odd = |key: &String| key.is_empty() || key.starts_with('$') || key.contains(['.', '"']);
        if metadata.keys().any(odd) {
            let why = "keys must not be empty, begin with $, or contain a dot or quotes";
            return Err(refused(format!("invalid metadata for id={id:?}: {why}")));
        }
        let metadata = Value::Object(metadata);
        if metadata.to_string().len() > LARGEST_METADATA {
            return Err(refused(format!(
                "the metadata of id={id:?} has more than {LARGEST_METADATA} bytes"
            )));
        }
        row.insert("metadata".to_owned(), metadata);
    }
    Ok(row)
}

/// Numbers as they are stored: as JSON they would take ten times the memory.
fn pack(values: &[f32]) -> String {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    BASE64_STANDARD.encode(bytes)
}

/// The numbers of a stored vector.
pub(super) fn unpack(row: &Object) -> Vec<f32> {
    let bytes = BASE64_STANDARD
        .decode(text(row, "values"))
        .unwrap_or_default();
    let (numbers, _) = bytes.as_chunks();
    numbers
        .iter()
        .map(|number| f32::from_le_bytes(*number))
        .collect()
}
