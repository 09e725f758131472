//! From a record as sent to a record as stored, with the rules and codes of
//! the API.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::plan_limits::Limits;
use super::rdata::{Type, bare};
use super::target;
use crate::http::domain;
use crate::http::error::ApiError;
use crate::http::ids;
use crate::store::{Object, Table, clock, text};

/// What matters about a record's zone.
pub(super) struct Zone {
    /// In ASCII.
    pub(super) name: String,
    pub(super) limits: Limits,
}

/// The fields that callers cannot set.
const OWN: &[&str] = &[
    "id",
    "proxiable",
    "meta",
    "created_on",
    "modified_on",
    "comment_modified_on",
    "tags_modified_on",
];

/// A new record.
pub(super) fn create(body: Object, zone: &Zone) -> Result<Object, ApiError> {
    finish(complete(body, zone)?, None)
}

/// The record `old` with other values for the fields in `changes`.
pub(super) fn edit(old: &Object, mut changes: Object, zone: &Zone) -> Result<Object, ApiError> {
    let mut body = old.clone();
    body.retain(|field, _| !OWN.contains(&field.as_str()));
    // Content and data say the same: the one that was not changed is stale.
    let retyped = changes.contains_key("type") && changes.get("type") != old.get("type");
    if changes.contains_key("content") || retyped {
        body.remove("data");
    }
    if changes.contains_key("data") || retyped {
        body.remove("content");
    }
    if changes.contains_key("priority") && !changes.contains_key("data") {
        let priority = changes.get("priority").cloned().unwrap_or_default();
        if let Some(Value::Object(data)) = body.get_mut("data")
            && data.contains_key("priority")
            && text(old, "type") == "SRV"
        {
            data.insert("priority".to_owned(), priority);
        }
    }
    body.append(&mut changes);
    finish(complete(body, zone)?, Some(old))
}

/// A record that replaces `old`.
pub(super) fn replace(old: &Object, body: Object, zone: &Zone) -> Result<Object, ApiError> {
    finish(complete(body, zone)?, Some(old))
}

/// Adds the fields that the server sets.
fn finish(mut record: Object, old: Option<&Object>) -> Result<Object, ApiError> {
    let now = clock::now();
    let kept = |field: &str| old.and_then(|old| old.get(field)).cloned();
    let id = kept("id").unwrap_or_else(|| ids::hex32().into());
    record.insert("id".to_owned(), id);
    record.insert(
        "created_on".to_owned(),
        kept("created_on").unwrap_or_else(|| json!(now)),
    );
    record.insert("modified_on".to_owned(), now.clone().into());
    let meta = json!({
        "auto_added": false,
        "managed_by_apps": false,
        "managed_by_argo_tunnel": false,
        "source": "primary",
    });
    record.insert("meta".to_owned(), kept("meta").unwrap_or(meta));
    for field in ["comment", "tags"] {
        let stamp = format!("{field}_modified_on");
        let empty = |value: &Value| value.is_null() || *value == json!([]);
        let value = record.get(field);
        let unset = value.is_none_or(empty);
        if value == old.and_then(|old| old.get(field)) {
            if let Some(time) = kept(&stamp) {
                record.insert(stamp, time);
            }
        } else if !unset || old.is_some() {
            record.insert(stamp, now.clone().into());
        }
    }
    Ok(record)
}

/// Checks the fields that callers set, and completes them.
fn complete(mut record: Object, zone: &Zone) -> Result<Object, ApiError> {
    record.retain(|field, _| !OWN.contains(&field.as_str()));
    let kind = text(&record, "type").to_uppercase();
    if kind.is_empty() {
        return Err(required("type"));
    }
    let kind = Type::find(&kind).ok_or_else(|| ApiError::bad_request(9101, "type is invalid."))?;
    record.insert("type".to_owned(), kind.name.into());
    let name = full_name(&mut record, kind, zone)?;
    record.insert("name".to_owned(), name.clone().into());
    priority(&record, kind)?;
    if kind.data.is_empty() {
        let content = plain_content(&record, kind, &name, zone)?;
        record.insert("content".to_owned(), content.into());
    } else {
        structured_content(&mut record, kind)?;
    }
    proxied(&mut record, kind)?;
    ttl(&mut record, zone)?;
    remarks(&mut record)?;
    zone.limits.check(&record)?;
    Ok(record)
}

fn required(field: &str) -> ApiError {
    ApiError::bad_request(9100, format!("{field} is a required field."))
}

/// The fully qualified name, in lower case.
fn full_name(record: &mut Object, kind: &Type, zone: &Zone) -> Result<String, ApiError> {
    let mut name = match record.get("name") {
        Some(Value::String(name)) => name.clone(),
        // The old way to name an SRV record: in its data.
        _ if kind.name == "SRV" => {
            let data = record.get("data").unwrap_or(&Value::Null);
            let parts = [&data["service"], &data["proto"], &data["name"]];
            let parts: Vec<_> = parts.iter().filter_map(|part| part.as_str()).collect();
            if parts.len() < 3 {
                return Err(required("name"));
            }
            parts.join(".")
        }
        _ => return Err(required("name")),
    };
    name = domain::to_ascii(bare(name.trim()));
    if name.is_empty() || name == "@" {
        return Ok(zone.name.clone());
    }
    let inside = name
        .strip_suffix(&zone.name)
        .is_some_and(|r| r.is_empty() || r.ends_with('.'));
    if !inside {
        name = format!("{name}.{}", zone.name);
    }
    if is_host(&name, true) {
        Ok(name)
    } else {
        Err(ApiError::bad_request(9000, "DNS name is invalid."))
    }
}

/// Whether `name` is valid in the DNS. An asterisk must be the whole first label.
fn is_host(name: &str, wildcard: bool) -> bool {
    let label = |(index, label): (usize, &str)| match label {
        "*" => wildcard && index == 0,
        _ => {
            (1..=63).contains(&label.len())
                && label
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/'))
        }
    };
    name.len() <= 253 && name.split('.').enumerate().all(label)
}

fn priority(record: &Object, kind: &Type) -> Result<(), ApiError> {
    match record.get("priority") {
        None | Some(Value::Null) if kind.priority && kind.name != "SRV" => {
            Err(required("priority"))
        }
        Some(priority)
            if kind.priority && priority.as_u64().is_none_or(|number| number > 65535) =>
        {
            let message = "Invalid priority, priority must be set and be between 0 and 65535";
            Err(ApiError::bad_request(9008, message))
        }
        _ => Ok(()),
    }
}

fn plain_content(
    record: &Object,
    kind: &Type,
    name: &str,
    zone: &Zone,
) -> Result<String, ApiError> {
    let content = match record.get("content") {
        Some(Value::String(content)) if !content.trim().is_empty() => content.trim(),
        None | Some(Value::Null | Value::String(_)) => return Err(required("content")),
        Some(_) => return Err(ApiError::bad_request(9101, "content is invalid.")),
    };
    let host = || {
        let host = if content == "@" {
            zone.name.as_str()
        } else {
            bare(content)
        };
        let address = host.parse::<IpAddr>().is_ok();
        let host = domain::to_ascii(host);
        (!address && is_host(&host, false)).then_some(host)
    };
    let invalid = |code, message: &str| ApiError::bad_request(code, message);
    match kind.name {
        "A" => content
            .parse::<Ipv4Addr>()
            .map(|ip| ip.to_string())
            .map_err(|_| invalid(9005, "Content for A record must be a valid IPv4 address.")),
        "AAAA" => content
            .parse::<Ipv6Addr>()
            .map(|ip| ip.to_string())
            .map_err(|_| {
                invalid(
                    9006,
                    "Content for AAAA record must be a valid IPv6 address.",
                )
            }),
        "CNAME" => match host() {
            None => Err(invalid(9007, "Content for CNAME record is invalid.")),
            Some(host) if host == name => {
                Err(invalid(9039, "CNAME content cannot reference itself."))
            }
            Some(host) => Ok(host),
        },
        "MX" => host().ok_or_else(|| {
            invalid(
                9009,
                "Change the content of your MX record to be a hostname (and not an IP address).",
            )
        }),
        "NS" => host().ok_or_else(|| invalid(9010, "Content for NS record is invalid.")),
        "PTR" => host().ok_or_else(|| invalid(9011, "Content for PTR record is invalid.")),
        _ => Ok(content.to_owned()),
    }
}

fn structured_content(record: &mut Object, kind: &Type) -> Result<(), ApiError> {
    let priority = record.get("priority").and_then(Value::as_u64);
    let mut data = match (record.get("data"), record.get("content")) {
        (Some(Value::Object(data)), _) => data.clone(),
        (_, Some(Value::String(content))) => kind
            .parse(content, priority)
            .ok_or_else(|| ApiError::bad_request(9101, "content is invalid."))?,
        _ => return Err(required("data")),
    };
    if kind.name == "SRV" {
        if let (Some(priority), false) = (priority, data.contains_key("priority")) {
            data.insert("priority".to_owned(), priority.into());
        }
        // Its name is the record's name now.
        for field in ["service", "proto", "name"] {
            data.remove(field);
        }
    }
    record.insert("content".to_owned(), kind.content(&data)?.into());
    if kind.name == "SRV" {
        let priority = data.get("priority").cloned().unwrap_or_default();
        record.insert("priority".to_owned(), priority);
    }
    record.insert("data".to_owned(), data.into());
    Ok(())
}

fn proxied(record: &mut Object, kind: &Type) -> Result<(), ApiError> {
    let proxied = match record.get("proxied") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(proxied)) => *proxied,
        Some(_) => {
            return Err(ApiError::bad_request(
                9003,
                "Invalid 'proxied' value, must be a boolean.",
            ));
        }
    };
    if proxied && !kind.proxiable() {
        return Err(ApiError::bad_request(
            9004,
            "This record type cannot be proxied.",
        ));
    }
    let reachable = target::is_reachable(kind.name, text(record, "content"));
    if proxied && !reachable {
        let content = text(record, "content");
        let message = format!("Target {content} is not allowed for a proxied record.");
        return Err(ApiError::bad_request(9003, message));
    }
    let proxiable = kind.proxiable() && reachable;
    record.insert("proxied".to_owned(), proxied.into());
    record.insert("proxiable".to_owned(), proxiable.into());
    Ok(())
}

fn ttl(record: &mut Object, zone: &Zone) -> Result<(), ApiError> {
    let least = zone.limits.least_ttl;
    let ttl = match record.get("ttl") {
        None | Some(Value::Null) => 1,
        Some(ttl) => ttl
            .as_u64()
            .or_else(|| {
                ttl.as_f64()
                    .filter(|ttl| ttl.fract() == 0.0)
                    .map(|ttl| ttl as u64)
            })
            .filter(|ttl| *ttl == 1 || (least..=86400).contains(ttl))
            .ok_or_else(|| {
                let range = format!("{least} and 86400 seconds, or 1 for Automatic.");
                ApiError::bad_request(9021, format!("Invalid TTL. Must be between {range}"))
            })?,
    };
    // Proxied records have the proxy's TTL.
    let proxied = record.get("proxied") == Some(&Value::Bool(true));
    record.insert("ttl".to_owned(), if proxied { 1 } else { ttl }.into());
    Ok(())
}

fn remarks(record: &mut Object) -> Result<(), ApiError> {
    let comment = record.entry("comment").or_insert(Value::Null);
    match comment {
        Value::Null => {}
        Value::String(text) if text.is_empty() => *comment = Value::Null,
        Value::String(_) => {}
        _ => return Err(ApiError::bad_request(9101, "comment is invalid.")),
    }
    let tags = record.entry("tags").or_insert_with(|| json!([]));
    if tags.is_null() {
        *tags = json!([]);
    }
    if !tags
        .as_array()
        .is_some_and(|tags| tags.iter().all(Value::is_string))
    {
        return Err(ApiError::bad_request(9101, "tags is invalid."));
    }
    let settings = record.entry("settings").or_insert_with(|| json!({}));
    if settings.is_null() {
        *settings = json!({});
    }
    if settings.is_object() {
        Ok(())
    } else {
        Err(ApiError::bad_request(9101, "settings is invalid."))
    }
}

/// Whether `record` can exist next to the others.
pub(super) fn conflicts(records: &Table, record: &Object) -> Result<(), ApiError> {
    let same = |other: &Object, field: &str| other.get(field) == record.get(field);
    let kind = text(record, "type");
    let others = records
        .named(text(record, "name"))
        .filter(|other| !same(other, "id"));
    for other in others {
        let other_kind = text(other, "type");
        if kind == other_kind && same(other, "content") && same(other, "priority") {
            return Err(ApiError::bad_request(
                81058,
                "An identical record already exists.",
            ));
        }
        if kind == "CNAME" && matches!(other_kind, "A" | "AAAA" | "CNAME") {
            let message = "An A, AAAA, or CNAME record with that host already exists.";
            return Err(ApiError::bad_request(81053, message));
        }
        if matches!(kind, "A" | "AAAA") && other_kind == "CNAME" {
            let message = "A CNAME record with that host already exists.";
            return Err(ApiError::bad_request(81054, message));
        }
    }
    Ok(())
}
