//! Makes a plan: reads what there is, and compares it with what is wanted.

use std::collections::BTreeMap;

use cf_types::codec;
use cf_types::dns::records::{Record, RecordParam};
use serde_json::{Value, json};

use super::ZoneRecords;
use super::compare::{Object, full_name, same_content, tag, text};
use super::owned::Owner;
use super::plan::Plan;
use super::record_set::{self, Existing};
use crate::error::Error;

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
            if set.iter().any(|other| same_content(kind, &record, other)) {
                let name = text(&record, "name");
                return Err(Error::input(format!(
                    "the record {kind} {name} is wanted twice"
                )));
            }
            set.push(record);
        }
        let mut existing: BTreeMap<(String, String), Vec<Existing>> = BTreeMap::new();
        for record in self.all().await? {
            let Value::Object(mut object) = codec::to_value(&record) else {
                continue;
            };
            let name = full_name(text(&object, "name"), &zone).unwrap_or_default();
            object.insert("name".to_owned(), name.clone().into());
            let key = key(&object, name);
            let is_owned = self.is_owned(&record, &object, sets.contains_key(&key));
            existing.entry(key).or_default().push(Existing {
                record: object,
                is_owned,
            });
        }
        let mut plan = Plan {
            zone,
            ..Plan::default()
        };
        let mut keys: Vec<_> = sets.keys().chain(existing.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let wanted = sets.remove(&key).unwrap_or_default();
            let existing = existing.remove(&key).unwrap_or_default();
            record_set::plan(&key.1, wanted, existing, &mut plan);
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
