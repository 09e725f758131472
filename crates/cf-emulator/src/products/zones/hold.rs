//! Holds: they keep a zone's name from being added to another account.

use http::Method;
use serde_json::{Value, json};

use super::{READ, WRITE};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::identity::ZONES;
use crate::store::{Store, clock, text};

const PATH: &str = "zones/{zone_id}/hold";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, PATH, Group(READ), get),
        Route::new(Method::POST, PATH, Group(WRITE), create),
        Route::new(Method::PATCH, PATH, Group(WRITE), edit),
        Route::new(Method::DELETE, PATH, Group(WRITE), delete),
    ]
}

fn document(zone_id: &str) -> String {
    format!("zones/{zone_id}/hold")
}

/// Whether a zone called `name`, or one above it, is held in another account.
pub(super) fn held(store: &Store, name: &str, account_id: &str) -> bool {
    store
        .rows(ZONES)
        .filter(|zone| super::account_of(zone) != account_id)
        .any(|zone| {
            let Some(hold) = store
                .document(&document(text(zone, "id")))
                .filter(|hold| hold["hold"] == true)
            else {
                return false;
            };
            let waits = hold["hold_after"]
                .as_str()
                .is_some_and(|after| !clock::is_past(after));
            let held = text(zone, "name");
            let below = name
                .strip_suffix(held)
                .is_some_and(|rest| rest.ends_with('.'));
            !waits && (name == held || below && hold["include_subdomains"] == "true")
        })
}

fn show(call: &Call<'_>) -> Outcome {
    let none = || json!({ "hold": false, "include_subdomains": "false" });
    let hold = call
        .store
        .document(&document(call.param("zone_id")))
        .cloned();
    Ok(Reply::result(hold.unwrap_or_else(none)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    show(call)
}

fn create(call: &mut Call<'_>) -> Outcome {
    let below = call
        .query
        .one_of("include_subdomains", &["true", "false"])?
        .unwrap_or("false");
    let hold =
        json!({ "hold": true, "hold_after": clock::now_seconds(), "include_subdomains": below });
    call.store
        .set_document(document(call.params.get("zone_id")), hold);
    show(call)
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let changes = call.json()?;
    let path = document(call.params.get("zone_id"));
    let missing = || ApiError::not_found(1001, "The zone has no hold");
    let mut hold = call.store.document(&path).cloned().ok_or_else(missing)?;
    match changes.get("hold_after") {
        None => {}
        Some(Value::Null) => hold["hold_after"] = Value::Null,
        Some(Value::String(time)) if time.is_empty() || clock::is_time(time) => {
            hold["hold_after"] = time.as_str().into()
        }
        Some(_) => return Err(ApiError::invalid("hold_after")),
    }
    match changes.get("include_subdomains") {
        None => {}
        Some(Value::Bool(below)) => hold["include_subdomains"] = below.to_string().into(),
        Some(_) => return Err(ApiError::invalid("include_subdomains")),
    }
    call.store.set_document(path, hold);
    show(call)
}

/// Ends a hold, or suspends it until `hold_after`.
fn delete(call: &mut Call<'_>) -> Outcome {
    let path = document(call.params.get("zone_id"));
    match call.query.get("hold_after").map(str::to_owned) {
        Some(time) if !clock::is_time(&time) => return Err(ApiError::invalid("hold_after")),
        Some(time) => {
            if let Some(mut hold) = call.store.document(&path).cloned() {
                hold["hold_after"] = time.into();
                call.store.set_document(path, hold);
            }
        }
        None => call.store.remove_document(&path),
    }
    show(call)
}
