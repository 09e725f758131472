//! Everything the emulator remembers: tables of objects, single documents and
//! stored bytes, all under the path they have in the API, so that a parent
//! takes its children along when it goes.

// Only what writes state down asks for changes.
#[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
mod changes;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::credentials::Credentials;
#[cfg(feature = "sqlite")]
pub(crate) use changes::Change;
use changes::Changes;

/// A JSON object as stored.
pub(crate) type Object = Map<String, Value>;

/// The objects of one collection, in the order they were added.
#[derive(Debug, Default, Clone)]
pub(crate) struct Table {
    next: u64,
    rows: BTreeMap<u64, (String, Object)>,
    by_id: HashMap<String, u64>,
    /// The keys of rows that changed, if anybody wants to know.
    changed: Option<Vec<String>>,
}

impl Table {
    /// Adds `row` under its `id`, in place of the one that had it.
    pub(crate) fn put(&mut self, row: Object) {
        let id = text(&row, "id").to_owned();
        self.put_as(&id, row);
    }

    /// Adds `row` under a key of the caller's, in place of the one that had it.
    pub(crate) fn put_as(&mut self, key: &str, row: Object) {
        let position = match self.by_id.get(key) {
            Some(position) => *position,
            None => self.next + 1,
        };
        self.put_at(position, key, row);
    }

    /// Adds `row` at a position that it had before.
    pub(crate) fn put_at(&mut self, position: u64, key: &str, row: Object) {
        self.note(key);
        self.next = self.next.max(position);
        self.by_id.insert(key.to_owned(), position);
        self.rows.insert(position, (key.to_owned(), row));
    }

    fn note(&mut self, key: &str) {
        if let Some(changed) = &mut self.changed {
            changed.push(key.to_owned());
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.rows.get(self.by_id.get(id)?).map(|(_, row)| row)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Object> {
        let position = *self.by_id.get(id)?;
        self.note(id);
        self.rows.get_mut(&position).map(|(_, row)| row)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        let position = self.by_id.remove(id)?;
        self.note(id);
        self.rows.remove(&position).map(|(_, row)| row)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Object> {
        self.rows.values().map(|(_, row)| row)
    }

    /// Every row under its key.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Object)> {
        self.rows.values().map(|(key, row)| (key.as_str(), row))
    }

    /// Every row with its position and key.
    pub(crate) fn positions(&self) -> impl Iterator<Item = (u64, &str, &Object)> {
        self.rows
            .iter()
            .map(|(at, (key, row))| (*at, key.as_str(), row))
    }

    #[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
    fn position(&self, key: &str) -> Option<(u64, &Object)> {
        let position = *self.by_id.get(key)?;
        Some((position, &self.rows.get(&position)?.1))
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many rows were ever added.
    pub(crate) fn added(&self) -> u64 {
        self.next
    }
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Store {
    tables: BTreeMap<String, Table>,
    documents: BTreeMap<String, Value>,
    blobs: BTreeMap<String, Bytes>,
    pub(crate) credentials: Credentials,
    /// What changed since it was last written down, if it is.
    changes: Option<Changes>,
}

impl Store {
    /// The table at `path`, which comes into being when first written to.
    pub(crate) fn table_mut(&mut self, path: &str) -> &mut Table {
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
        let path = path.into();
        self.note(|changes| changes.blob(&path));
        self.blobs.insert(path, bytes);
    }

    pub(crate) fn remove_blob(&mut self, path: &str) {
        self.note(|changes| changes.blob(path));
        self.blobs.remove(path);
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

    fn note(&mut self, note: impl FnOnce(&mut Changes)) {
        if let Some(changes) = &mut self.changes {
            note(changes);
        }
    }
}

/// The text in `field`, or nothing.
pub(crate) fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
