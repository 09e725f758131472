//! Operations that do something instead of writing what the body says:
//! `POST …/enable`. What they do shows in a field of an object, or they are
//! refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::Paths;
use crate::described::check;
use crate::described::collection::Collection;
use crate::described::effect::{Changed, Effect};
use crate::described::operation::Operation;
use crate::described::schema::Schema;

/// What an operation of this kind comes to.
#[derive(Debug)]
pub(super) enum Action {
    /// It changes an object.
    Changes(Arc<Effect>),
    /// It only computes its reply: a search, a validation.
    Computes,
    /// The emulator does not do it.
    Refused,
}

/// The last words of paths that change an object: what a flag becomes, and the
/// words that a status may use for it.
const VERBS: &[(&str, Option<bool>, &[&str])] = &[
    ("enable", Some(true), &["enabled", "active", "on"]),
    ("disable", Some(false), &["disabled", "inactive", "off"]),
    ("activate", Some(true), &["active", "available"]),
    ("deactivate", Some(false), &["inactive"]),
    ("pause", None, &["paused"]),
    ("resume", None, &["running", "active"]),
    ("abort", None, &["aborted"]),
    ("stop", None, &["stopped"]),
    ("cancel", None, &["cancelled", "canceled"]),
];

/// The fields that they change.
const FLAGS: &[&str] = &["enabled", "is_enabled", "is_active"];
const STATES: &[&str] = &["status", "state", "value"];

/// Where the object is, from the path without its last word.
const PLACES: &[&str] = &["", "/settings", "/status"];

/// The last words of paths that only compute a reply, without punctuation.
const COMPUTING: &[&str] = &[
    "accessibilitytree",
    "addressvalidation",
    "aisearch",
    "analyze",
    "bulkget",
    "check",
    "completions",
    "connectivityprecheck",
    "content",
    "destination",
    "domaincheck",
    "domaintransfercheck",
    "evaluate",
    "exists",
    "graphql",
    "json",
    "keys",
    "links",
    "lookup",
    "markdown",
    "origin",
    "pdf",
    "plan",
    "policypreview",
    "preview",
    "query",
    "recall",
    "scanlogo",
    "scanpage",
    "scrape",
    "screenshot",
    "search",
    "snapshot",
    "summary",
    "timeseries",
    "tomarkdown",
    "topn",
    "trace",
    "traceroute",
    "validate",
    "validatesql",
    "values",
];

/// The names of operations that only compute a reply, where paths do not say so.
const COMPUTING_OPERATIONS: &[&str] = &[
    "ai.run_model",
    "ai_audit.robots.bulk_get",
    "ai_gateway.billing.topup.status",
    "cloudforce_one.requests.list",
    "cloudforce_one.requests.message.get",
    "cloudforce_one.rules.structured.test",
    "radar.datasets.download",
    "vectorize.indexes.get_by_ids_v1",
];

/// What `operation` comes to. `path` is its own without names of parameters.
pub(super) fn of(
    operation: &Operation,
    path: &str,
    paths: &Paths,
    collections: &BTreeMap<String, Arc<Collection>>,
) -> Action {
    if operation.method == Method::DELETE {
        return Action::Refused;
    }
    let (up, last) = path.rsplit_once('/').unwrap_or(("", path));
    let word: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
    let word = word.to_ascii_lowercase();
    if let Some(verb) = VERBS.iter().find(|(verb, ..)| *verb == word) {
        let effect = effect(verb, up, paths, collections);
        return effect.map_or(Action::Refused, |effect| Action::Changes(Arc::new(effect)));
    }
    // A PUT is not a question.
    let asks = operation.method == Method::POST || word == "connectivityprecheck";
    match COMPUTING.contains(&word.as_str()) || COMPUTING_OPERATIONS.contains(&operation.name) {
        true if asks => Action::Computes,
        _ => Action::Refused,
    }
}

fn effect(
    verb: &(&str, Option<bool>, &[&str]),
    up: &str,
    paths: &Paths,
    collections: &BTreeMap<String, Arc<Collection>>,
) -> Option<Effect> {
    let member = up.strip_suffix("/{}").and_then(|up| collections.get(up));
    if let Some(collection) = member {
        let changes = changes(verb, &collection.item());
        return (!changes.is_empty()).then(|| Effect {
            object: Changed::Member(Arc::clone(collection)),
            changes,
        });
    }
    PLACES.iter().find_map(|place| {
        let here = paths.get(&format!("{up}{place}"))?;
        let read = here.iter().find(|one| one.method == Method::GET)?;
        let changes = changes(verb, &read.result());
        (!changes.is_empty()).then_some(Effect {
            object: Changed::Document(read.path),
            changes,
        })
    })
}

/// What a verb changes in an object of this kind.
fn changes(
    (_, flag, words): &(&str, Option<bool>, &[&str]),
    schema: &Schema,
) -> Vec<(String, Value)> {
    let schema = schema.value();
    let fitting = |schema: &Schema| {
        let mut words = words.iter().map(|word| Value::from(*word));
        words.find(|word| check::fits(schema, word))
    };
    if *schema == Schema::Text {
        return fitting(schema)
            .map(|word| (String::new(), word))
            .into_iter()
            .collect();
    }
    let mut changes = Vec::new();
    for name in FLAGS {
        if let (Some(flag), Some(field)) = (flag, schema.field(name))
            && check::fits(&field.schema, &Value::Bool(*flag))
        {
            changes.push((field.name.clone(), Value::Bool(*flag)));
        }
    }
    for name in STATES {
        if let Some(word) = schema.field(name).and_then(|field| fitting(&field.schema)) {
            changes.push(((*name).to_owned(), word));
        }
    }
    changes
}
