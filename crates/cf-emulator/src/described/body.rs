//! Bodies of requests, checked against the description.

use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::check;
use super::operation::Operation;
use super::schema::Schema;
use crate::engine::call::Call;
use crate::http::error::ApiError;
use crate::http::json;
use crate::http::multipart::Data;
use crate::store::Object;

/// The body as JSON, checked. A form becomes an object; bytes are ignored.
pub(super) fn read(operation: &Operation, call: &Call<'_>) -> Result<Value, ApiError> {
    checked_body(operation, call).map_err(|error| match operation.invalid {
        Some(refusal) => error.coded(refusal.code()),
        None => error,
    })
}

fn checked_body(operation: &Operation, call: &Call<'_>) -> Result<Value, ApiError> {
    let Some(schema) = operation.body() else {
        return Ok(json::parse(&call.request.body).unwrap_or_default());
    };
    let media = operation.body_media;
    if media.starts_with("multipart/") {
        return form(&schema, call);
    }
    if !operation.takes_json() || *schema.value() == Schema::Bytes {
        return Ok(Value::Null);
    }
    let value = if call.request.body.is_empty() {
        // Many callers send nothing if there is nothing to say.
        let nothing = match schema.value() {
            Schema::List(_) => Value::Array(Vec::new()),
            _ => Value::Object(Object::new()),
        };
        return match check::fits(&schema, &nothing) || !operation.body_required {
            true => Ok(nothing),
            false => check::body(&schema, &nothing).map(|()| nothing),
        };
    } else {
        call.any_json()?
    };
    check::body(&schema, &value)?;
    Ok(value)
}

/// A form as an object: what the description calls text stays text, anything
/// else is parsed as JSON if possible. Files are left out.
fn form(schema: &Schema, call: &Call<'_>) -> Result<Value, ApiError> {
    let request = call.request;
    if request
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
    {
        let value = call.any_json()?;
        return check::body(schema, &value).map(|()| value);
    }
    let malformed = || ApiError::bad_request(6007, "Malformed multipart/form-data in request body");
    let form = request.form_or_empty().ok_or_else(malformed)?;
    let mut object = Object::new();
    for part in &form.0 {
        let Data::Memory(bytes) = &part.data else {
            continue;
        };
        let text = std::str::from_utf8(bytes).ok();
        let field = schema.field(&part.name).map(|field| field.schema.value());
        let value = match (field, text) {
            (_, None) | (Some(Schema::Bytes), _) => continue,
            (
                Some(Schema::Text | Schema::DateTime | Schema::Uuid | Schema::Values(_)),
                Some(text),
            ) => text.into(),
            (_, Some(text)) => json::parse(bytes).unwrap_or_else(|_| text.into()),
        };
        object.insert(part.name.clone(), value);
    }
    let given = |name: &str| {
        form.0
            .iter()
            .any(|part| part.name.split(['[', '.']).next() == Some(name))
    };
    for field in schema.fields() {
        if field.required && !given(&field.name) && matches!(schema.resolved(), Schema::Object(_)) {
            return Err(ApiError::invalid_because(&field.name, "is required"));
        }
    }
    Ok(Value::Object(object))
}
