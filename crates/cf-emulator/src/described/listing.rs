//! Lists: filters, order, and all the ways in which the API pages.

use serde_json::{Map, Value, json};

use super::check;
use super::operation::{Operation, ReplyKind};
use super::sample::Sampler;
use super::schema::Schema;
use crate::envelope::Reply;
use crate::error::ApiError;
use crate::paging;
use crate::request::Query;

/// Items a page, where the query does not say.
const PAGE: usize = 20;
/// The same for lists that go on with a cursor.
const CURSOR_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// Parameters that say which part of a list, not which items.
const STEERING: &[&str] = &[
    "page",
    "per_page",
    "perPage",
    "limit",
    "offset",
    "cursor",
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
    let Schema::Object(fields) = schema.value() else {
        return None;
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

/// What one item of the list looks like.
pub(super) fn item(schema: &Schema) -> Schema {
    match schema.value() {
        Schema::List(items) => items.value().clone(),
        object => {
            let field = slot(object).and_then(|name| object.field(name));
            match field.map(|field| field.schema.value()) {
                Some(Schema::List(items)) => items.value().clone(),
                _ => Schema::Any,
            }
        }
    }
}

/// Whether an item is among those that the query asks for. Parameters that no
/// item has a field for do not count.
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
        // A flag that is not there is not set; nothing else can be told.
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

/// The page of `items` that the query asks for, in the style of the operation.
pub(super) fn page(
    operation: &Operation,
    query: &Query,
    items: Vec<Value>,
    sampler: Sampler<'_>,
) -> Result<Reply, ApiError> {
    let parameters = operation.query();
    let takes = |name: &str| parameters.field(name).is_some();
    let total = items.len();
    let by_cursor = matches!(
        operation.style,
        "cursor" | "cursor_after" | "cursor_limit" | "page_token" | "containers_instances"
    );
    let by_page = !by_cursor && takes("page");
    let size_name = ["per_page", "limit", "page_size", "perPage"]
        .into_iter()
        .find(|name| takes(name));
    let asked = match size_name {
        Some(name) => paging::positive(query, name)?,
        None => None,
    };
    if by_cursor {
        return cursor_page(operation, query, items, asked, sampler);
    }
    if !by_page {
        let shown = asked.unwrap_or(total).min(total);
        let info = json!({ "count": shown, "page": 1, "per_page": asked.unwrap_or(PAGE.max(total)), "total_count": total, "total_pages": 1 });
        return Ok(dress(
            operation,
            items.into_iter().take(shown).collect(),
            info,
            sampler,
        ));
    }
    let number = paging::positive(query, "page")?.unwrap_or(1);
    let size = asked.unwrap_or(PAGE).min(LARGEST_PAGE);
    let start = (number - 1).saturating_mul(size);
    let shown: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let info = json!({
        "page": number,
        "per_page": size,
        "count": shown.len(),
        "total_count": total,
        "total_pages": total.div_ceil(size),
    });
    Ok(dress(operation, shown, info, sampler))
}

fn cursor_page(
    operation: &Operation,
    query: &Query,
    items: Vec<Value>,
    asked: Option<usize>,
    sampler: Sampler<'_>,
) -> Result<Reply, ApiError> {
    let by_token = matches!(operation.style, "page_token" | "containers_instances");
    let name = if by_token { "page_token" } else { "cursor" };
    let start = match query.get(name) {
        Some(text) => read_cursor(text)
            .ok_or_else(|| ApiError::invalid_because(name, "is not one that this list gave out"))?,
        None => 0,
    };
    let size = asked.unwrap_or(CURSOR_PAGE).min(LARGEST_PAGE);
    let total = items.len();
    let shown: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let end = start + shown.len();
    let next = if end < total {
        write_cursor(end)
    } else {
        String::new()
    };
    let mut info = json!({ "count": shown.len(), "per_page": size });
    if by_token {
        info["next_page_token"] = next.into();
    } else {
        // Products differ in where they put it, some from reply to reply.
        info["cursors"] = json!({ "after": next, "before": "" });
        info["cursor"] = next.into();
    }
    Ok(dress(operation, shown, info, sampler))
}

/// Cursors look like nothing in particular, so that nobody counts on them.
fn write_cursor(position: usize) -> String {
    let position = position as u64;
    format!(
        "{:016x}",
        position.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
    )
}

fn read_cursor(text: &str) -> Option<usize> {
    let hidden = u64::from_str_radix(text, 16)
        .ok()
        .filter(|_| text.len() == 16)?;
    // The inverse of the factor above, modulo 2^64.
    let position = hidden.rotate_right(23).wrapping_mul(0xf1de_83e1_9937_733d);
    usize::try_from(position)
        .ok()
        .filter(|position| *position < 1 << 40)
}

/// The items in what the operation answers with.
fn dress(operation: &Operation, items: Vec<Value>, info: Value, sampler: Sampler<'_>) -> Reply {
    let schema = operation.result();
    let result = match schema.value() {
        Schema::List(_) | Schema::Any => Value::Array(items),
        object => {
            let mut shown = super::show::show(object, &Map::new(), sampler);
            match slot(object) {
                Some(field) => {
                    for total in ["total", "count", "total_count"] {
                        if shown.get(total).is_some_and(Value::is_number) {
                            shown[total] = info["total_count"]
                                .as_u64()
                                .unwrap_or(items.len() as u64)
                                .into();
                        }
                    }
                    if shown.get("result_info").is_some_and(Value::is_object)
                        || object.field("result_info").is_some()
                    {
                        shown["result_info"] = info.clone();
                    }
                    if object.field("success").is_some() {
                        shown["success"] = true.into();
                    }
                    shown[field] = Value::Array(items);
                    shown
                }
                None => shown,
            }
        }
    };
    match operation.reply {
        ReplyKind::Json => Reply::Json(result),
        _ => Reply::Enveloped {
            result,
            result_info: Some(info),
            messages: Vec::new(),
        },
    }
}
