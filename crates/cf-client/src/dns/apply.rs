//! Plans are carried out batch by batch.

use std::fmt;

use cf_types::codec;
use cf_types::dns::records::RecordBatch;
use serde_json::{Map, Value};

use super::plan::{Change, ChangeKind, Plan};
use super::{BATCH_FREE, BATCH_PAID, ZoneRecords};
use crate::error::Error;

/// How a plan was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// How many changes were made.
    pub changes: usize,
    /// In how many batches.
    pub batches: usize,
}

/// A plan of which not all could be carried out. Each batch is carried out as a whole or not at all.
#[derive(Debug)]
#[non_exhaustive]
pub struct PartlyApplied {
    /// How many changes were made.
    pub done: usize,
    /// What is left: the batch that failed, and those after it.
    pub rest: Plan,
    /// Why. If the batch may have been carried out, as after a lost connection, make a new plan.
    pub error: Error,
}

impl fmt::Display for PartlyApplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.rest.changes.len();
        write!(
            f,
            "{} changes were made, {left} are left: {}",
            self.done, self.error
        )
    }
}

impl std::error::Error for PartlyApplied {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl ZoneRecords {
    /// Carries out a plan, batch by batch. The changes of one name are in the same batch, unless there are more of
    /// them than a batch may have.
    ///
    /// # Errors
    /// When a batch fails: what was done before stays, and the error has the rest of the plan.
    pub async fn apply(&self, plan: Plan) -> Result<Applied, PartlyApplied> {
        let size = match self.size_of_batches(&plan).await {
            Ok(size) => size,
            Err(error) => {
                let (done, rest) = (0, plan);
                return Err(PartlyApplied { done, rest, error });
            }
        };
        let mut left = plan.changes.as_slice();
        let (mut done, mut batches) = (0, 0);
        while !left.is_empty() {
            let (batch, rest) = left.split_at(length_of_batch(left, size));
            if let Err(error) = self.send(batch).await {
                let rest = Plan {
                    changes: left.to_vec(),
                    ..plan.clone()
                };
                return Err(PartlyApplied { done, rest, error });
            }
            done += batch.len();
            batches += 1;
            left = rest;
        }
        Ok(Applied {
            changes: done,
            batches,
        })
    }

    async fn size_of_batches(&self, plan: &Plan) -> Result<usize, Error> {
        if let Some(size) = self.batch_size {
            return Ok(size);
        }
        if plan.changes.len() <= BATCH_FREE {
            return Ok(BATCH_FREE);
        }
        match self.info().await {
            Ok(info) if info.is_free => Ok(BATCH_FREE),
            Ok(_) => Ok(BATCH_PAID),
            // A token for DNS alone may not read the zone.
            Err(error) if error.is_auth() => Ok(BATCH_FREE),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, batch: &[Change]) -> Result<(), Error> {
        let mut body = Map::new();
        for (field, kind) in [
            ("deletes", ChangeKind::Delete),
            ("patches", ChangeKind::Update),
            ("posts", ChangeKind::Create),
        ] {
            let changes = batch.iter().filter(|change| change.kind == kind);
            let changes: Vec<Value> = changes.map(Change::body).collect();
            if !changes.is_empty() {
                body.insert(field.to_owned(), changes.into());
            }
        }
        let body: RecordBatch = codec::from_str(&Value::Object(body).to_string())
            .map_err(|error| Error::input(error.to_string()))?;
        let call = self.client.dns().records().batch(&self.zone, body);
        call.await.map(drop)
    }
}

/// How many of the changes are in the next batch.
fn length_of_batch(changes: &[Change], size: usize) -> usize {
    if changes.len() <= size {
        return changes.len();
    }
    let name = changes[size].name();
    let whole = changes[..size]
        .iter()
        .rposition(|change| change.name() != name);
    whole.map_or(size, |last| last + 1)
}
