//! Service tokens, with which programs authenticate.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{INVALID, duration, found, invalid, listed, scope};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, clock, text};

const HERE: &str = "service_tokens";
/// A year.
const USUAL_DURATION: &str = "8760h";

/// A token without its secret.
fn show(token: &Object) -> Value {
    let mut shown = token.clone();
    shown.remove("client_secret");
    Value::Object(shown)
}

/// When a token created now expires.
fn end(length: &str) -> Result<Value, ApiError> {
    if length == "forever" {
        return Ok(Value::Null);
    }
    let length = duration("duration", length)?;
    let end = Timestamp::now()
        .saturating_add(length)
        .unwrap_or(Timestamp::MAX);
    Ok(format!("{end:.0}").into())
}

fn put(call: &mut Call<'_>, mut token: Object) -> Object {
    let table = format!("{}/{HERE}", scope(call));
    token.insert("updated_at".to_owned(), clock::now().into());
    call.store.table_mut(&table).put(token.clone());
    token
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    listed(call, HERE, show)
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let name = text(&body, "name");
    if name.trim().is_empty() {
        return Err(invalid("name must not be empty"));
    }
    let length = match text(&body, "duration") {
        "" => USUAL_DURATION,
        length => length,
    };
    let token = object(json!({
        "id": ids::dashed(&ids::hex32()),
        "name": name,
        "client_id": format!("{}.access", ids::hex32()),
        "client_secret": format!("{}{}", ids::hex32(), ids::hex32()),
        "client_secret_version": 1,
        "duration": length,
        "enabled": body.get("enabled").is_none_or(|enabled| *enabled != false),
        "expires_at": end(length)?,
        "created_at": clock::now(),
    }));
    // The secret is shown only now, and after a rotation.
    Ok(Reply::Created(put(call, token).into()))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(&found(call, HERE, "token")?.1)))
}

pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let (_, mut token) = found(call, HERE, "token")?;
    let body = call.described(INVALID)?;
    for field in ["name", "enabled"] {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            token.insert(field.to_owned(), value.clone());
        }
    }
    let length = text(&body, "duration");
    if !length.is_empty() {
        token.insert("expires_at".to_owned(), end(length)?);
        token.insert("duration".to_owned(), length.into());
    }
    if text(&token, "name").trim().is_empty() {
        return Err(invalid("name must not be empty"));
    }
    Ok(Reply::result(show(&put(call, token))))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (table, token) = found(call, HERE, "token")?;
    call.store.table_mut(&table).remove(text(&token, "id"));
    Ok(Reply::result(show(&token)))
}

/// Extends a token by its duration from now.
pub(super) fn refresh(call: &mut Call<'_>) -> Outcome {
    let (_, mut token) = found(call, HERE, "token")?;
    let end = end(text(&token, "duration"))?;
    token.insert("expires_at".to_owned(), end);
    Ok(Reply::result(show(&put(call, token))))
}

pub(super) fn rotate(call: &mut Call<'_>) -> Outcome {
    let (_, mut token) = found(call, HERE, "token")?;
    let body = call.described(INVALID)?;
    let until = match text(&body, "previous_client_secret_expires_at") {
        "" => clock::now(),
        until => until.to_owned(),
    };
    let version = token["client_secret_version"].as_u64().unwrap_or(1) + 1;
    token.insert(
        "client_secret".to_owned(),
        format!("{}{}", ids::hex32(), ids::hex32()).into(),
    );
    token.insert("client_secret_version".to_owned(), version.into());
    token.insert("previous_client_secret_expires_at".to_owned(), until.into());
    Ok(Reply::result(put(call, token)))
}
