//! Workers KV: <https://developers.cloudflare.com/api/resources/kv/>. The
//! namespaces themselves are a collection like any other.

mod bulk;
mod values;

use bytes::Bytes;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::content::Stored;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::paging;
use crate::store::{Object, Store};

const LONGEST_KEY: usize = 512;
const LARGEST_VALUE: u64 = 25 << 20;
const LARGEST_METADATA: usize = 1024;
/// The shortest time to live of a value, in seconds.
const SHORTEST_LIFE: i64 = 60;

pub(super) struct Kv;

impl Product for Kv {
    fn name(&self) -> &'static str {
        "kv"
    }

    fn title(&self) -> &'static str {
        "Workers KV"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/storage/kv"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Workers KV Storage Read"), Group("Workers KV Storage Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}", read, values::get).with("key_name", Param::Rest),
        Route::new(Method::PUT, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}", write, values::put).streaming(values::STREAM).keeping_files().with("key_name", Param::Rest),
        Route::new(Method::DELETE, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}", write, values::delete).with("key_name", Param::Rest),
        Route::new(Method::GET, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key_name}", read, values::metadata).with("key_name", Param::Rest),
        Route::new(Method::GET, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys", read, keys),
        Route::deferred(Method::PUT, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk", write, bulk::put),
        Route::new(Method::DELETE, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk", write, bulk::delete),
        Route::new(Method::POST, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/delete", write, bulk::delete),
        Route::new(Method::POST, "accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/get", read, bulk::get),
    ]
}

/// The table with the keys of the namespace in the path; it must exist.
fn table(call: &Call<'_>) -> Result<String, ApiError> {
    let namespaces = format!(
        "accounts/{}/storage/kv/namespaces",
        call.param("account_id")
    );
    let id = call.param("namespace_id");
    match call.store.get(&namespaces, id) {
        Some(_) => Ok(format!("{namespaces}/{id}/values")),
        None => Err(ApiError::not_found(10013, "namespace not found")),
    }
}

/// The path of a key's bytes.
fn place(table: &str, key: &str) -> String {
    format!("{table}/{}", key.replace('%', "%25").replace('/', "%2F"))
}

fn missing() -> ApiError {
    ApiError::not_found(10009, "get: 'key not found'")
}

fn is_alive(row: &Object) -> bool {
    let end = row.get("expiration").and_then(Value::as_i64);
    end.is_none_or(|end| end > Timestamp::now().as_second())
}

/// A key that has not expired.
fn find<'a>(store: &'a Store, table: &str, key: &str) -> Option<&'a Object> {
    store.get(table, key).filter(|row| is_alive(row))
}

/// What is stored under a key.
fn value(store: &Store, table: &str, key: &str) -> Stored {
    let value = store.stored(&place(table, key));
    value.unwrap_or_else(|| Stored::Small(Bytes::new()))
}

fn write(store: &mut Store, table: &str, key: &str, row: Object, value: Stored) {
    store.table_mut(table).put_as(key, row);
    store.set_stored(&place(table, key), value);
}

fn remove(store: &mut Store, table: &str, key: &str) {
    store.table_mut(table).remove(key);
    store.remove_stored(&place(table, key));
}

/// The error for a value over the limit.
fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        10030,
        format!("put: 'value exceeds the limit of {LARGEST_VALUE} bytes'"),
    )
}

/// Rejects values over the limit.
fn check_size(value: &Stored) -> Result<(), ApiError> {
    match value.len() > LARGEST_VALUE {
        true => Err(too_large()),
        false => Ok(()),
    }
}

/// Checks a key, its metadata and expiration, and makes its row.
fn checked(
    key: &str,
    expiration: Option<i64>,
    ttl: Option<i64>,
    metadata: Option<Value>,
) -> Result<Object, ApiError> {
    if matches!(key, "" | "." | "..") || key.len() > LONGEST_KEY {
        let message = format!("put: 'key names have 1 to {LONGEST_KEY} bytes and are not . or ..'");
        return Err(ApiError::bad_request(10019, message));
    }
    let metadata = metadata.filter(|metadata| !metadata.is_null());
    if metadata
        .as_ref()
        .is_some_and(|metadata| metadata.to_string().len() > LARGEST_METADATA)
    {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            10028,
            format!("put: 'metadata exceeds the limit of {LARGEST_METADATA} bytes'"),
        ));
    }
    let now = Timestamp::now().as_second();
    let end = match (ttl, expiration) {
        (Some(ttl), _) if ttl < SHORTEST_LIFE => {
            let message = format!(
                "put: 'Invalid expiration_ttl of {ttl}. Expiration TTL must be at least {SHORTEST_LIFE}.'"
            );
            return Err(ApiError::bad_request(10033, message));
        }
        (Some(ttl), _) => Some(now.saturating_add(ttl)),
        (None, Some(end)) if end < now + SHORTEST_LIFE => {
            let message = format!(
                "put: 'Invalid expiration of {end}. Expiration times must be at least {SHORTEST_LIFE} seconds in the future.'"
            );
            return Err(ApiError::bad_request(10034, message));
        }
        (None, end) => end,
    };
    let mut row = Object::new();
    row.insert("name".to_owned(), key.into());
    if let Some(end) = end {
        row.insert("expiration".to_owned(), end.into());
    }
    if let Some(metadata) = metadata {
        row.insert("metadata".to_owned(), metadata);
    }
    Ok(row)
}

/// The keys in byte order, at most a thousand at a time.
fn keys(call: &mut Call<'_>) -> Outcome {
    const MOST: usize = 1000;
    const FEWEST: usize = 10;
    let table = table(call)?;
    let limit = match call.query.get("limit").map(str::parse::<usize>) {
        None => MOST,
        Some(Ok(limit @ FEWEST..=MOST)) => limit,
        Some(_) => {
            let message = format!("list keys: 'limit is a number from {FEWEST} to {MOST}'");
            return Err(ApiError::bad_request(10012, message));
        }
    };
    let prefix = call.query.get("prefix").unwrap_or_default();
    let after = match call.query.get("cursor") {
        None => None,
        Some(cursor) => {
            let invalid = || ApiError::bad_request(10000, "list keys: 'invalid cursor'");
            Some(paging::position(cursor).ok_or_else(invalid)?)
        }
    };
    let rows = call
        .store
        .table(&table)
        .into_iter()
        .flat_map(|rows| rows.entries());
    let mut found: Vec<(&str, &Object)> = rows
        .filter(|(key, row)| key.starts_with(prefix) && is_alive(row))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after.as_str()))
        .collect();
    found.sort_unstable_by_key(|(key, _)| *key);
    let more = found.len() > limit;
    found.truncate(limit);
    let cursor = match found.last() {
        Some((last, _)) if more => paging::cursor(last),
        _ => String::new(),
    };
    let info = json!({ "count": found.len(), "cursor": cursor });
    let shown = found.into_iter().map(|(_, row)| Value::Object(row.clone()));
    Ok(Reply::list(shown.collect(), info))
}
