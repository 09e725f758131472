//! Items of lists, and the operations that change many of them.

use std::collections::HashMap;

use http::Method;
use serde_json::{Value, json};

use super::found;
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, ip, paging};
use crate::store::{Object, clock, pending, text};

#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Account Rule Lists Read"), Group("Account Rule Lists Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/rules/lists/{list_id}/items", read, list),
        Route::new(Method::POST, "accounts/{account_id}/rules/lists/{list_id}/items", write, add),
        Route::new(Method::PUT, "accounts/{account_id}/rules/lists/{list_id}/items", write, replace),
        Route::new(Method::DELETE, "accounts/{account_id}/rules/lists/{list_id}/items", write, remove),
        Route::new(Method::GET, "accounts/{account_id}/rules/lists/{list_id}/items/{item_id}", read, get),
        Route::new(Method::GET, "accounts/{account_id}/rules/lists/bulk_operations/{operation_id}", read, operation),
    ]
}

/// Where the items of the list in the path are, and the kind of that list.
fn items(call: &Call<'_>) -> Result<(String, String), ApiError> {
    let (lists, id) = (super::table(call), call.param("list_id"));
    let list = found(call)?;
    Ok((format!("{lists}/{id}/items"), text(list, "kind").to_owned()))
}

/// The identity of an item; no two items of a list have the same.
fn identity(kind: &str, item: &Object) -> Result<String, ApiError> {
    let invalid = |why: &str| ApiError::bad_request(10022, format!("invalid list item: {why}"));
    match kind {
        "ip" => {
            let ip = text(item, "ip");
            let range = ip::range(ip).map(|_| ip.to_lowercase());
            range.ok_or_else(|| invalid(&format!("{ip:?} is not an IP address or range")))
        }
        "asn" => match item.get("asn").and_then(Value::as_u64) {
            Some(asn) if u32::try_from(asn).is_ok() => Ok(asn.to_string()),
            _ => Err(invalid("asn is not an AS number")),
        },
        "hostname" => match item
            .get("hostname")
            .and_then(|name| name["url_hostname"].as_str())
        {
            Some(name) if !name.is_empty() => Ok(name.to_lowercase()),
            _ => Err(invalid("hostname.url_hostname is missing")),
        },
        _ => {
            let redirect = item.get("redirect").unwrap_or(&Value::Null);
            match (
                redirect["source_url"].as_str(),
                redirect["target_url"].as_str(),
            ) {
                (Some(source), Some(target)) if !source.is_empty() && !target.is_empty() => {
                    Ok(source.to_lowercase())
                }
                _ => Err(invalid("redirect needs source_url and target_url")),
            }
        }
    }
}

/// The items of the body, each with its identity. All are checked before the
/// first is written.
fn checked(call: &Call<'_>, kind: &str) -> Result<Vec<(String, Object)>, ApiError> {
    let Value::Array(all) = call.any_json()? else {
        return Err(ApiError::bad_request(
            10026,
            "the body must be a list of items",
        ));
    };
    all.into_iter()
        .map(|item| {
            let item = object(item);
            Ok((identity(kind, &item)?, item))
        })
        .collect()
}

fn write(
    call: &mut Call<'_>,
    table: &str,
    kind: &str,
    new: Vec<(String, Object)>,
    before: Vec<Object>,
) -> Outcome {
    let rows = call.store.rows(table);
    let known: HashMap<String, Object> = rows
        .filter_map(|row| Some((identity(kind, row).ok()?, row.clone())))
        .collect();
    for (identity, mut item) in new {
        let known = known.get(&identity);
        let now = clock::now();
        let kept =
            |field: &str, fresh: String| known.map_or(fresh, |row| text(row, field).to_owned());
        item.insert("id".to_owned(), kept("id", ids::hex32()).into());
        item.insert(
            "created_on".to_owned(),
            kept("created_on", now.clone()).into(),
        );
        item.insert("modified_on".to_owned(), now.into());
        call.store.table_mut(table).put(item);
    }
    done(call, table, before)
}

/// Records the operation, which the API processes after its reply. While it is pending, the items are those `before`.
fn done(call: &mut Call<'_>, table: &str, before: Vec<Object>) -> Outcome {
    let (lists, list) = (super::table(call), call.params.get("list_id"));
    let id = ids::hex32();
    let mut operation = object(json!({ "id": id, "status": "pending", "_list": list }));
    if pending::begin(call.store, &mut operation) {
        let known = call.store.document(&before_path(table));
        let rows = known.map_or_else(|| json!(before), |known| known["rows"].clone());
        let before = json!({ "operation": id, "rows": rows });
        call.store.set_document(before_path(table), before);
    } else {
        complete(call, &mut operation);
    }
    call.store
        .table_mut(&format!("{lists}/bulk_operations"))
        .put(operation);
    Ok(Reply::result(json!({ "operation_id": id })))
}

/// Where the items are that a list had before a pending operation.
fn before_path(table: &str) -> String {
    format!("{table}/before")
}

/// Completes an operation: its effect becomes visible.
fn complete(call: &mut Call<'_>, operation: &mut Object) {
    operation.insert("status".to_owned(), "completed".into());
    operation.insert("completed".to_owned(), clock::now().into());
    let lists = super::table(call);
    let list = text(operation, "_list").to_owned();
    let table = format!("{lists}/{list}/items");
    let before = before_path(&table);
    let own = |before: &Value| before["operation"] == operation["id"];
    if call.store.document(&before).is_some_and(own) {
        call.store.remove_document(&before);
    }
    let count = call.store.table(&table).map_or(0, |rows| rows.len());
    if let Some(list) = call.store.table_mut(&lists).get_mut(&list) {
        list.insert("num_items".to_owned(), count.into());
        list.insert("modified_on".to_owned(), clock::now().into());
    }
}

/// Completes the operations whose time is over.
fn settle(call: &mut Call<'_>) {
    let operations = format!("{}/bulk_operations", super::table(call));
    let over = call
        .store
        .rows(&operations)
        .filter(|row| pending::is_over(row));
    for mut operation in over.cloned().collect::<Vec<_>>() {
        if !pending::poll(&mut operation) {
            complete(call, &mut operation);
            call.store.table_mut(&operations).put(operation);
        }
    }
}

/// The items as they are seen: without the effect of a pending operation.
fn visible(call: &mut Call<'_>, table: &str) -> Vec<Object> {
    settle(call);
    match call.store.document(&before_path(table)) {
        Some(before) => {
            let rows = before["rows"].as_array().into_iter().flatten();
            rows.cloned().map(object).collect()
        }
        None => call.store.rows(table).cloned().collect(),
    }
}

fn add(call: &mut Call<'_>) -> Outcome {
    let (table, kind) = items(call)?;
    let new = checked(call, &kind)?;
    let before = visible(call, &table);
    write(call, &table, &kind, new, before)
}

fn replace(call: &mut Call<'_>) -> Outcome {
    let (table, kind) = items(call)?;
    let new = checked(call, &kind)?;
    let before = visible(call, &table);
    call.store.remove_table(&table);
    write(call, &table, &kind, new, before)
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let (table, _) = items(call)?;
    let body = call.object()?;
    let doomed = body
        .get("items")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::invalid("items"))?;
    let before = visible(call, &table);
    for item in doomed {
        call.store
            .table_mut(&table)
            .remove(item["id"].as_str().unwrap_or_default());
    }
    done(call, &table, before)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let (table, kind) = items(call)?;
    let size = paging::positive(&call.query, "per_page")?
        .unwrap_or(25)
        .min(500);
    let search = call
        .query
        .get("search")
        .map(str::to_lowercase)
        .unwrap_or_default();
    let start = match call.query.get("cursor") {
        None => 0,
        Some(cursor) => {
            let position = paging::position(cursor).and_then(|text| text.parse::<usize>().ok());
            position.ok_or_else(|| ApiError::bad_request(10025, "invalid cursor"))?
        }
    };
    let rows = visible(call, &table);
    let found: Vec<_> = rows
        .iter()
        .filter(|row| identity(&kind, row).is_ok_and(|key| key.contains(&search)))
        .collect();
    let shown: Vec<Value> = found
        .iter()
        .skip(start)
        .take(size)
        .map(|row| Value::Object((*row).clone()))
        .collect();
    let cursor = |position: usize| paging::cursor(&position.to_string());
    let mut cursors = json!({});
    if start + shown.len() < found.len() {
        cursors["after"] = cursor(start + shown.len()).into();
    }
    if start > 0 {
        cursors["before"] = cursor(start.saturating_sub(size)).into();
    }
    Ok(Reply::list(shown, json!({ "cursors": cursors })))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let (table, _) = items(call)?;
    let rows = visible(call, &table);
    let mut rows = rows.into_iter();
    let item = rows.find(|row| text(row, "id") == call.param("item_id"));
    let missing = || ApiError::not_found(10002, "could not find item in list");
    Ok(Reply::result(item.ok_or_else(missing)?))
}

fn operation(call: &mut Call<'_>) -> Outcome {
    let table = format!("{}/bulk_operations", super::table(call));
    let found = call.store.get(&table, call.param("operation_id"));
    let missing = || ApiError::not_found(10003, "could not find bulk operation");
    let mut operation = found.ok_or_else(missing)?.clone();
    if pending::is_marked(&operation) {
        if pending::poll(&mut operation) {
            operation.insert("status".to_owned(), "running".into());
        } else {
            complete(call, &mut operation);
        }
        call.store.table_mut(&table).put(operation.clone());
    }
    operation.retain(|field, _| !field.starts_with('_'));
    Ok(Reply::result(operation))
}
