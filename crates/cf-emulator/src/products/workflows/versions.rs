//! Versions of workflows.

use serde_json::{Value, json};

use super::{PAGE, found, of_call};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::paging;
use crate::store::Object;

/// Adds the version that a workflow now has.
pub(super) fn add(call: &mut Call<'_>, id: &str, workflow: &Object, body: &Object) {
    let mut version = object(json!({
        "id": id,
        "workflow_id": workflow["id"],
        "class_name": workflow["class_name"],
        "created_on": workflow["modified_on"],
        "modified_on": workflow["modified_on"],
        "has_dag": false,
        "language": "javascript",
    }));
    for field in ["concurrency", "default_retention", "limits"] {
        if let Some(value) = body.get(field) {
            version.insert(field.to_owned(), value.clone());
        }
    }
    let table = of_call(call, "versions");
    call.store.table_mut(&table).put(version);
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let mut rows: Vec<&Object> = call.store.rows(&of_call(call, "versions")).collect();
    rows.reverse();
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let version = call
        .store
        .get(&of_call(call, "versions"), call.param("version_id"));
    let version = version.ok_or_else(|| ApiError::not_found(10300, "Version not found"))?;
    Ok(Reply::result(version.clone()))
}
