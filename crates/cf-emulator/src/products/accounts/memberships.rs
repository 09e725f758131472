//! The user's memberships in accounts:
//! <https://developers.cloudflare.com/api/resources/memberships/>.

use http::Method;
use serde_json::{Value, json};

use super::members;
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::paging::{self, PageSize};
use crate::store::identity::ACCOUNTS;
use crate::store::{Object, Store, text};

const TABLE: &str = "memberships";

pub(crate) fn routes() -> Vec<Route> {
    let (read, write) = (Group("Memberships Read"), Group("Memberships Write"));
    vec![
        Route::new(Method::GET, "memberships", read, list),
        Route::new(Method::GET, "memberships/{membership_id}", read, get),
        Route::new(Method::PUT, "memberships/{membership_id}", write, update),
        Route::new(Method::DELETE, "memberships/{membership_id}", write, delete),
    ]
}

/// A membership is a member of an account seen from the user's side.
pub(crate) fn add(store: &mut Store, account_id: &str, member: &Object) {
    let roles = member
        .get("roles")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let names: Vec<_> = roles.iter().map(|role| &role["name"]).collect();
    let mut permissions = Object::new();
    for role in roles {
        permissions.extend(role["permissions"].as_object().cloned().unwrap_or_default());
    }
    let membership = json!({
        "id": member.get("id"),
        "account": { "id": account_id },
        "status": "accepted",
        "api_access_enabled": null,
        "roles": names,
        "permissions": permissions,
        "policies": member.get("policies"),
    });
    store.table_mut(TABLE).put(object(membership));
}

pub(crate) fn remove(store: &mut Store, id: &str) {
    store.table_mut(TABLE).remove(id);
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
        .rows(TABLE)
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
        .get(TABLE, call.param("membership_id"))
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
        .table_mut(TABLE)
        .get_mut(id)
        .ok_or_else(missing)?;
    membership.insert("status".to_owned(), status.into());
    get(call)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("membership_id");
    let membership = call.store.table_mut(TABLE).remove(id).ok_or_else(missing)?;
    members::remove(call.store, account_id(&membership), id);
    Ok(Reply::id(id))
}
