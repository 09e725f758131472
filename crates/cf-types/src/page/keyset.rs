//! Lists that continue before or after their last item.

use std::collections::HashSet;

use super::Page;
use crate::codec;
use crate::codec::field::Field;
use crate::digest;

/// How to ask for the items before or after one.
///
/// Pages overlap: the next one starts at the last item but one, so that nothing is lost if several items have the same
/// key, whether or not the server leaves out those whose key equals the bound.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keyset {
    /// The parameter for a descending list, and its aliases.
    pub before: &'static [&'static str],
    /// The parameter for an ascending list, and its aliases.
    pub after: &'static [&'static str],
    /// The field of an item that the parameters take.
    pub key: &'static str,
    /// The field that tells items apart.
    pub id: &'static str,
}

impl Keyset {
    /// A list whose items are ordered by `key` and distinguished by `id`. The parameters `before` and `after` ask for a
    /// part of it; each can have several names.
    pub const fn new(
        before: &'static [&'static str],
        after: &'static [&'static str],
        key: &'static str,
        id: &'static str,
    ) -> Self {
        Keyset {
            before,
            after,
            key,
            id,
        }
    }

    /// The parameter and the value that a token means, which is the two with `=` between; a bare value is a bound from
    /// above.
    pub(super) fn query(&self, token: &str) -> Option<(&'static str, String)> {
        let mut names = self.before.iter().chain(self.after);
        let (name, value) = token.split_once('=').unwrap_or(("", token));
        match names.find(|known| **known == name) {
            Some(name) => Some((*name, value.to_owned())),
            None => Some((*self.before.first()?, token.to_owned())),
        }
    }
}

/// Where a list stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Position {
    /// Hashes of what distinguishes the items of the last page.
    last: HashSet<u64>,
    /// Whether the list ascends, once that is known.
    ascends: Option<bool>,
}

impl Position {
    /// Removes from a page what the previous one had, too; returns the token of the next page, unless there can be
    /// none.
    pub(super) fn advance<T: Field + Default>(
        &mut self,
        keyset: &Keyset,
        asked: Option<&str>,
        page: &mut Page<T>,
    ) -> Option<String> {
        let keys: Vec<&str> = page
            .iter()
            .filter_map(|item| codec::text_of(item, keyset.key))
            .collect();
        let (first, last) = (*keys.first()?, *keys.last()?);
        if first != last {
            self.ascends.get_or_insert(first < last);
        }
        let names = if self.ascends == Some(true) {
            keyset.after
        } else {
            keyset.before
        };
        let name = names.first()?;
        let token = |key: &str| format!("{name}={key}");
        let other = keys.iter().rev().find(|key| **key != last);
        let (near, far) = (token(last), token(other.unwrap_or(&last)));
        let len = page.len();
        let ids: HashSet<u64> = page.iter().map(|item| id(keyset, item)).collect();
        page.items
            .retain(|item| !self.last.contains(&id(keyset, item)));
        let was_full = len >= self.last.len();
        self.last = ids;
        let asked_for = |token: &str| asked == Some(token);
        match page.is_empty() {
            false if !asked_for(&far) => Some(far),
            // All of it is at the bound, which has to move.
            false => Some(near).filter(|near| !asked_for(near)),
            // The same if nothing is new though the page is full.
            true if was_full => Some(near).filter(|near| !asked_for(near)),
            true => None,
        }
    }
}

fn id<T: Field>(keyset: &Keyset, item: &T) -> u64 {
    match codec::text_of(item, keyset.id) {
        Some(id) => digest::of(id.as_bytes()),
        None => digest::of(&codec::to_vec(item)),
    }
}
