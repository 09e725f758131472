//! Errors for what does not exist, or already exists.

use http::StatusCode;
use serde_json::Value;

use super::operation::Operation;
use super::path::anonymous;
use super::reply;
use crate::engine::call::Call;
use crate::engine::codes;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::store::{Object, Store};

/// The error for a member that only the body names.
pub(super) fn not_found(operation: &Operation, table: &str, key: &str) -> ApiError {
    let member = format!("{}/{{}}", anonymous(operation.path));
    match codes::absent(&operation.method, &member, &member) {
        Some(refusal) => refusal.error(),
        None => {
            let kind = table.rsplit('/').next().unwrap_or("object");
            ApiError::not_found(codes::UNKNOWN, format!("{key} is not in {kind}"))
        }
    }
}

/// The error for a new member that already exists.
pub(super) fn duplicate(
    operation: &Operation,
    store: &Store,
    table: &str,
    key: &str,
    row: &Object,
) -> Option<ApiError> {
    let is_there = store.get(table, key).is_some();
    if let Some((field, refusal)) = operation.taken {
        let value = row.get(field).filter(|value| !is_empty(value));
        let mut known = store.rows(table).map(|known| known.get(field));
        if is_there || value.is_some() && known.any(|known| known == value) {
            return Some(refusal.error());
        }
    }
    is_there.then(|| {
        let kind = table.rsplit('/').next().unwrap_or("objects");
        ApiError::new(
            StatusCode::CONFLICT,
            1061,
            format!("{key} is already in {kind}"),
        )
    })
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || *value == ""
}

/// Refuses what would have no effect, unless samples are wanted.
pub(super) fn unless_any_id(operation: &Operation, call: &Call<'_>, body: &Value) -> Outcome {
    match call.any_id {
        true => Ok(reply::sample(operation, call, body)),
        false => Err(refuse(operation)),
    }
}

/// The error for what the emulator does not do.
pub(super) fn refuse(operation: &Operation) -> ApiError {
    let why = match operation.asks_in_sql() {
        true => "it has no rows to answer from",
        false => "it would have no effect",
    };
    ApiError::not_emulated(&operation.method, &format!("/{}", operation.path), why)
}
