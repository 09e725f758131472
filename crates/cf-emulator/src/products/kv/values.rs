//! One value: raw bytes, metadata, a time to live.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use super::{LARGEST_VALUE, Stored, checked, find, missing, remove, table, too_large, write};
use crate::envelope::{Outcome, Reply};
use crate::error::ApiError;
use crate::multipart;
use crate::request::Call;
use crate::router::Stream;

pub(super) const STREAM: Stream = Stream {
    most: LARGEST_VALUE,
    too_large,
    large_only: true,
};

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
    Ok(match Stored::find(call.store, &table, key) {
        Stored::Small(body) => Reply::Stored { headers, body },
        Stored::Large(file) => {
            let whole = 0..file.size();
            Reply::File {
                status: StatusCode::OK,
                headers,
                part: Some((file, whole)),
            }
        }
    })
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
    let (value, metadata) = match (&call.request.upload, call.request.is_form()) {
        (Some(upload), _) => (Stored::Large(upload.file.clone()), None),
        (None, false) => (Stored::Small(call.request.body.clone()), None),
        (None, true) => {
            let (value, metadata) = form(call)?;
            (Stored::Small(value), metadata)
        }
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
            Some(crate::json::parse(text).map_err(invalid)?)
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
