//! The secrets store: stores, and secrets whose values only Workers get:
//! <https://developers.cloudflare.com/api/resources/secrets_store/>.

mod secrets;

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging::{self, PageSize};
use crate::store::{Object, clock, text};

/// The code for invalid requests and for what does not exist; the message says
/// which.
const REFUSED: u32 = 1001;
/// The code for what there can be only one of.
const TAKEN: u32 = 1003;
/// How many stores an account can have.
const MOST_STORES: usize = 1;
/// How many secrets an account can have.
const MOST_SECRETS: usize = 100;

const PAGE: PageSize = PageSize {
    default: 20,
    min: 5,
    max: 100,
};

pub(super) struct SecretsStore;

impl Product for SecretsStore {
    fn name(&self) -> &'static str {
        "secrets_store"
    }

    fn title(&self) -> &'static str {
        "Secrets store"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/secrets_store"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Secrets Store Read"), Group("Secrets Store Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/secrets_store/quota", read, quota),
        Route::new(Method::GET, "accounts/{account_id}/secrets_store/stores", read, list),
        Route::new(Method::POST, "accounts/{account_id}/secrets_store/stores", write, create),
        Route::new(Method::GET, "accounts/{account_id}/secrets_store/stores/{store_id}", read, get),
        Route::new(Method::DELETE, "accounts/{account_id}/secrets_store/stores/{store_id}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/secrets_store/stores/{store_id}/secrets", read, secrets::list),
        Route::new(Method::POST, "accounts/{account_id}/secrets_store/stores/{store_id}/secrets", write, secrets::create),
        Route::new(Method::DELETE, "accounts/{account_id}/secrets_store/stores/{store_id}/secrets", write, secrets::delete_many),
        Route::new(Method::GET, "accounts/{account_id}/secrets_store/stores/{store_id}/secrets/{secret_id}", read, secrets::get),
        Route::new(Method::PATCH, "accounts/{account_id}/secrets_store/stores/{store_id}/secrets/{secret_id}", write, secrets::edit),
        Route::new(Method::DELETE, "accounts/{account_id}/secrets_store/stores/{store_id}/secrets/{secret_id}", write, secrets::delete),
        Route::new(Method::POST, "accounts/{account_id}/secrets_store/stores/{store_id}/secrets/{secret_id}/duplicate", write, secrets::duplicate),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/secrets_store/stores", call.param("account_id"))
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let store = call.store.get(&table(call), call.param("store_id"));
    store.ok_or_else(|| ApiError::not_found(REFUSED, "store_not_found"))
}

fn refused(message: &str) -> ApiError {
    ApiError::bad_request(REFUSED, message)
}

/// How many secrets the account has.
fn count(call: &Call<'_>) -> usize {
    let stores = call.store.rows(&table(call));
    let counts = stores.map(|store| {
        call.store
            .rows(&secrets::table(call, text(store, "id")))
            .count()
    });
    counts.sum()
}

fn quota(call: &mut Call<'_>) -> Outcome {
    let usage = count(call);
    Ok(Reply::result(
        json!({ "secrets": { "quota": MOST_SECRETS, "usage": usage } }),
    ))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let mut rows: Vec<&Object> = call.store.rows(&table(call)).collect();
    paging::sort(
        &call.query,
        &["name", "created", "modified"],
        None,
        &mut rows,
    )?;
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(REFUSED)?;
    let name = text(&body, "name");
    if name.is_empty() {
        return Err(refused("store_name_empty"));
    }
    let table = table(call);
    if call.store.rows(&table).count() >= MOST_STORES {
        return Err(ApiError::bad_request(TAKEN, "maximum_stores_exceeded"));
    }
    let now = clock::now();
    let store = object(json!({
        "id": ids::hex32(),
        "name": name,
        "account_id": call.param("account_id"),
        "created": now,
        "modified": now,
    }));
    call.store.table_mut(&table).put(store.clone());
    Ok(Reply::result(store))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?.clone()))
}

/// Deletes a store. One with secrets needs `force`.
fn delete(call: &mut Call<'_>) -> Outcome {
    let store = found(call)?.clone();
    let (table, id) = (table(call), text(&store, "id"));
    let is_empty = call.store.rows(&secrets::table(call, id)).next().is_none();
    if !is_empty && call.query.get("force") != Some("true") {
        return Err(refused("store_not_empty"));
    }
    call.store.table_mut(&table).remove(id);
    call.store.remove_below(&format!("{table}/{id}"));
    Ok(Reply::result(Value::Null))
}
