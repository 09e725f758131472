//! Things of other collections that a body names.

use super::operation::Operation;
use super::path::fill;
use super::rows;
use crate::engine::call::Call;
use crate::http::error::ApiError;
use crate::http::path::Params;
use crate::store::identity::ZONES;

/// Checks that the things are there that the body names.
pub(super) fn check(operation: &Operation, call: &Call<'_>) -> Result<(), ApiError> {
    let Some(reference) = operation.reference else {
        return Ok(());
    };
    // A body that cannot be read is refused elsewhere.
    let body = call.any_json().unwrap_or_default();
    let Some(name) = body[reference.field].as_str() else {
        return Ok(());
    };
    let table = fill(reference.collection, &of_account(call));
    let is_there = name.is_empty() || rows::find(call.store, &table, name).is_some();
    match is_there {
        true => Ok(()),
        false => Err(reference.refusal.error()),
    }
}

/// The account in the path, or that of the zone in the path.
fn of_account(call: &Call<'_>) -> Params {
    let own = call.params.find("account_id");
    let zone = call.params.find("zone_id");
    let zone = zone.and_then(|id| call.store.get(ZONES, id));
    let account = own.or_else(|| zone?.get("account")?["id"].as_str());
    Params(vec![("account_id", account.unwrap_or_default().to_owned())])
}
