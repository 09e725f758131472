//! Rules for the mail of a zone, and the one for all other mail.

use serde_json::{Value, json};

use super::{INVALID, PAGE, addresses, refused};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge, object};
use crate::http::paging;
use crate::store::identity::ZONES;
use crate::store::{Object, text};

fn table(zone_id: &str) -> String {
    format!("zones/{zone_id}/email/routing/rules")
}

fn catch_all_path(call: &Call<'_>) -> String {
    format!("{}/catch_all", table(call.param("zone_id")))
}

fn found(call: &Call<'_>) -> Result<Object, ApiError> {
    let rule = call
        .store
        .get(&table(call.param("zone_id")), call.param("rule_identifier"));
    rule.cloned()
        .ok_or_else(|| ApiError::not_found(2027, "Rule not found."))
}

/// The account that owns the zone.
fn account<'a>(call: &'a Call<'_>) -> &'a str {
    let zone = call.store.get(ZONES, call.param("zone_id"));
    let id = zone.and_then(|zone| zone["account"]["id"].as_str());
    id.unwrap_or_default()
}

/// The rules that the query asks for.
fn page(call: &Call<'_>, rules: &[Object]) -> Outcome {
    let enabled = call.query.one_of("enabled", &["true", "false"])?;
    let wanted =
        |rule: &&Object| enabled.is_none_or(|enabled| rule["enabled"] == (enabled == "true"));
    let rows: Vec<&Object> = rules.iter().filter(wanted).collect();
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let mut rules: Vec<Object> = call
        .store
        .rows(&table(call.param("zone_id")))
        .cloned()
        .collect();
    rules.push(catch_all(call));
    page(call, &rules)
}

/// The rules of all zones of an account.
pub(super) fn list_all(call: &mut Call<'_>) -> Outcome {
    let account = call.param("account_id");
    let zones = call
        .store
        .rows(ZONES)
        .filter(|zone| zone["account"]["id"] == account);
    let rules = zones.flat_map(|zone| {
        let id = text(zone, "id");
        call.store.rows(&table(id)).cloned().map(move |mut rule| {
            let zone = json!({ "name": zone["name"], "tag": id });
            rule.insert("zone".to_owned(), zone);
            rule
        })
    });
    let rules: Vec<Object> = rules.collect();
    page(call, &rules)
}

/// Checks what a rule does with mail: the addresses are verified, the Worker
/// exists.
fn check_actions(call: &Call<'_>, rule: &Object) -> Result<(), ApiError> {
    let actions = rule["actions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if actions.is_empty() {
        return Err(refused("actions", "must not be empty"));
    }
    for action in actions {
        let values = action["value"].as_array().into_iter().flatten();
        let values: Vec<&str> = values.filter_map(Value::as_str).collect();
        match (action["type"].as_str().unwrap_or_default(), &*values) {
            ("drop", _) => {}
            (_, []) => return Err(refused("actions.value", "must not be empty")),
            ("forward", emails) => {
                let account = account(call);
                let mut emails = emails.iter();
                if !emails.all(|email| addresses::is_verified(call.store, account, email)) {
                    return Err(ApiError::bad_request(
                        2054,
                        "destination address is not verified",
                    ));
                }
            }
            (_, scripts) => {
                let table = format!("accounts/{}/workers/scripts", account(call));
                if !scripts
                    .iter()
                    .all(|script| call.store.get(&table, script).is_some())
                {
                    return Err(ApiError::bad_request(2016, "worker script not found"));
                }
            }
        }
    }
    Ok(())
}

/// The body of a rule that is not the one for all other mail.
fn checked(call: &Call<'_>) -> Result<Object, ApiError> {
    let mut body = call.described(INVALID)?;
    body.retain(|_, value| !value.is_null());
    let matchers = body["matchers"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if matchers.is_empty() {
        return Err(refused("matchers", "must not be empty"));
    }
    for matcher in matchers {
        if matcher["type"] == "all" {
            return Err(ApiError::bad_request(2020, "Invalid rule operation"));
        }
        if matcher["field"] != "to" || !matcher["value"].as_str().is_some_and(|to| to.contains('@'))
        {
            return Err(refused(
                "matchers",
                "must have the field `to` and an address",
            ));
        }
    }
    check_actions(call, &body)?;
    Ok(body)
}

fn put(call: &mut Call<'_>, id: &str, body: Object) -> Outcome {
    let mut rule = object(json!({
        "id": id,
        "tag": id,
        "name": "",
        "enabled": true,
        "priority": 0,
        "source": "api",
    }));
    merge(&mut rule, body, &["id", "tag", "owner_worker_tag"]);
    let table = table(call.param("zone_id"));
    call.store.table_mut(&table).put(rule.clone());
    Ok(Reply::result(rule))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = checked(call)?;
    put(call, &ids::hex32(), body)
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?))
}

/// Replaces a rule.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let rule = found(call)?;
    let body = checked(call)?;
    put(call, text(&rule, "id"), body)
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let rule = found(call)?;
    let table = table(call.param("zone_id"));
    call.store.table_mut(&table).remove(text(&rule, "id"));
    Ok(Reply::result(rule))
}

/// The rule for all other mail: it drops it and is off until it is set.
fn catch_all(call: &Call<'_>) -> Object {
    let mut rule = object(json!({
        "id": call.param("zone_id"),
        "tag": call.param("zone_id"),
        "name": "",
        "enabled": false,
        "matchers": [{ "type": "all" }],
        "actions": [{ "type": "drop" }],
    }));
    if let Some(Value::Object(set)) = call.store.document(&catch_all_path(call)) {
        rule.extend(set.clone());
    }
    rule
}

pub(super) fn get_catch_all(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(catch_all(call)))
}

pub(super) fn update_catch_all(call: &mut Call<'_>) -> Outcome {
    let mut body = call.described(INVALID)?;
    body.retain(|field, value| {
        matches!(field.as_str(), "name" | "enabled" | "matchers" | "actions") && !value.is_null()
    });
    check_actions(call, &body)?;
    body.entry("enabled").or_insert_with(|| true.into());
    let path = catch_all_path(call);
    call.store.set_document(path, Value::Object(body));
    get_catch_all(call)
}
