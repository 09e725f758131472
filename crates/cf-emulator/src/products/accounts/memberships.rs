//! The user's memberships in accounts:
//! <https://developers.cloudflare.com/api/resources/memberships/>.

use http::Method;
use serde_json::Value;

use super::rows::{MEMBERSHIPS, remove_member};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::paging::{self, PageSize};
use crate::store::identity::ACCOUNTS;
use crate::store::{Object, Store, text};

pub(crate) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Memberships Read"), Group("Memberships Write"));
    vec![
        Route::new(Method::GET, "memberships", read, list),
        Route::new(Method::GET, "memberships/{membership_id}", read, get),
        Route::new(Method::PUT, "memberships/{membership_id}", write, update),
        Route::new(Method::DELETE, "memberships/{membership_id}", write, delete),
    ]
}

/// A membership with its account's current state.
fn show(store: &Store, membership: &Object) -> Object {
    let mut shown = membership.clone();
    if let Some(account) = store.get(ACCOUNTS, account_id(membership)) {
        shown.insert("account".to_owned(), account.clone().into());
    }
    shown
}

fn account_id(membership: &Object) -> &str {
    membership
        .get("account")
        .and_then(|account| account["id"].as_str())
        .unwrap_or_default()
}

fn missing() -> ApiError {
    ApiError::not_found(1003, "Membership not found")
}

fn list(call: &mut Call<'_>) -> Outcome {
    let query = &call.query;
    let status = query.one_of("status", &["accepted", "pending", "rejected"])?;
    let name = query
        .get("account.name")
        .or_else(|| query.get("name"))
        .map(str::to_lowercase);
    let shown: Vec<_> = call
        .store
        .rows(MEMBERSHIPS)
        .map(|row| show(call.store, row))
        .collect();
    let mut rows: Vec<_> = shown
        .iter()
        .filter(|row| status.is_none_or(|status| text(row, "status") == status))
        .filter(|row| {
            let account = paging::lookup(row, "account.name")
                .as_str()
                .unwrap_or_default();
            name.as_ref()
                .is_none_or(|name| account.to_lowercase().contains(name))
        })
        .collect();
    paging::sort(query, &["id", "account.name", "status"], None, &mut rows)?;
    paging::page(query, PageSize::USUAL, &rows, |row| {
        Value::Object(row.clone())
    })
}

fn get(call: &mut Call<'_>) -> Outcome {
    let membership = call
        .store
        .get(MEMBERSHIPS, call.param("membership_id"))
        .ok_or_else(missing)?;
    Ok(Reply::result(show(call.store, membership)))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let changes = call.json()?;
    let status = match text(&changes, "status") {
        status @ ("accepted" | "rejected") => status.to_owned(),
        _ => return Err(ApiError::invalid("status")),
    };
    let id = call.params.get("membership_id");
    let membership = call
        .store
        .table_mut(MEMBERSHIPS)
        .get_mut(id)
        .ok_or_else(missing)?;
    membership.insert("status".to_owned(), status.into());
    get(call)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("membership_id");
    let membership = call
        .store
        .table_mut(MEMBERSHIPS)
        .remove(id)
        .ok_or_else(missing)?;
    remove_member(call.store, account_id(&membership), id);
    Ok(Reply::id(id))
}
