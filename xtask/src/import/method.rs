//! The method of a new operation: what its HTTP method does to the end of its path.

use std::collections::{BTreeMap, BTreeSet};

use super::hints::Hints;
use super::pages::Gives;
use super::paths::VARIABLE;
use super::resource::Resources;
use crate::codegen::words::names;

/// An operation, as far as it determines the name.
pub struct Subject<'s> {
    pub verb: &'s str,
    pub segments: &'s [String],
    pub gives: Gives,
}

/// Names operations by method and path.
pub struct Namer<'n> {
    pub hints: &'n Hints,
    pub resources: &'n Resources,
    /// All methods and paths, as keys: existing and new ones.
    pub keys: &'n BTreeSet<String>,
    /// Resources and methods that are taken, and their paths.
    pub taken: &'n BTreeMap<(Vec<String>, String), Vec<String>>,
}

/// The suffix for an operation that nothing else distinguishes from another one.
const OTHER: &str = "legacy";

impl Namer<'_> {
    /// Resource and method.
    pub fn name(&self, subject: &Subject<'_>) -> (Vec<String>, String) {
        let path = subject.segments.join("/");
        let key = format!("{} /{path}", subject.verb);
        if let Some(id) = self.hints.operations.get(&key) {
            let mut parts: Vec<String> = id.split('.').map(str::to_owned).collect();
            let method = parts.pop().unwrap_or_default();
            return (parts, method);
        }
        let Some((last, before)) = subject.segments.split_last() else {
            return (Vec::new(), subject.verb.to_owned());
        };
        // `members:batchCreate`
        if let Some((thing, action)) = last.split_once(':') {
            let segments: Vec<String> = before.iter().cloned().chain([thing.to_owned()]).collect();
            return (self.resources.of(&segments), names::words(action).join("_"));
        }
        if self.is_action(subject, last, &path) {
            return (self.resources.of(before), names::words(last).join("_"));
        }
        let is_one = last.contains(VARIABLE);
        let has_items = !is_one && self.has_any(&format!("{path}/{VARIABLE}"));
        let resource = self.resources.of(subject.segments);
        let has = |verb: &str, path: &str| self.keys.contains(&format!("{verb} /{path}"));
        let is_made_elsewhere = has("post", &before.join("/"))
            || self
                .taken
                .contains_key(&(resource.clone(), "create".to_owned()));
        let method = match (subject.verb, is_one) {
            ("get", false) if subject.gives == Gives::List => "list",
            ("get", false) if has("get", &format!("{path}/{VARIABLE}")) => "list",
            ("get", false) if subject.gives == Gives::PerhapsList && has_items => "list",
            ("get", _) => "get",
            // What already exists is created in the collection.
            ("post", true) if is_made_elsewhere && !has("put", &path) => "update",
            ("post", true) if is_made_elsewhere && !has("patch", &path) => "edit",
            ("post", _) => "create",
            ("put", false) if has_items => "bulk_update",
            ("patch", false) if has_items => "bulk_edit",
            ("delete", false) if has_items => "bulk_delete",
            ("put", _) => "update",
            ("patch", _) => "edit",
            (verb, _) => verb,
        };
        (resource, method.to_owned())
    }

    /// The method's name; if it is taken in the resource, with what distinguishes this one: the version, words that
    /// the other's path lacks, or the scope.
    pub fn free(&self, resource: &[String], method: &str, subject: &Subject<'_>) -> String {
        let of = |name: &str| self.taken.get(&(resource.to_vec(), name.to_owned()));
        let Some(other) = of(method) else {
            return method.to_owned();
        };
        let own = subject.segments;
        let said = |segment: &String| names::words(segment).join("_");
        let of_other: Vec<String> = other.iter().map(said).collect();
        let mut words: Vec<String> = own
            .iter()
            .rev()
            .filter(|segment| !segment.contains(VARIABLE))
            .map(said)
            .filter(|word| word != method && !of_other.contains(word))
            .collect();
        // The scope comes last in this order, and says most.
        if own.first() != other.first()
            && let Some(scope) = words.pop()
        {
            words.insert(0, format!("for_{}", names::singular(&scope)));
        }
        let is_version = |word: &String| {
            let digits = word.strip_prefix('v');
            digits.is_some_and(|digits| digits.parse::<u8>().is_ok())
        };
        words.sort_by_key(|word| !is_version(word));
        if other.iter().any(is_version) && !own.iter().any(is_version) {
            words.push("v1".to_owned());
        }
        words.push(OTHER.to_owned());
        let names = words.iter().map(|word| format!("{method}_{word}"));
        let found = names.into_iter().find(|name| of(name).is_none());
        found.unwrap_or_else(|| format!("{method}_{OTHER}_{}", subject.verb))
    }

    /// Whether a name is only the best available.
    pub fn is_doubtful(&self, resource: &[String], method: &str) -> bool {
        let is_method = |name: &String| {
            let (last, parent) = resource.split_last().unwrap_or((name, &[]));
            self.taken.contains_key(&(parent.to_vec(), last.clone()))
        };
        method.contains(OTHER) || resource.last().is_none_or(is_method)
    }

    /// Whether a path ends in an action, rather than in its object.
    fn is_action(&self, subject: &Subject<'_>, last: &str, path: &str) -> bool {
        let first = names::words(last).into_iter().next().unwrap_or_default();
        if last.contains(VARIABLE) || !self.hints.actions.contains(&first) {
            return false;
        }
        let is_alone = |verb: &&str| !self.keys.contains(&format!("{verb} /{path}"));
        let others = ["get", "post", "put", "patch", "delete"];
        let goes_on = self
            .keys
            .iter()
            .filter_map(|key| key.split_once(" /"))
            .any(|(_, other)| {
                other
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/'))
            });
        !goes_on
            && subject.segments.len() > 1
            && others
                .iter()
                .filter(|verb| **verb != subject.verb)
                .all(is_alone)
    }

    fn has_any(&self, path: &str) -> bool {
        ["get", "put", "patch", "delete"]
            .iter()
            .any(|verb| self.keys.contains(&format!("{verb} /{path}")))
    }
}
