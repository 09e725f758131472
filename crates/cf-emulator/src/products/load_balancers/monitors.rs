//! Monitors: how the health of origins is checked.

use serde_json::{Value, json};

use super::{INVALID, in_use, invalid, missing, monitors_of, pools};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::{merge, object};
use crate::http::{ids, paging};
use crate::store::{Object, clock, text};

/// A number with its smallest and largest value.
const BOUNDS: &[(&str, i64, i64)] = &[
    ("interval", 5, 3600),
    ("timeout", 1, 10),
    ("retries", 0, 5),
    ("consecutive_up", 0, 10),
    ("consecutive_down", 0, 10),
];

fn table(call: &Call<'_>) -> String {
    monitors_of(call.param("account_id"))
}

pub(super) fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let monitor = call.store.get(&table(call), call.param("monitor_id"));
    monitor.ok_or_else(|| missing("monitor"))
}

/// The default values of a monitor of this kind.
fn defaults(kind: &str) -> Object {
    let mut monitor = object(json!({
        "type": kind,
        "description": "",
        "interval": 60,
        "timeout": 5,
        "retries": 2,
        "consecutive_up": 0,
        "consecutive_down": 0,
        "probe_zone": "",
    }));
    let own = match kind {
        "http" | "https" => json!({
            "method": "GET",
            "path": "/",
            "port": if kind == "http" { 80 } else { 443 },
            "expected_codes": "200",
            "expected_body": "",
            "header": {},
            "follow_redirects": false,
            "allow_insecure": false,
        }),
        "tcp" => json!({ "method": "connection_established" }),
        _ => json!({}),
    };
    monitor.extend(object(own));
    monitor
}

/// Codes like `200`, `2xx`, or several of these with commas.
fn are_codes(codes: &str) -> bool {
    codes.split(',').map(str::trim).all(|code| {
        code.len() == 3
            && code.starts_with(|c| matches!(c, '1'..='5'))
            && code[1..]
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X'))
    })
}

/// A complete monitor from a body.
pub(super) fn checked(body: Object) -> Result<Object, ApiError> {
    let kind = match text(&body, "type") {
        "" => "http".to_owned(),
        kind => kind.to_owned(),
    };
    let mut monitor = defaults(&kind);
    merge(
        &mut monitor,
        body.into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        &["id"],
    );
    let number = |field: &str| monitor.get(field).and_then(Value::as_i64);
    for (field, least, most) in BOUNDS {
        if number(field).is_some_and(|value| !(*least..=*most).contains(&value)) {
            return Err(invalid(format!("{field} must be from {least} to {most}")));
        }
    }
    if number("timeout") >= number("interval") {
        return Err(invalid("timeout must be shorter than interval"));
    }
    match (kind.as_str(), number("port")) {
        ("tcp" | "udp_icmp" | "smtp", None | Some(0)) => {
            return Err(invalid(format!(
                "port must be set for a monitor of type {kind}"
            )));
        }
        (_, Some(port)) if !(0..=65535).contains(&port) => {
            return Err(invalid("port must be from 0 to 65535"));
        }
        _ => {}
    }
    if kind.starts_with("http") {
        if !text(&monitor, "path").starts_with('/') {
            return Err(invalid("path must start with /"));
        }
        if !are_codes(text(&monitor, "expected_codes")) {
            return Err(invalid("expected_codes must be codes like 200 or 2xx"));
        }
        if !matches!(text(&monitor, "method"), "GET" | "HEAD") {
            return Err(invalid("method must be GET or HEAD"));
        }
    }
    Ok(monitor)
}

fn write(call: &mut Call<'_>, body: Object) -> Outcome {
    let known = found(call).ok().cloned();
    let now = clock::now();
    let kept = |field: &str, fresh: String| {
        known
            .as_ref()
            .map_or(fresh, |row| text(row, field).to_owned())
    };
    let mut monitor = checked(body)?;
    monitor.insert("id".to_owned(), kept("id", ids::hex32()).into());
    monitor.insert(
        "created_on".to_owned(),
        kept("created_on", now.clone()).into(),
    );
    monitor.insert("modified_on".to_owned(), now.into());
    let table = table(call);
    call.store.table_mut(&table).put(monitor.clone());
    Ok(Reply::result(monitor))
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let rows = call.store.rows(&table(call));
    Ok(paging::whole(rows.cloned().map(Value::Object).collect()))
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
    let mut monitor = found(call)?.clone();
    let body = call.described(INVALID)?;
    merge(&mut monitor, body, &["id", "created_on"]);
    write(call, monitor)
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    if pools::with_monitor(call, call.param("monitor_id"))
        .next()
        .is_some()
    {
        return Err(in_use());
    }
    let (table, id) = (table(call), call.params.get("monitor_id"));
    call.store.table_mut(&table).remove(id);
    Ok(Reply::id(id))
}
