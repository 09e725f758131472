//! One value: raw bytes, metadata, a time to live.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::{blob, checked, find, missing, remove, table, write};
use crate::envelope::{Outcome, Reply};
use crate::error::ApiError;
use crate::multipart;
use crate::request::Call;

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let (table, key) = (table(call)?, call.param("key_name"));
    let row = find(call.store, &table, key).ok_or_else(missing)?;
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    if let Some(end) = row.get("expiration").and_then(Value::as_u64) {
        headers.insert("expiration", end.into());
    }
    let body = call
        .store
        .blob(&blob(&table, key))
        .cloned()
        .unwrap_or_default();
    Ok(Reply::Stored { headers, body })
}

pub(super) fn metadata(call: &mut Call<'_>) -> Outcome {
    let table = table(call)?;
    let row = find(call.store, &table, call.param("key_name")).ok_or_else(missing)?;
    Ok(Reply::result(
        row.get("metadata").cloned().unwrap_or_default(),
    ))
}

/// The body is the value, or a form with `value` and `metadata`.
pub(super) fn put(call: &mut Call<'_>) -> Outcome {
    let table = table(call)?;
    let kind = call
        .request
        .headers
        .get(CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    let is_form = kind.is_some_and(|kind| kind.starts_with(b"multipart/form-data"));
    let (value, metadata) = match is_form {
        false => (call.request.body.clone(), None),
        true => form(call)?,
    };
    let seconds = |name: &str| match call.query.get(name).map(str::parse::<f64>) {
        None => Ok(None),
        Some(Ok(seconds)) if seconds.is_finite() => Ok(Some(seconds as i64)),
        Some(_) => Err(ApiError::bad_request(
            10032,
            format!("put: '{name} is not a number of seconds'"),
        )),
    };
    let key = call.param("key_name");
    let row = checked(
        key,
        &value,
        seconds("expiration")?,
        seconds("expiration_ttl")?,
        metadata,
    )?;
    write(call.store, &table, call.params.get("key_name"), row, value);
    Ok(Reply::result(Value::Null))
}

fn form(call: &Call<'_>) -> Result<(Bytes, Option<Value>), ApiError> {
    let body = &call.request.body;
    let parts = multipart::parse(&call.request.headers, body);
    let parts =
        parts.ok_or_else(|| ApiError::bad_request(10022, "put: 'could not parse the form'"))?;
    let part = |name: &str| {
        parts
            .iter()
            .find(|part| part.name == name)
            .map(|part| part.data)
    };
    let value = part("value")
        .ok_or_else(|| ApiError::bad_request(10022, "put: 'the form has no part `value`'"))?;
    let metadata = match part("metadata") {
        None => {
            let message = "multipart put request does not contain required form field 'metadata'";
            return Err(ApiError::bad_request(10047, message));
        }
        Some(b"") => None,
        Some(text) => {
            let invalid = |_| ApiError::bad_request(10023, "put: 'metadata must be valid JSON'");
            Some(serde_json::from_slice(text).map_err(invalid)?)
        }
    };
    Ok((body.slice_ref(value), metadata))
}

/// Deleting what is not there is no error.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let table = table(call)?;
    remove(call.store, &table, call.params.get("key_name"));
    Ok(Reply::result(Value::Null))
}
