//! Whether a zone routes mail.

use serde_json::{Value, json};

use super::{INVALID, PAGE};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::json::object;
use crate::http::paging;
use crate::store::identity::ZONES;
use crate::store::{Object, Store, clock, text};

fn path(zone_id: &str) -> String {
    format!("zones/{zone_id}/email/routing")
}

/// The settings of a zone.
fn settings(store: &Store, zone_id: &str) -> Object {
    let zone = store.get(ZONES, zone_id);
    let of_zone = |field: &str| {
        zone.and_then(|zone| zone.get(field))
            .cloned()
            .unwrap_or_default()
    };
    let mut settings = object(json!({
        "id": zone_id,
        "tag": zone_id,
        "name": of_zone("name"),
        "enabled": false,
        "created": of_zone("created_on"),
        "modified": of_zone("modified_on"),
        "skip_wizard": false,
        "support_subaddress": false,
        "status": "unconfigured",
    }));
    if let Some(Value::Object(set)) = store.document(&path(zone_id)) {
        settings.extend(set.clone());
    }
    settings
}

fn change(call: &mut Call<'_>, changes: Object) -> Outcome {
    let zone_id = call.params.get("zone_id");
    let known = call.store.document(&path(zone_id)).cloned();
    let mut set = known.map(object).unwrap_or_default();
    set.extend(changes);
    if let Some(enabled) = set.get("enabled").and_then(Value::as_bool) {
        let status = if enabled { "ready" } else { "unconfigured" };
        set.insert("status".to_owned(), status.into());
    }
    set.insert("modified".to_owned(), clock::now().into());
    call.store.set_document(path(zone_id), Value::Object(set));
    get(call)
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(settings(call.store, call.param("zone_id"))))
}

pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let mut body = call.described(INVALID)?;
    body.retain(|field, value| {
        matches!(
            field.as_str(),
            "enabled" | "skip_wizard" | "support_subaddress"
        ) && value.is_boolean()
    });
    change(call, body)
}

pub(super) fn enable(call: &mut Call<'_>) -> Outcome {
    change(call, object(json!({ "enabled": true })))
}

pub(super) fn disable(call: &mut Call<'_>) -> Outcome {
    change(call, object(json!({ "enabled": false })))
}

/// The zones of an account that have been set up.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let account = call.param("account_id");
    let zones = call.store.rows(ZONES).filter(|zone| {
        zone["account"]["id"] == account && call.store.document(&path(text(zone, "id"))).is_some()
    });
    let all: Vec<Object> = zones
        .map(|zone| settings(call.store, text(zone, "id")))
        .collect();
    let rows: Vec<&Object> = all.iter().collect();
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}
