//! Pools of origins.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::{INVALID, balancers, in_use, invalid, missing, monitors_of, pools_named, pools_of};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::{merge, object};
use crate::http::{ids, paging};
use crate::store::{Object, clock, text};

pub(super) fn table(call: &Call<'_>) -> String {
    pools_of(call.param("account_id"))
}

pub(super) fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let pool = call.store.get(&table(call), call.param("pool_id"));
    pool.ok_or_else(|| missing("pool"))
}

/// The origins of a pool, checked and completed.
fn origins(pool: &Object) -> Result<Vec<Value>, ApiError> {
    let given = pool.get("origins").and_then(Value::as_array);
    let given = given
        .filter(|all| !all.is_empty())
        .ok_or_else(|| invalid("the origin list must not be empty"))?;
    let mut names = BTreeSet::new();
    let complete = |origin: &Value| {
        let mut origin = object(origin.clone());
        let (name, address) = (text(&origin, "name"), text(&origin, "address"));
        if name.is_empty() {
            return Err(invalid("every origin must have a name"));
        }
        if !names.insert(name.to_owned()) {
            return Err(invalid(format!("there are two origins called {name}")));
        }
        if !is_address(address) {
            let why = format!("origin {name}: {address:?} is neither an IP address nor a hostname");
            return Err(invalid(why));
        }
        let weight = origin.get("weight").and_then(Value::as_f64).unwrap_or(1.0);
        if !(0.0..=1.0).contains(&weight) {
            return Err(invalid(format!(
                "origin {name}: weight must be from 0 to 1"
            )));
        }
        if origin
            .get("port")
            .and_then(Value::as_i64)
            .is_some_and(|port| !(0..=65535).contains(&port))
        {
            return Err(invalid(format!(
                "origin {name}: port must be from 0 to 65535"
            )));
        }
        origin.entry("enabled").or_insert(true.into());
        origin.entry("weight").or_insert(1.into());
        Ok(Value::Object(origin))
    };
    given.iter().map(complete).collect()
}

fn is_address(address: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    address.parse::<IpAddr>().is_ok()
        || address.contains('.') && address.trim_end_matches('.').split('.').all(label)
}

fn checked(call: &Call<'_>, mut pool: Object) -> Result<Object, ApiError> {
    let name = text(&pool, "name");
    let usual = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(usual) {
        return Err(invalid(
            "name must have letters, digits, hyphens and underscores only",
        ));
    }
    let origins = origins(&pool)?;
    let least = pool.get("minimum_origins").and_then(Value::as_u64);
    if least.is_some_and(|least| least > origins.len() as u64) {
        return Err(invalid(
            "minimum_origins must not exceed the number of origins",
        ));
    }
    if pool.contains_key("latitude") != pool.contains_key("longitude") {
        return Err(invalid("latitude and longitude must be set together"));
    }
    for (field, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let degrees = pool.get(field).and_then(Value::as_f64).unwrap_or_default();
        if degrees.abs() > most {
            return Err(invalid(format!("{field} must be from -{most} to {most}")));
        }
    }
    let monitor = text(&pool, "monitor");
    if !monitor.is_empty()
        && call
            .store
            .get(&monitors_of(call.param("account_id")), monitor)
            .is_none()
    {
        return Err(invalid(format!("monitor {monitor} does not exist")));
    }
    pool.insert("origins".to_owned(), origins.into());
    Ok(pool)
}

fn write(call: &mut Call<'_>, body: Object) -> Outcome {
    let known = found(call).ok().cloned();
    let now = clock::now();
    let kept = |field: &str, fresh: String| {
        known
            .as_ref()
            .map_or(fresh, |row| text(row, field).to_owned())
    };
    let mut pool = object(json!({
        "description": "",
        "enabled": true,
        "minimum_origins": 1,
        "check_regions": null,
        "notification_email": "",
        "networks": ["cloudflare"],
        "origin_steering": { "policy": "random" },
    }));
    merge(
        &mut pool,
        body.into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        &["id"],
    );
    let mut pool = checked(call, pool)?;
    pool.insert("id".to_owned(), kept("id", ids::hex32()).into());
    pool.insert(
        "created_on".to_owned(),
        kept("created_on", now.clone()).into(),
    );
    pool.insert("modified_on".to_owned(), now.clone().into());
    match (pool["enabled"] == false, pool.contains_key("disabled_at")) {
        (true, false) => drop(pool.insert("disabled_at".to_owned(), now.into())),
        (false, true) => drop(pool.remove("disabled_at")),
        _ => {}
    }
    let table = table(call);
    call.store.table_mut(&table).put(pool.clone());
    Ok(Reply::result(pool))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let monitor = call.query.get("monitor");
    let rows = call.store.rows(&table(call));
    let shown = rows.filter(|pool| monitor.is_none_or(|monitor| text(pool, "monitor") == monitor));
    Ok(paging::whole(shown.cloned().map(Value::Object).collect()))
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    write(call, body)
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?.clone()))
}

pub(super) fn replace(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let body = call.described(INVALID)?;
    write(call, body)
}

pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let mut pool = found(call)?.clone();
    let body = call.described(INVALID)?;
    merge(&mut pool, body, &["id", "created_on"]);
    write(call, pool)
}

/// Removes the notification address from all pools: the only change that can
/// be made to many at once.
pub(super) fn edit_all(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let table = table(call);
    let all: Vec<String> = call
        .store
        .rows(&table)
        .map(|pool| text(pool, "id").to_owned())
        .collect();
    let mut changed = Vec::new();
    for id in all {
        let Some(pool) = call.store.table_mut(&table).get_mut(&id) else {
            continue;
        };
        if let Some(email) = body.get("notification_email") {
            pool.insert("notification_email".to_owned(), email.clone());
            pool.insert("modified_on".to_owned(), clock::now().into());
        }
        changed.push(Value::Object(pool.clone()));
    }
    Ok(paging::whole(changed))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, id) = (table(call), call.params.get("pool_id"));
    if balancers(call.store, call.param("account_id"))
        .any(|balancer| pools_named(balancer).contains(id))
    {
        return Err(in_use());
    }
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}

/// The pools that use a monitor.
pub(super) fn with_monitor<'a>(
    call: &'a Call<'_>,
    monitor: &'a str,
) -> impl Iterator<Item = &'a Object> {
    let pools = pools_of(call.param("account_id"));
    call.store
        .rows(&pools)
        .filter(move |pool| text(pool, "monitor") == monitor)
}
