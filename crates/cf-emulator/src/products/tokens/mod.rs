//! API tokens of the user and of accounts:
//! <https://developers.cloudflare.com/api/resources/user/subresources/tokens/>.

pub(crate) mod seed;
mod spec;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::authenticate::TokenRefusal;
use crate::access::groups;
use crate::access::permissions::Permission::{Group, SignedIn};
use crate::access::permissions::{self, ACCOUNT, USER, ZONE};
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::engine::seed::SeedError;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::merge;
use crate::http::paging::{self, PageSize};
use crate::store::credentials::TokenRef;
use crate::store::{Object, Store, clock, text};
pub use spec::{Token, TokenSpec};

/// The table of the user's tokens.
pub(crate) const OF_USER: &str = "user/tokens";

pub(crate) fn of_account(account_id: &str) -> String {
    format!("accounts/{account_id}/tokens")
}

/// The error for a token that is to be verified and is invalid.
const INVALID_API_TOKEN: TokenRefusal = TokenRefusal {
    status: StatusCode::UNAUTHORIZED,
    code: 1000,
    message: "Invalid API Token",
};

pub(super) struct Tokens;

impl Product for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn title(&self) -> &'static str {
        "API tokens"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/tokens", "user/tokens"]
    }

    fn seeds(&self) -> &'static [&'static str] {
        &["tokens"]
    }

    fn seed(&self, engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
        seed::seed(engine, seed)
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("API Tokens Read"), Group("API Tokens Write"));
    let account_read = Group("Account API Tokens Read");
    let account_write = Group("Account API Tokens Write");
    vec![
        Route::new(Method::GET, "user/tokens", read, list),
        Route::new(Method::POST, "user/tokens", write, create),
        Route::new(Method::GET, "user/tokens/verify", SignedIn, verify).refusing_tokens(INVALID_API_TOKEN),
        Route::new(Method::GET, "user/tokens/permission_groups", read, list_groups),
        Route::new(Method::GET, "user/tokens/{token_id}", read, get),
        Route::new(Method::PUT, "user/tokens/{token_id}", write, update),
        Route::new(Method::DELETE, "user/tokens/{token_id}", write, delete),
        Route::new(Method::PUT, "user/tokens/{token_id}/value", write, roll),
        Route::new(Method::GET, "accounts/{account_id}/tokens", account_read, list),
        Route::new(Method::POST, "accounts/{account_id}/tokens", account_write, create),
        Route::new(Method::GET, "accounts/{account_id}/tokens/verify", SignedIn, verify).refusing_tokens(INVALID_API_TOKEN),
        Route::new(Method::GET, "accounts/{account_id}/tokens/permission_groups", account_read, list_groups),
        Route::new(Method::GET, "accounts/{account_id}/tokens/{token_id}", account_read, get),
        Route::new(Method::PUT, "accounts/{account_id}/tokens/{token_id}", account_write, update),
        Route::new(Method::DELETE, "accounts/{account_id}/tokens/{token_id}", account_write, delete),
        Route::new(Method::PUT, "accounts/{account_id}/tokens/{token_id}/value", account_write, roll),
    ]
}

/// Adds a token and returns its identifier.
pub(crate) fn add(
    store: &mut Store,
    table: &str,
    fields: Object,
    value: String,
    unlimited: bool,
) -> String {
    let (id, now) = (ids::hex32(), clock::now_seconds());
    let mut token = fields;
    token.insert("id".to_owned(), id.clone().into());
    token.entry("status").or_insert_with(|| "active".into());
    token.insert("issued_on".to_owned(), now.clone().into());
    token.insert("modified_on".to_owned(), now.into());
    store.table_mut(table).put(token);
    let token = TokenRef {
        table: table.to_owned(),
        id: id.clone(),
        unlimited,
    };
    store.credentials_mut().add_token(value, token);
    id
}

/// The table that the path is about.
fn table(call: &Call<'_>) -> String {
    call.params
        .find("account_id")
        .map_or(OF_USER.to_owned(), of_account)
}

fn new_value(table: &str) -> String {
    ids::credential(match table {
        OF_USER => ids::USER_TOKEN,
        _ => ids::ACCOUNT_TOKEN,
    })
}

fn missing() -> ApiError {
    ApiError::not_found(1003, "API Token not found")
}

/// A token as replies show it: an expired one says so.
fn show(token: &Object) -> Object {
    let mut shown = token.clone();
    if clock::is_past(text(token, "expires_on")) {
        shown.insert("status".to_owned(), "expired".into());
    }
    shown
}

fn verify(call: &mut Call<'_>) -> Outcome {
    // A token is known only to its owner, and a key is not a token.
    let invalid = || ApiError::from(INVALID_API_TOKEN);
    let token = call
        .access
        .token()
        .filter(|t| t.table == table(call))
        .ok_or_else(invalid)?;
    let token = call
        .store
        .get(&token.table, &token.id)
        .ok_or_else(invalid)?;
    let shown: Object = ["id", "status", "not_before", "expires_on"]
        .into_iter()
        .filter_map(|field| Some((field.to_owned(), token.get(field)?.clone())))
        .collect();
    Ok(Reply::result(shown).with_message(10000, "This API Token is valid and active"))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let with_expired = call.query.one_of("include_expired", &["true", "false"])? != Some("false");
    let rows = call.store.rows(&table(call)).map(show);
    let shown: Vec<_> = rows
        .filter(|t| with_expired || text(t, "status") != "expired")
        .collect();
    let mut rows: Vec<_> = shown.iter().collect();
    paging::sort(&call.query, &[], None, &mut rows)?;
    paging::page(&call.query, PageSize::USUAL, &rows, |row| {
        Value::Object(row.clone())
    })
}

fn get(call: &mut Call<'_>) -> Outcome {
    let token = call.store.get(&table(call), call.param("token_id"));
    Ok(Reply::result(show(token.ok_or_else(missing)?)))
}

/// The only reply that has the secret.
fn create(call: &mut Call<'_>) -> Outcome {
    let mut body = call.json()?;
    check(&mut body, call.params.find("account_id").is_some())?;
    for field in ["id", "value", "status", "last_used_on"] {
        body.remove(field);
    }
    let table = table(call);
    let value = new_value(&table);
    let id = add(call.store, &table, body, value.clone(), false);
    let mut shown = show(call.store.get(&table, &id).ok_or_else(missing)?);
    shown.insert("value".to_owned(), value.into());
    Ok(Reply::result(shown))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let mut body = call.json()?;
    check(&mut body, call.params.find("account_id").is_some())?;
    if !matches!(
        text(&body, "status"),
        "" | "active" | "disabled" | "expired"
    ) {
        return Err(ApiError::invalid("status"));
    }
    let table = table(call);
    let id = call.params.get("token_id");
    let token = call
        .store
        .table_mut(&table)
        .get_mut(id)
        .ok_or_else(missing)?;
    // What an update leaves out is reset.
    for field in ["condition", "expires_on", "not_before"] {
        token.remove(field);
    }
    merge(
        token,
        body,
        &["id", "value", "issued_on", "modified_on", "last_used_on"],
    );
    token.insert("modified_on".to_owned(), clock::now_seconds().into());
    get(call)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let table = table(call);
    let id = call.params.get("token_id");
    call.store
        .table_mut(&table)
        .remove(id)
        .ok_or_else(missing)?;
    call.store.credentials_mut().remove_token(&table, id);
    Ok(Reply::id(id))
}

fn roll(call: &mut Call<'_>) -> Outcome {
    let table = table(call);
    let id = call.params.get("token_id");
    let token = call
        .store
        .table_mut(&table)
        .get_mut(id)
        .ok_or_else(missing)?;
    token.insert("modified_on".to_owned(), clock::now_seconds().into());
    let value = new_value(&table);
    call.store
        .credentials_mut()
        .roll_token(&table, id, value.clone());
    Ok(Reply::result(value))
}

fn list_groups(call: &mut Call<'_>) -> Outcome {
    let name = call.query.get("name").map(str::to_lowercase);
    let scope = call.query.get("scope");
    let of_account = call.params.find("account_id").is_some();
    let groups: Vec<_> = permissions::catalogue()
        .filter(|group| {
            let named = group["name"].as_str().unwrap_or_default().to_lowercase();
            name.as_ref().is_none_or(|name| named.contains(name))
                && scope.is_none_or(|scope| group["scopes"][0] == scope)
                && !(of_account && group["scopes"][0] == USER)
        })
        .collect();
    let count = groups.len();
    let info = json!({ "page": 1, "per_page": count, "count": count, "total_count": count });
    Ok(Reply::list(groups, info))
}

/// Checks a token in a body and completes its policies. A token of an account
/// cannot act for a user.
fn check(body: &mut Object, of_account: bool) -> Result<(), ApiError> {
    let name = text(body, "name");
    if name.is_empty() || name.len() > 120 {
        return Err(ApiError::invalid("name"));
    }
    for field in ["expires_on", "not_before"] {
        match body.get(field) {
            None => {}
            Some(Value::Null) => {
                body.remove(field);
            }
            Some(value) if value.as_str().is_some_and(clock::is_time) => {}
            Some(_) => return Err(ApiError::invalid(field)),
        }
    }
    let policies = body.get_mut("policies").and_then(Value::as_array_mut);
    let policies = policies
        .filter(|all| !all.is_empty())
        .ok_or_else(|| ApiError::invalid("policies"))?;
    policies
        .iter_mut()
        .try_for_each(|policy| check_policy(policy, of_account))
}

fn check_policy(policy: &mut Value, of_account: bool) -> Result<(), ApiError> {
    if policy["effect"] != "allow" && policy["effect"] != "deny" {
        return Err(ApiError::invalid("policies.effect"));
    }
    let resources = policy["resources"].as_object();
    let known = |key: &String| {
        [ZONE, ACCOUNT, USER]
            .iter()
            .any(|kind| key.starts_with(&format!("{kind}.")))
            || key.starts_with("com.cloudflare.edge.r2.bucket.")
    };
    if !resources.is_some_and(|all| !all.is_empty() && all.keys().all(known)) {
        return Err(ApiError::invalid("policies.resources"));
    }
    let groups = policy["permission_groups"].as_array_mut();
    let groups = groups.filter(|groups| !groups.is_empty());
    for group in groups.ok_or_else(|| ApiError::invalid("policies.permission_groups"))? {
        let known = group["id"]
            .as_str()
            .and_then(groups::by_id)
            .filter(|group| !(of_account && group.scope == USER))
            .ok_or_else(|| ApiError::invalid("policies.permission_groups.id"))?;
        group["name"] = known.name.into();
    }
    policy["id"] = ids::hex32().into();
    Ok(())
}
