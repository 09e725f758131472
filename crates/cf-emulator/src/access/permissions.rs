//! The permissions that API tokens carry, and whether they reach a resource.

use serde_json::{Value, json};

use super::groups;
pub(crate) use super::groups::{ACCOUNT, Group, USER, ZONE};
use crate::store::Object;

/// What an operation requires of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Nothing, not even a credential.
    Public,
    /// Any valid credential.
    SignedIn,
    /// A permission group by name, or any of several: `A|B`. A group for
    /// writing includes the one for reading.
    Group(&'static str),
}

/// The resource that a permission is needed for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    User(&'a str),
    Account(&'a str),
    Zone {
        id: &'a str,
        account: &'a str,
    },
    /// A zone of an account, yet to be created.
    NewZone {
        account: &'a str,
    },
    /// At least one resource, whichever: lists show what the caller may see.
    Any,
}

/// Every group, as the permission group lists show it.
pub(crate) fn catalogue() -> impl Iterator<Item = Value> {
    groups::all().iter().map(|group| {
        json!({
            "id": group.id,
            "name": group.name,
            "scopes": [group.scope],
            "category": group.category,
            "is_selectable": true,
        })
    })
}

/// The group with this identifier, or the groups with this name.
pub(crate) fn named(id_or_name: &str) -> Vec<&'static Group> {
    match groups::by_id(id_or_name) {
        Some(group) => vec![group],
        None => groups::by_name(id_or_name).collect(),
    }
}

/// Whether the policies of a token permit `needed` on `target`: at least one
/// must allow it, and none may deny it.
pub(crate) fn permit(policies: &[Value], needed: &str, target: Target<'_>) -> bool {
    let mut allowed = false;
    for policy in policies {
        let groups = policy["permission_groups"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let grants = groups.iter().any(|group| {
            let known = group["id"].as_str().and_then(groups::by_id);
            let held = known
                .map(|group| group.name)
                .or_else(|| group["name"].as_str());
            held.is_some_and(|held| includes(held, needed))
        });
        let reaches = policy["resources"]
            .as_object()
            .is_some_and(|all| reaches(all, target));
        if grants && reaches {
            match (policy["effect"] == "deny", target) {
                (false, _) => allowed = true,
                // Denied on one resource, it may be allowed on another.
                (true, Target::Any) => {}
                (true, _) => return false,
            }
        }
    }
    allowed
}

/// Whether the group `held` includes the group `needed`. Most groups for writing
/// say so in their names; some have no suffix.
fn includes(held: &str, needed: &str) -> bool {
    held == needed
        || needed.strip_suffix(" Read").is_some_and(|stem| {
            let may = held.strip_prefix(stem);
            may.is_some_and(|may| matches!(may, "" | " Write" | " Edit" | " Admin"))
        })
}

/// Whether one of the `resources` of a policy is the target. A value is `"*"`,
/// or, for an account, an object with resources inside it.
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

/// Whether `key` is the resource `kind.id`, or stands for all of that kind.
fn names(key: &str, kind: &str, id: &str) -> bool {
    key.strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|named| named == "*" || named == id)
}

/// A policy that grants the groups on all resources of their scope; where that
/// is zones, optionally on `zones` only.
pub(crate) fn policies<'a>(
    groups: impl Iterator<Item = &'a Group> + Clone,
    zones: Option<&[String]>,
) -> Vec<Value> {
    [USER, ACCOUNT, ZONE]
        .into_iter()
        .filter_map(|scope| {
            let granted: Vec<_> = groups
                .clone()
                .filter(|group| group.scope == scope)
                .map(|group| json!({ "id": group.id, "name": group.name }))
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
