//! Lists: which items, and in which order.

use serde_json::Value;

use super::check;
use super::operation::Operation;
use super::schema::Schema;
use crate::http::paging;
use crate::http::query::Query;

/// Parameters that select a part of a list, not items.
const STEERING: &[&str] = &[
    "page",
    "page_no",
    "per_page",
    "perPage",
    "pageSize",
    "limit",
    "offset",
    "cursor",
    "continuation_token",
    "page_token",
    "page_size",
    "order",
    "order_by",
    "orderBy",
    "sort",
    "sort_by",
    "sort_order",
    "direction",
    "match",
];

/// The field that holds the items of a list that is an object.
pub(super) fn slot(schema: &Schema) -> Option<&str> {
    let fields = match schema.value() {
        Schema::Object(fields) => fields,
        // Such as an object with a list and its length, or the list alone.
        Schema::Either(forms) => return forms.iter().find_map(slot),
        _ => return None,
    };
    let list = |name: &str| {
        fields
            .iter()
            .find(|f| f.name == name && matches!(f.schema.value(), Schema::List(_)))
    };
    let usual = ["items", "data", "result", "results", "instances"]
        .into_iter()
        .find_map(list);
    let mut lists = fields.iter().filter(|field| {
        matches!(field.schema.value(), Schema::List(items) if !items.fields().is_empty())
            && field.name != "errors"
            && field.name != "messages"
    });
    usual
        .or_else(|| lists.next())
        .map(|field| field.name.as_str())
}

/// The path of the items within the result: from the description, otherwise the most likely field.
pub(super) fn path(operation: &Operation, schema: &Schema) -> Vec<String> {
    let said = operation.pages.items();
    if said.is_empty() {
        return slot(schema).map(str::to_owned).into_iter().collect();
    }
    said
}

/// What one item of the list looks like.
pub(super) fn item(operation: &Operation, schema: &Schema) -> Schema {
    let mut at = schema.value().clone();
    if !matches!(at, Schema::List(_)) {
        for name in path(operation, schema) {
            at = at
                .field(&name)
                .map_or(Schema::Any, |field| field.schema.value().clone());
        }
    }
    match at {
        Schema::List(items) => items.value().clone(),
        _ => Schema::Any,
    }
}

/// Whether an item is among those that the query asks for. Parameters that
/// match no field of any item are ignored.
pub(super) fn matches(schema: &Schema, query: &Query, item: &Value) -> bool {
    query
        .iter()
        .filter(|(name, value)| !STEERING.contains(name) && !value.is_empty())
        .all(|(name, text)| {
            let known = schema.field(name).is_some()
                || schema
                    .field(name.split('.').next().unwrap_or(name))
                    .is_some();
            !known || matches_one(item, name, text)
        })
}

fn matches_one(item: &Value, name: &str, text: &str) -> bool {
    let Some(object) = item.as_object() else {
        return true;
    };
    if name == "search" && !object.contains_key("search") {
        let needle = text.to_lowercase();
        return object
            .values()
            .filter_map(Value::as_str)
            .any(|value| value.to_lowercase().contains(&needle));
    }
    let (field, how) = match name.rsplit_once('.') {
        Some((
            field,
            how @ ("exact" | "contains" | "startswith" | "endswith" | "present" | "absent"),
        )) => (field, how),
        _ => (name, "exact"),
    };
    let Some(found) = object
        .get(field)
        .or_else(|| Some(paging::lookup(object, field)).filter(|v| !v.is_null()))
    else {
        // A flag that is absent is not set; nothing else can be said.
        return match how {
            "present" => false,
            _ => text != "true" || !field.starts_with("is_"),
        };
    };
    let value = found.as_str().unwrap_or_default().to_lowercase();
    let text = text.to_lowercase();
    match how {
        "contains" => value.contains(&text),
        "startswith" => value.starts_with(&text),
        "endswith" => value.ends_with(&text),
        "present" => true,
        "absent" => false,
        _ => equals(found, &text),
    }
}

fn equals(value: &Value, text: &str) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|one| equals(one, text)),
        Value::String(value) => {
            value.to_lowercase() == text || text.split(',').any(|part| value.to_lowercase() == part)
        }
        // What has no plain value cannot be compared.
        Value::Object(_) => true,
        value => check::reads(value, text),
    }
}

/// Sorts by the field that `order` or the like names, if items have it.
pub(super) fn sort(query: &Query, items: &mut [Value]) {
    let field = ["order", "order_by", "orderBy", "sort", "sort_by"]
        .into_iter()
        .find_map(|name| query.get(name));
    let descending = ["direction", "sort_order", "order", "sort"]
        .into_iter()
        .filter_map(|name| query.get(name))
        .any(|how| how.eq_ignore_ascii_case("desc"));
    if let Some(field) = field.filter(|field| items.iter().any(|item| item.get(field).is_some())) {
        items.sort_by(|a, b| paging::compare(&a[field], &b[field]));
    }
    if descending {
        items.reverse();
    }
}
