//! All of the API's pagination styles.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::operation::{Operation, ReplyKind};
use super::page_style::{PageStyle, path};
use super::sample::Sampler;
use super::schema::Schema;
use super::{check, listing};
use crate::http::envelope::Reply;
use crate::http::error::ApiError;
use crate::http::made_up::MadeUp;
use crate::http::paging;
use crate::http::query::Query;

/// Items per page if the query does not say.
const PAGE: usize = 20;
/// The same for lists with a cursor.
const CURSOR_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// Parameters for the number of items per page.
const SIZES: &[&str] = &[
    "per_page",
    "limit",
    "page_size",
    "perPage",
    "pageSize",
    "count",
];

/// Where a list continues.
enum Start {
    /// At this item.
    At(usize),
    /// The items are already selected.
    Chosen,
}

/// The page of `items` that the query asks for, in the style of the operation.
pub(super) fn page(
    operation: &Operation,
    query: &Query,
    mut items: Vec<Value>,
    sampler: Sampler<'_>,
) -> Result<Reply, ApiError> {
    let pages = &operation.pages;
    let parameters = operation.query();
    let takes = |name: &str| parameters.field(name).is_some();
    let size = match SIZES.iter().find(|name| takes(name)) {
        Some(name) => paging::positive(query, name)?,
        None => None,
    };
    if pages.style == "keyset" {
        select(pages, query, &mut items);
    }
    let total = items.len();
    let by_page = !pages.is_by_cursor() && takes(pages.query());
    let (start, usual) = match pages.style {
        "keyset" => (Start::Chosen, LARGEST_PAGE),
        "offset" => (Start::At(offset(query, pages.query())?), PAGE),
        _ if pages.is_by_cursor() => (Start::At(cursor(operation, query)?), CURSOR_PAGE),
        _ if by_page => {
            let number = paging::positive(query, pages.query())?.unwrap_or(1);
            let size = size.unwrap_or(PAGE).min(LARGEST_PAGE);
            (Start::At((number - 1).saturating_mul(size)), PAGE)
        }
        // All of it comes at once.
        _ => (Start::Chosen, total.max(1)),
    };
    let size = size.unwrap_or(usual).min(usual.max(LARGEST_PAGE));
    let start = match start {
        Start::At(start) => start.min(total),
        Start::Chosen => 0,
    };
    let shown: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let end = start + shown.len();
    let mut info = json!({ "count": shown.len(), "per_page": size });
    if pages.is_by_cursor() {
        let next = if end < total {
            write_cursor(operation, end)
        } else {
            Value::Null
        };
        return Ok(linked(operation, shown, info, next, sampler));
    }
    info["total_count"] = total.into();
    if pages.style != "offset" && pages.style != "keyset" {
        info["page"] = (start / size + 1).into();
        let of = if by_page { total.div_ceil(size) } else { 1 };
        info["total_pages"] = of.into();
    }
    Ok(dress(operation, shown, info, None, sampler))
}

/// For a list that continues at its last item: those before or after the bounds, in order.
fn select(pages: &PageStyle, query: &Query, items: &mut Vec<Value>) {
    let key = pages.text("key");
    let text = |item: &Value| item[key].as_str().unwrap_or_default().to_owned();
    if let Some(before) = pages.bound(query, "before") {
        items.retain(|item| compare(&text(item), before).is_lt());
    }
    if let Some(after) = pages.bound(query, "after") {
        items.retain(|item| compare(&text(item), after).is_gt());
    }
    items.sort_by(|a, b| compare(&text(a), &text(b)));
    if query.get("asc") != Some("true") {
        items.reverse();
    }
}

/// Compares points in time, whatever their spelling.
fn compare(a: &str, b: &str) -> Ordering {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (time(a), time(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

fn offset(query: &Query, name: &str) -> Result<usize, ApiError> {
    let text = query.get(name).unwrap_or("0");
    text.parse()
        .map_err(|_| ApiError::invalid_because(name, "is not a number of items"))
}

/// Where the cursor of a query leads.
fn cursor(operation: &Operation, query: &Query) -> Result<usize, ApiError> {
    let name = operation.pages.query();
    let Some(text) = query.get(name) else {
        return Ok(0);
    };
    let position = match is_number(operation) {
        true => text.parse().ok(),
        false => read_cursor(text),
    };
    position.ok_or_else(|| ApiError::invalid_because(name, "is not one that this list gave out"))
}

/// Some cursors are numbers in the description.
fn is_number(operation: &Operation) -> bool {
    let parameters = operation.query();
    let parameter = parameters.field(operation.pages.query());
    parameter.is_some_and(|parameter| check::fits(&parameter.schema, &json!(1)))
}

/// Cursors are opaque, so that nobody relies on their content.
fn write_cursor(operation: &Operation, position: usize) -> Value {
    if is_number(operation) {
        return position.into();
    }
    let position = position as u64;
    let hidden = position.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    format!("{hidden:016x}").into()
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

/// A page that links to the next one.
fn linked(
    operation: &Operation,
    items: Vec<Value>,
    mut info: Value,
    next: Value,
    sampler: Sampler<'_>,
) -> Reply {
    let pages = &operation.pages;
    if !pages.text("next").is_empty() {
        return dress(operation, items, info, Some(next), sampler);
    }
    let next = if next.is_null() { "".into() } else { next };
    if pages.query() == "page_token" {
        info["next_page_token"] = next;
    } else {
        // Products differ in where they put it, some even between replies.
        info["cursors"] = json!({ "after": next, "before": "" });
        info["cursor"] = next;
    }
    dress(operation, items, info, None, sampler)
}

/// The items in the operation's answer, and the next page's token if the result has it.
fn dress(
    operation: &Operation,
    items: Vec<Value>,
    info: Value,
    next: Option<Value>,
    sampler: Sampler<'_>,
) -> Reply {
    let schema = operation.result();
    let result = match schema.value() {
        Schema::List(_) | Schema::Any => Value::Array(items),
        object => {
            // What is around the items is known further down.
            let around = Sampler {
                made_up: &MadeUp::default(),
                ..sampler
            };
            let mut shown = super::show::show(object, &Map::new(), around);
            tell(object, &mut shown, &info);
            for part in [operation.pages.text("info"), "result_info"] {
                if let Some(part_schema) = field_at(object, part).filter(|_| !part.is_empty()) {
                    tell(&part_schema, place(&mut shown, part), &info);
                }
            }
            if let Some(next) = next {
                let at = operation.pages.text("next");
                let nothing = [Value::Null, "".into()];
                let mut all = [next].into_iter().chain(nothing);
                let field = field_at(object, at);
                // The last page has nothing to say where only a number can say it.
                let said = all.find(|value| field.as_ref().is_none_or(|s| check::fits(s, value)));
                if let Some(said) = said {
                    *place(&mut shown, at) = said;
                }
            }
            if object.field("success").is_some() {
                shown["success"] = true.into();
            }
            let at = listing::path(operation, &schema).join(".");
            if !at.is_empty() {
                *place(&mut shown, &at) = Value::Array(items);
            }
            shown
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

/// The schema at a path.
fn field_at(schema: &Schema, at: &str) -> Option<Schema> {
    path(at).try_fold(schema.value().clone(), |schema, name| {
        Some(schema.field(name)?.schema.value().clone())
    })
}

/// The value at a path, created if it is missing.
fn place<'v>(value: &'v mut Value, at: &str) -> &'v mut Value {
    path(at).fold(value, |value, name| {
        if !value.is_object() {
            *value = json!({});
        }
        &mut value[name]
    })
}

/// Sets the fields about a page that the object has.
fn tell(schema: &Schema, shown: &mut Value, info: &Value) {
    const SPELLINGS: &[(&str, &str)] = &[
        ("page", "page"),
        ("per_page", "per_page"),
        ("per_page", "pageSize"),
        ("count", "count"),
        ("total_count", "total_count"),
        ("total_count", "totalCount"),
        ("total_count", "total"),
        ("total_pages", "total_pages"),
        ("total_pages", "totalPages"),
    ];
    for (said, name) in SPELLINGS {
        let fits = |field: &super::schema::Field| check::fits(&field.schema, &info[said]);
        if !info[said].is_null() && schema.field(name).is_some_and(fits) {
            *place(shown, name) = info[said].clone();
        }
    }
}
