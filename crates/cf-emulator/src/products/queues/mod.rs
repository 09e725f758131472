//! Queues and their consumers: <https://developers.cloudflare.com/api/resources/queues/>.
//! Messages are consumed only by pulling.

mod consumers;
mod messages;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::{merge_deep, object};
use crate::http::{ids, paging};
use crate::store::{Object, clock, text};

const LONGEST_NAME: usize = 63;
/// The code for a body that does not match the description.
const INVALID: u32 = 1003;

pub(super) struct Queues;

impl Product for Queues {
    fn name(&self) -> &'static str {
        "queues"
    }

    fn title(&self) -> &'static str {
        "Queues"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/queues"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Queues Read"), Group("Queues Write"));
    let own = [
        Route::new(Method::GET, "accounts/{account_id}/queues", read, list),
        Route::new(Method::POST, "accounts/{account_id}/queues", write, create),
        Route::new(Method::GET, "accounts/{account_id}/queues/{queue_id}", read, get),
        Route::new(Method::PUT, "accounts/{account_id}/queues/{queue_id}", write, edit),
        Route::new(Method::PATCH, "accounts/{account_id}/queues/{queue_id}", write, edit),
        Route::new(Method::DELETE, "accounts/{account_id}/queues/{queue_id}", write, delete),
    ];
    own.into_iter().chain(consumers::routes()).chain(messages::routes()).collect()
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/queues", call.param("account_id"))
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    call.store
        .get(&table(call), call.param("queue_id"))
        .ok_or_else(|| ApiError::not_found(11000, "Queue not found"))
}

/// The path below which everything of the queue in the path is stored.
fn home(call: &Call<'_>) -> Result<String, ApiError> {
    found(call)?;
    Ok(format!("{}/{}", table(call), call.param("queue_id")))
}

/// The queue with its producers and consumers.
fn show(call: &Call<'_>, queue: &Object) -> Value {
    let consumers = consumers::of(call, text(queue, "queue_id"));
    let producers = producers(call, text(queue, "queue_name"));
    let mut shown = Value::Object(queue.clone());
    shown["consumers_total_count"] = consumers.len().into();
    shown["consumers"] = consumers.into();
    shown["producers_total_count"] = producers.len().into();
    shown["producers"] = producers.into();
    shown
}

/// The Workers with a binding to the queue.
fn producers(call: &Call<'_>, queue: &str) -> Vec<Value> {
    let scripts = format!("accounts/{}/workers/scripts", call.param("account_id"));
    let writes = |script: &&Object| {
        let bindings = script.get("bindings").and_then(Value::as_array);
        bindings
            .into_iter()
            .flatten()
            .any(|binding| binding["type"] == "queue" && binding["queue_name"] == queue)
    };
    let writers = call.store.rows(&scripts).filter(writes);
    writers
        .map(|script| json!({ "type": "worker", "script": script["id"] }))
        .collect()
}

fn list(call: &mut Call<'_>) -> Outcome {
    const SIZE: paging::PageSize = paging::PageSize {
        min: 1,
        default: 100,
        max: 1000,
    };
    let wanted = call.query.get("name").map(str::to_owned);
    let rows: Vec<&Object> = call
        .store
        .rows(&table(call))
        .filter(|row| {
            wanted
                .as_deref()
                .is_none_or(|name| text(row, "queue_name") == name)
        })
        .collect();
    paging::page(&call.query, SIZE, &rows, |row| show(call, row))
}

/// Checks a new name for the queue with this identifier.
fn check_name(call: &Call<'_>, name: &str, id: &str) -> Result<(), ApiError> {
    let usual = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(usual) {
        let what = format!("must have 1 to {LONGEST_NAME} letters, digits, hyphens or underscores");
        return Err(ApiError::invalid_because("queue_name", &what));
    }
    let mut rows = call.store.rows(&table(call));
    if rows.any(|row| text(row, "queue_name") == name && text(row, "queue_id") != id) {
        let message = format!(
            "Queue name '{name}' is already taken. Please use a different name and try again."
        );
        return Err(ApiError::new(StatusCode::CONFLICT, 11009, message));
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let name = text(&body, "queue_name");
    check_name(call, name, "")?;
    let now = clock::now();
    let mut queue = json!({
        "queue_id": ids::hex32(),
        "queue_name": name,
        "created_on": now,
        "modified_on": now,
        "settings": { "delivery_delay": 0, "delivery_paused": false, "message_retention_period": 345_600 },
    });
    if let Some(settings) = body.get("settings") {
        merge_deep(&mut queue["settings"], settings.clone());
    }
    if let Some(jurisdiction) = body.get("jurisdiction") {
        queue["jurisdiction"] = jurisdiction.clone();
    }
    let queue = object(queue);
    let table = table(call);
    call.store
        .table_mut(&table)
        .put_as(text(&queue, "queue_id"), queue.clone());
    Ok(Reply::result(show(call, &queue)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(call, found(call)?)))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let mut queue = found(call)?.clone();
    let body = call.described(INVALID)?;
    if let Some(name) = body.get("queue_name").and_then(Value::as_str) {
        check_name(call, name, call.param("queue_id"))?;
        queue.insert("queue_name".to_owned(), name.into());
    }
    if let Some(settings @ Value::Object(_)) = body.get("settings") {
        merge_deep(&mut queue["settings"], settings.clone());
    }
    queue.insert("modified_on".to_owned(), clock::now().into());
    let table = table(call);
    call.store
        .table_mut(&table)
        .put_as(call.params.get("queue_id"), queue.clone());
    Ok(Reply::result(show(call, &queue)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, home) = (table(call), home(call)?);
    call.store
        .table_mut(&table)
        .remove(call.params.get("queue_id"));
    call.store.remove_below(&home);
    Ok(Reply::result(Value::Null))
}
