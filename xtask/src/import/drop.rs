//! Drops operations from the description if asked to.

use std::collections::{BTreeMap, BTreeSet};

use super::known::KnownOperation;
use crate::description::json::Json;

type Documents = BTreeMap<String, Json>;

/// Drops an operation, including those that share its method and path.
pub fn operation(documents: &mut Documents, known: &KnownOperation) {
    for document in documents.values_mut() {
        let Some(paths) = document.get_mut("paths") else {
            continue;
        };
        let Some(item) = paths.get_mut(&known.path) else {
            continue;
        };
        item.remove(&known.verb);
        if item.members().is_empty() {
            paths.remove(&known.path);
        }
    }
}

/// The names of the schemas that operations mention, directly or not.
pub fn used_schemas(base: &Documents, additions: &Documents) -> BTreeSet<String> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut used: Vec<String> = Vec::new();
    for document in base.values().chain(additions.values()) {
        if let Some(paths) = document.get("paths") {
            references(paths, &mut used);
        }
        let schemas = document.at(&["components", "schemas"]);
        for (name, schema) in schemas.map(Json::members).unwrap_or_default() {
            references(schema, all.entry(name.clone()).or_default());
        }
    }
    let mut reached: BTreeSet<String> = BTreeSet::new();
    while let Some(name) = used.pop() {
        if let Some(next) = all.get(&name).filter(|_| !reached.contains(&name)) {
            used.extend(next.iter().cloned());
            reached.insert(name);
        }
    }
    reached
}

/// Drops schemas.
pub fn schemas(documents: &mut Documents, names: &BTreeSet<&String>) {
    for document in documents.values_mut() {
        let components = document.get_mut("components");
        if let Some(Json::Object(schemas)) = components.and_then(|all| all.get_mut("schemas")) {
            schemas.retain(|(name, _)| !names.contains(name));
        }
    }
}

fn references(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::Str(text) => {
            if let Some(name) = text.strip_prefix("#/components/schemas/") {
                found.push(name.to_owned());
            }
        }
        Json::Array(elements) => elements.iter().for_each(|json| references(json, found)),
        Json::Object(members) => members.iter().for_each(|(_, json)| references(json, found)),
        _ => {}
    }
}
