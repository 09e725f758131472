//! The objects of one collection.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Object, text};

/// The objects of one collection, in the order they were added.
#[derive(Debug, Default, Clone)]
pub(crate) struct Table {
    next: u64,
    rows: BTreeMap<u64, (String, Object)>,
    pub(super) by_id: HashMap<String, u64>,
    /// The positions of rows by their `name`, once they have been looked up by it.
    by_name: OnceCell<HashMap<String, Vec<u64>>>,
    /// The keys of rows that changed, if changes are tracked.
    pub(super) changed: Option<Vec<String>>,
}

impl Table {
    /// Adds `row` under its `id`, replacing any row with that `id`.
    pub(crate) fn put(&mut self, row: Object) {
        let id = text(&row, "id").to_owned();
        self.put_as(&id, row);
    }

    /// Adds `row` under the caller's key, replacing any row with that key.
    pub(crate) fn put_as(&mut self, key: &str, row: Object) {
        let position = match self.by_id.get(key) {
            Some(position) => *position,
            None => self.next + 1,
        };
        self.put_at(position, key, row);
    }

    /// Adds `row` at its former position.
    pub(crate) fn put_at(&mut self, position: u64, key: &str, row: Object) {
        self.note(key);
        self.next = self.next.max(position);
        self.by_id.insert(key.to_owned(), position);
        if let Some(names) = self.by_name.get_mut()
            && let Some(name) = name(&row)
        {
            names.entry(name.to_owned()).or_default().push(position);
        }
        let old = self.rows.insert(position, (key.to_owned(), row));
        if let Some((_, old)) = old {
            self.forget_name(position, &old);
        }
    }

    /// Removes one row's entry from the names; another row of that name stays.
    fn forget_name(&mut self, position: u64, row: &Object) {
        let Some((names, name)) = self.by_name.get_mut().zip(name(row)) else {
            return;
        };
        if let Some(positions) = names.get_mut(name) {
            if let Some(at) = positions.iter().position(|known| *known == position) {
                positions.remove(at);
            }
            if positions.is_empty() {
                names.remove(name);
            }
        }
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
        // The caller may change the name.
        self.by_name.take();
        self.rows.get_mut(&position).map(|(_, row)| row)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        let position = self.by_id.remove(id)?;
        self.note(id);
        let (_, row) = self.rows.remove(&position)?;
        self.forget_name(position, &row);
        Some(row)
    }

    /// The rows with this `name`, in no particular order.
    pub(crate) fn named<'a>(&'a self, wanted: &str) -> impl Iterator<Item = &'a Object> {
        let names = self.by_name.get_or_init(|| {
            let mut names: HashMap<String, Vec<u64>> = HashMap::new();
            for (position, (_, row)) in &self.rows {
                if let Some(name) = name(row) {
                    names.entry(name.to_owned()).or_default().push(*position);
                }
            }
            names
        });
        let positions = names.get(wanted).into_iter().flatten();
        positions.filter_map(|position| self.rows.get(position).map(|(_, row)| row))
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
    pub(super) fn position(&self, key: &str) -> Option<(u64, &Object)> {
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

fn name(row: &Object) -> Option<&str> {
    row.get("name").and_then(Value::as_str)
}
