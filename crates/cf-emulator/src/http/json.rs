//! JSON: parsing what others send, and working with objects.

use std::io::{self, BufReader, Read};

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _};
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
    if json.len() > SMALL {
        let mut count = Count::default();
        count.add(json);
        count.check().map_err(serde_json::Error::custom)?;
    }
    serde_json::from_slice(json)
}

/// The same piece by piece: `seed` says what becomes of it.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    seed: S,
    json: impl Read,
) -> serde_json::Result<S::Value> {
    let count = Count::default();
    let counted = Counted { json, count };
    let mut deserializer = serde_json::Deserializer::from_reader(BufReader::new(counted));
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

struct Counted<R> {
    json: R,
    count: Count,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.json.read(into)?;
        self.count.add(&into[..length]);
        self.count.check().map_err(io::Error::other)?;
        Ok(length)
    }
}

/// How many values there are about, keys included.
#[derive(Default)]
struct Count {
    values: usize,
    in_string: bool,
    escaped: bool,
}

impl Count {
    fn add(&mut self, json: &[u8]) {
        for byte in json {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b',' | b':' | b'[' | b'{' if !self.in_string => self.values += 1,
                _ => {}
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        match self.values > MOST_VALUES {
            true => Err(format!("more than {MOST_VALUES} values")),
            false => Ok(()),
        }
    }
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
