//! Everything the emulator remembers: tables of objects and single documents,
//! both under the path they have in the API, so that a parent takes its
//! children along when it goes.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::credentials::Credentials;

/// A JSON object as stored.
pub(crate) type Object = Map<String, Value>;

/// The objects of one collection, in the order they were added.
#[derive(Debug, Default, Clone)]
pub(crate) struct Table {
    next: u64,
    rows: BTreeMap<u64, (String, Object)>,
    by_id: HashMap<String, u64>,
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
            None => {
                self.next += 1;
                self.by_id.insert(key.to_owned(), self.next);
                self.next
            }
        };
        self.rows.insert(position, (key.to_owned(), row));
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.rows.get(self.by_id.get(id)?).map(|(_, row)| row)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Object> {
        self.rows.get_mut(self.by_id.get(id)?).map(|(_, row)| row)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        self.rows
            .remove(&self.by_id.remove(id)?)
            .map(|(_, row)| row)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Object> {
        self.rows.values().map(|(_, row)| row)
    }

    /// Every row under its key.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Object)> {
        self.rows.values().map(|(key, row)| (key.as_str(), row))
    }

    /// How many rows were ever added.
    pub(crate) fn added(&self) -> u64 {
        self.next
    }
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    tables: BTreeMap<String, Table>,
    documents: BTreeMap<String, Value>,
    pub(crate) credentials: Credentials,
}

impl Store {
    /// The table at `path`, which comes into being when first written to.
    pub(crate) fn table_mut(&mut self, path: &str) -> &mut Table {
        self.tables.entry(path.to_owned()).or_default()
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
        self.documents.insert(path.into(), value);
    }

    pub(crate) fn remove_document(&mut self, path: &str) {
        self.documents.remove(path);
    }

    pub(crate) fn remove_table(&mut self, path: &str) {
        self.tables.remove(path);
    }

    /// Forgets everything below `path`.
    pub(crate) fn remove_below(&mut self, path: &str) {
        let below = |key: &String| key.strip_prefix(path).is_some_and(|r| r.starts_with('/'));
        self.tables.retain(|key, _| !below(key));
        self.documents.retain(|key, _| !below(key));
    }
}

/// The text in `field`, or nothing.
pub(crate) fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
