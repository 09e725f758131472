//! Members of an account and the roles they can have:
//! <https://developers.cloudflare.com/api/resources/accounts/subresources/members/>.

use http::Method;
use serde_json::{Value, json};

use super::rows::{add_membership, members_of, remove_member, remove_membership};
use crate::access::permissions::ACCOUNT;
use crate::access::permissions::Permission::{self, Group};
use crate::engine::call::Call;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge, object};
use crate::http::paging::{self, PageSize};
use crate::products::user;
use crate::store::{Object, Store, text};

const READ: Permission = Group("Account Settings Read");
const WRITE: Permission = Group("Account Settings Write");
const SUPER_ADMINISTRATOR: &str = "33666b9c79b9a5273fc7344ff42f953d";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "accounts/{account_id}/members", READ, list),
        Route::new(Method::POST, "accounts/{account_id}/members", WRITE, create),
        Route::new(
            Method::GET,
            "accounts/{account_id}/members/{member_id}",
            READ,
            get,
        ),
        Route::new(
            Method::PUT,
            "accounts/{account_id}/members/{member_id}",
            WRITE,
            update,
        ),
        Route::new(
            Method::DELETE,
            "accounts/{account_id}/members/{member_id}",
            WRITE,
            delete,
        ),
        Route::new(Method::GET, "accounts/{account_id}/roles", READ, list_roles),
        Route::new(
            Method::GET,
            "accounts/{account_id}/roles/{role_id}",
            READ,
            get_role,
        ),
    ]
}

/// What a role gives access to: an area, and whether it may be changed.
type Grants = &'static [(&'static str, bool)];

const EVERYTHING: Grants = &[
    ("analytics", true),
    ("billing", true),
    ("cache_purge", true),
    ("dns", true),
    ("dns_records", true),
    ("lb", true),
    ("logs", true),
    ("organization", true),
    ("ssl", true),
    ("waf", true),
    ("zone_settings", true),
    ("zones", true),
];
const EVERYTHING_BUT_MONEY: Grants = &[
    ("analytics", true),
    ("billing", false),
    ("cache_purge", true),
    ("dns", true),
    ("dns_records", true),
    ("lb", true),
    ("logs", true),
    ("organization", false),
    ("ssl", true),
    ("waf", true),
    ("zone_settings", true),
    ("zones", true),
];
const LOOK_ONLY: Grants = &[
    ("analytics", false),
    ("billing", false),
    ("dns", false),
    ("dns_records", false),
    ("lb", false),
    ("logs", false),
    ("organization", false),
    ("ssl", false),
    ("waf", false),
    ("zone_settings", false),
    ("zones", false),
];

/// The roles of every account: identifier, name, description, permissions.
#[rustfmt::skip]
const ROLES: &[(&str, &str, &str, Grants)] = &[
    ("05784afa30c1afe1440e79d9351c7430", "Administrator", "Everything but memberships and billing.", EVERYTHING_BUT_MONEY),
    ("1b8e4f9c6d3a4e0fa2b7c5d81e9f6a30", "Administrator Read Only", "Sees everything, changes nothing.", LOOK_ONLY),
    ("2c7d5e8fa91b4c63b0d4e6f7182930a4", "Analytics", "Sees analytics.", &[("analytics", false)]),
    ("298ce8e7bc6c4d0db0b4d4c1aa2f0d11", "Billing", "Manages subscriptions and payment.", &[("billing", true)]),
    ("3d6c4b8a7f5e4d1c9b0a8e7f6d5c4b3a", "Cache Purge", "Purges the cache.", &[("cache_purge", true)]),
    ("4e5b3c7d8a9f4b2e8c1d7f6e5a4b3c2d", "DNS", "Edits DNS records.", &[("dns", true), ("dns_records", true), ("zones", false)]),
    ("5f4a2d6c9b8e4a3f7d2c8e5f4b3a2d1c", "Firewall", "Edits firewall rules.", &[("waf", true), ("zones", false)]),
    ("6a39195dab7c4e5d8f3b9c4a5e2d1f0b", "Load Balancer", "Edits load balancers.", &[("lb", true), ("zones", false)]),
    ("7b28084ebc6d4f6e9a4c0d3b6f1e2a59", "Log Share", "Reads and exports logs.", &[("logs", true), ("zones", false)]),
    (SUPER_ADMINISTRATOR, "Super Administrator - All Privileges", "Everything, memberships and billing included.", EVERYTHING),
];

fn role(id: &str) -> Option<Value> {
    ROLES.iter().find(|(known, ..)| *known == id).map(show_role)
}

fn show_role((id, name, description, grants): &(&str, &str, &str, Grants)) -> Value {
    let permissions: Object = grants
        .iter()
        .map(|(area, edit)| ((*area).to_owned(), json!({ "read": true, "edit": edit })))
        .collect();
    json!({ "id": id, "name": name, "description": description, "permissions": permissions })
}

fn missing() -> ApiError {
    ApiError::not_found(1003, "Member not found for account")
}

/// Makes the user a member of an account, with all privileges.
pub(crate) fn add_user(store: &mut Store, account_id: &str) {
    let user = user::document(store);
    let member = object(json!({
        "id": ids::hex32(),
        "user": {
            "id": user["id"],
            "first_name": user["first_name"],
            "last_name": user["last_name"],
            "email": user["email"],
            "two_factor_authentication_enabled": user["two_factor_authentication_enabled"],
        },
        "email": user["email"],
        "status": "accepted",
        "api_access_enabled": null,
        "roles": role(SUPER_ADMINISTRATOR).into_iter().collect::<Vec<_>>(),
        "policies": [policy(account_id, SUPER_ADMINISTRATOR)],
    }));
    add_membership(store, account_id, &member);
    store.table_mut(&members_of(account_id)).put(member);
}

/// The policy for a role on a whole account.
fn policy(account_id: &str, role_id: &str) -> Value {
    let scope = format!("{ACCOUNT}.{account_id}");
    json!({
        "id": ids::hex32(),
        "access": "allow",
        "permission_groups": [{ "id": role_id }],
        "resource_groups": [{
            "id": ids::hex32(),
            "name": scope,
            "meta": { "editable": "false" },
            "scope": { "key": scope, "objects": [{ "key": "*" }] },
        }],
    })
}

pub(crate) fn remove_of_account(store: &mut Store, account_id: &str) {
    let members: Vec<_> = store
        .rows(&members_of(account_id))
        .map(|row| text(row, "id").to_owned())
        .collect();
    for member in members {
        remove_membership(store, &member);
    }
}

fn list(call: &mut Call<'_>) -> Outcome {
    let status = call
        .query
        .one_of("status", &["accepted", "pending", "rejected"])?;
    let table = members_of(call.param("account_id"));
    let mut rows: Vec<_> = call
        .store
        .rows(&table)
        .filter(|member| status.is_none_or(|status| text(member, "status") == status))
        .collect();
    let fields = ["user.first_name", "user.last_name", "user.email", "status"];
    paging::sort(&call.query, &fields, None, &mut rows)?;
    paging::page(&call.query, PageSize::USUAL, &rows, |row| {
        Value::Object(row.clone())
    })
}

fn create(call: &mut Call<'_>) -> Outcome {
    let mut member = call.json()?;
    let account_id = call.params.get("account_id");
    let email = text(&member, "email").to_lowercase();
    if !email.contains('@') {
        return Err(ApiError::invalid("email"));
    }
    let taken = call
        .store
        .rows(&members_of(account_id))
        .any(|row| text(row, "email").eq_ignore_ascii_case(&email));
    if taken {
        return Err(ApiError::bad_request(
            1004,
            format!("{email} is already a member of the account"),
        ));
    }
    if !member.contains_key("roles") && !member.contains_key("policies") {
        return Err(ApiError::invalid("roles"));
    }
    resolve_rights(&mut member, account_id)?;
    if !matches!(text(&member, "status"), "accepted" | "pending") {
        member.insert("status".to_owned(), "pending".into());
    }
    member.insert("id".to_owned(), ids::hex32().into());
    member.insert(
        "user".to_owned(),
        json!({
            "id": ids::hex32(),
            "first_name": null,
            "last_name": null,
            "email": email,
            "two_factor_authentication_enabled": false,
        }),
    );
    call.store
        .table_mut(&members_of(account_id))
        .put(member.clone());
    Ok(Reply::result(member))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let member = call.store.get(
        &members_of(call.param("account_id")),
        call.param("member_id"),
    );
    Ok(Reply::result(member.ok_or_else(missing)?.clone()))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let mut changes = call.json()?;
    let (account_id, id) = (call.params.get("account_id"), call.params.get("member_id"));
    let member = call
        .store
        .table_mut(&members_of(account_id))
        .get_mut(id)
        .ok_or_else(missing)?;
    resolve_rights(&mut changes, account_id)?;
    merge(member, changes, &["id", "user", "email", "status"]);
    Ok(Reply::result(member.clone()))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let (account_id, id) = (call.params.get("account_id"), call.params.get("member_id"));
    remove_member(call.store, account_id, id).ok_or_else(missing)?;
    remove_membership(call.store, id);
    Ok(Reply::id(id))
}

/// Requests give roles by identifier (alone or in an object); replies show them
/// in full, and repeat them as policies.
fn resolve_rights(member: &mut Object, account_id: &str) -> Result<(), ApiError> {
    if let Some(roles) = member.get("roles") {
        let roles = roles.as_array().ok_or_else(|| ApiError::invalid("roles"))?;
        let roles = roles
            .iter()
            .map(|given| {
                let id = given.as_str().or_else(|| given["id"].as_str());
                id.and_then(role).ok_or_else(|| ApiError::invalid("roles"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let policies: Vec<_> = roles
            .iter()
            .filter_map(|role| Some(policy(account_id, role["id"].as_str()?)))
            .collect();
        member.insert("roles".to_owned(), roles.into());
        member.entry("policies").or_insert(policies.into());
    } else if let Some(policies) = member.get_mut("policies") {
        let policies = policies
            .as_array_mut()
            .ok_or_else(|| ApiError::invalid("policies"))?;
        for policy in policies {
            let policy = policy
                .as_object_mut()
                .ok_or_else(|| ApiError::invalid("policies"))?;
            policy.entry("id").or_insert_with(|| ids::hex32().into());
        }
    }
    Ok(())
}

fn list_roles(call: &mut Call<'_>) -> Outcome {
    let roles: Vec<_> = ROLES.iter().map(|role| object(show_role(role))).collect();
    let rows: Vec<_> = roles.iter().collect();
    paging::page(&call.query, PageSize::USUAL, &rows, |row| {
        Value::Object(row.clone())
    })
}

fn get_role(call: &mut Call<'_>) -> Outcome {
    let role = role(call.param("role_id"));
    Ok(Reply::result(role.ok_or_else(|| {
        ApiError::not_found(1003, "Role not found")
    })?))
}
