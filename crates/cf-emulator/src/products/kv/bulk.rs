//! Bulk operations: many keys at once.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};

use http::StatusCode;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{LARGEST_VALUE, check_size, checked, find, remove, table, value, write};
use crate::engine::call::{Call, Work, deferred};
use crate::engine::encoded::{self, Encoded};
use crate::engine::lock;
use crate::http::content::Stored;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::text::{Form, Text, TextWriter};
use crate::store::{Object, text};

/// How many keys one request may write or delete.
const MOST: usize = 10_000;
/// How many keys one request may read.
const MOST_READ: usize = 100;

fn list(call: &Call<'_>) -> Result<Vec<Value>, ApiError> {
    match call.any_json()? {
        Value::Array(all) if all.len() <= MOST => Ok(all),
        Value::Array(_) => Err(ApiError::bad_request(
            10031,
            format!("bulk: 'at most {MOST} keys a request'"),
        )),
        _ => Err(ApiError::bad_request(
            10012,
            "bulk: 'the body must be a list'",
        )),
    }
}

/// Checks all before writing the first.
pub(super) fn put(call: &mut Call<'_>) -> Result<Work, ApiError> {
    let table = table(call)?;
    let mut pairs = Vec::new();
    for one in list(call)? {
        let Value::Object(mut one) = one else {
            return Err(invalid("every element must be an object"));
        };
        let Some(Value::String(value)) = one.remove("value") else {
            return Err(invalid("every element needs a value"));
        };
        let is_base64 = one.get("base64").and_then(Value::as_bool) == Some(true);
        let value = Encoded::new(value, is_base64);
        let seconds = |name: &str| {
            one.get(name)
                .and_then(Value::as_f64)
                .map(|seconds| seconds as i64)
        };
        let key = text(&one, "key").to_owned();
        let row = checked(
            &key,
            seconds("expiration"),
            seconds("expiration_ttl"),
            one.get("metadata").cloned(),
        )?;
        pairs.push(((key, row), value));
    }
    Ok(deferred(move |engine| async move {
        let refuse = |_: &_| invalid("a value is not base64");
        let pairs = encoded::decode(&engine, pairs, refuse).await?;
        for (_, value) in &pairs {
            check_size(value)?;
        }
        let count = pairs.len();
        let mut store = lock(&engine.store);
        for ((key, row), value) in pairs {
            write(&mut store, &table, &key, row, value);
        }
        Ok(Reply::result(
            json!({ "successful_key_count": count, "unsuccessful_keys": [] }),
        ))
    }))
}

fn invalid(why: &str) -> ApiError {
    ApiError::bad_request(10012, format!("put bulk: '{why}'"))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let table = table(call)?;
    let keys = list(call)?;
    // An element is a key, or an object that names one.
    let name = |one: &Value| {
        one.as_str()
            .or_else(|| one["name"].as_str())
            .map(str::to_owned)
    };
    let names: Option<Vec<String>> = keys.iter().map(name).collect();
    let names = names.ok_or_else(|| {
        ApiError::bad_request(10012, "delete bulk: 'every element must be a key'")
    })?;
    for key in &names {
        remove(call.store, &table, key);
    }
    Ok(Reply::result(
        json!({ "successful_key_count": names.len(), "unsuccessful_keys": [] }),
    ))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let table = table(call)?;
    let body = call.object()?;
    let keys = body
        .get("keys")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::invalid("keys"))?;
    if keys.len() > MOST_READ {
        return Err(ApiError::bad_request(
            10031,
            format!("get bulk: 'at most {MOST_READ} keys a request'"),
        ));
    }
    let as_json = match body.get("type").map(Value::as_str) {
        None | Some(Some("text")) => false,
        Some(Some("json")) => true,
        Some(_) => return Err(ApiError::invalid("type")),
    };
    let with_metadata = body.get("withMetadata") == Some(&Value::Bool(true));
    let (mut values, mut total) = (BTreeMap::new(), 0);
    for key in keys {
        let key = key.as_str().ok_or_else(|| ApiError::invalid("keys"))?;
        let Some(row) = find(call.store, &table, key) else {
            values.insert(key, None);
            continue;
        };
        let stored = value(call.store, &table, key);
        total += stored.len();
        if total > LARGEST_VALUE {
            let message = format!("get bulk: 'the values exceed {LARGEST_VALUE} bytes in total'");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, 10030, message));
        }
        if as_json {
            check_json(key, &stored)?;
        }
        values.insert(key, Some((row, stored)));
    }
    let form = match as_json {
        true => Form::Text,
        false => Form::JsonString,
    };
    let text =
        written(values, form, with_metadata).map_err(|error| ApiError::unreadable(&error))?;
    let content_type = "application/json";
    Ok(Reply::Text { content_type, text })
}

/// Reads a value to the end, without keeping it.
fn check_json(key: &str, value: &Stored) -> Result<(), ApiError> {
    let reader = value
        .reader()
        .map_err(|error| ApiError::unreadable(&error))?;
    let checked: Result<IgnoredAny, _> = serde_json::from_reader(BufReader::new(reader));
    match checked {
        Ok(IgnoredAny) => Ok(()),
        Err(error) if error.is_io() => Err(ApiError::unreadable(&error.into())),
        Err(_) => {
            let message = format!("get bulk: '{key} is not JSON'");
            Err(ApiError::bad_request(10024, message))
        }
    }
}

/// The reply with these values, which are read as it is sent.
fn written(
    values: BTreeMap<&str, Option<(&Object, Stored)>>,
    form: Form,
    with_metadata: bool,
) -> io::Result<Text> {
    // Keys and metadata are short: no folder needed.
    let mut out = TextWriter::new(None);
    out.write_all(br#"{"result":{"values":{"#)?;
    for (index, (key, value)) in values.into_iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(out, "{comma}{}:", Value::from(key))?;
        match value {
            None => out.write_all(b"null")?,
            Some((_, stored)) if !with_metadata => out.insert(stored, form)?,
            Some((row, stored)) => {
                let metadata = row.get("metadata").unwrap_or(&Value::Null);
                write!(out, r#"{{"metadata":{metadata},"#)?;
                if let Some(end) = row.get("expiration") {
                    write!(out, r#""expiration":{end},"#)?;
                }
                out.write_all(br#""value":"#)?;
                out.insert(stored, form)?;
                out.write_all(b"}")?;
            }
        }
    }
    out.write_all(br#"}},"success":true,"errors":[],"messages":[]}"#)?;
    out.finish()
}
