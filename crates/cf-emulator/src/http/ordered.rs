//! JSON with its fields in the order that shell scripts rely on: acme.sh, for
//! one, takes the first `id` after `[{` for the zone's.

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

/// The fields that come first, if present; the others follow by name.
const FIRST: [&str; 5] = ["result", "id", "name", "type", "content"];

struct Ordered<'a>(&'a Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Ordered(item))?;
                }
                list.end()
            }
            Value::Object(fields) => {
                let mut object = serializer.serialize_map(Some(fields.len()))?;
                for name in FIRST {
                    if let Some(value) = fields.get(name) {
                        object.serialize_entry(name, &Ordered(value))?;
                    }
                }
                for (name, value) in fields {
                    if !FIRST.contains(&name.as_str()) {
                        object.serialize_entry(name, &Ordered(value))?;
                    }
                }
                object.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

pub(crate) fn bytes(value: &Value) -> Bytes {
    // A JSON value can always be written; the plain order would do as well.
    serde_json::to_vec(&Ordered(value))
        .unwrap_or_else(|_| value.to_string().into_bytes())
        .into()
}
