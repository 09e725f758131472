//! The secrets of a store. Their values are kept nowhere, since nothing here
//! could read them.

use http::StatusCode;
use serde_json::{Value, json};

use super::{MOST_SECRETS, PAGE, REFUSED, TAKEN, count, found, refused};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging;
use crate::store::{Object, clock, text};

/// Where the secrets of a store are.
pub(super) fn table(call: &Call<'_>, store_id: &str) -> String {
    format!("{}/{store_id}/secrets", super::table(call))
}

fn own_table(call: &Call<'_>) -> String {
    table(call, call.param("store_id"))
}

fn secret(call: &Call<'_>) -> Result<Object, ApiError> {
    found(call)?;
    let secret = call.store.get(&own_table(call), call.param("secret_id"));
    secret
        .cloned()
        .ok_or_else(|| ApiError::not_found(REFUSED, "secret_not_found"))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let search = call.query.get("search").map(str::to_lowercase);
    let scopes: Vec<&str> = call
        .query
        .all("scopes")
        .flat_map(|scopes| scopes.split(','))
        .collect();
    let rows = call.store.rows(&own_table(call)).filter(|row| {
        let has = |scope: &&str| {
            row["scopes"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one == scope))
        };
        search
            .as_ref()
            .is_none_or(|search| text(row, "name").to_lowercase().contains(search))
            && scopes.iter().all(has)
    });
    let mut rows: Vec<&Object> = rows.collect();
    let fields = ["name", "comment", "created", "modified", "status"];
    paging::sort(&call.query, &fields, None, &mut rows)?;
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

/// A checked secret that is not yet stored.
fn new_secret(call: &Call<'_>, body: &Object, others: &[Object]) -> Result<Object, ApiError> {
    let name = text(body, "name");
    if name.is_empty() {
        return Err(refused("secret_name_empty"));
    }
    let table = own_table(call);
    let mut known = call.store.rows(&table).chain(others);
    if known.any(|secret| text(secret, "name") == name) {
        let message = "secret_name_already_exists";
        return Err(ApiError::new(StatusCode::CONFLICT, TAKEN, message));
    }
    let scopes = scopes(body)?.unwrap_or_default();
    if scopes.is_empty() {
        return Err(refused("secret_scopes_empty"));
    }
    if count(call) + others.len() >= MOST_SECRETS {
        return Err(ApiError::bad_request(TAKEN, "maximum_secrets_exceeded"));
    }
    let now = clock::now();
    Ok(object(json!({
        "id": ids::hex32(),
        "store_id": call.param("store_id"),
        "name": name,
        "comment": text(body, "comment"),
        "scopes": scopes,
        "status": "active",
        "created": now,
        "modified": now,
    })))
}

/// The scopes of a body, each of which is a word.
fn scopes(body: &Object) -> Result<Option<Vec<Value>>, ApiError> {
    match body.get("scopes") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(scopes)) if scopes.iter().all(Value::is_string) => {
            Ok(Some(scopes.clone()))
        }
        Some(_) => Err(refused("secret_scope_invalid")),
    }
}

/// Creates all or none.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let body = match call.operation {
        Some(operation) => operation.body(call),
        None => call.any_json(),
    };
    let Value::Array(bodies) = body.map_err(|error| error.coded(REFUSED))? else {
        return Err(refused("invalid_json_body"));
    };
    let mut made = Vec::with_capacity(bodies.len());
    for body in bodies {
        let body = object(body);
        if text(&body, "value").is_empty() {
            return Err(refused("secret_value_empty"));
        }
        made.push(new_secret(call, &body, &made)?);
    }
    let table = own_table(call);
    for secret in &made {
        call.store.table_mut(&table).put(secret.clone());
    }
    Ok(paging::whole(made.into_iter().map(Value::Object).collect()))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(secret(call)?))
}

/// Changes comment, scopes or value; the name stays.
pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let mut secret = secret(call)?;
    let body = call.described(REFUSED)?;
    if let Some(scopes) = scopes(&body)? {
        secret.insert("scopes".to_owned(), scopes.into());
    }
    if let Some(comment @ Value::String(_)) = body.get("comment") {
        secret.insert("comment".to_owned(), comment.clone());
    }
    secret.insert("modified".to_owned(), clock::now().into());
    let table = own_table(call);
    call.store.table_mut(&table).put(secret.clone());
    Ok(Reply::result(secret))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let secret = secret(call)?;
    let table = own_table(call);
    call.store.table_mut(&table).remove(text(&secret, "id"));
    Ok(Reply::result(Value::Null))
}

/// Deletes the secrets that the body names, as `[{"id": …}]`.
pub(super) fn delete_many(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let Ok(Value::Array(named)) = call.any_json() else {
        return Err(refused("invalid_json_body"));
    };
    let table = own_table(call);
    for one in &named {
        let id = one
            .as_str()
            .or_else(|| one["id"].as_str())
            .unwrap_or_default();
        call.store.table_mut(&table).remove(id);
    }
    Ok(Reply::result(Value::Null))
}

/// Copies a secret under another name.
pub(super) fn duplicate(call: &mut Call<'_>) -> Outcome {
    secret(call)?;
    let body = call.described(REFUSED)?;
    let copy = new_secret(call, &body, &[])?;
    let table = own_table(call);
    call.store.table_mut(&table).put(copy.clone());
    Ok(Reply::result(copy))
}
