//! The resource of a new operation: that of its neighbours, plus what its path says beyond.

use std::collections::{BTreeMap, BTreeSet};

use super::hints::Hints;
use super::paths::{self, VARIABLE};
use crate::codegen::words::names;

/// The existing resources, by path.
#[derive(Default)]
pub struct Resources {
    /// Of the operations with exactly this path.
    exact: BTreeMap<String, Vec<String>>,
    /// What all operations below a path have in common.
    below: BTreeMap<String, Vec<String>>,
    all: BTreeSet<Vec<String>>,
    by_hand: BTreeMap<String, Vec<String>>,
}

impl Resources {
    pub fn new(hints: &Hints) -> Self {
        let by_hand = hints.resources.iter().map(|(path, resource)| {
            let resource = resource.split('.').map(str::to_owned).collect();
            (paths::segments(path).join("/"), resource)
        });
        Resources {
            by_hand: by_hand.collect(),
            ..Resources::default()
        }
    }

    /// Adds an operation.
    pub fn learn(&mut self, path: &str, resource: &[String]) {
        for end in 1..=resource.len() {
            self.all.insert(resource[..end].to_vec());
        }
        for segments in spellings(&paths::segments(path)) {
            let start = shortest(&segments);
            for end in start..=segments.len() {
                let known = match end == segments.len() {
                    true => &mut self.exact,
                    false => &mut self.below,
                };
                known
                    .entry(segments[..end].join("/"))
                    .and_modify(|common| shorten(common, resource))
                    .or_insert_with(|| resource.to_vec());
            }
        }
    }

    /// The resource that these segments of a path are in.
    pub fn of(&self, segments: &[String]) -> Vec<String> {
        let behind = paths::behind_scope(segments).unwrap_or(segments);
        let mut ways = spellings(segments);
        ways.dedup();
        for end in (shortest(segments)..=segments.len()).rev() {
            for way in &ways {
                let Some(prefix) = way.get(..end) else {
                    continue;
                };
                if let Some(resource) = self.at(prefix) {
                    return self.extended(resource, &way[end..]);
                }
            }
        }
        self.extended(Vec::new(), behind)
    }

    fn at(&self, prefix: &[String]) -> Option<Vec<String>> {
        let key = prefix.join("/");
        if let Some(resource) = self.by_hand.get(&key) {
            return Some(resource.clone());
        }
        if let Some(resource) = self.exact.get(&key).filter(|found| !found.is_empty()) {
            return Some(resource.clone());
        }
        let common = self.below.get(&key).filter(|found| !found.is_empty())?;
        let last = prefix.iter().rfind(|segment| *segment != VARIABLE)?;
        match common.iter().rposition(|part| one(part) == one(last)) {
            Some(end) => Some(common[..=end].to_vec()),
            // Only part of what is below exists, all of it in one corner.
            None => Some(self.extended(common[..1].to_vec(), std::slice::from_ref(last))),
        }
    }

    /// The resource, and a nested one for each further word of the path.
    fn extended(&self, mut resource: Vec<String>, rest: &[String]) -> Vec<String> {
        for segment in rest {
            let word = names::snake(&segment.replace(VARIABLE, ""));
            let is_version = word
                .strip_prefix('v')
                .is_some_and(|digits| digits.parse::<u8>().is_ok());
            let is_said = resource.last().is_some_and(|last| one(last) == one(&word));
            let is_sign = !segment.contains(char::is_alphanumeric);
            if is_sign || segment.contains(VARIABLE) || is_version || is_said {
                continue;
            }
            let known = self
                .all
                .iter()
                .find(|other| {
                    other.len() == resource.len() + 1
                        && other.starts_with(&resource)
                        && other.last().is_some_and(|last| one(last) == one(&word))
                })
                .and_then(|other| other.last().cloned());
            resource.push(known.unwrap_or(word));
        }
        resource
    }
}

/// How many segments the shortest prefix of a path has that says something about what is below: more than the account,
/// the zone or whatever else contains all kinds of things.
fn shortest(segments: &[String]) -> usize {
    match segments.get(1) {
        Some(second) if second == VARIABLE => 3,
        _ => 1,
    }
}

/// A path for accounts and zones alike as it is for each; any other unchanged.
fn spellings(segments: &[String]) -> Vec<Vec<String>> {
    match segments {
        [_, _, rest @ ..] if paths::is_scoped(segments) => ["accounts", "zones"]
            .map(|scope| {
                let start = [scope.to_owned(), VARIABLE.to_owned()];
                start.into_iter().chain(rest.iter().cloned()).collect()
            })
            .into(),
        _ => vec![segments.to_vec()],
    }
}

fn shorten(common: &mut Vec<String>, other: &[String]) {
    let same = common.iter().zip(other).take_while(|(a, b)| a == b).count();
    common.truncate(same);
}

/// A word in the canonical form in which spellings are compared.
fn one(word: &str) -> String {
    names::singular(&names::snake(word)).replace('_', "")
}
