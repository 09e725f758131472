//! Everything the emulator remembers: tables of objects, single documents and
//! stored bytes, all under their path in the API, so that children are deleted
//! with their parent.

// Only code that writes the state asks for changes.
#[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
mod changes;
pub(crate) mod clock;
pub(crate) mod credentials;
pub(crate) mod identity;
pub(crate) mod pending;
pub(crate) mod snapshot;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod stored;
mod table;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use crate::http::file::File;
pub(crate) use crate::http::json::{Object, text};
#[cfg(feature = "sqlite")]
pub(crate) use changes::Change;
use changes::Changes;
use credentials::Credentials;
pub(crate) use table::Table;

#[derive(Debug, Default, Clone)]
pub(crate) struct Store {
    tables: BTreeMap<String, Table>,
    documents: BTreeMap<String, Value>,
    blobs: BTreeMap<String, Bytes>,
    files: BTreeMap<String, File>,
    credentials: Credentials,
    /// Counts possible changes.
    version: u64,
    /// What changed since the last write, if it is written at all.
    changes: Option<Changes>,
}

impl Store {
    /// The table at `path`, created when first written to.
    pub(crate) fn table_mut(&mut self, path: &str) -> &mut Table {
        self.note(|changes| changes.rows(path));
        let tracked = self.changes.is_some();
        let table = self.tables.entry(path.to_owned()).or_default();
        if tracked && table.changed.is_none() {
            table.changed = Some(Vec::new());
        }
        table
    }

    pub(crate) fn table(&self, path: &str) -> Option<&Table> {
        self.tables.get(path)
    }

    pub(crate) fn rows<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.table(path).into_iter().flat_map(Table::rows)
    }

    pub(crate) fn get(&self, path: &str, id: &str) -> Option<&Object> {
        self.table(path)?.get(id)
    }

    pub(crate) fn document(&self, path: &str) -> Option<&Value> {
        self.documents.get(path)
    }

    pub(crate) fn set_document(&mut self, path: impl Into<String>, value: Value) {
        let path = path.into();
        self.note(|changes| changes.document(&path));
        self.documents.insert(path, value);
    }

    pub(crate) fn remove_document(&mut self, path: &str) {
        self.note(|changes| changes.document(path));
        self.documents.remove(path);
    }

    pub(crate) fn blob(&self, path: &str) -> Option<&Bytes> {
        self.blobs.get(path)
    }

    pub(crate) fn set_blob(&mut self, path: impl Into<String>, bytes: Bytes) {
        // A copy: bodies are parts of larger buffers, which would be kept alive.
        self.set_own_blob(path, Bytes::copy_from_slice(&bytes));
    }

    /// Stores bytes that are not part of a larger buffer.
    pub(crate) fn set_own_blob(&mut self, path: impl Into<String>, bytes: Bytes) {
        let path = path.into();
        self.note(|changes| changes.blob(&path));
        self.blobs.insert(path, bytes);
    }

    pub(crate) fn remove_blob(&mut self, path: &str) {
        self.note(|changes| changes.blob(path));
        self.blobs.remove(path);
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    pub(crate) fn set_file(&mut self, path: impl Into<String>, file: File) {
        let path = path.into();
        self.note(|changes| changes.file(&path));
        file.doom(false);
        if let Some(old) = self.files.insert(path, file) {
            self.release(old);
        }
    }

    pub(crate) fn remove_file(&mut self, path: &str) {
        if let Some(old) = self.files.remove(path) {
            self.note(|changes| changes.file(path));
            self.release(old);
        }
    }

    /// Releases a file; on disk it stays as long as the written state refers
    /// to it.
    fn release(&mut self, file: File) {
        self.note(|changes| changes.release(file));
    }

    pub(crate) fn remove_table(&mut self, path: &str) {
        if self.tables.remove(path).is_some() {
            self.note(|changes| changes.table(path));
        }
    }

    /// Forgets everything below `path`.
    pub(crate) fn remove_below(&mut self, path: &str) {
        let below = |key: &String| {
            key.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let found = |keys: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            keys.filter(|key| below(key)).cloned().collect()
        };
        for table in found(&mut self.tables.keys()) {
            self.remove_table(&table);
        }
        for document in found(&mut self.documents.keys()) {
            self.remove_document(&document);
        }
        for blob in found(&mut self.blobs.keys()) {
            self.remove_blob(&blob);
        }
        for file in found(&mut self.files.keys()) {
            self.remove_file(&file);
        }
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.tables
            .iter()
            .map(|(path, table)| (path.as_str(), table))
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.documents
            .iter()
            .map(|(path, value)| (path.as_str(), value))
    }

    pub(crate) fn blobs(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.blobs
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes))
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(crate) fn credentials_mut(&mut self) -> &mut Credentials {
        self.note(Changes::credentials);
        &mut self.credentials
    }

    /// A number that differs after every change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    fn note(&mut self, note: impl FnOnce(&mut Changes)) {
        self.version += 1;
        if let Some(changes) = &mut self.changes {
            note(changes);
        }
    }
}
