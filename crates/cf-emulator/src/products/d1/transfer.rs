//! Exports and imports of whole databases: asked for over the API, looked after
//! until they are done, and carried over addresses of their own.

use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderValue, Method, StatusCode};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::dump::{self, Options};
use super::sql::{Database, Query, refusal};
use super::{file as database_file, found, keep, table};
use crate::admin;
use crate::envelope::{HttpReply, Outcome, Reply};
use crate::error::ApiError;
use crate::ids;
use crate::request::{Call, Request};
use crate::seed::object;
use crate::server::{Shared, lock};
use crate::snapshot::hex;
use crate::store::text;

/// Where a transfer is kept: documents hold how it stands, blobs the SQL.
const TRANSFERS: &str = "d1-transfers";

fn place(id: &str) -> String {
    format!("{TRANSFERS}/{id}")
}

fn url(request: &Request, id: &str) -> String {
    format!("{}{}/d1/{id}", request.origin("http"), admin::BASE)
}

/// A point in the life of a database, which also names a transfer.
fn bookmark(id: &str) -> String {
    ["00000001", "00000000", "00004e2f", id].join("-")
}

/// The transfer of this database that a bookmark or a file is of.
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

/// Forgets what was transferred before: a database has one transfer at a time.
fn begin(call: &mut Call<'_>, kind: &str, database: &str) -> String {
    let same = |state: &Value| state["database"] == database && state["kind"] == kind;
    let old = call
        .store
        .documents()
        .filter(|(path, state)| path.starts_with(TRANSFERS) && same(state));
    for path in old.map(|(path, _)| path.to_owned()).collect::<Vec<_>>() {
        call.store.remove_blob(&path);
        call.store.remove_document(&path);
    }
    ids::hex32()
}

fn progress(kind: &str, bookmark: &str, messages: &[String]) -> Value {
    json!({ "success": true, "type": kind, "at_bookmark": bookmark, "messages": messages })
}

/// The first call makes the dump, the ones with its bookmark say where it is.
pub(super) fn export(call: &mut Call<'_>) -> Outcome {
    let database_id = text(found(call)?, "uuid").to_owned();
    let body = call.described(7400)?;
    if let Some(Value::String(at)) = body.get("current_bookmark") {
        let (path, _) = transfer(call, at, "export")?;
        let id = path.rsplit('/').next().unwrap_or_default();
        let mut done = progress("export", at, &["Export complete".to_owned()]);
        done["status"] = "complete".into();
        done["result"] =
            json!({ "filename": format!("{id}.sql"), "signed_url": url(call.request, id) });
        return Ok(Reply::result(done));
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
    let file = database_file(&table(call), &database_id);
    let database = Database::open(call.store.blob(&file))?;
    let sql = dump::write(&database.connection, &options).map_err(|error| refusal(&error))?;
    let id = begin(call, "export", &database_id);
    let state = json!({ "database": database_id, "kind": "export" });
    call.store.set_document(place(&id), state);
    call.store.set_blob(place(&id), sql.into());
    let messages = ["Generating export".to_owned()];
    Ok(Reply::result(progress("export", &bookmark(&id), &messages)))
}

/// `init` gives an address for the file, `ingest` runs what was put there, and
/// `poll` says how that ended.
pub(super) fn import(call: &mut Call<'_>) -> Outcome {
    let database_id = text(found(call)?, "uuid").to_owned();
    let body = call.described(7400)?;
    match text(&body, "action") {
        "init" => {
            let etag = text(&body, "etag");
            let id = begin(call, "import", &database_id);
            let state = json!({ "database": database_id, "kind": "import", "etag": etag });
            call.store.set_document(place(&id), state);
            Ok(Reply::result(json!({
                "success": true,
                "type": "import",
                "upload_url": url(call.request, &id),
                "filename": format!("{id}.sql"),
                "messages": [],
            })))
        }
        "ingest" => {
            let (path, state) = transfer(call, text(&body, "filename"), "upload")?;
            let (path, state) = (path.to_owned(), state.clone());
            let sql = call.store.blob(&path).cloned();
            let sql = sql.filter(|sql| state["etag"] == hex(&Md5::digest(sql)));
            let sql = sql.ok_or_else(|| {
                ApiError::bad_request(7400, "The file was not uploaded, or is another one")
            })?;
            let mut state = object(state);
            state.insert("end".to_owned(), ingest(call, &database_id, &sql));
            call.store.remove_blob(&path);
            call.store.set_document(&path, state.into());
            let id = path.rsplit('/').next().unwrap_or_default();
            let messages = ["Processed the file".to_owned()];
            Ok(Reply::result(progress("import", &bookmark(id), &messages)))
        }
        _ => {
            let at = text(&body, "current_bookmark");
            let (_, state) = transfer(call, at, "import")?;
            let mut done = progress("import", at, &[]);
            if let (Value::Object(done), Value::Object(end)) = (&mut done, state["end"].clone()) {
                done.extend(end);
            }
            if let Value::Object(result) = &mut done["result"] {
                result.insert("final_bookmark".to_owned(), at.into());
            }
            Ok(Reply::result(done))
        }
    }
}

/// Runs an import, all of it or nothing, and says how it ended.
fn ingest(call: &mut Call<'_>, id: &str, sql: &Bytes) -> Value {
    let started = Instant::now();
    let table = table(call);
    let mut run = || -> Result<Value, ApiError> {
        let database = Database::open(call.store.blob(&database_file(&table, id)))?;
        let sql = String::from_utf8(sql.to_vec())
            .map_err(|_| ApiError::bad_request(7500, "the file is not UTF-8"))?;
        let query = Query {
            sql,
            params: Vec::new(),
        };
        let results = database.run(&query)?;
        keep(call.store, &table, id, &database)?;
        let changes: u64 = results.iter().map(|rows| rows.changes).sum();
        let read: usize = results.iter().map(|rows| rows.values.len()).sum();
        Ok(json!({
            "num_queries": results.len(),
            "meta": {
                "served_by": "cf-emulator",
                "duration": started.elapsed().as_secs_f64() * 1000.0,
                "changes": changes,
                "changed_db": results.iter().any(|rows| rows.wrote),
                "last_row_id": results.last().map_or(0, |rows| rows.last_row_id),
                "rows_read": read,
                "rows_written": changes,
                "size_after": database.size()?,
            },
        }))
    };
    match run() {
        Ok(result) => json!({ "status": "complete", "result": result }),
        Err(error) => json!({ "status": "error", "success": false, "error": error.summary() }),
    }
}

/// The files themselves, at addresses that nobody can guess.
pub(crate) fn file(shared: &Shared, request: &Request, id: &str) -> HttpReply {
    let plain = HeaderValue::from_static("text/plain");
    let missing = || HttpReply::raw(StatusCode::NOT_FOUND, Bytes::from_static(b"NoSuchKey\n"));
    let mut store = lock(&shared.store);
    let path = place(id);
    let Some(state) = store.document(&path) else {
        return missing();
    };
    match (&request.method, state["kind"].as_str()) {
        (&Method::GET, Some("export")) => match store.blob(&path) {
            Some(sql) => {
                HttpReply::raw(StatusCode::OK, sql.clone()).with_header(CONTENT_TYPE, plain)
            }
            None => missing(),
        },
        (&Method::PUT, Some("import")) => {
            let etag = hex(&Md5::digest(&request.body));
            store.set_blob(&path, request.body.clone());
            let reply = HttpReply::raw(StatusCode::OK, Bytes::new());
            match HeaderValue::from_str(&format!("\"{etag}\"")) {
                Ok(etag) => reply.with_header(ETAG, etag),
                Err(_) => reply,
            }
        }
        _ => HttpReply::raw(StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
    }
}
