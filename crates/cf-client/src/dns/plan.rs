//! What has to change for the records to be as they are wanted.

use serde_json::{Value, json};

use super::compare::{Object, text};

/// What has to change for the records of a zone to be as they are wanted: what [`ZoneRecords::plan`](super::ZoneRecords::plan) returns.
///
/// It prints as a diff: `+` for what is created, `~` for what is changed, `-` for what is deleted, and `!` for what is
/// wanted otherwise but not [owned](super::Owned), and so is left as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub(super) zone: String,
    pub(super) changes: Vec<Change>,
    pub(super) kept: usize,
    pub(super) foreign: Vec<Object>,
}

/// A change of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub(super) kind: ChangeKind,
    /// The record that is there; for a new one, the one that is wanted.
    pub(super) record: Object,
    /// The fields that get another value.
    pub(super) fields: Object,
}

/// What happens to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is created.
    Create,
    /// It is changed, and keeps its ID.
    Update,
    /// It is deleted.
    Delete,
}

impl Change {
    pub(super) fn create(record: Object) -> Self {
        Change::new(ChangeKind::Create, record, Object::new())
    }

    pub(super) fn update(record: Object, fields: Object) -> Self {
        Change::new(ChangeKind::Update, record, fields)
    }

    pub(super) fn delete(record: Object) -> Self {
        Change::new(ChangeKind::Delete, record, Object::new())
    }

    fn new(kind: ChangeKind, record: Object, fields: Object) -> Self {
        Change {
            kind,
            record,
            fields,
        }
    }

    /// What happens.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The record's full name, in ASCII.
    pub fn name(&self) -> &str {
        text(&self.record, "name")
    }

    /// The record's type, like `A`.
    pub fn record_type(&self) -> &str {
        text(&self.record, "type")
    }

    /// The record's ID; `None` for a new one.
    pub fn id(&self) -> Option<&str> {
        self.record.get("id").and_then(Value::as_str)
    }

    /// What is sent for it.
    pub(super) fn body(&self) -> Value {
        match self.kind {
            ChangeKind::Create => Value::Object(self.record.clone()),
            ChangeKind::Delete => json!({ "id": self.id() }),
            ChangeKind::Update => {
                let mut body = self.fields.clone();
                for field in ["id", "type", "name"] {
                    let value = self.record.get(field).cloned();
                    body.insert(field.to_owned(), value.unwrap_or_default());
                }
                Value::Object(body)
            }
        }
    }
}

impl Plan {
    /// The changes, by name.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many of the wanted records are there already, as they are wanted.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// How many changes are of this kind.
    pub fn count(&self, kind: ChangeKind) -> usize {
        let changes = self.changes.iter();
        changes.filter(|change| change.kind == kind).count()
    }
}
