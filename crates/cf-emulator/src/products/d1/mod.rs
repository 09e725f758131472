//! D1: <https://developers.cloudflare.com/api/resources/d1/>. Databases are
//! SQLite files, kept in the store like other bytes.

mod database;
mod dump;
mod queue;
mod refusal;
mod results;
mod rules;
mod statements;
mod transfer;

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::Engine;
use crate::engine::call::{Call, Work, deferred};
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::request::Request;
use crate::http::response::HttpReply;
use crate::store::{Object, clock, text};
use database::Query;
pub(crate) use queue::{Queues, USUAL_TIME};
use results::{Form, Results};

pub(super) struct D1;

impl Product for D1 {
    fn name(&self) -> &'static str {
        "d1"
    }

    fn title(&self) -> &'static str {
        "D1"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/d1"]
    }

    /// The files of exports and imports.
    fn control(&self, engine: &Engine, path: &str, request: &Request) -> Option<HttpReply> {
        let id = path.strip_prefix("d1/")?;
        Some(transfer::file(engine, request, id))
    }

    fn takes_file(&self, engine: &Engine, path: &str, request: &Request) -> bool {
        let id = path.strip_prefix("d1/");
        id.is_some_and(|id| transfer::is_upload(engine, request, id))
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("D1 Read"), Group("D1 Write"));
    vec![
        Route::new(Method::POST, "accounts/{account_id}/d1/database", write, create),
        Route::new(Method::GET, "accounts/{account_id}/d1/database/{database_id}", read, get).with("database_id", Param::Name),
        Route::deferred(Method::POST, "accounts/{account_id}/d1/database/{database_id}/query", write, query).with("database_id", Param::Name),
        Route::deferred(Method::POST, "accounts/{account_id}/d1/database/{database_id}/raw", write, raw).with("database_id", Param::Name),
        Route::deferred(Method::POST, "accounts/{account_id}/d1/database/{database_id}/export", read, transfer::export).with("database_id", Param::Name),
        Route::deferred(Method::POST, "accounts/{account_id}/d1/database/{database_id}/import", write, transfer::import).with("database_id", Param::Name),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/d1/database", call.param("account_id"))
}

fn file(table: &str, id: &str) -> String {
    format!("{table}/{id}/file")
}

/// The database in the path, by identifier or name.
fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let id = call.param("database_id");
    let table = table(call);
    let named = || call.store.rows(&table).find(|row| text(row, "name") == id);
    let found = call.store.get(&table, id).or_else(named);
    found.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(7404, format!("The database {id} could not be found"))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let name = text(&body, "name");
    let usual = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(usual) {
        return Err(ApiError::invalid("name"));
    }
    let table = table(call);
    if call.store.rows(&table).any(|row| text(row, "name") == name) {
        let message = format!("A database with the name {name} already exists");
        return Err(ApiError::bad_request(7502, message));
    }
    let id = ids::dashed(&ids::hex32());
    let mut database = object(json!({
        "uuid": id,
        "name": name,
        "version": "production",
        "created_at": clock::now(),
        "num_tables": 0,
        "file_size": 0,
        "running_in_region": body.get("primary_location_hint").and_then(Value::as_str).unwrap_or("WNAM").to_uppercase(),
        "read_replication": body.get("read_replication").cloned().unwrap_or_else(|| json!({ "mode": "disabled" })),
    }));
    if let Some(jurisdiction) = body.get("jurisdiction") {
        database.insert("jurisdiction".to_owned(), jurisdiction.clone());
    }
    call.store.table_mut(&table).put_as(&id, database.clone());
    Ok(Reply::result(database))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?.clone()))
}

/// The statements of a body: `sql` with `params`, or a `batch` of these.
fn queries(body: &Object) -> Result<Vec<Query>, ApiError> {
    let all = match body.get("batch") {
        None => vec![Value::Object(body.clone())],
        Some(Value::Array(batch)) if !batch.is_empty() => batch.clone(),
        Some(_) => return Err(ApiError::invalid("batch")),
    };
    let query = |one: Value| {
        let sql = one["sql"].as_str().filter(|sql| !sql.trim().is_empty());
        let sql = sql.ok_or_else(|| ApiError::invalid("sql"))?.to_owned();
        let params = match &one["params"] {
            Value::Null => Vec::new(),
            Value::Array(params) => params
                .iter()
                .map(database::parameter)
                .collect::<Option<_>>()
                .ok_or_else(|| ApiError::invalid("params"))?,
            _ => return Err(ApiError::invalid("params")),
        };
        Ok(Query { sql, params })
    };
    all.into_iter().map(query).collect()
}

/// Runs all statements or none.
fn run(call: &Call<'_>, form: Form) -> Result<Work, ApiError> {
    let (table, id) = (table(call), text(found(call)?, "uuid").to_owned());
    let queries = queries(&call.object()?)?;
    Ok(deferred(move |engine| {
        let folder = engine.folder.clone();
        queue::run(engine, table, id, move |database| {
            let mut results = Results::new(form, folder.as_ref());
            for query in &queries {
                database.run(query.sql.as_bytes(), &query.params, &mut results)?;
            }
            let (content_type, text) = ("application/json", results.finish()?);
            Ok(Reply::Text { content_type, text })
        })
    }))
}

fn query(call: &mut Call<'_>) -> Result<Work, ApiError> {
    run(call, Form::Objects)
}

fn raw(call: &mut Call<'_>) -> Result<Work, ApiError> {
    run(call, Form::Lists)
}
