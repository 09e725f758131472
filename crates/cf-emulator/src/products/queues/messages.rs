//! Messages of a queue: sent, pulled, acknowledged, purged.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{found, home, table};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, clock, text};

const LARGEST_MESSAGE: usize = 128_000;
/// The most messages that a request may send or pull.
const MOST: u64 = 100;
/// The longest delay of a message, in seconds.
const LONGEST_DELAY: u64 = 86_400;
/// The default lease of a pulled message, in milliseconds.
const LONGEST_LEASE: u64 = 43_200_000;
/// How often a message is delivered before it is dropped.
const MOST_ATTEMPTS: u64 = 100;

#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Queues Read"), Group("Queues Write"));
    vec![
        Route::new(Method::POST, "accounts/{account_id}/queues/{queue_id}/messages", write, send),
        Route::new(Method::POST, "accounts/{account_id}/queues/{queue_id}/messages/batch", write, send_batch),
        Route::new(Method::POST, "accounts/{account_id}/queues/{queue_id}/messages/pull", write, pull),
        Route::new(Method::POST, "accounts/{account_id}/queues/{queue_id}/messages/ack", write, ack),
        Route::new(Method::GET, "accounts/{account_id}/queues/{queue_id}/metrics", read, metrics),
        Route::new(Method::GET, "accounts/{account_id}/queues/{queue_id}/purge", read, purged),
        Route::new(Method::POST, "accounts/{account_id}/queues/{queue_id}/purge", write, purge),
    ]
}

fn messages(call: &Call<'_>) -> Result<String, ApiError> {
    Ok(format!("{}/messages", home(call)?))
}

fn now() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

fn number(message: &Object, field: &str) -> u64 {
    message
        .get(field)
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

/// A whole number up to `most` in a field of a body.
fn bounded(body: &Object, field: &str, most: u64) -> Result<Option<u64>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) if number >= 0.0 && number <= most as f64 => Ok(Some(number as u64)),
            _ => Err(ApiError::invalid_because(
                field,
                &format!("must be a number from 0 to {most}"),
            )),
        },
    }
}

/// The queue's delay for every message, in milliseconds.
fn usual_delay(call: &Call<'_>) -> u64 {
    let queue = call.store.get(&table(call), call.param("queue_id"));
    let seconds = queue.and_then(|queue| queue.get("settings")?["delivery_delay"].as_f64());
    seconds.unwrap_or_default() as u64 * 1000
}

fn checked(message: &Object, delay: u64) -> Result<Object, ApiError> {
    let body = message
        .get("body")
        .ok_or_else(|| ApiError::invalid("body"))?;
    let kind = match (text(message, "content_type"), body) {
        ("", Value::String(_)) | ("text", Value::String(_)) => "text",
        ("", _) | ("json", _) => "json",
        ("bytes", Value::String(_)) => "bytes",
        _ => return Err(ApiError::invalid("content_type")),
    };
    if body.to_string().len() > LARGEST_MESSAGE {
        let message = format!("a message has at most {LARGEST_MESSAGE} bytes");
        return Err(ApiError::new(
            http::StatusCode::PAYLOAD_TOO_LARGE,
            10251,
            message,
        ));
    }
    let delay =
        bounded(message, "delay_seconds", LONGEST_DELAY)?.map_or(delay, |seconds| seconds * 1000);
    let sent = now();
    Ok(object(json!({
        "id": ids::hex32(),
        "body": body,
        "content_type": kind,
        "timestamp_ms": sent,
        "visible_ms": sent + delay,
        "attempts": 0,
        "lease_id": "",
    })))
}

fn backlog(call: &Call<'_>, table: &str) -> Value {
    let rows = || call.store.rows(table);
    let bytes: usize = rows().map(|row| row["body"].to_string().len()).sum();
    let oldest = rows().map(|row| number(row, "timestamp_ms")).min();
    json!({ "backlog_count": rows().count(), "backlog_bytes": bytes, "oldest_message_timestamp_ms": oldest.unwrap_or_default() })
}

fn put(call: &mut Call<'_>, table: &str, new: Vec<Object>) -> Outcome {
    for message in new {
        call.store.table_mut(table).put(message);
    }
    let metrics = backlog(call, table);
    Ok(Reply::result(json!({ "metadata": { "metrics": metrics } })))
}

fn send(call: &mut Call<'_>) -> Outcome {
    let table = messages(call)?;
    let message = checked(&call.object()?, usual_delay(call))?;
    put(call, &table, vec![message])
}

/// All messages are checked before the first is sent.
fn send_batch(call: &mut Call<'_>) -> Outcome {
    let table = messages(call)?;
    let body = call.object()?;
    let all = body
        .get("messages")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::invalid("messages"))?;
    if all.len() as u64 > MOST {
        return Err(ApiError::bad_request(
            10250,
            format!("a batch has at most {MOST} messages"),
        ));
    }
    let delay = bounded(&body, "delay_seconds", LONGEST_DELAY)?
        .map_or_else(|| usual_delay(call), |seconds| seconds * 1000);
    let all: Vec<Object> = all
        .iter()
        .map(|message| checked(&object(message.clone()), delay))
        .collect::<Result<_, _>>()?;
    put(call, &table, all)
}

/// Delivers messages; nobody else gets them until their lease ends.
fn pull(call: &mut Call<'_>) -> Outcome {
    let (home, table) = (home(call)?, messages(call)?);
    let consumers = call.store.rows(&format!("{home}/consumers"));
    if !consumers
        .into_iter()
        .any(|consumer| text(consumer, "type") == "http_pull")
    {
        let message = "The queue has no consumer of type http_pull";
        return Err(ApiError::bad_request(10201, message));
    }
    let body = if call.request.body.is_empty() {
        Object::new()
    } else {
        call.object()?
    };
    let size = bounded(&body, "batch_size", MOST)?.unwrap_or(5);
    let lease = bounded(&body, "visibility_timeout_ms", LONGEST_LEASE)?.unwrap_or(30_000);
    let moment = now();
    let ready: Vec<String> = call
        .store
        .rows(&table)
        .filter(|row| number(row, "visible_ms") <= moment)
        .take(usize::try_from(size).unwrap_or_default())
        .map(|row| text(row, "id").to_owned())
        .collect();
    let mut pulled = Vec::new();
    for id in ready {
        let rows = call.store.table_mut(&table);
        let Some(message) = rows.get_mut(&id) else {
            continue;
        };
        let attempts = number(message, "attempts") + 1;
        if attempts > MOST_ATTEMPTS {
            rows.remove(&id);
            continue;
        }
        message.insert("attempts".to_owned(), attempts.into());
        message.insert("lease_id".to_owned(), ids::hex32().into());
        message.insert("visible_ms".to_owned(), (moment + lease).into());
        // Only text is delivered as it is; anything else is JSON in a string.
        let body = match &message["body"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        pulled.push(json!({
            "id": id,
            "body": body,
            "attempts": attempts,
            "lease_id": message["lease_id"],
            "timestamp_ms": message["timestamp_ms"],
            "metadata": { "CF-Content-Type": message["content_type"], "CF-sourceMessageSource": "dash" },
        }));
    }
    let metrics = backlog(call, &table);
    Ok(Reply::result(
        json!({ "messages": pulled, "message_backlog_count": metrics["backlog_count"], "metadata": { "metrics": metrics } }),
    ))
}

/// Ends leases: `acks` are done, `retries` are delivered again.
fn ack(call: &mut Call<'_>) -> Outcome {
    let table = messages(call)?;
    let body = call.object()?;
    let (mut warnings, mut done, mut again) = (Object::new(), 0, 0);
    for (field, is_ack) in [("acks", true), ("retries", false)] {
        let leases = match body.get(field) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(leases)) => leases,
            Some(_) => return Err(ApiError::invalid(field)),
        };
        for entry in leases {
            let lease = entry["lease_id"].as_str().filter(|lease| !lease.is_empty());
            let lease = lease.ok_or_else(|| ApiError::invalid(&format!("{field}.lease_id")))?;
            let holder = call
                .store
                .rows(&table)
                .find(|row| text(row, "lease_id") == lease && number(row, "visible_ms") > now());
            let Some(id) = holder.map(|row| text(row, "id").to_owned()) else {
                warnings.insert(lease.to_owned(), "lease is unknown or has expired".into());
                continue;
            };
            let delay = bounded(&object(entry.clone()), "delay_seconds", LONGEST_DELAY)?
                .unwrap_or_default();
            let rows = call.store.table_mut(&table);
            if is_ack {
                rows.remove(&id);
                done += 1;
            } else if let Some(message) = rows.get_mut(&id) {
                message.insert("lease_id".to_owned(), "".into());
                message.insert("visible_ms".to_owned(), (now() + delay * 1000).into());
                again += 1;
            }
        }
    }
    Ok(Reply::result(
        json!({ "ackCount": done, "retryCount": again, "warnings": warnings }),
    ))
}

fn metrics(call: &mut Call<'_>) -> Outcome {
    let table = messages(call)?;
    Ok(Reply::result(backlog(call, &table)))
}

fn purged(call: &mut Call<'_>) -> Outcome {
    let path = format!("{}/purge", home(call)?);
    let never = || json!({ "completed": "false", "started_at": "" });
    Ok(Reply::result(
        call.store.document(&path).cloned().unwrap_or_else(never),
    ))
}

fn purge(call: &mut Call<'_>) -> Outcome {
    let (home, table) = (home(call)?, messages(call)?);
    if call.object()?.get("delete_messages_permanently") != Some(&Value::Bool(true)) {
        return Err(ApiError::invalid_because(
            "delete_messages_permanently",
            "must be true",
        ));
    }
    call.store.remove_table(&table);
    let state = json!({ "completed": "true", "started_at": clock::now() });
    call.store.set_document(format!("{home}/purge"), state);
    Ok(Reply::result(super::show(call, found(call)?)))
}
