//! One record, whether it is there or not.

use cf_types::codec;
use cf_types::dns::records::{Record, RecordParam};
use serde_json::Value;

use super::ZoneRecords;
use super::compare::{Object, differences, full_name, same_content, text};
use super::plan::Change;
use crate::error::{Cause, Error, RequestInfo};

/// A record after an upsert.
#[derive(Debug)]
#[non_exhaustive]
pub struct Upserted {
    /// The record, as it is now.
    pub record: Record,
    /// What was done for it.
    pub outcome: Outcome,
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There was none of this name and type.
    Created,
    /// It was there, and other.
    Changed,
    /// It was there, as wanted. Nothing was sent.
    Unchanged,
}

impl ZoneRecords {
    /// Creates a record, or changes the one of the same name and type. What `record` does not set stays as it is.
    ///
    /// Of several of that name and type, the one with the same content is meant. It does not look at what is
    /// [owned](Self::owning).
    ///
    /// ```no_run
    /// use cf_client::types::dns::records::ARecordParam;
    ///
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// let zone = client.zone_id("example.com").await?;
    /// let home = ARecordParam::new("home", "192.0.2.1").ttl(300);
    /// let upserted = client.zone_records(zone).upsert(home).await?;
    /// println!("{:?}: {:?}", upserted.outcome, upserted.record.content());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As any call; [`ErrorKind::Build`](crate::ErrorKind::Build) when the record has no type, name or content;
    /// [`ErrorKind::Lookup`](crate::ErrorKind::Lookup) when there are several of that name and type, all with another
    /// content.
    pub async fn upsert(&self, record: impl Into<RecordParam>) -> Result<Upserted, Error> {
        let zone = self.name().await?;
        let wanted = self.wanted(&record.into(), &zone)?;
        let (kind, name) = (text(&wanted, "type"), text(&wanted, "name"));
        let mut there = self.named(kind, name, &zone).await?;
        let same = there
            .iter()
            .position(|(_, object)| same_content(kind, &wanted, object));
        let (found, object) = match (same, there.len()) {
            (Some(index), _) => there.swap_remove(index),
            (None, 0) => return self.create(wanted).await,
            (None, 1) => there.swap_remove(0),
            (None, several) => {
                let message = format!(
                    "there are {several} records {kind} {name}, all with another content; change the set with a plan"
                );
                let request =
                    RequestInfo::of(<cf_types::dns::records::List as cf_types::Operation>::META);
                return Err(Error::new(Cause::Lookup(message)).unsent(request));
            }
        };
        let mut changes = differences(&wanted, &object);
        if same.is_none() {
            for field in ["content", "data"] {
                if let Some(value) = wanted.get(field) {
                    changes.insert(field.to_owned(), value.clone());
                }
            }
        }
        if changes.is_empty() {
            return Ok(Upserted {
                record: found,
                outcome: Outcome::Unchanged,
            });
        }
        let change = Change::update(object, changes);
        let mut body = change.body();
        if let Value::Object(body) = &mut body {
            body.remove("id");
        }
        let id = change.id().unwrap_or_default();
        let edit = self
            .client
            .dns()
            .records()
            .edit(&self.zone, id, param(&body)?);
        Ok(Upserted {
            record: edit.await?,
            outcome: Outcome::Changed,
        })
    }

    async fn create(&self, wanted: Object) -> Result<Upserted, Error> {
        let body = param(&Value::Object(wanted))?;
        let create = self.client.dns().records().create(&self.zone, body);
        Ok(Upserted {
            record: create.await?,
            outcome: Outcome::Created,
        })
    }

    /// The records of a type and name.
    async fn named(
        &self,
        kind: &str,
        name: &str,
        zone: &str,
    ) -> Result<Vec<(Record, Object)>, Error> {
        let list = self.client.dns().records().list(&self.zone);
        let list = list.query("type", kind).query("name", name);
        let mut found = Vec::new();
        for record in list.items().collect_all().await? {
            // A server may ignore the filters.
            if let Value::Object(object) = codec::to_value(&record)
                && text(&object, "type") == kind
                && full_name(text(&object, "name"), zone).as_deref() == Some(name)
            {
                found.push((record, object));
            }
        }
        Ok(found)
    }
}

fn param(body: &Value) -> Result<RecordParam, Error> {
    codec::from_str(&body.to_string()).map_err(|error| Error::input(error.to_string()))
}
