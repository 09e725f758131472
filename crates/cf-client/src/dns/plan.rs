//! What has to change for the records to be as they are wanted.

use std::collections::BTreeMap;

use cf_types::codec;
use cf_types::dns::records::{Record, RecordParam};
use serde_json::{Value, json};

use super::ZoneRecords;
use super::compare::{Object, full_name, tag, text};
use super::owned::Owner;
use super::record_set::{self, There};
use crate::error::Error;

/// What has to change for the records of a zone to be as they are wanted: what [`ZoneRecords::plan`] returns.
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

impl ZoneRecords {
    /// Compares the zone's records with those that are wanted. Nothing is changed yet.
    ///
    /// Names may be relative to the zone (`www`, `@`), or full. Of a wanted record, what is not set stays as it is.
    /// Which records may be changed and deleted is up to [`owning`](Self::owning); those that another product of
    /// Cloudflare manages (a Worker, a tunnel) never are.
    ///
    /// # Errors
    /// As any call; [`ErrorKind::Build`](crate::ErrorKind::Build) when a wanted record has no type, name or content, is
    /// wanted twice, or is not in the zone.
    pub async fn plan(
        &self,
        wanted: impl IntoIterator<Item = impl Into<RecordParam>>,
    ) -> Result<Plan, Error> {
        let zone = self.name().await?;
        let mut sets: BTreeMap<(String, String), Vec<Object>> = BTreeMap::new();
        for record in wanted {
            let record = self.wanted(&record.into(), &zone)?;
            let key = key(&record, text(&record, "name").to_owned());
            let set = sets.entry(key).or_default();
            let kind = text(&record, "type");
            if set
                .iter()
                .any(|other| super::compare::same_content(kind, &record, other))
            {
                let name = text(&record, "name");
                return Err(Error::input(format!(
                    "the record {kind} {name} is wanted twice"
                )));
            }
            set.push(record);
        }
        let mut there: BTreeMap<(String, String), Vec<There>> = BTreeMap::new();
        for record in self.all().await? {
            let Value::Object(mut object) = codec::to_value(&record) else {
                continue;
            };
            let name = full_name(text(&object, "name"), &zone).unwrap_or_default();
            object.insert("name".to_owned(), name.clone().into());
            let key = key(&object, name);
            let is_owned = self.is_owned(&record, &object, sets.contains_key(&key));
            there.entry(key).or_default().push(There {
                record: object,
                is_owned,
            });
        }
        let mut plan = Plan {
            zone,
            ..Plan::default()
        };
        let mut keys: Vec<_> = sets.keys().chain(there.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let wanted = sets.remove(&key).unwrap_or_default();
            let there = there.remove(&key).unwrap_or_default();
            record_set::plan(&key.1, wanted, there, &mut plan);
        }
        Ok(plan)
    }

    /// A wanted record with its full name, and with the mark of what is owned.
    pub(super) fn wanted(&self, record: &RecordParam, zone: &str) -> Result<Object, Error> {
        let Value::Object(mut record) = codec::to_value(record) else {
            return Err(Error::input("a wanted record is not an object"));
        };
        record.remove("id");
        let kind = text(&record, "type").to_ascii_uppercase();
        let given = text(&record, "name").to_owned();
        if kind.is_empty() || !record.contains_key("name") {
            return Err(Error::input(format!(
                "a wanted record needs a type and a name (type {kind:?}, name {given:?})"
            )));
        }
        if text(&record, "content").trim().is_empty() && !record.contains_key("data") {
            return Err(Error::input(format!(
                "the record {kind} {given} has no content"
            )));
        }
        let name = full_name(&given, zone);
        let name = name.ok_or_else(|| {
            Error::input(format!(
                "the record {kind} {given} is not in the zone {zone}"
            ))
        })?;
        record.insert("type".to_owned(), kind.into());
        record.insert("name".to_owned(), name.into());
        match &self.owned.0 {
            Owner::Comment(comment) => {
                let other = text(&record, "comment");
                if !other.is_empty() && other != comment {
                    return Err(Error::input(format!(
                        "the record {given} has a comment of its own, but the comment {comment:?} marks what is owned"
                    )));
                }
                record.insert("comment".to_owned(), comment.clone().into());
            }
            Owner::Tag(own) => {
                let tags = record.entry("tags").or_insert_with(|| json!([]));
                if let Value::Array(tags) = tags
                    && !tags
                        .iter()
                        .filter_map(Value::as_str)
                        .any(|known| tag(known) == tag(own))
                {
                    tags.push(own.clone().into());
                }
            }
            Owner::RecordSets | Owner::Matching(_) => {}
        }
        Ok(record)
    }

    fn is_owned(&self, record: &Record, object: &Object, is_wanted: bool) -> bool {
        let meta = object.get("meta").unwrap_or(&Value::Null);
        let is_managed = ["read_only", "managed_by_apps", "managed_by_argo_tunnel"]
            .into_iter()
            .any(|field| meta[field] == true);
        !is_managed
            && match &self.owned.0 {
                Owner::RecordSets => is_wanted,
                Owner::Comment(comment) => text(object, "comment") == comment,
                Owner::Tag(own) => {
                    let tags = object.get("tags").and_then(Value::as_array);
                    let mut tags = tags.into_iter().flatten().filter_map(Value::as_str);
                    tags.any(|known| tag(known) == tag(own))
                }
                Owner::Matching(filter) => filter(record),
            }
    }
}

/// By what records are grouped: the name, which batches keep together, and the type.
fn key(record: &Object, name: String) -> (String, String) {
    (name, text(record, "type").to_ascii_uppercase())
}
