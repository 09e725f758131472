//! Addresses that mail can be forwarded to, once their owners agree.

use http::StatusCode;
use serde_json::{Value, json};

use super::{INVALID, PAGE, refused};
use crate::engine::call::Call;
use crate::engine::{Engine, lock};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging;
use crate::store::identity::USER;
use crate::store::{Object, Store, clock, text};

const LONGEST: usize = 90;

fn table(account_id: &str) -> String {
    format!("accounts/{account_id}/email/routing/addresses")
}

fn found(call: &Call<'_>) -> Result<Object, ApiError> {
    let table = table(call.param("account_id"));
    let address = call
        .store
        .get(&table, call.param("destination_address_identifier"));
    address
        .cloned()
        .ok_or_else(|| ApiError::not_found(2015, "Email address not found"))
}

fn named<'a>(store: &'a Store, table: &str, email: &str) -> Option<&'a Object> {
    store
        .rows(table)
        .find(|row| text(row, "email").eq_ignore_ascii_case(email))
}

/// Whether mail can be forwarded to an address.
pub(super) fn is_verified(store: &Store, account_id: &str, email: &str) -> bool {
    let address = named(store, &table(account_id), email);
    address.is_some_and(|address| address.contains_key("verified"))
}

/// Verifies an address. Returns when that was.
pub(super) fn verify(engine: &Engine, account_id: &str, email: &str) -> Result<String, String> {
    let mut store = lock(&engine.store);
    let table = table(account_id);
    let Some(mut address) = named(&store, &table, email).cloned() else {
        return Err(format!("the account has no address {email}"));
    };
    let now = clock::now();
    address.entry("verified").or_insert_with(|| now.into());
    let verified = text(&address, "verified").to_owned();
    store.table_mut(&table).put(address);
    Ok(verified)
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let verified = call.query.one_of("verified", &["true", "false"])?;
    let rows = call.store.rows(&table(call.param("account_id")));
    let rows = rows.filter(|row| {
        verified.is_none_or(|wanted| row.contains_key("verified") == (wanted == "true"))
    });
    let mut rows: Vec<&Object> = rows.collect();
    if call.query.one_of("direction", &["asc", "desc"])? == Some("desc") {
        rows.reverse();
    }
    paging::page(&call.query, PAGE, &rows, |row| Value::Object(row.clone()))
}

/// The user's own address needs no mail.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let email = text(&body, "email");
    let is_email = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@')
    });
    if !is_email || email.len() > LONGEST || email.contains(char::is_whitespace) {
        return Err(refused(
            "email",
            "must be an address of at most 90 characters",
        ));
    }
    let table = table(call.param("account_id"));
    if named(call.store, &table, email).is_some() {
        let message = "the address has been added before";
        return Err(ApiError::new(StatusCode::CONFLICT, INVALID, message));
    }
    let (id, now) = (ids::hex32(), clock::now());
    let mut address = object(json!({
        "id": id,
        "tag": id,
        "email": email,
        "created": now,
        "modified": now,
    }));
    let own = call
        .store
        .document(USER)
        .is_some_and(|user| user["email"] == email);
    if own {
        address.insert("verified".to_owned(), now.into());
    }
    call.store.table_mut(&table).put(address.clone());
    Ok(Reply::result(address))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?))
}

/// Sets whether an address is verified.
pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    let mut address = found(call)?;
    let body = call.described(INVALID)?;
    match text(&body, "status") {
        "verified" => {
            address
                .entry("verified")
                .or_insert_with(|| clock::now().into());
        }
        _ => drop(address.remove("verified")),
    }
    address.insert("modified".to_owned(), clock::now().into());
    let table = table(call.param("account_id"));
    call.store.table_mut(&table).put(address.clone());
    Ok(Reply::result(address))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let address = found(call)?;
    let table = table(call.param("account_id"));
    call.store.table_mut(&table).remove(text(&address, "id"));
    Ok(Reply::result(address))
}
