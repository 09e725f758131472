//! Scans for records that a domain has elsewhere.
//!
//! Nobody else serves the emulator's domains, so a scan finds what most domains
//! have and the zone lacks: an address, `www` and a mail server.

use http::Method;
use serde_json::{Value, json};

use super::{insert, table, zone};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::identity::ZONES;
use crate::store::{Object, Store, clock, text};

#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Group("DNS Read"), Group("DNS Write"));
    vec![
        Route::new(Method::POST, "zones/{zone_id}/dns_records/scan", write, scan),
        Route::new(Method::POST, "zones/{zone_id}/dns_records/scan/trigger", write, trigger),
        Route::new(Method::GET, "zones/{zone_id}/dns_records/scan/review", read, list),
        Route::new(Method::POST, "zones/{zone_id}/dns_records/scan/review", write, review),
        Route::new(Method::GET, "zones/{zone_id}/dns_records/usage", read, usage),
        Route::new(Method::GET, "accounts/{account_id}/dns_records/usage", Group("DNS Read"), usage_of_account),
    ]
}

/// Where records wait until somebody accepts or rejects them.
fn waiting(zone_id: &str) -> String {
    format!("zones/{zone_id}/dns_records/scan/review")
}

/// What a scan finds that the zone does not have.
fn find(store: &Store, zone_id: &str) -> Result<Vec<Object>, ApiError> {
    let name = zone(store, zone_id)?.name;
    let found = [
        json!({ "type": "A", "name": name, "content": "192.0.2.1" }),
        json!({ "type": "CNAME", "name": format!("www.{name}"), "content": name }),
        json!({ "type": "MX", "name": name, "content": format!("mail.{name}"), "priority": 10 }),
    ];
    let records = table(zone_id);
    let known = |found: &Object| {
        store.rows(&records).any(|record| {
            let same = |field| text(record, field) == text(found, field);
            same("name") && (same("type") || text(found, "type") == "CNAME")
        })
    };
    Ok(found
        .into_iter()
        .map(object)
        .filter(|record| !known(record))
        .collect())
}

fn scan(call: &mut Call<'_>) -> Outcome {
    let zone_id = call.params.get("zone_id");
    let (zone, found) = (zone(call.store, zone_id)?, find(call.store, zone_id)?);
    let parsed = found.len();
    let records = call.store.table_mut(&table(zone_id));
    let added = found
        .into_iter()
        .filter_map(|record| insert(records, &zone, record).ok());
    Ok(Reply::result(
        json!({ "recs_added": added.count(), "total_records_parsed": parsed }),
    ))
}

/// Puts what a scan finds up for review, replacing earlier findings.
fn trigger(call: &mut Call<'_>) -> Outcome {
    let zone_id = call.params.get("zone_id");
    let found = find(call.store, zone_id)?;
    call.store.remove_table(&waiting(zone_id));
    let review = call.store.table_mut(&waiting(zone_id));
    for mut record in found {
        let now = clock::now();
        record.extend(object(json!({
            "id": ids::hex32(), "ttl": 1, "proxied": false, "proxiable": text(&record, "type") != "MX",
            "comment": null, "tags": [], "settings": {}, "meta": {}, "created_on": now, "modified_on": now,
        })));
        review.put(record);
    }
    Ok(Reply::result(Value::Null))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let found: Vec<_> = call
        .store
        .rows(&waiting(call.param("zone_id")))
        .cloned()
        .map(Value::Object)
        .collect();
    Ok(Reply::result(found))
}

/// Adds findings to the zone, with the caller's changes, or drops them.
fn review(call: &mut Call<'_>) -> Outcome {
    let body = super::body(call)?;
    let zone_id = call.params.get("zone_id");
    let (zone, waiting) = (zone(call.store, zone_id)?, waiting(zone_id));
    let listed = |field: &str| match body.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) => Ok(all.clone()),
        Some(_) => Err(ApiError::invalid(field)),
    };
    let id_of = |one: &Value| one["id"].as_str().unwrap_or_default().to_owned();
    let (accepts, rejects) = (listed("accepts")?, listed("rejects")?);
    let unknown = accepts.iter().chain(&rejects).map(id_of);
    if let Some(id) = unknown
        .into_iter()
        .find(|id| call.store.get(&waiting, id).is_none())
    {
        return Err(ApiError::bad_request(
            81044,
            format!("Record {id} is not up for review."),
        ));
    }
    let mut accepted = Vec::new();
    for accept in accepts {
        let found = call
            .store
            .get(&waiting, &id_of(&accept))
            .cloned()
            .unwrap_or_default();
        let kept = ["type", "name", "content", "priority", "ttl", "proxied"];
        let mut record: Object = found
            .into_iter()
            .filter(|(field, _)| kept.contains(&field.as_str()))
            .collect();
        record.extend(
            object(accept.clone())
                .into_iter()
                .filter(|(field, _)| field != "id"),
        );
        accepted.push(insert(
            call.store.table_mut(&table(zone_id)),
            &zone,
            record,
        )?);
        call.store.table_mut(&waiting).remove(&id_of(&accept));
    }
    let rejected: Vec<_> = rejects.iter().map(id_of).collect();
    for id in &rejected {
        call.store.table_mut(&waiting).remove(id);
    }
    Ok(Reply::result(
        json!({ "accepts": accepted, "rejects": rejected }),
    ))
}

/// How many records a zone may have.
fn quota(store: &Store, zone_id: &str) -> u64 {
    match super::zones::plan(store, zone_id) {
        "free" => 200,
        _ => 3500,
    }
}

fn usage(call: &mut Call<'_>) -> Outcome {
    let zone_id = call.param("zone_id");
    let used = call.store.rows(&table(zone_id)).count();
    let quota = quota(call.store, zone_id);
    Ok(Reply::result(
        json!({ "record_usage": used, "record_quota": quota }),
    ))
}

fn usage_of_account(call: &mut Call<'_>) -> Outcome {
    let account = call.param("account_id");
    let zones = call
        .store
        .rows(ZONES)
        .filter(|zone| zone["account"]["id"] == account);
    let used: usize = zones
        .map(|zone| call.store.rows(&table(text(zone, "id"))).count())
        .sum();
    Ok(Reply::result(
        json!({ "record_usage": used, "record_quota": null }),
    ))
}
