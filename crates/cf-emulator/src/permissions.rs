//! The permissions that API tokens carry, and whether they reach a resource.

use serde_json::{Value, json};

use crate::store::Object;

pub(crate) const ACCOUNT: &str = "com.cloudflare.api.account";
pub(crate) const ZONE: &str = "com.cloudflare.api.account.zone";
pub(crate) const USER: &str = "com.cloudflare.api.user";

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

/// A permission group: identifier, name, scope and product category.
type Group = (&'static str, &'static str, &'static str, &'static str);

/// The permission groups of the products that the emulator knows.
#[rustfmt::skip]
const GROUPS: &[Group] = &[
    ("eb56a6953c034b9d97dd838155666f06", "Account API Tokens Read", ACCOUNT, "account_and_billing"),
    ("5bc3f8b21c554832afc660159ab75fa4", "Account API Tokens Write", ACCOUNT, "account_and_billing"),
    ("cfa964bcdafc4ab39704e7476154e41b", "Account DNS Settings Read", ACCOUNT, "dns_and_zones"),
    ("dc44f27f48ab405392a5f69fe822bd01", "Account DNS Settings Write", ACCOUNT, "dns_and_zones"),
    ("c1fde68c7bcc44588cbb6ddbc16d6480", "Account Settings Read", ACCOUNT, "account_and_billing"),
    ("1af1fa2adc104452b74a9a3364202f20", "Account Settings Write", ACCOUNT, "account_and_billing"),
    ("0cc3a61731504c89b99ec1be78b77aa0", "API Tokens Read", USER, "account_and_billing"),
    ("686d18d5ac6c441c867cbf6771e58a0a", "API Tokens Write", USER, "account_and_billing"),
    ("82e64a83756745bbbb1c9c2701bf816b", "DNS Read", ZONE, "dns_and_zones"),
    ("4755a26eedb94da69e1066d98aa820be", "DNS Write", ZONE, "dns_and_zones"),
    ("3518d0f75557482e952c6762d3e64903", "Memberships Read", USER, "account_and_billing"),
    ("9201bc6f42d440968aaab0c6f17ebb1d", "Memberships Write", USER, "account_and_billing"),
    ("8acbe5bb0d54464ab867149d7f7cf8ac", "User Details Read", USER, "account_and_billing"),
    ("55a5e17cc99e4a3fa1f3432d262f2e55", "User Details Write", USER, "account_and_billing"),
    ("0a6cfe8cd3ed445e918579e2fb13087b", "Zone DNS Settings Read", ZONE, "dns_and_zones"),
    ("c4df38be41c247b3b4b7702e76eadae0", "Zone DNS Settings Write", ZONE, "dns_and_zones"),
    ("c8fed203ed3043cba015a93ad1616f1f", "Zone Read", ZONE, "dns_and_zones"),
    ("e6d2666161e84845a636613608cee8d5", "Zone Write", ZONE, "dns_and_zones"),
    ("517b21aee92c4d89936c976ba6e4be55", "Zone Settings Read", ZONE, "dns_and_zones"),
    ("3030687196b94b638145a3953da2b699", "Zone Settings Write", ZONE, "dns_and_zones"),
];

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
                    "id": crate::ids::hex32(),
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
