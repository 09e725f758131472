//! The bridge to serde: every model works with any serde format.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use super::extra::Piece;
use super::field::{Field, View};
use super::watch::Watch;
use super::whole::whole;
use super::{read, tree, write};

/// Serializes any field.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(value: &dyn Field, serializer: S) -> Result<S::Ok, S::Error> {
    show(value.view(), serializer)
}

/// Deserializes any field. For JSON text, [`from_str`](super::from_str) is the short way.
///
/// # Errors
/// Those of the format.
pub fn deserialize<'de, T: Field + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let tree = Value::deserialize(deserializer)?;
    let mut value = T::default();
    read::fitting_document(&tree.to_string(), &mut value, &mut Watch::off())
        .map_err(D::Error::custom)?;
    Ok(value)
}

pub(super) struct Shown<'a>(pub(super) View<'a>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        show(self.0, serializer)
    }
}

fn show<S: Serializer>(view: View<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    match view {
        View::None => serializer.serialize_unit(),
        View::Bool(value) => serializer.serialize_bool(value),
        View::Number(number) => tree::of(&number.to_text())
            .unwrap_or_default()
            .serialize(serializer),
        View::Str(text) => serializer.serialize_str(text),
        View::Any(value) => value.serialize(serializer),
        View::Raw(raw) => raw.to_value().serialize(serializer),
        View::Bytes(blob) => serializer.serialize_bytes(blob.as_ref()),
        View::Seq(seq) => {
            let mut out = serializer.serialize_seq(Some(seq.len()))?;
            for index in 0..seq.len() {
                out.serialize_element(&Shown(seq.at(index).view()))?;
            }
            out.end()
        }
        View::Dict(dict) => {
            let mut out = serializer.serialize_map(Some(dict.len()))?;
            let mut result = Ok(());
            dict.visit(&mut |key, value| {
                if result.is_ok() {
                    result = out.serialize_entry(key, &Shown(value.view()));
                }
            });
            result?;
            out.end()
        }
        View::Object(object) => {
            if let Some(raw) = whole(object) {
                return raw.to_value().serialize(serializer);
            }
            let mut out = serializer.serialize_map(None)?;
            let mut result = Ok(());
            write::members(object, |key, piece| {
                if result.is_ok() {
                    result = match piece {
                        Piece::Nothing => Ok(()),
                        Piece::Null => out.serialize_entry(key, &()),
                        Piece::View(view) => out.serialize_entry(key, &Shown(view)),
                        Piece::Pointed(number) => out.serialize_entry(key, &number.as_f64()),
                        Piece::Raw(raw) => out.serialize_entry(key, &raw.to_value()),
                    };
                }
            });
            result?;
            out.end()
        }
    }
}
