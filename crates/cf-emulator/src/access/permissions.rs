//! The permissions that API tokens carry, and whether they reach a resource.

use http::Method;
use serde_json::{Value, json};

pub(crate) use super::groups::{ACCOUNT, USER, ZONE};
use super::groups::{GROUPS, OF_ACCOUNTS, OF_ZONES};
use crate::store::Object;

/// What an operation asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Nothing, not even a credential.
    Public,
    /// Any valid credential.
    SignedIn,
    /// A permission group by its name; one to write includes the one to read.
    Group(&'static str),
}

/// What a permission is needed on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    User(&'a str),
    Account(&'a str),
    Zone {
        id: &'a str,
        account: &'a str,
    },
    /// Zones of an account that are not there yet.
    NewZone {
        account: &'a str,
    },
    /// At least one resource, whichever it is: lists show what may be seen.
    Any,
}

/// Every group as the permission group lists show it.
pub(crate) fn catalogue() -> impl Iterator<Item = Value> {
    GROUPS.iter().map(|(id, name, scope, category)| {
        json!({
            "id": id,
            "name": name,
            "scopes": [scope],
            "category": category,
            "is_selectable": true,
        })
    })
}

/// The group with this identifier or name: identifier, name and scope.
pub(crate) fn group(id_or_name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    GROUPS
        .iter()
        .find(|(id, name, ..)| *id == id_or_name || *name == id_or_name)
        .map(|(id, name, scope, _)| (*id, *name, *scope))
}

/// Whether `policies` of a token permit `needed` on `target`: one has to allow
/// it and none may deny it.
pub(crate) fn permit(policies: &[Value], needed: &str, target: Target<'_>) -> bool {
    let mut allowed = false;
    for policy in policies {
        let groups = policy["permission_groups"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let grants = groups.iter().any(|group| {
            let named = group["id"].as_str().or_else(|| group["name"].as_str());
            named
                .and_then(self::group)
                .is_some_and(|(_, name, _)| includes(name, needed))
        });
        let reaches = policy["resources"]
            .as_object()
            .is_some_and(|all| reaches(all, target));
        if grants && reaches {
            match (policy["effect"] == "deny", target) {
                (false, _) => allowed = true,
                // What is denied in one place may be allowed in another.
                (true, Target::Any) => {}
                (true, _) => return false,
            }
        }
    }
    allowed
}

/// Whether who has the group `held` also has the group `needed`.
fn includes(held: &str, needed: &str) -> bool {
    held == needed
        || matches!(
            (held.strip_suffix(" Write"), needed.strip_suffix(" Read")),
            (Some(held), Some(needed)) if held == needed
        )
}

/// Whether one of the `resources` of a policy is the target. A value is `"*"`,
/// or for an account an object with resources inside of it.
fn reaches(resources: &Object, target: Target<'_>) -> bool {
    resources.iter().any(|(key, value)| match (value, target) {
        (Value::Object(_), Target::Any) => true,
        (Value::Object(inner), Target::Zone { account, .. } | Target::NewZone { account }) => {
            names(key, ACCOUNT, account) && reaches(inner, target)
        }
        (Value::Object(_), _) => false,
        (_, Target::Any) => true,
        (_, Target::User(id)) => names(key, USER, id),
        (_, Target::Account(id)) => names(key, ACCOUNT, id),
        (_, Target::Zone { id, .. }) => names(key, ZONE, id),
        (_, Target::NewZone { account }) => names(key, ZONE, "*") || names(key, ACCOUNT, account),
    })
}

/// Whether `key` is the resource `kind.id` or all of that kind.
fn names(key: &str, kind: &str, id: &str) -> bool {
    key.strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|named| named == "*" || named == id)
}

/// A policy that grants the named groups on all resources of their scope, or
/// only on `zones` where the scope is a zone.
pub(crate) fn policies(groups: &[(&str, &str, &str)], zones: Option<&[String]>) -> Vec<Value> {
    [USER, ACCOUNT, ZONE]
        .into_iter()
        .filter_map(|scope| {
            let granted: Vec<_> = groups
                .iter()
                .filter(|(.., s)| *s == scope)
                .map(|(id, name, _)| json!({ "id": id, "name": name }))
                .collect();
            let resources: Object = match zones {
                Some(zones) if scope == ZONE => zones
                    .iter()
                    .map(|zone| (format!("{ZONE}.{zone}"), json!("*")))
                    .collect(),
                _ => [(format!("{scope}.*"), json!("*"))].into_iter().collect(),
            };
            (!granted.is_empty()).then(|| {
                json!({
                    "id": crate::http::ids::hex32(),
                    "effect": "allow",
                    "resources": resources,
                    "permission_groups": granted,
                })
            })
        })
        .collect()
}

/// Every group there is.
pub(crate) fn all_groups() -> Vec<(&'static str, &'static str, &'static str)> {
    GROUPS
        .iter()
        .map(|(id, name, scope, _)| (*id, *name, *scope))
        .collect()
}

/// What the description's operation at `path` asks for. Where no group is
/// known, any valid credential will do.
pub(crate) fn of(method: &Method, path: &str) -> Permission {
    let (table, rest) = if let Some(rest) = path.strip_prefix("accounts/{account_id}/") {
        (OF_ACCOUNTS, rest)
    } else if let Some(rest) = path.strip_prefix("zones/{zone_id}/") {
        (OF_ZONES, rest)
    } else {
        return Permission::SignedIn;
    };
    let starts = |start: &str| {
        rest.strip_prefix(start)
            .is_some_and(|more| more.is_empty() || more.starts_with('/'))
    };
    let longest = table
        .iter()
        .filter(|(start, ..)| starts(start))
        .max_by_key(|(start, ..)| start.len());
    match longest {
        Some((_, read, _)) if *method == Method::GET => Permission::Group(read),
        Some((_, _, write)) => Permission::Group(write),
        None => Permission::SignedIn,
    }
}
