//! What a token is, seen by itself.

use std::collections::BTreeMap;
use std::fmt;

use cf_types::DateTime;
use cf_types::shared::{TokenPolicy, TokenPolicyEffect, TokenResources, TokenStatus};

/// What a token may do and until when: what [`Tokens::verify`](super::Tokens::verify) gives.
///
/// `Display` says it in words.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Verified {
    /// The token's ID.
    pub id: String,
    /// Whether it is active.
    pub status: TokenStatus,
    /// It is not valid before; `None` if it has no beginning.
    pub not_before: Option<DateTime>,
    /// It is not valid after; `None` if it has no end.
    pub expires_on: Option<DateTime>,
    /// What it may do. `None` if it may not look itself up, which takes the permission to read
    /// tokens and is seldom worth giving.
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
            None => f.write_str(", without an end")?,
        }
        match &self.policies {
            Some(policies) => policies.iter().try_for_each(|policy| show(policy, f)),
            None => f.write_str("; what it may do, it may not look up itself"),
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
        Some(TokenResources::TextMap(map)) => all.extend(map.keys().map(String::as_str)),
        Some(TokenResources::TextMapMap(map)) => {
            for (outer, inner) in map {
                all.push(outer.as_str());
                all.extend(BTreeMap::keys(inner).map(String::as_str));
            }
        }
        _ => all.push("resources of an unknown form"),
    }
    write!(f, " on {}", all.join(", "))
}
