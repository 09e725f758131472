//! Workflows and their instances:
//! <https://developers.cloudflare.com/api/resources/workflows/>. No code runs:
//! an instance goes on when a control request says so.

mod control;
mod instances;
mod versions;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging::{self, PageSize};
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::store::{Object, Store, clock, text};

/// The code for all invalid requests.
const INVALID: u32 = 10002;
const LONGEST_NAME: usize = 64;

const PAGE: PageSize = PageSize {
    default: 10,
    min: 1,
    max: 100,
};

pub(super) struct Workflows;

impl Product for Workflows {
    fn name(&self) -> &'static str {
        "workflows"
    }

    fn title(&self) -> &'static str {
        "Workflows"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/workflows"]
    }

    fn control(&self, engine: &Engine, path: &str, request: &Request) -> Option<HttpReply> {
        (path == control::PATH).then(|| control::answer(engine, request))
    }

    fn controls(&self) -> &'static [&'static str] {
        &["POST workflows"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Workers Scripts Read"), Group("Workers Scripts Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/workflows", read, list),
        Route::new(Method::GET, "accounts/{account_id}/workflows/{workflow_name}", read, get),
        Route::new(Method::PUT, "accounts/{account_id}/workflows/{workflow_name}", write, update),
        Route::new(Method::DELETE, "accounts/{account_id}/workflows/{workflow_name}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/workflows/{workflow_name}/versions", read, versions::list),
        Route::new(Method::GET, "accounts/{account_id}/workflows/{workflow_name}/versions/{version_id}", read, versions::get),
        Route::new(Method::GET, "accounts/{account_id}/workflows/{workflow_name}/instances", read, instances::list),
        Route::new(Method::POST, "accounts/{account_id}/workflows/{workflow_name}/instances", write, instances::create),
        Route::new(Method::POST, "accounts/{account_id}/workflows/{workflow_name}/instances/batch", write, instances::create_many),
        Route::new(Method::POST, "accounts/{account_id}/workflows/{workflow_name}/instances/batch/delete", write, instances::delete_many),
        Route::new(Method::POST, "accounts/{account_id}/workflows/{workflow_name}/instances/batch/terminate", write, instances::terminate_many),
        Route::new(Method::GET, "accounts/{account_id}/workflows/{workflow_name}/instances/terminate", read, instances::terminating),
        Route::new(Method::GET, "accounts/{account_id}/workflows/{workflow_name}/instances/{instance_id}", read, instances::get),
        Route::new(Method::DELETE, "accounts/{account_id}/workflows/{workflow_name}/instances/{instance_id}", write, instances::delete),
        Route::new(Method::GET, "accounts/{account_id}/workflows/{workflow_name}/instances/{instance_id}/step", read, instances::step),
        Route::new(Method::PATCH, "accounts/{account_id}/workflows/{workflow_name}/instances/{instance_id}/status", write, instances::set_status),
        Route::new(Method::POST, "accounts/{account_id}/workflows/{workflow_name}/instances/{instance_id}/events/{event_type}", write, instances::send_event),
    ]
    .into_iter()
    .map(|route| {
        let name = |route: Route, name| route.with(name, crate::engine::route::Param::Name);
        name(name(route, "instance_id"), "version_id")
    })
    .collect()
}

fn table(account_id: &str) -> String {
    format!("accounts/{account_id}/workflows")
}

/// Where something of a workflow is: `instances` or `versions`.
fn below(account_id: &str, workflow: &str, what: &str) -> String {
    format!("{}/{workflow}/{what}", table(account_id))
}

fn of_call(call: &Call<'_>, what: &str) -> String {
    below(call.param("account_id"), call.param("workflow_name"), what)
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let workflow = call.store.get(
        &table(call.param("account_id")),
        call.param("workflow_name"),
    );
    workflow.ok_or_else(|| ApiError::not_found(10200, "Workflow not found"))
}

fn refused(field: &str, why: &str) -> ApiError {
    ApiError::invalid_because(field, why).coded(INVALID)
}

/// Whether workflows and instances can have this name.
fn is_name(name: &str, longest: usize) -> bool {
    let usual = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !name.is_empty() && name.len() <= longest && !name.starts_with('-') && name.bytes().all(usual)
}

/// A workflow with the number of its instances by status.
fn show(store: &Store, account_id: &str, workflow: &Object) -> Value {
    let mut shown = workflow.clone();
    shown.remove("version_id");
    let mut counts = object(json!({}));
    for status in instances::STATUSES {
        counts.insert((*status).to_owned(), 0.into());
    }
    for row in store.rows(&below(account_id, text(workflow, "name"), "instances")) {
        let count = &mut counts[text(row, "status")];
        *count = (count.as_u64().unwrap_or(0) + 1).into();
    }
    shown.insert("instances".to_owned(), counts.into());
    Value::Object(shown)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let account = call.param("account_id");
    let search = call.query.get("search").map(str::to_lowercase);
    let rows = call.store.rows(&table(account)).filter(|row| {
        let name = text(row, "name").to_lowercase();
        search.as_ref().is_none_or(|search| name.contains(search))
    });
    let rows: Vec<&Object> = rows.collect();
    paging::page(&call.query, PAGE, &rows, |row| {
        show(call.store, account, row)
    })
}

fn get(call: &mut Call<'_>) -> Outcome {
    let workflow = found(call)?;
    Ok(Reply::result(show(
        call.store,
        call.param("account_id"),
        workflow,
    )))
}

/// Creates a workflow, or gives it another version.
fn update(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let (account, name) = (
        call.params.get("account_id"),
        call.params.get("workflow_name"),
    );
    if !is_name(name, LONGEST_NAME) {
        return Err(refused(
            "workflow_name",
            "must have 1 to 64 letters, digits, dashes and underscores",
        ));
    }
    for field in ["class_name", "script_name"] {
        if text(&body, field).is_empty() {
            return Err(refused(field, "must not be empty"));
        }
    }
    let now = clock::now();
    let version = ids::dashed(&ids::hex32());
    let old = found(call).ok().cloned();
    let mut workflow = old.unwrap_or_else(|| {
        object(json!({ "id": ids::dashed(&ids::hex32()), "name": name, "created_on": now, "triggered_on": null }))
    });
    for (field, value) in [
        ("class_name", body["class_name"].clone()),
        ("script_name", body["script_name"].clone()),
        ("modified_on", now.into()),
        ("version_id", version.clone().into()),
    ] {
        workflow.insert(field.to_owned(), value);
    }
    if let Some(schedules) = body.get("schedules") {
        workflow.insert("schedules".to_owned(), schedules.clone());
    }
    versions::add(call, &version, &workflow, &body);
    call.store
        .table_mut(&table(account))
        .put_as(name, workflow.clone());
    workflow.insert("is_deleted".to_owned(), 0.into());
    workflow.insert("terminator_running".to_owned(), 0.into());
    Ok(Reply::result(workflow))
}

/// Deletes a workflow with its instances and versions.
fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, name) = (
        table(call.param("account_id")),
        call.params.get("workflow_name"),
    );
    call.store.table_mut(&table).remove(name);
    call.store.remove_below(&format!("{table}/{name}"));
    Ok(Reply::result(json!({ "status": "ok", "success": true })))
}

/// The error for a second instance with the same name.
fn taken() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, 10405, "Instance already exists")
}
