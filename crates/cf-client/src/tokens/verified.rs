//! What a token knows about itself.

use std::collections::BTreeMap;
use std::fmt;

use cf_types::DateTime;
use cf_types::shared::{TokenPolicy, TokenPolicyEffect, TokenResources, TokenStatus};

/// What a token may do and until when: what [`Tokens::verify`](super::Tokens::verify) returns.
///
/// `Display` says it in words.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Verified {
    /// The token's ID.
    pub id: String,
    /// Whether it is active.
    pub status: TokenStatus,
    /// Not valid before this time; `None` if it has no start.
    pub not_before: Option<DateTime>,
    /// Not valid after this time; `None` if it does not expire.
    pub expires_on: Option<DateTime>,
    /// What it may do. `None` if it may not look itself up: that takes the permission to read tokens, which is rarely
    /// worth granting.
    pub policies: Option<Vec<TokenPolicy>>,
}

impl Verified {
    /// Whether it is active.
    pub fn is_active(&self) -> bool {
        self.status == TokenStatus::Active
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token {} is {}", self.id, self.status)?;
        if let Some(start) = &self.not_before {
            write!(f, ", from {start}")?;
        }
        match &self.expires_on {
            Some(end) => write!(f, ", until {end}")?,
            None => f.write_str(", without expiry")?,
        }
        match &self.policies {
            Some(policies) => policies.iter().try_for_each(|policy| show(policy, f)),
            None => f.write_str("; it may not look up what it may do"),
        }
    }
}

fn show(policy: &TokenPolicy, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match policy.effect {
        Some(TokenPolicyEffect::Deny) => "; may not ",
        _ => "; may ",
    })?;
    for (index, group) in policy.permission_groups.iter().flatten().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(
            f,
            "{separator}{}",
            group
                .name
                .as_ref()
                .or(group.id.as_ref())
                .map_or("", String::as_str)
        )?;
    }
    let mut all = Vec::new();
    match &policy.resources {
        Some(TokenResources::Flat(map)) => all.extend(map.keys().map(String::as_str)),
        Some(TokenResources::Nested(map)) => {
            for (outer, inner) in map {
                all.push(outer.as_str());
                all.extend(BTreeMap::keys(inner).map(String::as_str));
            }
        }
        _ => all.push("resources of an unknown form"),
    }
    write!(f, " on {}", all.join(", "))
}
