//! What changed in a store, for whoever writes it.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::Value;

use super::Store;
use crate::http::file::File;

/// What changed, by path.
#[derive(Debug, Default, Clone)]
pub(crate) struct Changes {
    /// Everything: what was written before is void.
    everything: bool,
    credentials: bool,
    /// Tables that were removed, even if others replace them now.
    tables: BTreeSet<String>,
    /// Tables in which rows may have changed.
    rows: BTreeSet<String>,
    documents: BTreeSet<String>,
    blobs: BTreeSet<String>,
    files: BTreeSet<String>,
    /// Files that the store no longer has.
    released: Vec<File>,
}

/// One thing to write; without a value, it is deleted.
#[derive(Debug)]
pub(crate) enum Change {
    Everything,
    Credentials(Value),
    Table(String),
    Row {
        table: String,
        key: String,
        row: Option<(u64, Value)>,
    },
    Document(String, Option<Value>),
    Blob(String, Option<Bytes>),
    File(String, Option<File>),
}

impl Changes {
    fn any(&self) -> bool {
        let names = [
            &self.tables,
            &self.rows,
            &self.documents,
            &self.blobs,
            &self.files,
        ];
        self.everything || self.credentials || names.iter().any(|names| !names.is_empty())
    }

    pub(super) fn credentials(&mut self) {
        self.credentials = true;
    }

    pub(super) fn rows(&mut self, table: &str) {
        if !self.rows.contains(table) {
            self.rows.insert(table.to_owned());
        }
    }

    pub(super) fn table(&mut self, path: &str) {
        self.tables.insert(path.to_owned());
    }

    pub(super) fn document(&mut self, path: &str) {
        self.documents.insert(path.to_owned());
    }

    pub(super) fn blob(&mut self, path: &str) {
        self.blobs.insert(path.to_owned());
    }

    pub(super) fn file(&mut self, path: &str) {
        self.files.insert(path.to_owned());
    }

    pub(super) fn release(&mut self, file: File) {
        self.released.push(file);
    }
}

impl Store {
    /// Keeps changes from now on, until [`take_changes`](Self::take_changes)
    /// takes them; the first ones are everything there is.
    pub(crate) fn track(&mut self) {
        self.changes = Some(Changes {
            everything: true,
            ..Changes::default()
        });
    }

    /// Starts tracking; everything there is has already been written.
    pub(crate) fn track_further(&mut self) {
        self.changes = Some(Changes::default());
    }

    /// Replaces this store by `other`, which counts as one change.
    pub(crate) fn become_like(&mut self, mut other: Store) {
        let tracked = self.changes.is_some();
        for table in other.tables.values_mut() {
            table.changed = None;
        }
        other.changes = None;
        for (_, file) in other.files() {
            file.doom(false);
        }
        let mut released = std::mem::take(&mut self.files)
            .into_values()
            .collect::<Vec<_>>();
        if let Some(changes) = &mut self.changes {
            released.append(&mut changes.released);
        }
        let version = self.version + 1;
        *self = other;
        self.version = version;
        if tracked {
            self.track();
            for file in released {
                self.release(file);
            }
        }
    }

    /// Gives up files for good: no written state refers to them.
    pub(crate) fn doom(&mut self, released: Vec<File>) {
        for file in &released {
            if !self.files.values().any(|kept| kept.is(file)) {
                file.doom(true);
            }
        }
    }

    /// Whether there is something to write.
    pub(crate) fn has_changed(&self) -> bool {
        self.changes.as_ref().is_some_and(Changes::any)
    }

    /// What to write to have everything, and the files to
    /// [`doom`](Self::doom) after that.
    pub(crate) fn take_changes(&mut self) -> (Vec<Change>, Vec<File>) {
        let Some(mut changes) = self.changes.replace(Changes::default()) else {
            return (Vec::new(), Vec::new());
        };
        let all = changes.everything;
        let released = std::mem::take(&mut changes.released);
        let mut taken = Vec::new();
        if all {
            taken.push(Change::Everything);
        }
        if all || changes.credentials {
            taken.push(Change::Credentials(self.credentials.to_json()));
        }
        taken.extend(changes.tables.into_iter().map(Change::Table));
        let tables: BTreeSet<String> = match all {
            true => self.tables.keys().cloned().collect(),
            false => changes.rows,
        };
        for path in tables {
            let Some(table) = self.tables.get_mut(&path) else {
                continue;
            };
            let touched = table.changed.replace(Vec::new());
            let keys: BTreeSet<String> = match all {
                true => table.by_id.keys().cloned().collect(),
                false => touched.into_iter().flatten().collect(),
            };
            for key in keys {
                let row = table
                    .position(&key)
                    .map(|(at, row)| (at, Value::Object(row.clone())));
                let table = path.clone();
                taken.push(Change::Row { table, key, row });
            }
        }
        let documents: BTreeSet<String> = match all {
            true => self.documents.keys().cloned().collect(),
            false => changes.documents,
        };
        let blobs: BTreeSet<String> = match all {
            true => self.blobs.keys().cloned().collect(),
            false => changes.blobs,
        };
        taken.extend(documents.into_iter().map(|path| {
            let value = self.documents.get(&path).cloned();
            Change::Document(path, value)
        }));
        taken.extend(blobs.into_iter().map(|path| {
            let bytes = self.blobs.get(&path).cloned();
            Change::Blob(path, bytes)
        }));
        let files: BTreeSet<String> = match all {
            true => self.files.keys().cloned().collect(),
            false => changes.files,
        };
        taken.extend(files.into_iter().map(|path| {
            let file = self.files.get(&path).cloned();
            Change::File(path, file)
        }));
        (taken, released)
    }

    /// Takes back what could not be written, for the next attempt.
    pub(crate) fn put_back(&mut self, taken: Vec<Change>, released: Vec<File>) {
        let Some(changes) = &mut self.changes else {
            return;
        };
        changes.released.extend(released);
        for change in taken {
            match change {
                Change::Everything => changes.everything = true,
                Change::Credentials(_) => changes.credentials = true,
                Change::Table(path) => changes.table(&path),
                Change::Row { table, key, .. } => {
                    // If the table no longer exists, that was a change, too.
                    if let Some(rows) = self.tables.get_mut(&table) {
                        rows.changed.get_or_insert_default().push(key);
                        changes.rows(&table);
                    }
                }
                Change::Document(path, _) => changes.document(&path),
                Change::Blob(path, _) => changes.blob(&path),
                Change::File(path, _) => changes.file(&path),
            }
        }
    }
}
