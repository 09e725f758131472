//! Whether what the path of a request is below is there, and whether the
//! caller may do there what it asks for.

use super::caller::Access;
use super::groups::OLDER_GROUPS;
use super::permissions::{Permission, Target};
use crate::http::error::ApiError;
use crate::http::path::Params;
use crate::http::request::Request;
use crate::store::identity::{ACCOUNTS, ZONES, user_id};
use crate::store::{Object, Store};

/// Whose an operation is, as its path says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Account,
    Zone,
    User,
    Other,
}

impl Scope {
    /// `path` is one below the base path.
    pub(crate) fn of(path: &str) -> Self {
        match path.split('/').next() {
            Some("accounts") => Self::Account,
            Some("zones") => Self::Zone,
            Some("user" | "users" | "memberships") => Self::User,
            _ => Self::Other,
        }
    }
}

/// The account or zone that a path names.
pub(crate) struct Parents<'a> {
    zone: Option<&'a Object>,
    account: Option<&'a str>,
}

/// Checks that the account or zone that a path names is there. With `any_id`
/// it need not be.
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

/// Checks that the caller has a permission where an operation needs it.
pub(crate) fn authorize(
    access: &Access,
    permission: Permission,
    scope: Scope,
    parents: &Parents<'_>,
    store: &Store,
) -> Result<(), ApiError> {
    let Permission::Group(group) = permission else {
        return Ok(());
    };
    let permitted = match (parents.zone, parents.account, scope) {
        (Some(zone), ..) => access.permits_zone(group, zone),
        (_, Some(account), _) => access.permits(group, Target::Account(account)),
        (.., Scope::User) => access.permits(group, Target::User(user_id(store))),
        _ => access.permits(group, Target::Any),
    };
    match permitted {
        true => Ok(()),
        false => Err(denied(group, access)),
    }
}

/// The answer to a caller who lacks a permission. The real API does not say
/// which one; a test that fails for it should.
pub(crate) fn denied(group: &str, access: &Access) -> ApiError {
    let older = OLDER_GROUPS.iter().any(|start| group.starts_with(start));
    let error = match older {
        true => ApiError::forbidden(9109, "Unauthorized to access requested resource"),
        false => ApiError::forbidden(10000, "Authentication error"),
    };
    error.hint(if access.permits(group, Target::Any) {
        format!("the token has the permission group \"{group}\", but its resources do not include this one")
    } else {
        format!("the token lacks the permission group \"{group}\"")
    })
}
