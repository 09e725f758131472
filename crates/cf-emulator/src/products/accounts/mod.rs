//! Accounts: <https://developers.cloudflare.com/api/resources/accounts/>.

mod members;
mod memberships;
mod rows;
pub(crate) mod seed;

use http::Method;
use serde_json::{Value, json};

use super::{tokens, zones};
use crate::access::permissions::Permission::Group;
use crate::access::permissions::Target;
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::engine::seed::SeedError;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge, merge_deep};
use crate::http::paging::{self, PageSize};
use crate::store::identity::ACCOUNTS;
use crate::store::{Object, Store, clock, text};

const READ: &str = "Account Settings Read";
const WRITE: &str = "Account Settings Write";

pub(super) struct Accounts;

impl Product for Accounts {
    fn name(&self) -> &'static str {
        "accounts"
    }

    fn title(&self) -> &'static str {
        "Accounts"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/members", "accounts/{}/roles", "memberships"]
    }

    fn seeds(&self) -> &'static [&'static str] {
        &["accounts"]
    }

    fn seed(&self, engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
        seed::seed(engine, seed)
    }
}

fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(Method::GET, "accounts", Group(READ), list),
        Route::new(Method::POST, "accounts", Group(WRITE), create),
        Route::new(Method::GET, "accounts/{account_id}", Group(READ), get),
        Route::new(Method::PUT, "accounts/{account_id}", Group(WRITE), update),
        Route::new(
            Method::DELETE,
            "accounts/{account_id}",
            Group(WRITE),
            delete,
        ),
    ];
    routes.extend(members::routes());
    routes.extend(memberships::routes());
    routes
}

/// Adds an account that the user is a member of.
pub(crate) fn add(store: &mut Store, name: &str, fields: Object) -> String {
    let mut account = fields;
    let id = ids::take(&mut account);
    let defaults = json!({
        "enforce_twofactor": false,
        "api_access_enabled": null,
        "access_approval_expiry": null,
        "use_account_custom_ns_by_default": false,
        "default_nameservers": "cloudflare.standard",
        "abuse_contact_email": null,
    });
    let mut settings = defaults;
    if let Some(given) = account.remove("settings") {
        merge_deep(&mut settings, given);
    }
    account.insert("id".to_owned(), id.clone().into());
    account.insert("name".to_owned(), name.into());
    account.entry("type").or_insert_with(|| "standard".into());
    account.insert("settings".to_owned(), settings);
    account.insert(
        "legacy_flags".to_owned(),
        json!({
            "enterprise_zone_quota": { "maximum": 0, "current": 0, "available": 0 },
        }),
    );
    account.insert("created_on".to_owned(), clock::now().into());
    store.table_mut(ACCOUNTS).put(account);
    members::add_user(store, &id);
    id
}

fn list(call: &mut Call<'_>) -> Outcome {
    let name = call.query.get("name").map(str::to_lowercase);
    let mut rows: Vec<_> = call
        .store
        .rows(ACCOUNTS)
        .filter(|account| {
            call.access
                .permits(READ, Target::Account(text(account, "id")))
        })
        .filter(|account| {
            name.as_ref()
                .is_none_or(|name| text(account, "name").to_lowercase().contains(name))
        })
        .collect();
    paging::sort(&call.query, &["name"], None, &mut rows)?;
    paging::page(&call.query, PageSize::USUAL, &rows, |row| {
        Value::Object(row.clone())
    })
}

fn create(call: &mut Call<'_>) -> Outcome {
    let mut body = call.json()?;
    let name = checked_name(&body)?.to_owned();
    check_type(&body)?;
    body.remove("id");
    let id = add(call.store, &name, body);
    show(call.store, &id)
}

fn get(call: &mut Call<'_>) -> Outcome {
    show(call.store, call.param("account_id"))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let mut body = call.json()?;
    checked_name(&body)?;
    check_type(&body)?;
    let id = call.params.get("account_id");
    let settings = body.remove("settings");
    if let Some(account) = call.store.table_mut(ACCOUNTS).get_mut(id) {
        merge(account, body, &["id", "created_on", "legacy_flags"]);
        if let (Some(old), Some(new)) = (account.get_mut("settings"), settings) {
            merge_deep(old, new);
        }
    }
    show(call.store, id)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("account_id");
    zones::remove_of_account(call.store, id);
    members::remove_of_account(call.store, id);
    call.store
        .credentials_mut()
        .remove_table(&tokens::of_account(id));
    call.store.table_mut(ACCOUNTS).remove(id);
    call.store.remove_below(&format!("{ACCOUNTS}/{id}"));
    Ok(Reply::id(id))
}

fn show(store: &Store, id: &str) -> Outcome {
    let account = store.get(ACCOUNTS, id).cloned().map(Value::Object);
    Ok(Reply::result(account.unwrap_or_default()))
}

fn checked_name(body: &Object) -> Result<&str, ApiError> {
    let name = text(body, "name");
    if name.is_empty() || name.len() > 100 {
        Err(ApiError::invalid("name"))
    } else {
        Ok(name)
    }
}

fn check_type(body: &Object) -> Result<(), ApiError> {
    match body.get("type") {
        Some(kind) if kind != "standard" && kind != "enterprise" => Err(ApiError::invalid("type")),
        _ => Ok(()),
    }
}
