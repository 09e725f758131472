//! Reads a snapshot into a state, member by member, so that memory holds no more
//! than the resulting state.

use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::FORMAT;
use crate::http::content::Stored;
use crate::http::file::{Folder, Writer};
use crate::http::json;
use crate::store::Store;
use crate::store::credentials::Credentials;

/// The state in a snapshot, or what is wrong with it.
pub(crate) fn read(snapshot: &Stored, folder: Option<&Folder>) -> Result<Store, String> {
    let reader = snapshot.reader();
    let reader = reader.map_err(|error| format!("cannot read the body: {error}"))?;
    json::read(Snapshot { folder }, reader).map_err(|error| match error.is_data() {
        true => error.to_string(),
        false => format!("the body is not JSON: {error}"),
    })
}

/// The same, from parsed JSON.
pub(crate) fn read_value(snapshot: &Value, folder: Option<&Folder>) -> Result<Store, String> {
    let store = Snapshot { folder }.deserialize(snapshot);
    store.map_err(|error| error.to_string())
}

/// The required members of a snapshot.
const MEMBERS: [&str; 6] = [
    "format",
    "tables",
    "documents",
    "blobs",
    "files",
    "credentials",
];

struct Snapshot<'a> {
    folder: Option<&'a Folder>,
}

impl<'de> DeserializeSeed<'de> for Snapshot<'_> {
    type Value = Store;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Store, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Snapshot<'_> {
    type Value = Store;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a snapshot")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Store, A::Error> {
        let other_format = || A::Error::custom(format!("not a snapshot of format {FORMAT}"));
        let (mut store, mut files) = (Store::default(), Vec::new());
        let mut missing = MEMBERS.to_vec();
        while let Some(name) = map.next_key::<String>()? {
            missing.retain(|member| *member != name);
            match name.as_str() {
                "format" if map.next_value::<Value>()? == FORMAT => {}
                "format" => return Err(other_format()),
                "tables" => map.next_value_seed(Members {
                    seed: |_: &str| PhantomData::<Value>,
                    take: |path: String, rows| add_rows(&mut store, &path, rows),
                })?,
                "documents" => map.next_value_seed(Members {
                    seed: |_: &str| PhantomData::<Value>,
                    take: |path, document| {
                        store.set_document(path, document);
                        Ok(())
                    },
                })?,
                "blobs" => map.next_value_seed(Members {
                    seed: |path: &str| Hex::new(path, Ok(Vec::new())),
                    take: |path, bytes: Vec<u8>| {
                        store.set_own_blob(path, bytes.into_boxed_slice().into());
                        Ok(())
                    },
                })?,
                "files" => map.next_value_seed(Members {
                    seed: |path: &str| Hex::new(path, Writer::new(self.folder)),
                    take: |path, writer: Writer| {
                        files.push((path, writer.finish()));
                        Ok(())
                    },
                })?,
                "credentials" => {
                    let unreadable = || A::Error::custom("its credentials cannot be read");
                    let credentials = Credentials::from_json(&map.next_value()?);
                    *store.credentials_mut() = credentials.ok_or_else(unreadable)?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match missing.first() {
            None => {}
            Some(&"format") => return Err(other_format()),
            Some(member) => return Err(A::Error::custom(format!("it has no {member}"))),
        }
        // Until here, they are dropped if anything is wrong.
        for (path, file) in files {
            store.set_file(path, file);
        }
        Ok(store)
    }
}

fn add_rows(store: &mut Store, path: &str, rows: Value) -> Result<(), String> {
    let table = store.table_mut(path);
    let Value::Array(rows) = rows else {
        return Err(format!("{path} is not a list"));
    };
    for row in rows {
        let row = match row {
            Value::Array(row) => <[Value; 3]>::try_from(row).ok(),
            _ => None,
        };
        match row {
            Some([Value::Number(at), Value::String(key), Value::Object(row)]) if at.is_u64() => {
                table.put_at(at.as_u64().unwrap_or_default(), &key, row);
            }
            _ => return Err(format!("a row of {path} is not [position, key, object]")),
        }
    }
    Ok(())
}

/// Reads the members of an object, each with its own seed.
struct Members<S, T> {
    seed: S,
    take: T,
}

impl<'de, R, S, T> DeserializeSeed<'de> for Members<S, T>
where
    R: DeserializeSeed<'de>,
    S: FnMut(&str) -> R,
    T: FnMut(String, R::Value) -> Result<(), String>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R, S, T> Visitor<'de> for Members<S, T>
where
    R: DeserializeSeed<'de>,
    S: FnMut(&str) -> R,
    T: FnMut(String, R::Value) -> Result<(), String>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(path) = map.next_key::<String>()? {
            let value = map.next_value_seed((self.seed)(&path))?;
            (self.take)(path, value).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// Hexadecimal bytes: a string, or a list of strings.
struct Hex<W> {
    path: String,
    out: io::Result<W>,
}

impl<W: Write> Hex<W> {
    fn new(path: &str, out: io::Result<W>) -> Self {
        let path = path.to_owned();
        Self { path, out }
    }

    fn push<E: Error>(&mut self, text: &str) -> Result<(), E> {
        let bytes = hex::decode(text);
        let bytes = bytes.map_err(|_| E::custom(format!("{} is not hexadecimal", self.path)))?;
        if let Ok(out) = &mut self.out
            && let Err(error) = out.write_all(&bytes)
        {
            self.out = Err(error);
        }
        Ok(())
    }

    fn finish<E: Error>(self) -> Result<W, E> {
        let path = self.path;
        self.out
            .map_err(|error| E::custom(format!("{path} cannot be written: {error}")))
    }
}

impl<'de, W: Write> DeserializeSeed<'de> for Hex<W> {
    type Value = W;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<W, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, W: Write> Visitor<'de> for Hex<W> {
    type Value = W;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hexadecimal digits for {}", self.path)
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<W, E> {
        self.push(text)?;
        self.finish()
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut pieces: A) -> Result<W, A::Error> {
        while let Some(piece) = pieces.next_element::<String>()? {
            self.push(&piece)?;
        }
        self.finish()
    }
}
