//! What the path of an operation names by identifiers, and whether it is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::collection::{Collection, plain};
use super::path::{anonymous, fill};
use super::sample::Sampler;
use super::schema;
use super::{given, rows};
use crate::engine::codes::{self, Refusal};
use crate::http::error::ApiError;
use crate::http::made_up::MadeUp;
use crate::http::path::{Params, variable};
use crate::store::Store;

/// Collections whose members are those of another one.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "accounts/{account_id}/event_notifications/r2",
        "accounts/{account_id}/r2/buckets",
    ),
    (
        "accounts/{account_id}/r2-catalog",
        "accounts/{account_id}/r2/buckets",
    ),
    (
        "accounts/{account_id}/workers/services",
        "accounts/{account_id}/workers/scripts",
    ),
    (
        "accounts/{account_id}/workers/workers",
        "accounts/{account_id}/workers/scripts",
    ),
];

/// Collections whose members need not be added before they are used.
const UNBOUNDED: &[&str] = &[
    "accounts/{}/abuse-reports/submitted",
    "accounts/{}/artifacts/namespaces",
    "accounts/{}/basin-catalog",
    "radar/entities/asns",
    "zones/{}/speed_api/pages",
];

/// Something that a path names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// The collection's path, with the operation's names of variables.
    collection: &'static str,
    /// Which of the path's variables it is.
    index: usize,
    known: Known,
    absent: Option<&'static Refusal>,
}

/// How to find out whether it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It is in the table at this path.
    Kept(&'static str),
    /// No operation adds any: there is what the list of this form shows.
    Listed(&'static str),
    Unknown,
}

/// What there is besides collections.
pub(super) struct Others<'a> {
    pub(super) collections: &'a BTreeMap<String, Arc<Collection>>,
    /// The results of lists to which nothing can be added.
    pub(super) lists: &'a BTreeMap<String, &'static str>,
}

impl Named {
    /// All that an operation's path names, from left to right, except for the
    /// account or zone.
    pub(super) fn all(method: &Method, path: &'static str, others: &Others<'_>) -> Vec<Self> {
        let whole = anonymous(path);
        let mut all = Vec::new();
        let mut index = 0;
        for (at, _) in path.match_indices('/') {
            let segment = path[at + 1..].split('/').next().unwrap_or_default();
            if variable(segment).is_none() {
                continue;
            }
            let collection = &path[..at];
            let up = anonymous(collection);
            if up != "accounts" && up != "zones" {
                all.push(Self {
                    collection,
                    index,
                    known: Known::of(collection, &up, others),
                    absent: codes::absent(method, &whole, &format!("{up}/{{}}")),
                });
            }
            index += 1;
        }
        all
    }

    pub(super) fn is_kept(&self) -> bool {
        matches!(self.known, Known::Kept(_))
    }

    pub(super) fn key<'a>(&self, params: &'a Params) -> &'a str {
        let param = params.0.get(self.index);
        param.map_or("", |(_, value)| value.as_str())
    }

    /// Whether it is known not to be there.
    pub(super) fn is_missing(&self, store: &Store, params: &Params) -> bool {
        let key = self.key(params);
        match self.known {
            Known::Kept(path) => {
                let table = fill(path, params);
                rows::find(store, &table, key).is_none() && !given::has(store, &table, key)
            }
            Known::Listed(result) => {
                let path = fill(self.collection, params);
                let sampler = Sampler {
                    seed: &path,
                    known: params.0.get(..self.index).unwrap_or_default(),
                    unset: false,
                    made_up: &MadeUp::default(),
                };
                !shows(&sampler.value(&schema::parse(result)), key)
            }
            Known::Unknown => false,
        }
    }

    /// Forgets what belongs to it, once it is gone.
    pub(super) fn forget_children(&self, store: &mut Store, params: &Params) {
        if !self.is_kept() || !self.is_missing(store, params) {
            return;
        }
        let own = anonymous(self.collection);
        let elsewhere = ELSEWHERE.iter();
        let elsewhere = elsewhere.filter(|(_, path)| anonymous(path) == own);
        let key = self.key(params).replace('/', "%2F");
        for collection in elsewhere.map(|(other, _)| *other).chain([self.collection]) {
            store.remove_below(&format!("{}/{key}", fill(collection, params)));
        }
    }

    pub(super) fn refusal(&self) -> Option<&'static Refusal> {
        self.absent
    }

    /// The error if it is not there.
    pub(super) fn error(&self, params: &Params) -> ApiError {
        match self.absent {
            Some(refusal) => refusal.error(),
            None => {
                let key = self.key(params);
                let kind = self.collection.rsplit('/').next().unwrap_or("object");
                ApiError::not_found(codes::UNKNOWN, format!("{key} is not in {kind}"))
            }
        }
    }
}

impl Known {
    fn of(collection: &'static str, up: &str, others: &Others<'_>) -> Self {
        if UNBOUNDED.contains(&up) {
            return Self::Unknown;
        }
        let mut elsewhere = ELSEWHERE.iter();
        if let Some((_, path)) = elsewhere.find(|(other, _)| anonymous(other) == up) {
            return Self::Kept(path);
        }
        if others.collections.contains_key(up) {
            return Self::Kept(collection);
        }
        let list = others.lists.get(up);
        list.map_or(Self::Unknown, |result| Self::Listed(result))
    }
}

/// Whether a value is or contains this identifier.
fn shows(value: &Value, key: &str) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|one| shows(one, key)),
        Value::Object(fields) => fields.values().any(|one| shows(one, key)),
        Value::Null => false,
        value => plain(value) == key,
    }
}
