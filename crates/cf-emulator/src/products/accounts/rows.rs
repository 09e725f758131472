//! Members of accounts, and the same from their side: memberships of the user.

use serde_json::{Value, json};

use crate::http::json::object;
use crate::store::{Object, Store};

pub(super) const MEMBERSHIPS: &str = "memberships";

pub(super) fn members_of(account_id: &str) -> String {
    format!("accounts/{account_id}/members")
}

/// Removes a member from an account; used when the user leaves it.
pub(super) fn remove_member(
    store: &mut Store,
    account_id: &str,
    member_id: &str,
) -> Option<Object> {
    store.table_mut(&members_of(account_id)).remove(member_id)
}

/// A membership is a member of an account seen from the user's side.
pub(super) fn add_membership(store: &mut Store, account_id: &str, member: &Object) {
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
    store.table_mut(MEMBERSHIPS).put(object(membership));
}

pub(super) fn remove_membership(store: &mut Store, id: &str) {
    store.table_mut(MEMBERSHIPS).remove(id);
}
