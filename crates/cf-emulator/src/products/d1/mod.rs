//! D1: <https://developers.cloudflare.com/api/resources/d1/>. Databases are
//! SQLite's, and their files lie in the store like other bytes.

mod dump;
mod sql;
pub(crate) mod transfer;

use std::time::Instant;

use http::Method;
use serde_json::{Value, json};

use crate::clock;
use crate::envelope::{Outcome, Reply};
use crate::error::ApiError;
use crate::ids;
use crate::permissions::Permission::Group;
use crate::request::Call;
use crate::router::Route;
use crate::seed::object;
use crate::store::{Object, Store, text};
use sql::{Database, Query, Rows};

#[rustfmt::skip]
pub(crate) fn routes() -> Vec<Route> {
    let (read, write) = (Group("D1 Read"), Group("D1 Write"));
    vec![
        Route::new(Method::POST, "accounts/{account_id}/d1/database", write, create),
        Route::new(Method::GET, "accounts/{account_id}/d1/database/{database_id}", read, get),
        Route::new(Method::POST, "accounts/{account_id}/d1/database/{database_id}/query", write, query),
        Route::new(Method::POST, "accounts/{account_id}/d1/database/{database_id}/raw", write, raw),
        Route::new(Method::POST, "accounts/{account_id}/d1/database/{database_id}/export", read, transfer::export),
        Route::new(Method::POST, "accounts/{account_id}/d1/database/{database_id}/import", write, transfer::import),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/d1/database", call.param("account_id"))
}

fn file(table: &str, id: &str) -> String {
    format!("{table}/{id}/file")
}

/// The database in the path, by its identifier or its name.
fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let id = call.param("database_id");
    let table = table(call);
    let named = || call.store.rows(&table).find(|row| text(row, "name") == id);
    let missing = || ApiError::not_found(7404, format!("The database {id} could not be found"));
    call.store
        .get(&table, id)
        .or_else(named)
        .ok_or_else(missing)
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

/// The statements of a body: one `sql` with `params`, or a `batch` of such.
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
                .map(sql::parameter)
                .collect::<Option<_>>()
                .ok_or_else(|| ApiError::invalid("params"))?,
            _ => return Err(ApiError::invalid("params")),
        };
        Ok(Query { sql, params })
    };
    all.into_iter().map(query).collect()
}

/// Runs all statements or none, and shows each result with `show`.
fn run(call: &mut Call<'_>, show: fn(Rows) -> Value) -> Outcome {
    let id = text(found(call)?, "uuid").to_owned();
    let queries = queries(&call.object()?)?;
    let table = table(call);
    let database = Database::open(call.store.blob(&file(&table, &id)))?;
    let mut results = Vec::new();
    for query in &queries {
        let started = Instant::now();
        for rows in database.run(query)? {
            let meta = json!({
                "served_by": "cf-emulator",
                "duration": started.elapsed().as_secs_f64() * 1000.0,
                "changes": rows.changes,
                "last_row_id": rows.last_row_id,
                "changed_db": rows.wrote,
                "size_after": database.size()?,
                "rows_read": rows.values.len(),
                "rows_written": rows.changes,
            });
            results.push(json!({ "success": true, "meta": meta, "results": show(rows) }));
        }
    }
    keep(call.store, &table, &id, &database)?;
    Ok(Reply::result(results))
}

/// Stores the database, if it has changed.
fn keep(store: &mut Store, table: &str, id: &str, database: &Database) -> Result<(), ApiError> {
    if let Some(bytes) = database.changed()? {
        let (size, tables) = (bytes.len(), database.tables()?);
        if let Some(row) = store.table_mut(table).get_mut(id) {
            row.insert("file_size".to_owned(), size.into());
            row.insert("num_tables".to_owned(), tables.into());
        }
        store.set_blob(file(table, id), bytes);
    }
    Ok(())
}

fn query(call: &mut Call<'_>) -> Outcome {
    run(call, |rows| {
        let named = |values: Vec<Value>| -> Value {
            rows.columns
                .iter()
                .cloned()
                .zip(values)
                .collect::<Object>()
                .into()
        };
        rows.values.into_iter().map(named).collect()
    })
}

fn raw(call: &mut Call<'_>) -> Outcome {
    run(
        call,
        |rows| json!({ "columns": rows.columns, "rows": rows.values }),
    )
}
