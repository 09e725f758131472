//! Finding zones.

use serde_json::Value;

use super::{READ, TYPES, settle, show};
use crate::engine::call::Call;
use crate::http::domain;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::paging::{self, PageSize};
use crate::http::query::Query;
use crate::store::identity::ZONES;
use crate::store::{Object, text};

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    settle(call.store);
    let query = &call.query;
    let any = query.one_of("match", &["any", "all"])? == Some("any");
    query.one_of("status", &["initializing", "pending", "active", "moved"])?;
    if !query.all("type").all(|kind| TYPES.contains(&kind)) {
        return Err(ApiError::bad_request(1003, "Invalid query parameter type"));
    }
    let shown: Vec<_> = call
        .store
        .rows(ZONES)
        .filter(|zone| call.access.permits_zone(READ, zone))
        .map(|zone| show(call.store, &call.access, zone))
        .collect();
    let mut rows: Vec<_> = shown
        .iter()
        .filter(|zone| selects(query, zone, any))
        .collect();
    let orders = ["name", "status", "account.id", "account.name", "plan.id"];
    paging::sort(query, &orders, Some("name"), &mut rows)?;
    paging::page(query, PageSize::USUAL, &rows, |row| {
        Value::Object(row.clone())
    })
}

/// Whether a zone matches the filters of a query: all of them, or `any`.
fn selects(query: &Query, zone: &Object, any: bool) -> bool {
    let mut tests = ["name", "status", "account.id", "account.name"]
        .into_iter()
        .filter_map(|field| {
            let asked = query.get(field)?;
            let value = paging::lookup(zone, field);
            let value = value.as_str().unwrap_or_default();
            Some(match field {
                "name" => is_called(value, asked),
                _ => compares(value, asked),
            })
        })
        .chain(
            query
                .get("type")
                .map(|_| query.all("type").any(|kind| text(zone, "type") == kind)),
        )
        .peekable();
    if any && tests.peek().is_some() {
        tests.any(|hit| hit)
    } else {
        tests.all(|hit| hit)
    }
}

/// Compares names, in ASCII: a zone has two spellings.
fn is_called(name: &str, asked: &str) -> bool {
    let asked = match asked.split_once(':') {
        Some((operator, asked)) => format!("{operator}:{}", domain::to_ascii(asked)),
        None => domain::to_ascii(asked),
    };
    compares(&domain::to_ascii(name), &asked)
}

/// Compares with `operator:value`, or for equality without an operator.
fn compares(value: &str, asked: &str) -> bool {
    let (value, asked) = (value.to_lowercase(), asked.to_lowercase());
    match asked.split_once(':') {
        Some(("equal", asked)) => value == asked,
        Some(("not_equal", asked)) => value != asked,
        Some(("contains", asked)) => value.contains(asked),
        Some(("starts_with", asked)) => value.starts_with(asked),
        Some(("ends_with", asked)) => value.ends_with(asked),
        _ => value == asked,
    }
}
