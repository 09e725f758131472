//! Lists: <https://developers.cloudflare.com/api/resources/rules/>.

mod items;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::identity::ZONES;
use crate::store::{Object, clock, text};

/// The code for an invalid list.
const INVALID: u32 = 10022;
const LONGEST_NAME: usize = 50;
const LONGEST_DESCRIPTION: usize = 500;

pub(super) struct Lists;

impl Product for Lists {
    fn name(&self) -> &'static str {
        "lists"
    }

    fn title(&self) -> &'static str {
        "Lists"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/rules/lists"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Account Rule Lists Read"), Group("Account Rule Lists Write"));
    let mut all = vec![
        Route::new(Method::GET, "accounts/{account_id}/rules/lists", read, list),
        Route::new(Method::POST, "accounts/{account_id}/rules/lists", write, create),
        Route::new(Method::GET, "accounts/{account_id}/rules/lists/{list_id}", read, get),
        Route::new(Method::PUT, "accounts/{account_id}/rules/lists/{list_id}", write, update),
        Route::new(Method::DELETE, "accounts/{account_id}/rules/lists/{list_id}", write, delete),
    ];
    all.extend(items::routes());
    all
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/rules/lists", call.param("account_id"))
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let list = call.store.get(&table(call), call.param("list_id"));
    list.ok_or_else(|| ApiError::not_found(10001, "could not find list"))
}

/// How many rules of the account and its zones name the list.
fn references(call: &Call<'_>, name: &str) -> usize {
    let account = call.param("account_id");
    let of_account = format!("accounts/{account}/rulesets");
    let zones = call
        .store
        .rows(ZONES)
        .filter(|zone| zone["account"]["id"] == account);
    let zones = zones.map(|zone| format!("zones/{}/rulesets", text(zone, "id")));
    let tables: Vec<String> = zones.chain([of_account]).collect();
    let rulesets = tables.iter().flat_map(|table| call.store.rows(table));
    let rules = rulesets
        .filter_map(|ruleset| ruleset.get("rules")?.as_array())
        .flatten();
    rules
        .filter(|rule| names(rule["expression"].as_str().unwrap_or_default(), name))
        .count()
}

/// Whether an expression has `$name`, and not just as the start of a longer one.
fn names(expression: &str, name: &str) -> bool {
    expression.split('$').skip(1).any(|rest| {
        let longer = |c: char| c.is_ascii_alphanumeric() || c == '_';
        rest.strip_prefix(name)
            .is_some_and(|rest| !rest.starts_with(longer))
    })
}

fn show(call: &Call<'_>, list: &Object) -> Value {
    let mut shown = list.clone();
    let references = references(call, text(list, "name"));
    shown.insert("num_referencing_filters".to_owned(), references.into());
    Value::Object(shown)
}

fn checked_description(body: &Object) -> Result<(), ApiError> {
    match text(body, "description").chars().count() > LONGEST_DESCRIPTION {
        true => Err(
            ApiError::invalid_because("description", "has at most 500 characters").coded(INVALID),
        ),
        false => Ok(()),
    }
}

fn list(call: &mut Call<'_>) -> Outcome {
    let rows = call.store.rows(&table(call));
    Ok(paging::whole(rows.map(|row| show(call, row)).collect()))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let (name, table) = (text(&body, "name"), table(call));
    let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(usual) {
        let why = "must have 1 to 50 lowercase letters, digits and underscores";
        return Err(ApiError::invalid_because("name", why).coded(INVALID));
    }
    checked_description(&body)?;
    if call.store.rows(&table).any(|row| text(row, "name") == name) {
        let message = "a list with this name already exists";
        return Err(ApiError::new(StatusCode::CONFLICT, 10014, message));
    }
    let now = clock::now_seconds();
    let list = object(json!({
        "id": ids::hex32(),
        "name": name,
        "kind": body["kind"],
        "description": text(&body, "description"),
        "num_items": 0,
        "num_referencing_filters": 0,
        "created_on": now,
        "modified_on": now,
    }));
    call.store.table_mut(&table).put(list.clone());
    Ok(Reply::result(show(call, &list)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(call, found(call)?)))
}

/// Only the description can be changed.
fn update(call: &mut Call<'_>) -> Outcome {
    let mut list = found(call)?.clone();
    let body = call.described(INVALID)?;
    checked_description(&body)?;
    list.insert("description".to_owned(), text(&body, "description").into());
    list.insert("modified_on".to_owned(), clock::now_seconds().into());
    let table = table(call);
    call.store.table_mut(&table).put(list.clone());
    Ok(Reply::result(show(call, &list)))
}

/// A list that rules name cannot be deleted.
fn delete(call: &mut Call<'_>) -> Outcome {
    let list = found(call)?;
    let references = references(call, text(list, "name"));
    if references > 0 {
        let message = format!("the list is used by {references} filters");
        return Err(ApiError::bad_request(INVALID, message));
    }
    let (table, id) = (table(call), call.params.get("list_id"));
    call.store.table_mut(&table).remove(id);
    call.store.remove_below(&format!("{table}/{id}"));
    Ok(Reply::id(id))
}
