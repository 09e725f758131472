//! Scripts in the newer operations: a Worker with versions, sent as
//! JSON: <https://developers.cloudflare.com/api/resources/workers/subresources/beta/>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::upload::{Upload, refused, row, store};
use super::{found, name, secrets, table, versions};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::multipart::Data;
use crate::http::paging::{self, PageSize};
use crate::store::{Object, clock, text};

/// The code for a body that does not match the description.
const INVALID: u32 = 1003;
const PAGE: PageSize = PageSize {
    default: 10,
    min: 1,
    max: 100,
};
/// What a Worker keeps from one version to the next.
const LASTING: [&str; 4] = ["logpush", "observability", "tags", "tail_consumers"];

#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Workers Scripts Read"), Group("Workers Scripts Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/workers/workers", read, list),
        Route::new(Method::POST, "accounts/{account_id}/workers/workers", write, create),
        Route::new(Method::GET, "accounts/{account_id}/workers/workers/{script_name}", read, get),
        Route::new(Method::PUT, "accounts/{account_id}/workers/workers/{script_name}", write, edit),
        Route::new(Method::PATCH, "accounts/{account_id}/workers/workers/{script_name}", write, edit),
        Route::new(Method::DELETE, "accounts/{account_id}/workers/workers/{script_name}", write, super::delete),
        Route::new(Method::GET, "accounts/{account_id}/workers/workers/{script_name}/versions", read, list_versions),
        Route::new(Method::POST, "accounts/{account_id}/workers/workers/{script_name}/versions", write, add_version),
        Route::new(Method::PATCH, "accounts/{account_id}/workers/workers/{script_name}/versions/latest", write, edit_latest),
        Route::new(Method::GET, "accounts/{account_id}/workers/workers/{script_name}/versions/{version_id}", read, get_version).with("version_id", Param::Name),
    ]
}

fn show(call: &Call<'_>, script: &Object) -> Value {
    let field = |name: &str, usual: Value| match script.get(name) {
        None | Some(Value::Null) => usual,
        Some(value) => value.clone(),
    };
    let subdomain = format!("{}/{}/subdomain", table(call), text(script, "id"));
    let subdomain = call.store.document(&subdomain);
    let open = |what: &str| subdomain.is_some_and(|set| set[what] == true);
    json!({
        "id": script["tag"],
        "name": script["id"],
        "created_on": script["created_on"],
        "updated_on": script["modified_on"],
        "logpush": field("logpush", false.into()),
        "observability": field("observability", json!({ "enabled": false })),
        "tags": field("tags", json!([])),
        "tail_consumers": field("tail_consumers", json!([])),
        "subdomain": { "enabled": open("enabled"), "previews_enabled": open("previews_enabled") },
        "references": {
            "dispatch_namespace_outbounds": [],
            "domains": [],
            "durable_objects": [],
            "queues": [],
            "workers": [],
        },
    })
}

fn list(call: &mut Call<'_>) -> Outcome {
    let rows: Vec<&Object> = call.store.rows(&table(call)).collect();
    paging::page(&call.query, PAGE, &rows, |row| show(call, row))
}

/// Applies what a body says about the Worker itself.
fn set(call: &mut Call<'_>, script: &mut Object, body: &Object) {
    for field in LASTING {
        if let Some(value) = body.get(field) {
            script.insert(field.to_owned(), value.clone());
        }
    }
    if let Some(subdomain @ Value::Object(_)) = body.get("subdomain") {
        let path = format!("{}/{}/subdomain", table(call), text(script, "id"));
        let mut known = call
            .store
            .document(&path)
            .cloned()
            .unwrap_or_else(|| json!({}));
        crate::http::json::merge_deep(&mut known, subdomain.clone());
        call.store.set_document(path, known);
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let (name, table) = (text(&body, "name").to_owned(), table(call));
    let usual = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 255 || !name.chars().all(usual) {
        let what = "must be letters, digits, hyphens and underscores";
        return Err(ApiError::invalid_because("name", what));
    }
    if call.store.get(&table, &name).is_some() {
        let message = format!("A Worker with the name {name} already exists");
        return Err(ApiError::new(StatusCode::CONFLICT, 10040, message));
    }
    let now = clock::now();
    let mut script = object(json!({
        "id": name,
        "tag": ids::hex32(),
        "etag": "",
        "created_on": now,
        "modified_on": now,
        "handlers": [],
        "has_assets": false,
        "has_modules": true,
        "usage_model": "standard",
        "bindings": [],
    }));
    set(call, &mut script, &body);
    call.store.table_mut(&table).put_as(&name, script.clone());
    Ok(Reply::result(show(call, &script)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(call, found(call)?)))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let mut script = found(call)?.clone();
    let body = call.described(INVALID)?;
    if body.get("name").is_some_and(|new| *new != script["id"]) {
        let what = "a Worker keeps its name in this emulator";
        return Err(ApiError::invalid_because("name", what));
    }
    set(call, &mut script, &body);
    script.insert("modified_on".to_owned(), clock::now().into());
    let (table, name) = (table(call), name(call).to_owned());
    call.store.table_mut(&table).put_as(&name, script.clone());
    Ok(Reply::result(show(call, &script)))
}

/// A version in the form of these operations.
fn show_version(version: &Object) -> Value {
    let (meta, resources) = (&version["metadata"], &version["resources"]);
    let runtime = &resources["script_runtime"];
    let mut shown = json!({
        "id": version["id"],
        "number": version["number"],
        "created_on": meta["created_on"],
        "author_id": meta["author_id"],
        "author_email": meta["author_email"],
        "source": meta["source"],
        "annotations": version["annotations"],
        "bindings": resources["bindings"],
        "urls": [],
    });
    for field in ["compatibility_date", "compatibility_flags"] {
        if !runtime[field].is_null() {
            shown[field] = runtime[field].clone();
        }
    }
    shown
}

fn list_versions(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let mut rows: Vec<&Object> = call.store.rows(&versions::versions(call)).collect();
    rows.reverse();
    paging::page(&call.query, PAGE, &rows, show_version)
}

fn version(call: &Call<'_>, id: &str) -> Outcome {
    let row = call.store.get(&versions::versions(call), id);
    let row = row.ok_or_else(|| ApiError::not_found(10025, format!("Version {id} not found")))?;
    Ok(Reply::result(show_version(row)))
}

fn get_version(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let id = match call.param("version_id") {
        "latest" => latest(call)?,
        id => id.to_owned(),
    };
    version(call, &id)
}

/// The identifier of the version that was added last.
fn latest(call: &Call<'_>) -> Result<String, ApiError> {
    let rows = call.store.rows(&versions::versions(call));
    let last = rows.last().map(|row| text(row, "id").to_owned());
    last.ok_or_else(|| ApiError::not_found(10222, "This Worker has no versions."))
}

/// Adds a version, and sends all traffic to it if the query says so.
fn add_version(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let metadata = call.described(INVALID)?;
    let main = text(&metadata, "main_module").to_owned();
    let modules = metadata.get("modules").and_then(Value::as_array);
    let module = modules
        .into_iter()
        .flatten()
        .find(|module| module["name"] == main.as_str());
    let module = module.ok_or_else(|| refused(format!("No such module \"{main}\"")))?;
    let encoded = module["content_base64"].as_str().unwrap_or_default();
    let content = STANDARD
        .decode(encoded)
        .map_err(|_| ApiError::invalid_because("modules.content_base64", "is not Base64"))?;
    let upload = Upload::new(metadata, true, main, &Data::Memory(content.into()))?;
    let script = row(call, &upload)?;
    let id = versions::add(call, &script);
    if call.query.get("deploy") == Some("true") {
        versions::send_all_to(call, &id);
        store(call, script, upload.content);
    }
    version(call, &id)
}

/// Adds a version that equals the latest one but for its secrets.
fn edit_latest(call: &mut Call<'_>) -> Outcome {
    let script = found(call)?.clone();
    latest(call)?;
    let body = call.object()?;
    for (name, value) in body
        .get("env")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        match value {
            Value::Null => {
                let secrets = secrets::table(call);
                call.store.table_mut(&secrets).remove(name);
            }
            Value::Object(secret) => {
                let mut secret = secret.clone();
                secret.insert("name".to_owned(), name.clone().into());
                secrets::keep(call, secret)?;
            }
            _ => return Err(ApiError::invalid(&format!("env.{name}"))),
        }
    }
    let mut changed = script;
    if let Some(annotations @ Value::Object(_)) = body.get("annotations") {
        changed.insert("annotations".to_owned(), annotations.clone());
    }
    let id = versions::add(call, &changed);
    version(call, &id)
}
