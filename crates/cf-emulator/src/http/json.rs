//! JSON: parsing what others send, and working with objects.

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};

/// The members of a JSON object.
pub(crate) type Object = Map<String, Value>;

/// Texts this small are not counted.
const SMALL: usize = 1 << 20;
/// How many values one text may have: in memory, each takes up to a hundred
/// times the two bytes that it takes on the wire.
const MOST_VALUES: usize = 2_000_000;

/// Parses JSON that was sent.
pub(crate) fn parse<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    if json.len() > SMALL && count(json) > MOST_VALUES {
        let message = format!("more than {MOST_VALUES} values");
        return Err(serde_json::Error::custom(message));
    }
    serde_json::from_slice(json)
}

/// Roughly how many values there are, keys included.
fn count(json: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b':' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

/// The members of a JSON object.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The string in `field`, or an empty one.
pub(crate) fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Copies the fields of `changes` into `object`, except for the `fixed` ones.
pub(crate) fn merge(object: &mut Object, changes: Object, fixed: &[&str]) {
    for (field, value) in changes {
        if !fixed.contains(&field.as_str()) {
            object.insert(field, value);
        }
    }
}

/// Like [`merge`], but an object in `changes` changes only what it names.
pub(crate) fn merge_deep(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (field, value) in changes {
                merge_deep(target.entry(field).or_insert(Value::Null), value);
            }
        }
        (target, changes) => *target = changes,
    }
}
