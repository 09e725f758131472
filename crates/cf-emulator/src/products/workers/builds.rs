//! Builds of Workers from repositories. Nothing is built: they succeed at once, or when their time has come.

use serde_json::{Value, json};

use crate::engine::call::Call;
use crate::engine::codes::UNKNOWN;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::{Object, clock, pending, text};

/// The code of requests that are wrong.
const INVALID: u32 = UNKNOWN;

fn home(call: &Call<'_>) -> String {
    format!("accounts/{}/builds", call.param("account_id"))
}

fn rows_of(call: &Call<'_>) -> String {
    format!("{}/builds", home(call))
}

fn missing() -> ApiError {
    ApiError::not_found(UNKNOWN, "Build not found.")
}

fn shown(build: &Object) -> Value {
    let mut shown = build.clone();
    shown.remove(pending::FIELD);
    Value::Object(shown)
}

/// Starts a build by hand, with the settings of a trigger.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let triggers = format!("{}/triggers", home(call));
    let trigger = call.store.get(&triggers, call.param("trigger_uuid"));
    let missing = || ApiError::not_found(UNKNOWN, "Trigger not found.");
    let trigger = trigger.ok_or_else(missing)?.clone();
    let (id, now) = (ids::dashed(&ids::hex32()), clock::now());
    let given = |name: &str| body.get(name).cloned().unwrap_or_default();
    let of_trigger = |name: &str| trigger.get(name).cloned().unwrap_or_default();
    let mut build = object(json!({
        "build_uuid": id,
        "status": "running",
        "build_outcome": null,
        "created_on": now,
        "initializing_on": now,
        "running_on": now,
        "modified_on": now,
        "stopped_on": null,
        "build_trigger_metadata": {
            "build_trigger_source": "manual",
            "branch": given("branch"),
            "commit_hash": given("commit_hash"),
            "build_command": of_trigger("build_command"),
            "deploy_command": of_trigger("deploy_command"),
            "root_directory": of_trigger("root_directory"),
            "build_token_uuid": of_trigger("build_token_uuid"),
        },
        "trigger": trigger,
    }));
    if !pending::begin(call.store, &mut build) {
        stop(&mut build, "success");
    }
    let table = rows_of(call);
    call.store.table_mut(&table).put_as(&id, build);
    Ok(Reply::result(
        json!({ "build_uuid": id, "created_on": now }),
    ))
}

fn stop(build: &mut Object, outcome: &str) {
    build.remove(pending::FIELD);
    for (name, value) in [("status", "stopped"), ("build_outcome", outcome)] {
        build.insert(name.to_owned(), value.into());
    }
    for name in ["stopped_on", "modified_on"] {
        build.insert(name.to_owned(), clock::now().into());
    }
}

/// The build in the path.
fn found(call: &Call<'_>) -> Result<Object, ApiError> {
    let build = call.store.get(&rows_of(call), call.param("build_uuid"));
    build.cloned().ok_or_else(missing)
}

fn put(call: &mut Call<'_>, build: &Object) {
    let (table, id) = (rows_of(call), text(build, "build_uuid"));
    call.store.table_mut(&table).put_as(id, build.clone());
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let mut build = found(call)?;
    if pending::is_marked(&build) {
        if !pending::poll(&mut build) {
            stop(&mut build, "success");
        }
        put(call, &build);
    }
    Ok(Reply::result(shown(&build)))
}

/// What a build has printed: nothing, since no command runs.
pub(super) fn logs(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    Ok(Reply::result(
        json!({ "lines": [], "truncated": false, "cursor": null }),
    ))
}

/// Ends a build that is running; others stay as they are.
pub(super) fn cancel(call: &mut Call<'_>) -> Outcome {
    let mut build = found(call)?;
    if pending::is_marked(&build) {
        stop(&mut build, "cancelled");
        put(call, &build);
    }
    Ok(Reply::result(json!({
        "build_uuid": build["build_uuid"],
        "build_outcome": build["build_outcome"],
        "stopped_on": build["stopped_on"],
    })))
}

/// The builds of a Worker, the latest first.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let script = call.param("external_script_id");
    let table = rows_of(call);
    let rows = call.store.rows(&table);
    let mut rows: Vec<&Object> = rows
        .filter(|build| build["trigger"]["external_script_id"] == script)
        .collect();
    rows.reverse();
    let bounds = paging::PageSize {
        default: 50,
        min: 1,
        max: 200,
    };
    paging::page(&call.query, bounds, &rows, shown)
}
