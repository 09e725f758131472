//! Consumers of a queue: a Worker, or pulling over HTTP.

use http::Method;
use serde_json::{Value, json};

use super::{INVALID, found, home};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::{merge_deep, object};
use crate::http::{ids, paging};
use crate::store::{Object, clock, text};

#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Queues Read"), Group("Queues Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/queues/{queue_id}/consumers", read, list),
        Route::new(Method::POST, "accounts/{account_id}/queues/{queue_id}/consumers", write, create),
        Route::new(Method::GET, "accounts/{account_id}/queues/{queue_id}/consumers/{consumer_id}", read, get),
        Route::new(Method::PUT, "accounts/{account_id}/queues/{queue_id}/consumers/{consumer_id}", write, replace),
        Route::new(Method::DELETE, "accounts/{account_id}/queues/{queue_id}/consumers/{consumer_id}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/queue-consumers", Group("Workers Scripts Read"), of_script),
    ]
}

fn table(call: &Call<'_>) -> Result<String, ApiError> {
    Ok(format!("{}/consumers", home(call)?))
}

/// The consumers of any queue of the account.
pub(super) fn of(call: &Call<'_>, queue: &str) -> Vec<Value> {
    let table = format!("{}/{queue}/consumers", super::table(call));
    call.store
        .rows(&table)
        .cloned()
        .map(Value::Object)
        .collect()
}

fn consumer<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    call.store
        .get(&table(call)?, call.param("consumer_id"))
        .ok_or_else(|| ApiError::not_found(11001, "Consumer not found"))
}

/// A consumer from a body.
fn written(call: &Call<'_>, id: &str, created: &str) -> Result<Object, ApiError> {
    let body = call.described(INVALID)?;
    let usual = match text(&body, "type") {
        "http_pull" => {
            json!({ "batch_size": 5, "max_retries": 3, "retry_delay": 0, "visibility_timeout_ms": 30_000 })
        }
        "worker" => {
            json!({ "batch_size": 10, "max_retries": 3, "max_wait_time_ms": 5000, "retry_delay": 0 })
        }
        _ => {
            return Err(ApiError::invalid_because(
                "type",
                "must be worker or http_pull",
            ));
        }
    };
    let mut consumer = json!({
        "consumer_id": id,
        "created_on": created,
        "queue_name": found(call)?["queue_name"],
        "settings": usual,
    });
    // Clients that read the queue look for `script`, those that list consumers for `script_name`.
    if body["type"] == "worker" {
        let script = text(&body, "script_name");
        if script.is_empty() {
            return Err(ApiError::invalid_because("script_name", "is required"));
        }
        consumer["script"] = script.into();
    }
    merge_deep(&mut consumer, Value::Object(body));
    Ok(object(consumer))
}

fn list(call: &mut Call<'_>) -> Outcome {
    home(call)?;
    Ok(paging::whole(of(call, call.param("queue_id"))))
}

/// The queues that a Worker consumes.
fn of_script(call: &mut Call<'_>) -> Outcome {
    let script = call.param("script_name");
    let scripts = format!("accounts/{}/workers/scripts", call.param("account_id"));
    if call.store.get(&scripts, script).is_none() {
        let message = "This Worker does not exist on your account.";
        return Err(ApiError::not_found(10007, message));
    }
    let mut consumers = Vec::new();
    for queue in call.store.rows(&super::table(call)) {
        let all = of(call, text(queue, "queue_id")).into_iter();
        consumers.extend(all.filter(|one| one["script"] == script).map(|mut one| {
            one["queue_id"] = queue["queue_id"].clone();
            one
        }));
    }
    Ok(paging::whole(consumers))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let table = table(call)?;
    let consumer = written(call, &ids::hex32(), &clock::now())?;
    let same = |row: &Object| {
        row["type"] == consumer["type"] && row.get("script") == consumer.get("script")
    };
    if call.store.rows(&table).any(same) {
        let message = "The queue already has this consumer";
        return Err(ApiError::new(http::StatusCode::CONFLICT, 11004, message));
    }
    call.store
        .table_mut(&table)
        .put_as(text(&consumer, "consumer_id"), consumer.clone());
    Ok(Reply::result(consumer))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(consumer(call)?.clone()))
}

fn replace(call: &mut Call<'_>) -> Outcome {
    let id = call.param("consumer_id").to_owned();
    let created = text(consumer(call)?, "created_on").to_owned();
    let (table, consumer) = (table(call)?, written(call, &id, &created)?);
    call.store.table_mut(&table).put_as(&id, consumer.clone());
    Ok(Reply::result(consumer))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    consumer(call)?;
    let table = table(call)?;
    call.store
        .table_mut(&table)
        .remove(call.params.get("consumer_id"));
    Ok(Reply::result(Value::Null))
}
