//! What imports added to the API description, from `xtask/api/additions/`: documents like those they extend.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::json::Json;

/// The folder, within the description.
pub const FOLDER: &str = "additions";

/// Which of two statements wins if they contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precedence {
    Known,
    New,
}

/// The additions, by product.
pub fn load(api: &Path) -> Result<BTreeMap<String, Json>> {
    let dir = api.join(FOLDER);
    if dir.exists() {
        super::by_product(&dir)
    } else {
        Ok(BTreeMap::new())
    }
}

/// Adds the content of the additions. What already exists stays as it is.
pub fn apply(documents: &mut BTreeMap<String, Json>, additions: &BTreeMap<String, Json>) {
    for (product, addition) in additions {
        let document = documents
            .entry(product.clone())
            .or_insert_with(|| Json::Object(Vec::new()));
        grow(document, addition, Precedence::Known);
    }
}

/// Adds to a part of the description what another one has beyond it, at any depth.
pub fn grow(known: &mut Json, new: &Json, precedence: Precedence) {
    if precedence == Precedence::New && is_schema_of_another_kind(known, new) {
        *known = new.clone();
        return;
    }
    match (known, new) {
        (Json::Object(_), Json::Null) => {}
        (Json::Object(members), Json::Object(changes)) => {
            for (key, change) in changes {
                match members.iter_mut().find(|(name, _)| name == key) {
                    Some((_, known)) => match key.as_str() {
                        "enum" => add_values(known, change),
                        "parameters" => add_parameters(known, change, precedence),
                        "allOf" | "anyOf" => add_parts(known, change, precedence),
                        _ => grow(known, change, precedence),
                    },
                    None => members.push((key.clone(), change.clone())),
                }
            }
        }
        (known, new) if precedence == Precedence::New => *known = new.clone(),
        _ => {}
    }
}

/// Whether two schemas are of kinds that cannot be combined.
fn is_schema_of_another_kind(known: &Json, new: &Json) -> bool {
    const KINDS: &[&str] = &["$ref", "allOf", "anyOf", "oneOf", "type"];
    let kind = |json: &Json| {
        let kind = KINDS.iter().find(|kind| json.get(kind).is_some())?;
        Some((*kind, json.str("type").map(str::to_owned)))
    };
    match (kind(known), kind(new)) {
        (Some(known), Some(new)) => known != new,
        _ => false,
    }
}

fn add_values(known: &mut Json, new: &Json) {
    if let Json::Array(values) = known {
        for value in new.elements() {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
    }
}

/// Adds the parts of combined schemas: each to its counterpart, and new references at the end.
fn add_parts(known: &mut Json, new: &Json, precedence: Precedence) {
    let is_named = |json: &Json| {
        json.elements()
            .iter()
            .all(|part| part.get("$ref").is_some())
    };
    if is_named(known) && is_named(new) && precedence == Precedence::New {
        add_values(known, new);
    } else if known.elements().len() == new.elements().len() {
        let parts = known.elements_mut().iter_mut().zip(new.elements());
        parts.for_each(|(known, new)| grow(known, new, precedence));
    } else if precedence == Precedence::New {
        *known = new.clone();
    }
}

fn add_parameters(known: &mut Json, new: &Json, precedence: Precedence) {
    let Json::Array(parameters) = known else {
        return;
    };
    for parameter in new.elements() {
        let is_same = |other: &&mut Json| {
            other.str("name") == parameter.str("name") && other.str("in") == parameter.str("in")
        };
        match parameters.iter_mut().find(is_same) {
            Some(known) => grow(known, parameter, precedence),
            None => parameters.push(parameter.clone()),
        }
    }
}
