//! Hyperdrive configurations:
//! <https://developers.cloudflare.com/api/resources/hyperdrive/>. Nothing
//! connects to the databases, and their passwords come back nowhere.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge_deep, object};
use crate::http::paging::{self, PageSize};
use crate::store::{Object, clock, text};

/// The code for all invalid requests.
const INVALID: u32 = 2007;
/// The fields of an origin that only the database needs to know.
const SECRETS: &[&str] = &["password", "access_client_secret"];

const PAGE: PageSize = PageSize {
    default: 20,
    min: 1,
    max: 100,
};

pub(super) struct Hyperdrive;

impl Product for Hyperdrive {
    fn name(&self) -> &'static str {
        "hyperdrive"
    }

    fn title(&self) -> &'static str {
        "Hyperdrive"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/hyperdrive"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Hyperdrive Read"), Group("Hyperdrive Write"));
    vec![
        Route::new(Method::GET, "accounts/{account_id}/hyperdrive/configs", read, list),
        Route::new(Method::POST, "accounts/{account_id}/hyperdrive/configs", write, create),
        Route::new(Method::GET, "accounts/{account_id}/hyperdrive/configs/{hyperdrive_id}", read, get),
        Route::new(Method::PUT, "accounts/{account_id}/hyperdrive/configs/{hyperdrive_id}", write, update),
        Route::new(Method::PATCH, "accounts/{account_id}/hyperdrive/configs/{hyperdrive_id}", write, edit),
        Route::new(Method::DELETE, "accounts/{account_id}/hyperdrive/configs/{hyperdrive_id}", write, delete),
        Route::new(Method::POST, "accounts/{account_id}/hyperdrive/configs/{hyperdrive_id}/restart", write, restart),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/hyperdrive/configs", call.param("account_id"))
}

fn found(call: &Call<'_>) -> Result<Object, ApiError> {
    let config = call.store.get(&table(call), call.param("hyperdrive_id"));
    let missing = || ApiError::not_found(2006, "Hyperdrive config not found");
    config.cloned().ok_or_else(missing)
}

fn refused(field: &str, why: &str) -> ApiError {
    ApiError::invalid_because(field, why).coded(INVALID)
}

/// Stores a configuration, and shows it.
fn put(call: &mut Call<'_>, mut config: Object) -> Outcome {
    config.insert("modified_on".to_owned(), clock::now().into());
    let table = table(call);
    call.store.table_mut(&table).put(config.clone());
    Ok(Reply::result(config))
}

/// What a configuration has if nobody says otherwise.
fn new_config() -> Value {
    json!({
        "caching": { "disabled": false, "max_age": 60, "stale_while_revalidate": 15 },
        "mtls": {},
        "origin_connection_limit": 60,
    })
}

/// Adds the fields of a body to a configuration. How an origin is reached
/// replaces another way as a whole.
fn apply(config: &mut Value, mut body: Object) -> Result<(), ApiError> {
    body.retain(|_, value| !value.is_null());
    for field in ["id", "created_on", "modified_on", "restarted_on"] {
        body.remove(field);
    }
    if let Some(Value::Object(origin)) = body.get_mut("origin") {
        SECRETS
            .iter()
            .for_each(|secret| drop(origin.remove(*secret)));
        let reaches = ["access_client_id", "service_id", "port"];
        if reaches.iter().any(|field| origin.contains_key(*field))
            && let Some(Value::Object(known)) = config.get_mut("origin")
        {
            reaches.iter().for_each(|field| drop(known.remove(*field)));
        }
    }
    merge_deep(config, Value::Object(body));
    if let Some(Value::Object(origin)) = config.get("origin") {
        for field in ["database", "user", "host"] {
            if origin.get(field).is_some_and(|value| value == "") {
                return Err(refused(&format!("origin.{field}"), "must not be empty"));
            }
        }
    }
    // Without caching, its times say nothing.
    if let Some(Value::Object(caching)) = config.get_mut("caching")
        && caching.get("disabled") == Some(&Value::Bool(true))
    {
        caching.retain(|field, _| field == "disabled");
    }
    Ok(())
}

fn check_name(call: &Call<'_>, name: &str, own_id: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(refused("name", "must not be empty"));
    }
    let table = table(call);
    let mut others = call
        .store
        .rows(&table)
        .filter(|row| text(row, "id") != own_id);
    match others.any(|row| text(row, "name") == name) {
        true => Err(ApiError::new(
            StatusCode::CONFLICT,
            2017,
            "A Hyperdrive config with the given name already exists",
        )),
        false => Ok(()),
    }
}

fn list(call: &mut Call<'_>) -> Outcome {
    let rows: Vec<&Object> = call.store.rows(&table(call)).collect();
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    check_name(call, text(&body, "name"), "")?;
    let mut config = new_config();
    apply(&mut config, body)?;
    config["id"] = ids::hex32().into();
    config["created_on"] = clock::now().into();
    put(call, object(config))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?))
}

/// Replaces a configuration.
fn update(call: &mut Call<'_>) -> Outcome {
    let old = found(call)?;
    let body = call.described(INVALID)?;
    check_name(call, text(&body, "name"), text(&old, "id"))?;
    let mut config = new_config();
    apply(&mut config, body)?;
    for kept in ["id", "created_on"] {
        config[kept] = old[kept].clone();
    }
    put(call, object(config))
}

/// Changes what the body names.
fn edit(call: &mut Call<'_>) -> Outcome {
    let old = found(call)?;
    let body = call.described(INVALID)?;
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        check_name(call, name, text(&old, "id"))?;
    }
    let mut config = Value::Object(old);
    apply(&mut config, body)?;
    put(call, object(config))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let config = found(call)?;
    let table = table(call);
    call.store.table_mut(&table).remove(text(&config, "id"));
    Ok(Reply::result(Value::Null))
}

fn restart(call: &mut Call<'_>) -> Outcome {
    let mut config = found(call)?;
    config.insert("restarted_on".to_owned(), clock::now().into());
    put(call, config)
}
