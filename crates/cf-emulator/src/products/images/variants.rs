//! Variants: the sizes and forms that images are delivered in.

use http::StatusCode;
use serde_json::{Value, json};

use super::{INVALID, bad, table};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, text};

/// How many variants an account may have.
const MOST: usize = 100;
const LONGEST_NAME: usize = 99;

fn variants(call: &Call<'_>) -> String {
    format!("{}/variants", table(call))
}

fn missing() -> ApiError {
    ApiError::not_found(5401, "not found")
}

fn found(call: &Call<'_>) -> Result<Object, ApiError> {
    let variant = call.store.get(&variants(call), call.param("variant_id"));
    variant.cloned().ok_or_else(missing)
}

/// The settings of a variant in a body.
fn settings(body: &Object) -> Object {
    let mut settings = Object::new();
    for field in ["options", "neverRequireSignedURLs"] {
        if let Some(value) = body.get(field) {
            settings.insert(field.to_owned(), value.clone());
        }
    }
    settings
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let rows = call.store.rows(&variants(call));
    let named: Object = rows
        .map(|row| (text(row, "id").to_owned(), Value::Object(row.clone())))
        .collect();
    Ok(Reply::result(json!({ "variants": named })))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let id = text(&body, "id").to_owned();
    let is_name = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if id.is_empty() || id.len() > LONGEST_NAME || !is_name {
        return Err(bad("the variant's id must have 1 to 99 letters and digits"));
    }
    let table = variants(call);
    if call.store.get(&table, &id).is_some() {
        let message = "Variant already exists";
        return Err(ApiError::new(StatusCode::CONFLICT, 5409, message));
    }
    if call.store.rows(&table).count() >= MOST {
        return Err(bad("an account has at most 100 variants"));
    }
    let mut variant = settings(&body);
    variant.insert("id".to_owned(), id.clone().into());
    let signed = variant.entry("neverRequireSignedURLs");
    signed.or_insert(Value::Bool(false));
    call.store.table_mut(&table).put_as(&id, variant.clone());
    Ok(Reply::result(json!({ "variant": variant })))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(json!({ "variant": found(call)? })))
}

/// The variant without anything around it.
pub(super) fn get_flat(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?))
}

pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let mut variant = found(call)?;
    variant.extend(settings(&call.described(INVALID)?));
    let (table, id) = (variants(call), call.param("variant_id").to_owned());
    call.store.table_mut(&table).put_as(&id, variant);
    get(call)
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, id) = (variants(call), call.params.get("variant_id"));
    call.store.table_mut(&table).remove(id);
    Ok(Reply::result(Value::String(String::new())))
}
