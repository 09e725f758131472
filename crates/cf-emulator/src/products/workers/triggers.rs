//! Where a script answers: its routes and custom domains, which are those in
//! the lists of the zone and the account.

use serde_json::{Value, json};

use super::{found, name};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::identity::ZONES;
use crate::store::{Object, text};

/// A pattern or host in a body, in a zone of the account.
struct Place {
    pattern: String,
    zone: String,
    zone_name: String,
}

/// The patterns or hosts in a list, each with its zone: by identifier, by name, or by the host itself.
fn places(call: &Call<'_>, list: &Value, field: &str) -> Result<Vec<Place>, ApiError> {
    let list = list.as_array().ok_or_else(|| ApiError::invalid("body"))?;
    let place = |wanted: &Value| {
        let pattern = wanted[field].as_str().filter(|text| !text.is_empty());
        let pattern = pattern.ok_or_else(|| ApiError::invalid(field))?;
        let host = pattern.split("://").last().unwrap_or(pattern);
        let host = host
            .split('/')
            .next()
            .unwrap_or(host)
            .trim_start_matches('*');
        let account = call.param("account_id");
        let fits = |zone: &&Object| {
            let own = zone["account"]["id"] == account;
            let name = text(zone, "name");
            own && match (wanted["zone_id"].as_str(), wanted["zone_name"].as_str()) {
                (Some(id), _) => text(zone, "id") == id,
                (None, Some(wanted)) => name == wanted,
                (None, None) => {
                    host == name
                        || host
                            .strip_suffix(name)
                            .is_some_and(|rest| rest.ends_with('.'))
                }
            }
        };
        let mut zones = call.store.rows(ZONES);
        let zone = zones.find(fits).ok_or_else(|| {
            ApiError::bad_request(10082, format!("Could not find a zone for {pattern}"))
        })?;
        Ok(Place {
            pattern: pattern.to_owned(),
            zone: text(zone, "id").to_owned(),
            zone_name: text(zone, "name").to_owned(),
        })
    };
    list.iter().map(place).collect()
}

/// The routes of all zones that lead to the script, each with its table.
fn known_routes(call: &Call<'_>) -> Vec<(String, Object)> {
    let name = name(call);
    let zones = call.store.rows(ZONES);
    let tables = zones.map(|zone| format!("zones/{}/workers/routes", text(zone, "id")));
    let mut known = Vec::new();
    for table in tables {
        let rows = call.store.rows(&table);
        let own = rows.filter(|row| text(row, "script") == name);
        known.extend(own.map(|row| (table.clone(), row.clone())));
    }
    known
}

pub(super) fn routes(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let rows = known_routes(call).into_iter();
    Ok(paging::whole(rows.map(|(_, row)| row.into()).collect()))
}

/// Sets all routes of a script.
pub(super) fn set_routes(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let script = name(call).to_owned();
    let places = places(call, &call.any_json()?, "pattern")?;
    for place in &places {
        let mut rows = call
            .store
            .rows(&format!("zones/{}/workers/routes", place.zone));
        let taken =
            |row: &Object| text(row, "pattern") == place.pattern && text(row, "script") != script;
        if rows.any(taken) {
            let message = format!("A route with the pattern {} already exists.", place.pattern);
            return Err(ApiError::new(http::StatusCode::CONFLICT, 10020, message));
        }
    }
    for (table, row) in known_routes(call) {
        call.store.table_mut(&table).remove(text(&row, "id"));
    }
    let mut patterns = Vec::new();
    for place in places {
        let route = json!({ "id": ids::hex32(), "pattern": place.pattern, "script": script });
        call.store
            .table_mut(&format!("zones/{}/workers/routes", place.zone))
            .put(object(route));
        patterns.push(place.pattern);
    }
    Ok(Reply::result(patterns))
}

fn domains(call: &Call<'_>) -> String {
    format!("accounts/{}/workers/domains", call.param("account_id"))
}

/// What setting these domains would change.
pub(super) fn preview_domains(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let script = name(call);
    let places = places(call, &call.any_json()?, "hostname")?;
    let known: Vec<&Object> = call.store.rows(&domains(call)).collect();
    let (mut added, mut updated, mut conflicting) = (Vec::new(), Vec::new(), Vec::new());
    for place in &places {
        let shown = json!({ "hostname": place.pattern, "zone_id": place.zone, "zone_name": place.zone_name, "service": script });
        let records = format!("zones/{}/dns_records", place.zone);
        let mut records = call.store.rows(&records);
        match known
            .iter()
            .find(|row| row["hostname"] == place.pattern.as_str())
        {
            Some(row) => {
                let mut shown = shown;
                shown["id"] = row["id"].clone();
                shown["modified"] = (text(row, "service") != script).into();
                updated.push(shown);
            }
            None if records.any(|record| record["name"] == place.pattern.as_str()) => {
                conflicting.push(shown)
            }
            None => added.push(shown),
        }
    }
    let gone = |row: &&Object| {
        text(row, "service") == script
            && !places
                .iter()
                .any(|place| row["hostname"] == place.pattern.as_str())
    };
    let removed: Vec<&Object> = known.iter().copied().filter(gone).collect();
    Ok(Reply::result(
        json!({ "added": added, "updated": updated, "removed": removed, "conflicting": conflicting }),
    ))
}

/// Sets all domains of a script.
pub(super) fn set_domains(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let script = name(call).to_owned();
    let body = call.object()?;
    let places = places(
        call,
        body.get("origins").unwrap_or(&Value::Null),
        "hostname",
    )?;
    let table = domains(call);
    let of_others = |row: &&Object| {
        text(row, "service") != script
            && places
                .iter()
                .any(|place| row["hostname"] == place.pattern.as_str())
    };
    if body.get("override_existing_origin") != Some(&Value::Bool(true))
        && let Some(row) = call.store.rows(&table).find(of_others)
    {
        let message = format!("Hostname '{}' already has a Worker.", text(row, "hostname"));
        return Err(ApiError::new(http::StatusCode::CONFLICT, 100_116, message));
    }
    let stale: Vec<String> = call
        .store
        .rows(&table)
        .filter(|row| text(row, "service") == script || of_others(row))
        .map(|row| text(row, "id").to_owned())
        .collect();
    for id in stale {
        call.store.table_mut(&table).remove(&id);
    }
    for place in places {
        let domain = object(json!({
            "id": ids::hex32(),
            "hostname": place.pattern,
            "service": script,
            "environment": "production",
            "zone_id": place.zone,
            "zone_name": place.zone_name,
        }));
        call.store.table_mut(&table).put(domain);
    }
    Ok(Reply::result(Value::Null))
}
