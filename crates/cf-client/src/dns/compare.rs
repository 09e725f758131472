//! When two records are the same, as the DNS has it: neither case nor a trailing dot matters in names, nor how a text
//! is quoted, nor how an address is written.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::domain_name::DomainName;

pub(super) type Object = Map<String, Value>;

/// Types whose content is a name.
const NAMES: [&str; 4] = ["CNAME", "NS", "PTR", "MX"];

pub(super) fn text<'a>(record: &'a Object, field: &str) -> &'a str {
    record
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The full name of a record in ASCII: `@` and an empty name are the zone itself. `None` if it ends with a dot and is
/// not in the zone.
pub(super) fn full_name(name: &str, zone: &str) -> Option<String> {
    let trimmed = name.trim();
    if trimmed.is_empty() || trimmed == "@" {
        return Some(zone.to_owned());
    }
    let ascii = DomainName::new(trimmed).ascii();
    let is_inside = ascii
        .strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    match (is_inside, trimmed.ends_with('.')) {
        (true, _) => Some(ascii),
        (false, true) => None,
        (false, false) => Some(format!("{ascii}.{zone}")),
    }
}

/// Whether a record that is there has the content that is wanted.
pub(super) fn same_content(kind: &str, wanted: &Object, there: &Object) -> bool {
    match (wanted.get("data"), there.get("data")) {
        (Some(Value::Object(wanted)), Some(Value::Object(there))) => wanted
            .iter()
            .all(|(field, value)| same_part(value, there.get(field))),
        _ => content(kind, text(wanted, "content")) == content(kind, text(there, "content")),
    }
}

/// Whether a part of the data is the same. Parts are names, numbers and other texts; a `.` is a name, too.
fn same_part(wanted: &Value, there: Option<&Value>) -> bool {
    let written = |value: &Value| match value {
        Value::String(text) => {
            let text = text.trim();
            let is_name = text.ends_with('.') && text.len() > 1;
            let text = if is_name {
                text.trim_end_matches('.')
            } else {
                text
            };
            DomainName::new(text).ascii()
        }
        Value::Number(number) => number.as_f64().map_or_else(String::new, |n| n.to_string()),
        other => other.to_string(),
    };
    there.is_some_and(|there| written(wanted) == written(there))
}

/// A content in the one form of all that say the same.
pub(super) fn content(kind: &str, content: &str) -> String {
    let content = content.trim();
    match kind {
        "A" | "AAAA" => match content.parse::<IpAddr>() {
            Ok(ip) => ip.to_string(),
            Err(_) => content.to_owned(),
        },
        "TXT" => unquoted(content),
        kind if NAMES.contains(&kind) => DomainName::new(content).ascii(),
        _ => {
            let words = content.split_whitespace().map(|word| {
                let word = word.trim_matches('"');
                match word.len() {
                    1 => word.to_owned(),
                    _ => word.trim_end_matches('.').to_ascii_lowercase(),
                }
            });
            words.collect::<Vec<_>>().join(" ")
        }
    }
}

/// The text that the strings of a TXT record make together. One that is not quoted is taken as it is.
fn unquoted(content: &str) -> String {
    if !content.starts_with('"') {
        return content.to_owned();
    }
    let (mut bytes, mut inside) = (Vec::with_capacity(content.len()), false);
    let mut rest = content.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => inside = !inside,
            b'\\' if inside => {
                let number = rest
                    .get(..3)
                    .filter(|digits| digits.iter().all(u8::is_ascii_digit));
                let number = number.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok());
                match (number, rest.split_first()) {
                    (Some(number), _) => {
                        bytes.push(number);
                        rest = &rest[3..];
                    }
                    (None, Some((escaped, after))) => {
                        bytes.push(*escaped);
                        rest = after;
                    }
                    (None, None) => {}
                }
            }
            byte if inside => bytes.push(*byte),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What has to change for `there` to be as `wanted`, besides the content. What is not wanted in any particular way
/// stays.
pub(super) fn differences(wanted: &Object, there: &Object) -> Object {
    let is_proxied = wanted.get("proxied").or(there.get("proxied")) == Some(&Value::Bool(true));
    let differs = |(field, value): &(&String, &Value)| {
        let is_compared = !matches!(&***field, "id" | "type" | "name" | "content" | "data");
        // Proxied records have the proxy's.
        let is_moot = *field == "ttl" && is_proxied;
        is_compared && !is_moot && !same_value(field, value, there.get(*field))
    };
    let fields = wanted.iter().filter(differs);
    fields
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect()
}

fn same_value(field: &str, wanted: &Value, there: Option<&Value>) -> bool {
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let Some(there) = there.filter(|there| !is_nothing(there)) else {
        return is_nothing(wanted);
    };
    match (wanted, there) {
        (Value::Number(wanted), Value::Number(there)) => wanted.as_f64() == there.as_f64(),
        (Value::Array(wanted), Value::Array(there)) if field == "tags" => {
            sorted_tags(wanted) == sorted_tags(there)
        }
        (Value::Object(wanted), Value::Object(there)) => wanted
            .iter()
            .all(|(field, value)| same_value(field, value, there.get(field))),
        _ => wanted == there,
    }
}

/// Tags have no order, and their names no case.
fn sorted_tags(tags: &[Value]) -> Vec<String> {
    let mut tags: Vec<_> = tags.iter().filter_map(Value::as_str).map(tag).collect();
    tags.sort();
    tags
}

/// A tag in the one form of all that say the same.
pub(super) fn tag(tag: &str) -> String {
    let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
    format!("{}:{value}", name.to_lowercase())
}
