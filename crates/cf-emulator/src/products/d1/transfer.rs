//! Exports and imports of whole databases: requested and polled over the API,
//! with files transferred at separate addresses.

use std::io::{self, BufWriter};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::database::Database;
use super::dump::{self, Failure, Options};
use super::results::Counts;
use super::{found, queue, refusal, table};
use crate::engine::call::{Call, Work, deferred};
use crate::engine::{Engine, lock};
use crate::http::content::Upload;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::file::{File, Folder, Writer};
use crate::http::ids;
use crate::http::json::object;
use crate::http::path::CONTROL_PATH;
use crate::http::request::Request;
use crate::http::response::{Content, HttpReply};
use crate::store::{Store, pending, text};

/// Path prefix of transfers: documents hold their status, files the SQL.
const TRANSFERS: &str = "d1-transfers";

fn place(id: &str) -> String {
    format!("{TRANSFERS}/{id}")
}

fn url(request: &Request, id: &str) -> String {
    format!("{}{}/d1/{id}", request.origin("http"), CONTROL_PATH)
}

/// A point in the history of a database, which also names a transfer.
fn bookmark(id: &str) -> String {
    ["00000001", "00000000", "00004e2f", id].join("-")
}

/// The transfer of this database that a bookmark or a file name belongs to.
fn transfer<'a>(
    call: &'a Call<'_>,
    name: &str,
    what: &str,
) -> Result<(&'a str, &'a Value), ApiError> {
    let database = text(found(call)?, "uuid");
    let unknown = || ApiError::bad_request(7400, format!("There is no {what} {name}"));
    let id = name.trim_end_matches(".sql").rsplit('-').next();
    let mut all = call.store.documents();
    let found = all.find(|(path, _)| {
        id.is_some_and(|id| path.strip_prefix(TRANSFERS) == Some(&format!("/{id}")))
    });
    found
        .filter(|(_, state)| state["database"] == database)
        .ok_or_else(unknown)
}

/// Begins a transfer and drops the previous one: a database has one of each kind
/// at a time.
fn begin(store: &mut Store, kind: &str, database: &str, state: Value) -> String {
    let same = |state: &Value| state["database"] == database && state["kind"] == kind;
    let old = store
        .documents()
        .filter(|(path, state)| path.starts_with(TRANSFERS) && same(state));
    for path in old.map(|(path, _)| path.to_owned()).collect::<Vec<_>>() {
        store.remove_file(&path);
        store.remove_document(&path);
    }
    let id = ids::hex32();
    let mut state = object(state);
    state.insert("database".to_owned(), database.into());
    state.insert("kind".to_owned(), kind.into());
    if kind == "export" {
        pending::begin(store, &mut state);
    }
    store.set_document(place(&id), state.into());
    id
}

/// Whether a transfer is pending, at a question that counts.
fn is_pending(store: &mut Store, path: &str) -> bool {
    let Some(state) = store.document(path) else {
        return false;
    };
    let mut state = object(state.clone());
    if !pending::is_marked(&state) {
        return false;
    }
    let is_pending = pending::poll(&mut state);
    store.set_document(path, state.into());
    is_pending
}

/// What is said of a transfer that is pending.
fn active(kind: &str, at: &str) -> Value {
    let mut active = progress(kind, at, &["Still at work".to_owned()]);
    active["status"] = "active".into();
    active
}

fn progress(kind: &str, bookmark: &str, messages: &[String]) -> Value {
    json!({ "success": true, "type": kind, "at_bookmark": bookmark, "messages": messages })
}

/// Work that is already done.
fn done(outcome: Outcome) -> Result<Work, ApiError> {
    let reply = outcome?;
    Ok(deferred(|_| std::future::ready(Ok(reply))))
}

/// The first call makes the dump; calls with its bookmark say where it is.
pub(super) fn export(call: &mut Call<'_>) -> Result<Work, ApiError> {
    let database_id = text(found(call)?, "uuid").to_owned();
    let body = call.described(7400)?;
    if let Some(Value::String(at)) = body.get("current_bookmark") {
        let path = transfer(call, at, "export")?.0.to_owned();
        if is_pending(call.store, &path) {
            return done(Ok(Reply::result(active("export", at))));
        }
        let id = path.rsplit('/').next().unwrap_or_default();
        let mut complete = progress("export", at, &["Export complete".to_owned()]);
        complete["status"] = "complete".into();
        complete["result"] =
            json!({ "filename": format!("{id}.sql"), "signed_url": url(call.request, id) });
        return done(Ok(Reply::result(complete)));
    }
    let wanted = body.get("dump_options").cloned().unwrap_or_default();
    let tables = wanted["tables"].as_array().into_iter().flatten();
    let options = Options {
        no_schema: wanted["no_schema"] == true,
        no_data: wanted["no_data"] == true,
        tables: tables
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    };
    let (table, id) = (table(call), database_id.clone());
    Ok(deferred(move |engine| async move {
        let folder = engine.folder.clone();
        let dumped = queue::run(Arc::clone(&engine), table, id, move |database| {
            dumped(database, &options, folder.as_ref())
        });
        let sql = dumped.await?;
        let mut store = lock(&engine.store);
        let id = begin(&mut store, "export", &database_id, json!({}));
        store.set_file(place(&id), sql);
        let messages = ["Generating export".to_owned()];
        Ok(Reply::result(progress("export", &bookmark(&id), &messages)))
    }))
}

/// Writes the dump to a file.
fn dumped(
    database: &Database,
    options: &Options,
    folder: Option<&Folder>,
) -> Result<File, ApiError> {
    let unwritten = |error: io::Error| refusal::internal(&error.to_string());
    let mut out = BufWriter::new(Writer::new(folder).map_err(unwritten)?);
    match database.lifted(|connection| dump::write(connection, options, &mut out)) {
        Ok(()) => {}
        Err(Failure::Sql(error)) => return Err(refusal::of(&error)),
        Err(Failure::Write(error)) => return Err(unwritten(error)),
        Err(Failure::VirtualTables) => {
            let message = "cannot export databases with Virtual Tables (fts5)";
            return Err(refusal::failed(message));
        }
    }
    let out = out.into_inner().map_err(|error| unwritten(error.into()))?;
    Ok(out.finish())
}

/// `init` returns an address for the file, `ingest` runs what was uploaded there,
/// and `poll` reports the outcome.
pub(super) fn import(call: &mut Call<'_>) -> Result<Work, ApiError> {
    let database_id = text(found(call)?, "uuid").to_owned();
    let body = call.described(7400)?;
    match text(&body, "action") {
        "init" => {
            let state = json!({ "etag": text(&body, "etag") });
            let id = begin(call.store, "import", &database_id, state);
            done(Ok(Reply::result(json!({
                "success": true,
                "type": "import",
                "upload_url": url(call.request, &id),
                "filename": format!("{id}.sql"),
                "messages": [],
            }))))
        }
        "ingest" => {
            let (path, state) = transfer(call, text(&body, "filename"), "upload")?;
            let uploaded = state["etag"] == state["uploaded"];
            let sql = call.store.file(path).filter(|_| uploaded).cloned();
            let sql = sql.ok_or_else(|| {
                ApiError::bad_request(7400, "The file was not uploaded, or is a different one")
            })?;
            let (table, path) = (table(call), path.to_owned());
            Ok(deferred(move |engine| async move {
                let end = ingest(&engine, table, database_id, sql).await;
                let mut store = lock(&engine.store);
                if let Some(state) = store.document(&path) {
                    let mut state = object(state.clone());
                    state.insert("end".to_owned(), end);
                    pending::begin(&store, &mut state);
                    store.remove_file(&path);
                    store.set_document(&path, state.into());
                }
                let id = path.rsplit('/').next().unwrap_or_default();
                let messages = ["Processed the file".to_owned()];
                Ok(Reply::result(progress("import", &bookmark(id), &messages)))
            }))
        }
        _ => {
            let at = text(&body, "current_bookmark");
            let path = transfer(call, at, "import")?.0.to_owned();
            if is_pending(call.store, &path) {
                return done(Ok(Reply::result(active("import", at))));
            }
            let state = call.store.document(&path).cloned().unwrap_or_default();
            let mut end = progress("import", at, &[]);
            if let (Value::Object(end), Value::Object(state)) = (&mut end, state["end"].clone()) {
                end.extend(state);
            }
            if let Value::Object(result) = &mut end["result"] {
                result.insert("final_bookmark".to_owned(), at.into());
            }
            done(Ok(Reply::result(end)))
        }
    }
}

/// Runs an import, all or nothing, and reports the outcome.
async fn ingest(engine: &Arc<Engine>, table: String, id: String, sql: File) -> Value {
    let started = Instant::now();
    let run = queue::run(Arc::clone(engine), table, id, move |database| {
        let sql = sql.reader();
        let sql = sql.map_err(|error| refusal::internal(&error.to_string()))?;
        let mut counts = Counts::default();
        database.run(sql, &[], &mut counts)?;
        Ok((counts, database.size()?))
    });
    match run.await {
        Ok((counts, size)) => json!({
            "status": "complete",
            "result": {
                "num_queries": counts.statements,
                "meta": {
                    "served_by": "cf-emulator",
                    "duration": started.elapsed().as_secs_f64() * 1000.0,
                    "changes": counts.changes,
                    "changed_db": counts.wrote,
                    "last_row_id": counts.last_row_id,
                    "rows_read": counts.rows,
                    "rows_written": counts.changes,
                    "size_after": size,
                },
            },
        }),
        Err(error) => json!({ "status": "error", "success": false, "error": error.summary() }),
    }
}

/// Whether a request uploads the file of an import that has begun.
pub(crate) fn is_upload(engine: &Engine, request: &Request, id: &str) -> bool {
    let store = lock(&engine.store);
    let state = store.document(&place(id));
    request.method == Method::PUT && state.is_some_and(|state| state["kind"] == "import")
}

/// The files themselves, at unguessable addresses.
pub(crate) fn file(engine: &Engine, request: &Request, id: &str) -> HttpReply {
    let plain = HeaderValue::from_static("text/plain");
    let missing = || HttpReply::raw(StatusCode::NOT_FOUND, Bytes::from_static(b"NoSuchKey\n"));
    let path = place(id);
    let state = lock(&engine.store).document(&path).cloned();
    let Some(state) = state else {
        return missing();
    };
    match (&request.method, state["kind"].as_str()) {
        (&Method::GET, Some("export")) => match lock(&engine.store).file(&path).cloned() {
            Some(sql) => {
                let mut reply = HttpReply::raw(StatusCode::OK, Bytes::new());
                let size = sql.size();
                reply.content = Content::File(sql, 0..size);
                reply.with_header(CONTENT_TYPE, plain)
            }
            None => missing(),
        },
        (&Method::PUT, Some("import")) => {
            let Some(Upload { file, md5: etag }) = request.upload.clone() else {
                return missing();
            };
            let mut state = object(state);
            state.insert("uploaded".to_owned(), etag.as_str().into());
            let mut store = lock(&engine.store);
            store.set_document(&path, state.into());
            store.set_file(&path, file);
            let reply = HttpReply::raw(StatusCode::OK, Bytes::new());
            match HeaderValue::from_str(&format!("\"{etag}\"")) {
                Ok(etag) => reply.with_header(ETAG, etag),
                Err(_) => reply,
            }
        }
        _ => HttpReply::raw(StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
    }
}
