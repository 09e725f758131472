//! Secrets of a script: their text can be set, and is never returned.

use serde_json::{Value, json};

use super::{found, home};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, text};

pub(super) fn table(call: &Call<'_>) -> String {
    format!("{}/secrets", home(call))
}

pub(super) fn show(secret: &Object) -> Value {
    json!({ "name": secret["name"], "type": secret["type"] })
}

/// Stores a secret from a body or a binding.
pub(super) fn keep(call: &mut Call<'_>, secret: Object) -> Result<Value, ApiError> {
    let name = text(&secret, "name").to_owned();
    let usual = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    if name.is_empty() || !name.chars().all(usual) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(ApiError::bad_request(
            10021,
            format!("{name:?} is not a valid binding name"),
        ));
    }
    let field = match text(&secret, "type") {
        "secret_text" => "text",
        "secret_key" => "format",
        other => {
            return Err(ApiError::bad_request(
                10021,
                format!("{other:?} is not a secret type"),
            ));
        }
    };
    if !secret.get(field).is_some_and(Value::is_string) {
        return Err(ApiError::invalid(field));
    }
    let (table, shown) = (table(call), show(&secret));
    call.store.table_mut(&table).put_as(&name, secret);
    Ok(shown)
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let all: Vec<_> = call.store.rows(&table(call)).map(show).collect();
    Ok(Reply::result(all))
}

pub(super) fn put(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let mut secret = call.object()?;
    secret.entry("type").or_insert_with(|| "secret_text".into());
    Ok(Reply::result(keep(call, secret)?))
}

/// Many at once: each is stored under its name, or deleted if it is `null`.
pub(super) fn patch(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let mut body = call.object()?;
    let Some(Value::Object(secrets)) = body.remove("secrets") else {
        return Err(ApiError::invalid("secrets"));
    };
    let mut shown = Object::new();
    for (name, secret) in secrets {
        let secret = match secret {
            Value::Null => {
                let table = table(call);
                call.store.table_mut(&table).remove(&name);
                Value::Null
            }
            Value::Object(mut secret) => {
                secret.insert("name".to_owned(), name.clone().into());
                keep(call, secret)?
            }
            _ => return Err(ApiError::invalid("secrets")),
        };
        shown.insert(name, secret);
    }
    Ok(Reply::result(Value::Object(shown)))
}

fn missing(name: &str) -> ApiError {
    ApiError::not_found(10056, format!("Secret {name} not found"))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let name = call.param("secret_name");
    let secret = call
        .store
        .get(&table(call), name)
        .ok_or_else(|| missing(name))?;
    Ok(Reply::result(show(secret)))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, name) = (table(call), call.params.get("secret_name"));
    call.store
        .table_mut(&table)
        .remove(name)
        .ok_or_else(|| missing(name))?;
    Ok(Reply::result(Value::Null))
}
