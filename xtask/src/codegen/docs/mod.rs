//! Our own sentences, from `xtask/api/docs/`: one file per product, and `glossary.json` for names that mean the same
//! everywhere.
//!
//! A sentence is kept in the widest scope in which it is true. For a field, from narrow to wide: its type, the received
//! counterpart of a sent type, a module (`records::*`, innermost first), the product, all products.

mod coverage;
mod gate;
mod numbers;
mod sentences;
pub mod texts;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::items::types::{Type, Variant};
use super::plan::definition::Definition;
use super::plan::{Plan, PlannedOperation, PlannedParameter};
use super::words::names;
pub use gate::report;
use texts::Docs;

/// The file for all products.
const COMMON: &str = "glossary";

impl Docs {
    /// What an operation does.
    pub fn operation(&self, id: &str) -> Option<&str> {
        let said = self.products.get(&product_of(id))?;
        said.operations.get(id).map(String::as_str)
    }

    /// What a parameter is for.
    pub fn param(&self, planned: &PlannedOperation, param: &PlannedParameter) -> Option<&str> {
        let (id, wire) = (&planned.operation.id, &param.parameter.name);
        let said = self.products.get(&product_of(id));
        let own = said.and_then(|said| said.params.get(&format!("{id}.{wire}")));
        let wide = || {
            said.and_then(|said| said.glossary.get(wire))
                .or_else(|| self.glossary.get(wire))
        };
        own.or_else(wide).map(String::as_str)
    }

    /// What a type is.
    pub fn ty(&self, definition: &Definition) -> Option<&str> {
        let (product, key) = place(definition);
        let said = self.products.get(&product)?;
        said.types.get(&key).map(String::as_str)
    }

    /// What a field is for.
    pub fn field(&self, plan: &Plan, index: usize, json: &str) -> Option<&str> {
        let definition = &plan.definitions[index];
        let own = |definition: &Definition| {
            let (product, key) = place(definition);
            self.products
                .get(&product)?
                .fields
                .get(&format!("{key}.{json}"))
        };
        let received = || {
            let entities = plan.sent_for(index).map(|entity| &plan.definitions[entity]);
            let mut entities: Vec<&Definition> = entities.collect();
            // Of several, prefer the one with the same name.
            entities.sort_by_key(|entity| definition.name != format!("{}Param", entity.name));
            entities.into_iter().find_map(own)
        };
        let (product, key) = place(definition);
        let said = self.products.get(&product);
        let wide = || {
            let said = said?;
            let mut modules = modules(&key);
            modules
                .find_map(|module| said.fields.get(&format!("{module}*.{json}")))
                .or_else(|| said.glossary.get(json))
        };
        let found = own(definition).or_else(received).or_else(wide);
        found
            .or_else(|| self.glossary.get(json))
            .map(String::as_str)
    }

    /// What a value of an enum stands for.
    pub fn value(&self, definition: &Definition, name: &str) -> Option<&str> {
        let (product, key) = place(definition);
        let said = self.products.get(&product)?;
        said.variants
            .get(&format!("{key}::{name}"))
            .map(String::as_str)
    }

    /// What a variant of a union is; by default, what its type is.
    pub fn variant(&self, plan: &Plan, definition: &Definition, variant: &Variant) -> Option<&str> {
        let of_type = || match variant.ty {
            Type::Item(item) => self.ty(&plan.definitions[item]),
            _ => None,
        };
        self.value(definition, &variant.name).or_else(of_type)
    }

    /// Fails if an entry has no target or is not a sentence.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        let known = Known::of(plan);
        let mut wrong = Vec::new();
        let files = self.products.iter();
        for (product, section, key, text) in files.flat_map(|(product, said)| {
            said.entries()
                .map(move |(section, key, text)| (product, section, key, text))
        }) {
            let mut tell =
                |what: &str| wrong.push(format!("docs/{product}.json, {section}, `{key}`: {what}"));
            if !known.has(product, section, key) {
                tell("no such name");
            }
            if let Some(what) = sentences::form(text) {
                tell(what);
            }
        }
        for (key, text) in &self.glossary {
            let mut tell = |what: &str| wrong.push(format!("docs/{COMMON}.json, `{key}`: {what}"));
            if !known.names.values().any(|names| names.contains(key)) {
                tell("no field or parameter has this name");
            }
            if let Some(what) = sentences::form(text) {
                tell(what);
            }
        }
        ensure!(wrong.is_empty(), "our own sentences:\n{}", wrong.join("\n"));
        Ok(())
    }
}

/// What can be documented: keys of the files, by product and section.
struct Known {
    keys: BTreeSet<(String, &'static str, String)>,
    /// Names of fields and parameters, by product.
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Known {
    fn of(plan: &Plan) -> Known {
        let mut keys = BTreeSet::new();
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for definition in &plan.definitions {
            let (product, path) = place(definition);
            let names = names.entry(product.clone()).or_default();
            let mut add = |section, key: String| keys.insert((product.clone(), section, key));
            add("types", path.clone());
            for field in definition.fields() {
                let json = &field.json;
                add("fields", format!("{path}.{json}"));
                for module in modules(&path) {
                    add("fields", format!("{module}*.{json}"));
                }
                names.insert(json.clone());
            }
            let variants = definition.variants().iter().map(|variant| &variant.name);
            let values = definition.values.iter().map(|(name, _)| name);
            for name in variants.chain(values) {
                add("variants", format!("{path}::{name}"));
            }
        }
        for planned in &plan.operations {
            let id = &planned.operation.id;
            let product = product_of(id);
            keys.insert((product.clone(), "operations", id.clone()));
            for param in &planned.params {
                let wire = &param.parameter.name;
                keys.insert((product.clone(), "params", format!("{id}.{wire}")));
                names
                    .entry(product.clone())
                    .or_default()
                    .insert(wire.clone());
            }
        }
        Known { keys, names }
    }

    fn has(&self, product: &str, section: &'static str, key: &str) -> bool {
        if section == "glossary" {
            return self
                .names
                .get(product)
                .is_some_and(|names| names.contains(key));
        }
        self.keys
            .contains(&(product.to_owned(), section, key.to_owned()))
    }
}

/// The product of an operation, as its file is named.
fn product_of(id: &str) -> String {
    names::snake(id.split('.').next().unwrap_or_default())
}

/// The product of a type, and its path within.
fn place(definition: &Definition) -> (String, String) {
    let path = definition.path();
    let (product, key) = path.split_once("::").unwrap_or(("", &path));
    (product.to_owned(), key.to_owned())
}

/// The modules around a type, innermost first: `a::b::`, `a::`, and an empty string for the product.
fn modules(key: &str) -> impl Iterator<Item = &str> {
    let ends = key.rmatch_indices("::").map(|(at, sign)| at + sign.len());
    ends.chain([0]).map(|end| &key[..end])
}
