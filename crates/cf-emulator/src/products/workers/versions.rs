//! Versions of a script, and deployments, which split the traffic among them.

use serde_json::{Value, json};

use super::{Author, found, home};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, clock};

pub(super) fn versions(call: &Call<'_>) -> String {
    format!("{}/versions", home(call))
}

fn deployments_of(call: &Call<'_>) -> String {
    format!("{}/deployments", home(call))
}

/// Records a version of the script and returns its identifier.
pub(super) fn add(call: &mut Call<'_>, script: &Object) -> String {
    let (id, now, table) = (ids::dashed(&ids::hex32()), clock::now(), versions(call));
    let number = call.store.table(&table).map_or(0, |rows| rows.added()) + 1;
    let author = Author::of(call);
    let version = object(json!({
        "id": id,
        "number": number,
        "metadata": { "created_on": now, "modified_on": now, "source": author.source, "author_id": author.id, "author_email": author.email, "hasPreview": false },
        "annotations": script.get("annotations").cloned().unwrap_or_else(|| json!({})),
        "startup_time_ms": 1,
        "resources": {
            "bindings": script.get("bindings"),
            "script": { "etag": script.get("etag"), "handlers": script.get("handlers"), "last_deployed_from": author.source },
            "script_runtime": { "compatibility_date": script.get("compatibility_date"), "compatibility_flags": script.get("compatibility_flags"), "usage_model": "standard" },
        },
    }));
    call.store.table_mut(&table).put(version);
    id
}

pub(super) fn send_all_to(call: &mut Call<'_>, version: &str) -> Object {
    let all = json!([{ "percentage": 100, "version_id": version }]);
    record(call, all, json!({ "workers/triggered_by": "upload" }))
}

fn record(call: &mut Call<'_>, versions: Value, annotations: Value) -> Object {
    let author = Author::of(call);
    let deployment = object(json!({
        "id": ids::dashed(&ids::hex32()),
        "created_on": clock::now(),
        "source": author.source,
        "strategy": "percentage",
        "author_email": author.email,
        "annotations": annotations,
        "versions": versions,
    }));
    let table = deployments_of(call);
    call.store.table_mut(&table).put(deployment.clone());
    deployment
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let mut all: Vec<_> = call.store.rows(&versions(call)).cloned().collect();
    all.reverse();
    let info = json!({ "page": 1, "per_page": all.len(), "count": all.len(), "total_count": all.len(), "total_pages": 1 });
    Ok(Reply::Enveloped {
        result: json!({ "items": all }),
        result_info: Some(info),
        messages: Vec::new(),
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    show(call, call.params.find("version_id").unwrap_or_default())
}

pub(super) fn show(call: &Call<'_>, id: &str) -> Outcome {
    let missing = || ApiError::not_found(10025, format!("Version {id} not found"));
    Ok(Reply::result(
        call.store
            .get(&versions(call), id)
            .ok_or_else(missing)?
            .clone(),
    ))
}

/// The latest first: that is the active one.
pub(super) fn deployments(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let mut all: Vec<_> = call.store.rows(&deployments_of(call)).cloned().collect();
    all.reverse();
    // The API returns `deployments`; its description has `items`.
    Ok(Reply::result(json!({ "deployments": all, "items": all })))
}

pub(super) fn deploy(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let body = call.object()?;
    let wanted = body
        .get("versions")
        .and_then(Value::as_array)
        .filter(|all| !all.is_empty());
    let wanted = wanted.ok_or_else(|| ApiError::invalid("versions"))?;
    let mut sum = 0.0;
    for version in wanted {
        let id = version["version_id"].as_str().unwrap_or_default();
        show(call, id)?;
        sum += version["percentage"]
            .as_f64()
            .ok_or_else(|| ApiError::invalid("versions.percentage"))?;
    }
    if (sum - 100.0).abs() > 0.01 {
        return Err(ApiError::bad_request(
            100119,
            format!("the percentages add up to {sum}, not to 100"),
        ));
    }
    let annotations = body
        .get("annotations")
        .cloned()
        .unwrap_or_else(|| json!({}));
    let deployment = record(call, wanted.clone().into(), annotations);
    Ok(Reply::result(deployment))
}
