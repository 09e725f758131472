//! The initial content of every emulator.

use serde_json::json;

use crate::access::{groups, permissions};
use crate::http::json::object;
use crate::products::{accounts, tokens, user};
use crate::store::identity::ACCOUNTS;
use crate::store::{Object, Store, text};

/// Makes the builder's credentials valid for an existing state, and returns
/// the identifier of its first account.
pub(crate) fn resume(
    store: &mut Store,
    email: &str,
    api_key: Option<String>,
    token: &str,
) -> String {
    if let Some(key) = api_key {
        store.credentials_mut().add_api_key(email, key);
    }
    if store.credentials().token(token).is_none() {
        unlimited(store, token);
    }
    let first = store
        .rows(ACCOUNTS)
        .next()
        .map(|account| text(account, "id").to_owned());
    first.unwrap_or_else(|| accounts::add(store, &format!("{email}'s Account"), Object::new()))
}

fn unlimited(store: &mut Store, token: &str) {
    let policies = permissions::policies(groups::all().iter(), None);
    let fields = object(json!({ "name": "all permissions", "policies": policies }));
    tokens::add(store, tokens::OF_USER, fields, token.to_owned(), true);
}

/// Adds what every emulator has: a user, an account and a token for everything.
pub(crate) fn basics(
    store: &mut Store,
    email: &str,
    api_key: Option<String>,
    token: &str,
) -> String {
    user::create(store, email);
    if let Some(key) = api_key {
        store.credentials_mut().add_api_key(email, key);
    }
    unlimited(store, token);
    accounts::add(store, &format!("{email}'s Account"), Object::new())
}
