//! `POST /_emulator/workflows`: what an instance has come to, since no code
//! runs that would say so.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::below;
use super::instances::{ENDED, STATUSES, deliver};
use crate::engine::{Engine, lock};
use crate::http::json;
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::store::{clock, text};

pub(super) const PATH: &str = "workflows";

pub(super) fn answer(engine: &Engine, request: &Request) -> HttpReply {
    let refuse = |status, why: &str| HttpReply::beside_api(status, &json!({ "error": why }));
    if request.method != Method::POST {
        let why = format!("{CONTROL_PATH}/{PATH} does not support {}", request.method);
        return refuse(StatusCode::METHOD_NOT_ALLOWED, &why);
    }
    match set(engine, request) {
        Ok(status) => HttpReply::beside_api(StatusCode::OK, &json!({ "status": status })),
        Err(why) => refuse(StatusCode::BAD_REQUEST, &why),
    }
}

/// Sets status, output, error and steps. Returns the status.
fn set(engine: &Engine, request: &Request) -> Result<String, String> {
    let body: Value =
        json::parse(&request.body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let workflow = body["workflow"]
        .as_str()
        .ok_or("`workflow` is not a string")?;
    let id = body["instance"]
        .as_str()
        .ok_or("`instance` is not a string")?;
    let status = body["status"].as_str().ok_or("`status` is not a string")?;
    if !STATUSES.contains(&status) {
        return Err(format!("`status` is not one of {}", STATUSES.join(", ")));
    }
    let is_step = |step: &Value| step["name"].is_string() && step["type"].is_string();
    match &body["steps"] {
        Value::Null => {}
        Value::Array(steps) if steps.iter().all(is_step) => {}
        _ => return Err("`steps` is not a list of objects with `name` and `type`".to_owned()),
    }
    let account = body["account_id"].as_str().unwrap_or(&engine.account_id);
    let table = below(account, workflow, "instances");
    let mut store = lock(&engine.store);
    let Some(mut instance) = store.get(&table, id).cloned() else {
        return Err(format!("no instance {id} of a workflow {workflow}"));
    };
    let now = clock::now();
    if status != "queued" && instance["started_on"].is_null() {
        instance.insert("started_on".to_owned(), now.clone().into());
    }
    let ended = ENDED.contains(&status).then(|| now.clone());
    instance.insert("ended_on".to_owned(), ended.into());
    instance.insert("status".to_owned(), status.into());
    instance.insert("modified_on".to_owned(), now.into());
    for field in ["output", "error", "steps"] {
        if let Some(value) = body.get(field) {
            instance.insert(field.to_owned(), value.clone());
        }
    }
    deliver(&mut instance);
    let status = text(&instance, "status").to_owned();
    store.table_mut(&table).put(instance);
    Ok(status)
}
