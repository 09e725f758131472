//! A document in the description's own form, with `x-cf-*`: it becomes the base, one file per product.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::known::Known;
use super::{drop, write};
use crate::description::json::Json;
use crate::description::{self, Description, additions};

/// Members with prose, which is not imported.
const PROSE: &[&str] = &[
    "description",
    "summary",
    "title",
    "example",
    "examples",
    "externalDocs",
];

/// Replaces the base with the document.
pub fn import(document: &Json, home: &Path) -> Result<()> {
    let before = Description::load(home)?;
    let files = split(document);
    for (name, _) in description::by_product(home)? {
        if !files.contains_key(&name) {
            fs::remove_file(home.join(format!("{name}.json")))?;
        }
    }
    for (product, json) in &files {
        fs::write(home.join(format!("{product}.json")), json.pretty())?;
    }
    let mut additions = additions::load(home)?;
    drop_superseded(&files, &mut additions);
    write::write_additions(home, additions)?;
    report(&before, &Description::load(home)?);
    Ok(())
}

/// Drops from the additions what the base has now.
fn drop_superseded(base: &BTreeMap<String, Json>, additions: &mut BTreeMap<String, Json>) {
    let used = drop::used_schemas(base, additions);
    let known = Known::of(base.values());
    for (key, operation) in Known::of(additions.values()).operations {
        if known.find(&key).is_some() {
            drop::operation(additions, &operation);
        }
    }
    let still_used = drop::used_schemas(base, additions);
    drop::schemas(additions, &used.difference(&still_used).collect());
}

/// One document per product, and `_root` for what is above them.
fn split(document: &Json) -> BTreeMap<String, Json> {
    let mut paths: BTreeMap<String, Vec<(String, Json)>> = BTreeMap::new();
    for (path, item) in document.get("paths").map(Json::members).unwrap_or_default() {
        for (verb, operation) in item.members() {
            let product = operation.strings("x-cf-resource").into_iter().next();
            let entries = paths
                .entry(product.unwrap_or_else(|| "_root".to_owned()))
                .or_default();
            let operation = (verb.clone(), without_prose(operation, false));
            match entries.iter_mut().find(|(known, _)| known == path) {
                Some((_, Json::Object(item))) => item.push(operation),
                _ => entries.push((path.clone(), Json::Object(vec![operation]))),
            }
        }
    }
    let mut schemas: BTreeMap<String, Vec<(String, Json)>> = BTreeMap::new();
    let all = document.get("components").and_then(|c| c.get("schemas"));
    for (name, schema) in all.map(Json::members).unwrap_or_default() {
        let product = name
            .split('.')
            .next()
            .filter(|_| name.contains('.'))
            .unwrap_or("_root");
        let entry = (name.clone(), without_prose(schema, false));
        schemas.entry(product.to_owned()).or_default().push(entry);
    }
    let mut root: Vec<(String, Json)> = document
        .members()
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "paths" | "components"))
        .map(|(key, value)| (key.clone(), without_prose(value, true)))
        .collect();
    root.push((
        "components".to_owned(),
        components(schemas.remove("_root").unwrap_or_default()),
    ));
    let mut files = BTreeMap::from([("_root".to_owned(), Json::Object(root))]);
    let products: BTreeSet<String> = paths.keys().chain(schemas.keys()).cloned().collect();
    for product in products {
        let mut members = Vec::new();
        if let Some(mut paths) = paths.remove(&product) {
            paths.sort_by(|a, b| a.0.cmp(&b.0));
            members.push(("paths".to_owned(), Json::Object(paths)));
        }
        if let Some(mut schemas) = schemas.remove(&product) {
            schemas.sort_by(|a, b| a.0.cmp(&b.0));
            members.push(("components".to_owned(), components(schemas)));
        }
        files.insert(product, Json::Object(members));
    }
    files
}

fn components(schemas: Vec<(String, Json)>) -> Json {
    Json::Object(vec![("schemas".to_owned(), Json::Object(schemas))])
}

/// Drops prose. Property names can look like prose members: `names` says that these are names.
fn without_prose(json: &Json, names: bool) -> Json {
    match json {
        Json::Array(elements) => Json::Array(
            elements
                .iter()
                .map(|element| without_prose(element, false))
                .collect(),
        ),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .filter(|(key, _)| names || !PROSE.contains(&key.as_str()))
                .map(|(key, value)| {
                    let names = matches!(key.as_str(), "properties" | "mapping");
                    (key.clone(), without_prose(value, names))
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Reports what is new and what is gone.
#[allow(clippy::print_stdout)]
fn report(before: &Description, after: &Description) {
    let ids = |d: &Description| {
        d.operations
            .iter()
            .map(|o| o.id.clone())
            .collect::<BTreeSet<_>>()
    };
    let names = |d: &Description| d.schemas.keys().cloned().collect::<BTreeSet<_>>();
    for (what, before, after) in [
        ("operation", ids(before), ids(after)),
        ("schema", names(before), names(after)),
    ] {
        for gone in before.difference(&after) {
            println!("- {what} {gone}");
        }
        if !before.is_empty() {
            for new in after.difference(&before) {
                println!("+ {what} {new}");
            }
        }
        println!("{} {what}s", after.len());
    }
    let changed = after
        .schemas
        .iter()
        .filter(|(name, schema)| before.schemas.get(*name).is_some_and(|old| old != *schema));
    for (name, _) in changed {
        println!("~ schema {name}");
    }
}
