//! A single value: raw bytes, metadata, time to live.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::{
    LARGEST_VALUE, check_size, checked, find, missing, remove, table, too_large, value, write,
};
use crate::engine::call::Call;
use crate::engine::route::Stream;
use crate::http::content::Stored;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::multipart::Part;

pub(super) const STREAM: Stream = Stream {
    most: Some(LARGEST_VALUE),
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
    Ok(Reply::stored(headers, value(call.store, &table, key)))
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
    let (value, metadata) = match call.request.is_form() {
        true => form(call)?,
        false => (call.request.content().stored()?, None),
    };
    check_size(&value)?;
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
        seconds("expiration")?,
        seconds("expiration_ttl")?,
        metadata,
    )?;
    write(call.store, &table, call.params.get("key_name"), row, value);
    Ok(Reply::result(Value::Null))
}

fn form(call: &Call<'_>) -> Result<(Stored, Option<Value>), ApiError> {
    let invalid = |why: &str| ApiError::bad_request(10022, format!("put: '{why}'"));
    let form = call.request.form.as_ref();
    let form = form.ok_or_else(|| invalid("could not parse the form"))?;
    let value = form.part("value");
    let value = value.ok_or_else(|| invalid("the form has no part `value`"))?;
    let Some(metadata) = form.part("metadata").map(Part::bytes).transpose()? else {
        let message = "multipart put request does not contain required form field 'metadata'";
        return Err(ApiError::bad_request(10047, message));
    };
    let metadata = match metadata.is_empty() {
        true => None,
        false => {
            let invalid = |_| ApiError::bad_request(10023, "put: 'metadata must be valid JSON'");
            Some(crate::http::json::parse(&metadata).map_err(invalid)?)
        }
    };
    Ok((value.data.stored()?, metadata))
}

/// Deleting a key that does not exist is not an error.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let table = table(call)?;
    remove(call.store, &table, call.params.get("key_name"));
    Ok(Reply::result(Value::Null))
}
