//! `page`, `per_page`, `order`, `direction` and `cursor`.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::json::Object;
use crate::http::envelope::Reply;
use crate::http::error::ApiError;
use crate::http::query::Query;

/// How many items a page of a list has. A `per_page` out of bounds is clamped,
/// as the API does; the reply has the value used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) default: usize,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

impl PageSize {
    /// What most lists use.
    pub(crate) const USUAL: Self = Self {
        default: 20,
        min: 5,
        max: 50,
    };
}

/// The part of `rows` that the query asks for, each as `view` shows it.
pub(crate) fn page<'a>(
    query: &Query,
    size: PageSize,
    rows: &[&'a Object],
    mut view: impl FnMut(&'a Object) -> Value,
) -> Result<Reply, ApiError> {
    let number = positive(query, "page")?.unwrap_or(1);
    let per_page = positive(query, "per_page")?
        .unwrap_or(size.default)
        .clamp(size.min, size.max);
    let start = number
        .saturating_sub(1)
        .saturating_mul(per_page)
        .min(rows.len());
    let end = start.saturating_add(per_page).min(rows.len());
    let items: Vec<Value> = rows[start..end].iter().map(|row| view(row)).collect();
    let info = json!({
        "page": number,
        "per_page": per_page,
        "count": items.len(),
        "total_count": rows.len(),
        "total_pages": rows.len().div_ceil(per_page),
    });
    Ok(Reply::list(items, info))
}

/// A cursor for clients to send back. It is opaque, so that nobody makes one
/// up.
pub(crate) fn cursor(position: &str) -> String {
    hex::encode(position)
}

/// The position in a [`cursor`], or `None` if it is invalid.
pub(crate) fn position(cursor: &str) -> Option<String> {
    String::from_utf8(hex::decode(cursor).ok()?).ok()
}

/// All of `items` on one page.
pub(crate) fn whole(items: Vec<Value>) -> Reply {
    let count = items.len();
    let info = json!({
        "page": 1,
        "per_page": count,
        "count": count,
        "total_count": count,
        "total_pages": 1,
    });
    Reply::list(items, info)
}

pub(crate) fn positive(query: &Query, name: &str) -> Result<Option<usize>, ApiError> {
    query
        .get(name)
        .map(|value| match value.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(ApiError::bad_request(
                1003,
                format!("Invalid query parameter {name}"),
            )),
        })
        .transpose()
}

/// Sorts `rows` by the field that `order` names (`default` if it names none),
/// in the direction that the query asks for. Equal rows keep their order.
pub(crate) fn sort(
    query: &Query,
    allowed: &[&str],
    default: Option<&str>,
    rows: &mut [&Object],
) -> Result<(), ApiError> {
    let field = query.one_of("order", allowed)?.or(default);
    let descending = query.one_of("direction", &["asc", "desc"])? == Some("desc");
    match field {
        Some(field) => rows.sort_by(|a, b| {
            let ordering = compare(lookup(a, field), lookup(b, field));
            if descending {
                ordering.reverse()
            } else {
                ordering
            }
        }),
        None if descending => rows.reverse(),
        None => {}
    }
    Ok(())
}

/// The value at a dotted path.
pub(crate) fn lookup<'a>(object: &'a Object, field: &str) -> &'a Value {
    let mut parts = field.split('.');
    let first = parts
        .next()
        .and_then(|part| object.get(part))
        .unwrap_or(&Value::Null);
    parts.fold(first, |value, part| &value[part])
}

pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a
            .as_f64()
            .partial_cmp(&b.as_f64())
            .unwrap_or(Ordering::Equal),
        (a, b) => a.is_null().cmp(&b.is_null()),
    }
}
