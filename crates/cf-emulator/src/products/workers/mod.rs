//! Workers scripts: <https://developers.cloudflare.com/api/resources/workers/>.
//! Nothing runs; what is uploaded is checked, kept, and counted as a version.

mod secrets;
mod upload;
mod versions;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use crate::envelope::{Outcome, Reply};
use crate::error::ApiError;
use crate::permissions::Permission::Group;
use crate::request::Call;
use crate::router::Route;
use crate::store::{Object, text};

#[rustfmt::skip]
pub(crate) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Workers Scripts Read"), Group("Workers Scripts Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/workers/services/{script_name}", read, service),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/services/{script_name}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}", read, content),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/content/v2", read, content),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}", write, upload::script),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}/content", write, upload::content),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/scripts/{script_name}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/settings", read, settings),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/secrets", read, secrets::list),
        Route::new(Method::PUT, "accounts/{account_id}/workers/scripts/{script_name}/secrets", write, secrets::put),
        Route::new(Method::PATCH, "accounts/{account_id}/workers/scripts/{script_name}/secrets-bulk", write, secrets::patch),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/secrets/{secret_name}", read, secrets::get),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/scripts/{script_name}/secrets/{secret_name}", write, secrets::delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/versions", read, versions::list),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/versions", write, upload::version),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/versions/{version_id}", read, versions::get),
        Route::new(Method::GET, "accounts/{account_id}/workers/scripts/{script_name}/deployments", read, versions::deployments),
        Route::new(Method::POST, "accounts/{account_id}/workers/scripts/{script_name}/deployments", write, versions::deploy),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/workers/scripts", call.param("account_id"))
}

/// The path below which all that belongs to the script in the path is kept.
fn home(call: &Call<'_>) -> String {
    format!("{}/{}", table(call), call.param("script_name"))
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let missing = || ApiError::not_found(10007, "This Worker does not exist on your account.");
    call.store
        .get(&table(call), call.param("script_name"))
        .ok_or_else(missing)
}

/// A script as the dashboard and its tools see it.
fn service(call: &mut Call<'_>) -> Outcome {
    let script = found(call)
        .map_err(|_| ApiError::not_found(10090, "workers.api.error.service_not_found"))?;
    let environment = json!({ "environment": "production", "created_on": script["created_on"], "modified_on": script["modified_on"], "script": script });
    Ok(Reply::result(json!({
        "id": script["id"],
        "default_environment": environment,
        "environments": [{ "environment": "production", "created_on": script["created_on"], "modified_on": script["modified_on"] }],
        "created_on": script["created_on"],
        "modified_on": script["modified_on"],
        "usage_model": script["usage_model"],
    })))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, home) = (table(call), home(call));
    call.store
        .table_mut(&table)
        .remove(call.params.get("script_name"));
    call.store.remove_below(&home);
    Ok(Reply::result(Value::Null))
}

/// The main module as it was uploaded.
fn content(call: &mut Call<'_>) -> Outcome {
    let script = found(call)?;
    let kind = match script["has_modules"] == true {
        true => "application/javascript+module",
        false => "application/javascript",
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(etag) = HeaderValue::from_str(text(script, "etag")) {
        headers.insert("etag", etag);
    }
    let main = text(script, "main_module").to_owned();
    if let Ok(main) = HeaderValue::from_str(&main) {
        headers.insert("cf-entrypoint", main);
    }
    let body = call
        .store
        .blob(&format!("{}/content", home(call)))
        .cloned()
        .unwrap_or_default();
    Ok(Reply::Stored { headers, body })
}

/// What the current version is set up with, secrets without their text.
fn settings(call: &mut Call<'_>) -> Outcome {
    let script = found(call)?;
    let mut bindings = script
        .get("bindings")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let secrets = secrets::table(call);
    bindings.extend(call.store.rows(&secrets).map(secrets::show));
    let mut settings = json!({ "bindings": bindings });
    for field in [
        "compatibility_date",
        "compatibility_flags",
        "usage_model",
        "tags",
        "tail_consumers",
        "logpush",
        "placement",
        "observability",
        "limits",
    ] {
        if let Some(value) = script.get(field) {
            settings[field] = value.clone();
        }
    }
    Ok(Reply::result(settings))
}
