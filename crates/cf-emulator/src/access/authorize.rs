//! Authorization: whether the account or zone in a path exists, and whether the
//! caller may do there what the request asks for.

use super::caller::Access;
use super::groups::{self, ACCOUNT, OLDER_GROUPS, USER, ZONE};
use super::permissions::{Permission, Target};
use crate::http::error::ApiError;
use crate::http::path::Params;
use crate::http::request::Request;
use crate::store::identity::{ACCOUNTS, ZONES, user_id};
use crate::store::{Object, Store};

/// The account or zone that a path names.
pub(crate) struct Parents<'a> {
    zone: Option<&'a Object>,
    account: Option<&'a str>,
}

/// Checks that the account or zone that a path names exists. With `any_id`, it
/// need not.
pub(crate) fn parents<'a>(
    request: &Request,
    store: &'a Store,
    params: &'a Params,
    any_id: bool,
) -> Result<Parents<'a>, ApiError> {
    let account = params.find("account_id");
    let zone = params.find("zone_id").map(|id| store.get(ZONES, id));
    if !any_id && zone == Some(None) {
        return Err(ApiError::not_found(1001, "Invalid zone identifier"));
    }
    if !any_id && account.is_some_and(|id| store.get(ACCOUNTS, id).is_none()) {
        return Err(ApiError::no_route(&request.path));
    }
    Ok(Parents {
        zone: zone.flatten(),
        account,
    })
}

/// Checks that the caller has the permission that an operation needs.
pub(crate) fn authorize(
    access: &Access,
    permission: Permission,
    parents: &Parents<'_>,
    store: &Store,
) -> Result<(), ApiError> {
    let Permission::Group(groups) = permission else {
        return Ok(());
    };
    let mut any = groups.split('|');
    match any.any(|group| permitted(access, group, parents, store)) {
        true => Ok(()),
        false => Err(denied(groups, access)),
    }
}

/// Whether the caller has a group on the account or zone in the path, if the
/// group's scope is one of these.
fn permitted(access: &Access, group: &str, parents: &Parents<'_>, store: &Store) -> bool {
    let is_for = |scope| groups::by_name(group).any(|group| group.scope == scope);
    let account = match parents.zone {
        Some(zone) if is_for(ZONE) => return access.permits_zone(group, zone),
        Some(zone) => zone
            .get("account")
            .and_then(|account| account["id"].as_str()),
        None => parents.account,
    };
    match account {
        Some(account) if is_for(ACCOUNT) => access.permits(group, Target::Account(account)),
        _ if is_for(USER) => access.permits(group, Target::User(user_id(store))),
        _ => access.permits(group, Target::Any),
    }
}

/// The error for a caller who lacks a permission. The real API does not say
/// which one; a test that fails because of it should.
pub(crate) fn denied(groups: &str, access: &Access) -> ApiError {
    let older = OLDER_GROUPS.iter().any(|start| groups.starts_with(start));
    let error = match older {
        true => ApiError::forbidden(9109, "Unauthorized to access requested resource"),
        false => ApiError::forbidden(10000, "Authentication error"),
    };
    let mut any = groups.split('|');
    error.hint(match any.find(|group| access.permits(group, Target::Any)) {
        Some(group) => format!("the token has the permission group \"{group}\", but its resources do not include this one"),
        None => format!("the token lacks the permission group \"{}\"", groups.replace('|', "\", or \"")),
    })
}
