//! Secrets known only by their place: `text` in the request that sets a Worker's secret.

use super::Message;
use crate::generated::PLACES;
use crate::is_secret;

/// Where the secrets of a body are, as words of a pointer: members, `[]` for any item of a list, `*` for any member.
#[derive(Debug, Clone, Default)]
pub(super) struct Pointers(Vec<Vec<&'static str>>);

impl Pointers {
    /// The pointers for the request to an address, or for the reply to it.
    pub(super) fn of(message: Message, address: &str) -> Self {
        let path = path(address);
        let here = PLACES
            .iter()
            .filter(|(pattern, part, _)| *part == message && ends_with(path, pattern));
        Self(
            here.map(|(_, _, pointer)| pointer.split('.').collect())
                .collect(),
        )
    }

    /// The pointers below a member, or below the items of a list (`[]`).
    pub(super) fn below(&self, word: &str) -> Self {
        if self.0.is_empty() {
            return Self::default();
        }
        let below = self.0.iter().filter_map(|pointer| {
            let (first, rest) = pointer.split_first()?;
            (*first == word || *first == "*").then(|| rest.to_vec())
        });
        Self(below.collect())
    }

    /// Whether one of them ends here.
    pub(super) fn are_here(&self) -> bool {
        self.0.iter().any(Vec::is_empty)
    }

    /// Whether one of them ends with this member, wherever that is.
    pub(super) fn name(&self, member: &str) -> bool {
        self.0.iter().any(|pointer| pointer.last() == Some(&member))
    }
}

/// The members that are secret in a body at this address or below it.
pub(super) fn names(address: &str) -> impl Iterator<Item = &'static str> {
    let path = path(address);
    let here = PLACES.iter().filter(move |(pattern, _, _)| {
        let collection = pattern.trim_end_matches("/{}");
        ends_with(path, pattern) || ends_with(path, collection)
    });
    here.filter_map(|(_, _, pointer)| pointer.rsplit('.').next())
}

/// Whether a text at this address is secret as a whole: it ends with a secret's name, like that of a value in KV.
pub(super) fn is_secret_text(address: &str) -> bool {
    is_secret(last(path(address)))
}

/// The path of an address, with or without a host.
fn path(address: &str) -> &str {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let address = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
        None => address,
    };
    address.trim_end_matches('/')
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether a path ends with a pattern's segments; `{}` matches any segment.
fn ends_with(path: &str, pattern: &str) -> bool {
    let mut path = path.rsplit('/');
    pattern
        .rsplit('/')
        .take_while(|wanted| !wanted.is_empty())
        .all(|wanted| {
            path.next()
                .is_some_and(|segment| wanted == "{}" || wanted == segment)
        })
}
