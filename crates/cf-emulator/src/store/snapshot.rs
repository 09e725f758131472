//! The whole state as one JSON document.

use serde_json::{Map, Value, json};

use crate::http::file::{Folder, Writer};
use crate::store::credentials::Credentials;
use crate::store::{Object, Store};

/// Incremented when older snapshots can no longer be read.
const FORMAT: u64 = 2;

/// The state, or the file of it that cannot be read.
pub(crate) fn write(store: &Store) -> Result<Value, String> {
    let mut files = Map::new();
    for (path, file) in store.files() {
        let bytes = file.read();
        let bytes = bytes.map_err(|error| format!("{path} cannot be read: {error}"))?;
        files.insert(path.to_owned(), hex::encode(&bytes).into());
    }
    let tables: Map<String, Value> = store
        .tables()
        .map(|(path, table)| {
            let rows = table
                .positions()
                .map(|(at, key, row)| json!([at, key, row]));
            (path.to_owned(), rows.collect())
        })
        .collect();
    let documents: Map<String, Value> = store
        .documents()
        .map(|(path, value)| (path.to_owned(), value.clone()))
        .collect();
    let blobs: Map<String, Value> = store
        .blobs()
        .map(|(path, bytes)| (path.to_owned(), hex::encode(bytes).into()))
        .collect();
    Ok(json!({
        "format": FORMAT,
        "tables": tables,
        "documents": documents,
        "blobs": blobs,
        "files": files,
        "credentials": store.credentials().to_json(),
    }))
}

/// The state in a snapshot, or what is wrong with it.
pub(crate) fn read(snapshot: &Value, folder: Option<&Folder>) -> Result<Store, String> {
    if snapshot["format"] != FORMAT {
        return Err(format!("not a snapshot of format {FORMAT}"));
    }
    let mut store = Store::default();
    for (path, rows) in object(snapshot, "tables")? {
        let table = store.table_mut(path);
        for row in rows.as_array().into_iter().flatten() {
            match (row[0].as_u64(), row[1].as_str(), row[2].as_object()) {
                (Some(at), Some(key), Some(row)) => table.put_at(at, key, row.clone()),
                _ => return Err(format!("a row of {path} is not [position, key, object]")),
            }
        }
    }
    for (path, value) in object(snapshot, "documents")? {
        store.set_document(path, value.clone());
    }
    for (path, value) in object(snapshot, "blobs")? {
        store.set_own_blob(path, bytes(path, value)?.into());
    }
    for (path, value) in object(snapshot, "files")? {
        let bytes = bytes(path, value)?;
        let file = || {
            let mut writer = Writer::new(folder)?;
            writer.push(&bytes)?;
            std::io::Result::Ok(writer.finish())
        };
        let file = file().map_err(|error| format!("{path} cannot be written: {error}"))?;
        store.set_file(path, file);
    }
    *store.credentials_mut() =
        Credentials::from_json(&snapshot["credentials"]).ok_or("its credentials cannot be read")?;
    Ok(store)
}

fn object<'a>(snapshot: &'a Value, field: &str) -> Result<&'a Object, String> {
    snapshot[field]
        .as_object()
        .ok_or_else(|| format!("it has no {field}"))
}

/// The bytes that a string encodes.
fn bytes(path: &str, text: &Value) -> Result<Vec<u8>, String> {
    let bytes = text.as_str().and_then(|text| hex::decode(text).ok());
    bytes.ok_or_else(|| format!("{path} is not hexadecimal"))
}
