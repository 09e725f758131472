//! Uploads: a form with modules, and `metadata` that describes them.

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{Author, assets, found, home, name, secrets, table, versions};
use crate::engine::call::Call;
use crate::engine::route::Stream;
use crate::http::content::Stored;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::multipart::Data;
use crate::store::{Object, clock, text};

/// Settings of a version besides its bindings.
pub(super) const SETTINGS: &[&str] = &[
    "compatibility_date",
    "compatibility_flags",
    "usage_model",
    "tags",
    "tail_consumers",
    "logpush",
    "placement",
    "observability",
    "limits",
    "annotations",
];

/// How a script is sent without a form.
pub(super) const SCRIPT: Stream = Stream {
    most: None,
    too_large: ApiError::too_large,
    large_only: true,
};

/// The content of an upload.
pub(super) struct Upload {
    pub(super) metadata: Object,
    pub(super) has_modules: bool,
    /// The name of the entry point's part.
    pub(super) main: String,
    pub(super) content: Stored,
    pub(super) etag: String,
}

impl Upload {
    pub(super) fn new(
        metadata: Object,
        has_modules: bool,
        main: String,
        content: &Data,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            metadata,
            has_modules,
            main,
            content: content.stored()?,
            etag: content.md5()?,
        })
    }
}

pub(super) fn refused(why: impl Into<String>) -> ApiError {
    ApiError::bad_request(10021, why)
}

fn read(call: &Call<'_>) -> Result<Upload, ApiError> {
    let request = call.request;
    let kind = request.headers.get(CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/javascript")) {
        // The body is the script itself.
        let main = "worker.js".to_owned();
        return Upload::new(Object::new(), false, main, &request.content());
    }
    let form = request.form.as_ref();
    let form =
        form.ok_or_else(|| ApiError::bad_request(10007, "the body must be multipart/form-data"))?;
    let metadata = form.part("metadata");
    let metadata = metadata.ok_or_else(|| refused("the form has no part `metadata`"))?;
    let metadata = metadata.json()?;
    let metadata = object(metadata.ok_or_else(|| refused("the part `metadata` is not JSON"))?);
    let has_modules = metadata.contains_key("main_module");
    let main = match has_modules {
        true => text(&metadata, "main_module"),
        false => text(&metadata, "body_part"),
    }
    .to_owned();
    if main.is_empty() && metadata.get("assets").is_some_and(Value::is_object) {
        // An upload of static files needs no code.
        let content = Data::Memory(Bytes::new());
        return Upload::new(metadata, false, String::new(), &content);
    }
    if main.is_empty() {
        return Err(refused("metadata must name a main_module or a body_part"));
    }
    // wrangler names parts after their files; the official SDKs call all of them `files`.
    let mut parts = form.0.iter();
    let content = parts
        .find(|part| part.name == main || part.file_name.as_deref() == Some(&main))
        .ok_or_else(|| refused(format!("Uncaught Error: No such module \"{main}\"")))?;
    Upload::new(metadata, has_modules, main, &content.data)
}

/// The bindings of an upload; secrets among them are stored separately.
pub(super) fn bindings(call: &mut Call<'_>, metadata: &Object) -> Result<Vec<Value>, ApiError> {
    let all = match metadata.get("bindings") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(all)) => all.clone(),
        Some(_) => return Err(refused("bindings must be a list")),
    };
    let mut kept: Vec<Value> = Vec::new();
    for binding in all {
        let (name, kind) = (
            binding["name"].as_str().unwrap_or_default(),
            binding["type"].as_str().unwrap_or_default(),
        );
        if name.is_empty() || kind.is_empty() {
            return Err(refused("every binding needs a name and a type"));
        }
        if kept.iter().any(|known| known["name"] == name) {
            return Err(refused(format!("there are two bindings called {name}")));
        }
        check_target(call, &binding, kind)?;
        match kind {
            "secret_text" | "secret_key" => {
                secrets::keep(call, object(binding))?;
            }
            // These stand for the bindings of the previous version.
            "inherit" => {}
            _ => kept.push(binding),
        }
    }
    Ok(kept)
}

/// The target of a binding must exist, if this emulator stores its kind.
fn check_target(call: &Call<'_>, binding: &Value, kind: &str) -> Result<(), ApiError> {
    let (place, field, what) = match kind {
        "kv_namespace" => ("storage/kv/namespaces", "namespace_id", "KV namespace"),
        "d1" => ("d1/database", "id", "D1 database"),
        "r2_bucket" => ("r2/buckets", "bucket_name", "R2 bucket"),
        _ => return Ok(()),
    };
    let table = format!("accounts/{}/{place}", call.param("account_id"));
    let name = binding[field]
        .as_str()
        .or_else(|| binding["database_id"].as_str())
        .unwrap_or_default();
    match call.store.get(&table, name) {
        Some(_) => Ok(()),
        None => Err(ApiError::bad_request(
            10041,
            format!("{what} '{name}' not found."),
        )),
    }
}

/// The row of a script with this upload as its latest.
pub(super) fn row(call: &mut Call<'_>, upload: &Upload) -> Result<Object, ApiError> {
    let known = found(call).ok().cloned();
    let name = name(call).to_owned();
    let now = clock::now();
    let kept = |field: &str, fresh: String| {
        known
            .as_ref()
            .map_or(fresh, |row| text(row, field).to_owned())
    };
    let mut script = object(json!({
        "id": name,
        "tag": kept("tag", ids::hex32()),
        "etag": upload.etag,
        "created_on": kept("created_on", now.clone()),
        "modified_on": now,
        "handlers": ["fetch"],
        "has_assets": assets::attached(call, &upload.metadata)?,
        "has_modules": upload.has_modules,
        "main_module": upload.main,
        "last_deployed_from": Author::of(call).source,
        "usage_model": "standard",
        "startup_time_ms": 1,
        "bindings": bindings(call, &upload.metadata)?,
    }));
    let migrated = migrated(known.as_ref(), &upload.metadata)?;
    if let Some(tag) = migrated {
        script.insert("migration_tag".to_owned(), tag);
    }
    for field in SETTINGS {
        if let Some(value) = upload.metadata.get(*field) {
            script.insert((*field).to_owned(), value.clone());
        }
    }
    Ok(script)
}

/// The tag of the last migration, if there was one. Migrations are for a script with the tag before them.
fn migrated(known: Option<&Object>, metadata: &Object) -> Result<Option<Value>, ApiError> {
    let current = known.and_then(|script| script.get("migration_tag"));
    let migrations = metadata.get("migrations").filter(|m| m.is_object());
    let Some(migrations) = migrations else {
        return Ok(current.cloned());
    };
    let (old, current_tag) = (
        migrations["old_tag"].as_str(),
        current.and_then(Value::as_str),
    );
    if old != current_tag {
        let message = match current_tag {
            Some(tag) => format!("Migration tag precondition failed; current tag is {tag}"),
            None => "Migration tag precondition failed; there is no current tag".to_owned(),
        };
        return Err(ApiError::new(
            StatusCode::PRECONDITION_FAILED,
            10079,
            message,
        ));
    }
    Ok(migrations.get("new_tag").or(current).cloned())
}

pub(super) fn store(call: &mut Call<'_>, script: Object, content: Stored) {
    let (table, home) = (table(call), home(call));
    call.store.set_stored(&format!("{home}/content"), content);
    let name = text(&script, "id").to_owned();
    call.store.table_mut(&table).put_as(&name, script);
}

/// Uploads a script and sends all traffic to it.
pub(super) fn script(call: &mut Call<'_>) -> Outcome {
    let upload = read(call)?;
    let mut script = row(call, &upload)?;
    let version = versions::add(call, &script);
    versions::send_all_to(call, &version);
    script.insert("deployment_id".to_owned(), version.into());
    store(call, script.clone(), upload.content);
    Ok(Reply::result(script))
}

/// Changes only the code.
pub(super) fn content(call: &mut Call<'_>) -> Outcome {
    let mut script = found(call)?.clone();
    let upload = read(call)?;
    script.insert("etag".to_owned(), upload.etag.into());
    script.insert("has_modules".to_owned(), upload.has_modules.into());
    script.insert("main_module".to_owned(), upload.main.as_str().into());
    script.insert("modified_on".to_owned(), clock::now().into());
    let version = versions::add(call, &script);
    versions::send_all_to(call, &version);
    store(call, script.clone(), upload.content);
    Ok(Reply::result(script))
}

/// Uploads a version that gets no traffic yet.
pub(super) fn version(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let upload = read(call)?;
    let script = row(call, &upload)?;
    let id = versions::add(call, &script);
    versions::show(call, &id)
}
