//! Instances of workflows: their parameters, status, steps and events.

use serde_json::{Value, json};

use super::{INVALID, PAGE, found, is_name, of_call, refused, table, taken};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging;
use crate::store::{Object, clock, text};

pub(super) const STATUSES: &[&str] = &[
    "queued",
    "running",
    "paused",
    "errored",
    "terminated",
    "complete",
    "waitingForPause",
    "waiting",
    "rollingBack",
];
/// The statuses of instances that are over.
pub(super) const ENDED: &[&str] = &["errored", "terminated", "complete"];
const LONGEST_ID: usize = 100;
const MOST_AT_ONCE: usize = 100;

fn missing() -> ApiError {
    ApiError::not_found(10201, "Instance not found")
}

fn instance(call: &Call<'_>) -> Result<Object, ApiError> {
    found(call)?;
    let instance = call
        .store
        .get(&of_call(call, "instances"), call.param("instance_id"));
    instance.cloned().ok_or_else(missing)
}

fn put(call: &mut Call<'_>, mut instance: Object) {
    instance.insert("modified_on".to_owned(), clock::now().into());
    let table = of_call(call, "instances");
    call.store.table_mut(&table).put(instance);
}

/// The fields of an instance in a list.
fn summary(instance: &Object) -> Value {
    let fields = [
        "id",
        "status",
        "created_on",
        "modified_on",
        "started_on",
        "ended_on",
        "version_id",
        "workflow_id",
        "trigger_source",
    ];
    let shown = fields
        .into_iter()
        .filter_map(|field| Some((field.to_owned(), instance.get(field)?.clone())));
    Value::Object(shown.collect())
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let status = call.query.one_of("status", STATUSES)?;
    let (after, before) = (call.query.get("date_start"), call.query.get("date_end"));
    let all = call.store.rows(&of_call(call, "instances")).filter(|row| {
        let created = text(row, "created_on");
        status.is_none_or(|status| text(row, "status") == status)
            && after.is_none_or(|after| created >= after)
            && before.is_none_or(|before| created <= before)
    });
    let mut rows: Vec<&Object> = all.collect();
    // The latest come first.
    if call.query.get("direction") != Some("asc") {
        rows.reverse();
    }
    paging::page(&call.query, PAGE, &rows, summary)
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = match call.request.body.is_empty() {
        true => Object::new(),
        false => call.described(INVALID)?,
    };
    let made = add(call, &body)?;
    Ok(Reply::result(made))
}

/// Creates all or none.
pub(super) fn create_many(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let bodies = match call.any_json().map_err(|error| error.coded(INVALID))? {
        Value::Array(bodies) if !bodies.is_empty() && bodies.len() <= MOST_AT_ONCE => bodies,
        _ => return Err(refused("body", "must be a list of 1 to 100 instances")),
    };
    let bodies: Vec<Object> = bodies.into_iter().map(object).collect();
    let ids: Vec<&str> = bodies
        .iter()
        .map(|body| text(body, "instance_id"))
        .collect();
    for (index, id) in ids.iter().enumerate().filter(|(_, id)| !id.is_empty()) {
        check_id(call, id)?;
        if ids[..index].contains(id) {
            return Err(taken());
        }
    }
    let made: Result<Vec<Value>, ApiError> = bodies.iter().map(|body| add(call, body)).collect();
    Ok(Reply::result(made?))
}

fn check_id(call: &Call<'_>, id: &str) -> Result<(), ApiError> {
    if !is_name(id, LONGEST_ID) {
        return Err(refused(
            "instance_id",
            "must have 1 to 100 letters, digits, dashes and underscores",
        ));
    }
    match call.store.get(&of_call(call, "instances"), id) {
        Some(_) => Err(taken()),
        None => Ok(()),
    }
}

fn add(call: &mut Call<'_>, body: &Object) -> Result<Value, ApiError> {
    let workflow = found(call)?.clone();
    let id = match body.get("instance_id") {
        None | Some(Value::Null) => ids::dashed(&ids::hex32()),
        Some(id) => id.as_str().unwrap_or_default().to_owned(),
    };
    check_id(call, &id)?;
    let now = clock::now();
    let instance = object(json!({
        "id": id,
        "status": "queued",
        "created_on": now,
        "modified_on": now,
        "started_on": null,
        "ended_on": null,
        "version_id": workflow["version_id"],
        "workflow_id": workflow["id"],
        "trigger_source": "api",
        "params": body.get("params").cloned().unwrap_or_else(|| json!({})),
        "output": null,
        "error": null,
        "steps": [],
        "events": [],
    }));
    let shown = json!({
        "id": id,
        "status": "queued",
        "version_id": workflow["version_id"],
        "workflow_id": workflow["id"],
        "trigger_source": "api",
    });
    let instances = of_call(call, "instances");
    call.store.table_mut(&instances).put(instance);
    let (workflows, name) = (
        table(call.param("account_id")),
        call.params.get("workflow_name"),
    );
    if let Some(workflow) = call.store.table_mut(&workflows).get_mut(name) {
        workflow.insert("triggered_on".to_owned(), now.into());
    }
    Ok(shown)
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let instance = instance(call)?;
    let status = text(&instance, "status");
    let mut steps = instance["steps"].as_array().cloned().unwrap_or_default();
    if call.query.get("order") == Some("desc") {
        steps.reverse();
    }
    let mut shown = json!({
        "params": instance["params"],
        "status": status,
        "output": instance["output"],
        "error": instance["error"],
        "queued": instance["created_on"],
        "start": instance["started_on"],
        "end": instance["ended_on"],
        "success": ENDED.contains(&status).then_some(status == "complete"),
        "step_count": steps.len(),
        "trigger": { "source": instance["trigger_source"] },
        "versionId": instance["version_id"],
    });
    if call.query.get("simple") != Some("true") {
        shown["steps"] = steps.into();
    }
    Ok(Reply::result(shown))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let instance = instance(call)?;
    let table = of_call(call, "instances");
    call.store.table_mut(&table).remove(text(&instance, "id"));
    Ok(Reply::result(json!({})))
}

pub(super) fn delete_many(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let body = call.described(INVALID)?;
    let table = of_call(call, "instances");
    let ids = body["instances"].as_array().into_iter().flatten();
    for id in ids.filter_map(Value::as_str) {
        call.store.table_mut(&table).remove(id);
    }
    Ok(Reply::result(json!({})))
}

/// A step of an instance, by its name and kind.
pub(super) fn step(call: &mut Call<'_>) -> Outcome {
    let instance = instance(call)?;
    let name = call
        .query
        .get("name")
        .ok_or_else(|| refused("name", "is a required query parameter"))?;
    let kind = call.query.one_of("type", &["step", "waitForEvent"])?;
    let kind = kind.ok_or_else(|| refused("type", "is a required query parameter"))?;
    let mut steps = instance["steps"].as_array().into_iter().flatten();
    let found = steps.find(|step| step["name"] == name && step["type"] == kind);
    let found = found.ok_or_else(|| ApiError::not_found(10400, "step.not_found"))?;
    let mut shown = object(json!({ "status": found["status"] }));
    for field in ["event_type", "output", "error"] {
        if let Some(value) = found.get(field) {
            shown.insert(field.to_owned(), value.clone());
        }
    }
    Ok(Reply::result(shown))
}

/// Pauses, resumes, terminates or restarts an instance.
pub(super) fn set_status(call: &mut Call<'_>) -> Outcome {
    let mut instance = instance(call)?;
    let body = call.described(INVALID)?;
    let old = text(&instance, "status").to_owned();
    let begun = !instance["started_on"].is_null();
    let new = match text(&body, "status") {
        "restart" => {
            for (field, value) in [
                ("started_on", json!(null)),
                ("ended_on", json!(null)),
                ("steps", json!([])),
                ("output", json!(null)),
                ("error", json!(null)),
            ] {
                instance.insert(field.to_owned(), value);
            }
            "queued"
        }
        _ if ENDED.contains(&old.as_str()) => {
            let message = format!("instance.cannot_terminate: it is {old}");
            return Err(ApiError::bad_request(10401, message));
        }
        "terminate" => "terminated",
        "pause" => "paused",
        "resume" if !matches!(old.as_str(), "paused" | "waitingForPause") => old.as_str(),
        _ if begun => "running",
        _ => "queued",
    };
    let new = new.to_owned();
    if new == "terminated" {
        instance.insert("ended_on".to_owned(), clock::now().into());
    }
    instance.insert("status".to_owned(), new.clone().into());
    put(call, instance);
    Ok(Reply::result(
        json!({ "status": new, "timestamp": clock::now() }),
    ))
}

pub(super) fn terminate_many(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let Value::Array(ids) = call.any_json().map_err(|error| error.coded(INVALID))? else {
        return Err(refused("body", "must be a list of identifiers"));
    };
    let (table, now) = (of_call(call, "instances"), clock::now());
    let mut terminated = 0;
    for id in ids.iter().filter_map(Value::as_str) {
        let Some(mut row) = call.store.get(&table, id).cloned() else {
            continue;
        };
        if !ENDED.contains(&text(&row, "status")) {
            row.insert("status".to_owned(), "terminated".into());
            row.insert("ended_on".to_owned(), now.clone().into());
            put(call, row);
            terminated += 1;
        }
    }
    Ok(Reply::result(
        json!({ "status": "ok", "instancesTerminated": terminated }),
    ))
}

/// Instances are terminated at once.
pub(super) fn terminating(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    Ok(Reply::result(json!({ "status": "not_running" })))
}

/// Sends an event: a step that waits for one of its type is done, otherwise
/// the event waits for such a step.
pub(super) fn send_event(call: &mut Call<'_>) -> Outcome {
    let mut instance = instance(call)?;
    if ENDED.contains(&text(&instance, "status")) {
        let message = format!("the instance is {}", text(&instance, "status"));
        return Err(ApiError::bad_request(INVALID, message));
    }
    let payload = match call.request.body.is_empty() {
        true => Value::Null,
        false => call.any_json().map_err(|error| error.coded(INVALID))?,
    };
    let now = clock::now();
    let event = json!({ "type": call.param("event_type"), "payload": payload, "timestamp": now });
    if let Some(Value::Array(events)) = instance.get_mut("events") {
        events.push(event);
    }
    deliver(&mut instance);
    let shown = json!({ "instanceId": instance["id"], "timestamp": now });
    put(call, instance);
    Ok(Reply::result(shown))
}

/// Gives events to the steps that wait for them.
pub(super) fn deliver(instance: &mut Object) {
    let mut events = match instance.get_mut("events") {
        Some(Value::Array(events)) => std::mem::take(events),
        _ => Vec::new(),
    };
    let mut delivered = false;
    if let Some(Value::Array(steps)) = instance.get_mut("steps") {
        let waiting =
            |step: &&mut Value| step["type"] == "waitForEvent" && step["status"] == "waiting";
        for step in steps.iter_mut().filter(waiting) {
            let of_type = events
                .iter()
                .position(|event| event["type"] == step["event_type"]);
            if let Some(at) = of_type {
                step["output"] = events.remove(at);
                step["status"] = "complete".into();
                delivered = true;
            }
        }
    }
    if delivered && text(instance, "status") == "waiting" {
        instance.insert("status".to_owned(), "running".into());
    }
    instance.insert("events".to_owned(), events.into());
}
