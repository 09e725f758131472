//! The vectors of an index: writing, reading by identifier, listing.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::batch::{self, Rules, unpack};
use super::{INVALID, found, invalid, metadata_indexes, missing, mutate, table, vectors_of};
use crate::engine::call::{Call, Work, deferred};
use crate::engine::lock;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::paging;
use crate::store::{Object, text};

/// The most vectors that one request may read or delete.
const MOST_READ: usize = 20;
const MOST_DELETED: usize = 100;
const USUAL_PAGE: usize = 100;
const LONGEST_PAGE: usize = 1000;
/// How long a cursor of the list is valid.
const LIFE_OF_CURSORS: SignedDuration = SignedDuration::from_hours(1);

/// Existing vectors stay as they are.
pub(super) fn insert(call: &mut Call<'_>) -> Result<Work, ApiError> {
    write(call, false)
}

pub(super) fn upsert(call: &mut Call<'_>) -> Result<Work, ApiError> {
    write(call, true)
}

fn write(call: &Call<'_>, replaces: bool) -> Result<Work, ApiError> {
    let index = found(call)?;
    let behavior = call
        .query
        .one_of("unparsable-behavior", &["error", "discard"]);
    let rules = Rules {
        dimensions: super::dimensions(index),
        discards: behavior.map_err(|error| error.coded(INVALID))? == Some("discard"),
    };
    let (table, name) = (table(call), text(index, "name").to_owned());
    let sent = batch::sent(call)?;
    Ok(deferred(move |engine| async move {
        // Neither a slow disk nor long lines may hold up other requests.
        let read = tokio::task::spawn_blocking(move || batch::read(&sent, &rules)).await;
        let vectors = read.unwrap_or_else(|_| Err(missing()))?;
        let mut store = lock(&engine.store);
        let indexed = metadata_indexes::names(store.get(&table, &name).ok_or_else(missing)?);
        let rows = store.table_mut(&vectors_of(&table, &name));
        for mut vector in vectors {
            let id = text(&vector, "id").to_owned();
            if replaces || rows.get(&id).is_none() {
                // Later indexes do not have it.
                vector.insert("indexed".to_owned(), indexed.clone());
                rows.put_as(&id, vector);
            }
        }
        Ok(mutate(&mut store, &table, &name))
    }))
}

/// The identifiers in a body, at most `most`.
fn ids(call: &Call<'_>, most: usize) -> Result<Vec<String>, ApiError> {
    let body = call.described(INVALID)?;
    let ids = body
        .get("ids")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let ids: Vec<_> = ids.filter_map(Value::as_str).map(str::to_owned).collect();
    match ids.len() {
        0 => Err(invalid("ids", "must name a vector")),
        count if count > most => {
            let message = format!("too many ids in payload; max id count is {most}, got {count}");
            Err(ApiError::bad_request(40007, message))
        }
        _ => Ok(ids),
    }
}

/// The numbers of a vector, with no more digits than an `f32` has.
pub(super) fn shown(values: &[f32]) -> Value {
    let number = |value: &f32| {
        value
            .to_string()
            .parse()
            .map_or(Value::Null, |value: f64| json!(value))
    };
    values.iter().map(number).collect()
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let vectors = vectors_of(&table(call), text(found(call)?, "name"));
    let ids = ids(call, MOST_READ)?;
    let rows = ids.iter().filter_map(|id| call.store.get(&vectors, id));
    let shown = rows.map(|row| {
        let mut vector = row.clone();
        vector.remove("indexed");
        vector.insert("values".to_owned(), shown(&unpack(row)));
        Value::Object(vector)
    });
    Ok(Reply::result(shown.collect::<Vec<_>>()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, name) = (table(call), text(found(call)?, "name").to_owned());
    let ids = ids(call, MOST_DELETED)?;
    let rows = call.store.table_mut(&vectors_of(&table, &name));
    for id in ids {
        rows.remove(&id);
    }
    Ok(mutate(call.store, &table, &name))
}

/// Identifiers only, in order.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let vectors = vectors_of(&table(call), text(found(call)?, "name"));
    let count = paging::positive(&call.query, "count").map_err(|error| error.coded(INVALID))?;
    let count = count.unwrap_or(USUAL_PAGE);
    if count > LONGEST_PAGE {
        return Err(invalid("count", "must be 1 to 1000"));
    }
    let after = call.query.get("cursor").map(|cursor| {
        paging::position(cursor).ok_or_else(|| invalid("cursor", "is none of this list"))
    });
    let after = after.transpose()?.unwrap_or_default();
    let mut ids: Vec<&str> = call
        .store
        .rows(&vectors)
        .map(|row| text(row, "id"))
        .collect();
    ids.sort_unstable();
    let rest: Vec<&str> = ids
        .iter()
        .copied()
        .filter(|id| *id > after.as_str())
        .collect();
    let page = &rest[..count.min(rest.len())];
    let mut result = Object::new();
    result.insert("count".to_owned(), page.len().into());
    result.insert("totalCount".to_owned(), ids.len().into());
    result.insert("isTruncated".to_owned(), (page.len() < rest.len()).into());
    let shown: Vec<_> = page.iter().map(|id| json!({ "id": id })).collect();
    result.insert("vectors".to_owned(), shown.into());
    if let Some(last) = page.last().filter(|_| page.len() < rest.len()) {
        let until = Timestamp::now().saturating_add(LIFE_OF_CURSORS);
        let until = until.unwrap_or(Timestamp::MAX);
        result.insert("nextCursor".to_owned(), paging::cursor(last).into());
        result.insert(
            "cursorExpirationTimestamp".to_owned(),
            format!("{until:.0}").into(),
        );
    }
    Ok(Reply::result(result))
}
