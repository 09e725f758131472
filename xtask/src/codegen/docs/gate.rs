//! What sentences must not do: repeat the name, say the same of two fields, contradict the name or the description.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::codegen::items::types::Field;
use crate::codegen::plan::{Plan, PlannedParameter};
use crate::codegen::words::names;

use super::COMMON;
use super::coverage;
use super::numbers::contradiction;
use super::sentences::{is_empty, other_unit};
use super::texts::Docs;

/// Prints how much of each product is documented; fails if a sentence is bad.
#[allow(clippy::print_stdout)]
pub fn report(plan: &Plan) -> Result<()> {
    print!("{}", coverage::table(plan));
    let operations = plan.operations.iter().map(|planned| &planned.operation);
    let wrong: Vec<String> = plan
        .docs
        .entries()
        .chain(plan.search.unnamed(operations))
        .chain(said_twice(plan))
        .chain(false_numbers(plan))
        .collect();
    ensure!(
        wrong.is_empty(),
        "{} of our own sentences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    Ok(())
}

/// Words that fit every field or type. In a value of an enum they can carry meaning: “The field contains the value.”
const THINGS: &[&str] = &["field", "list", "object", "property", "value"];

impl Docs {
    /// What is wrong with entries, each on its own.
    fn entries(&self) -> impl Iterator<Item = String> {
        let products = self.products.iter().flat_map(|(product, said)| {
            // Operations often do just what their names say.
            let entries = said
                .entries()
                .filter(|(section, ..)| *section != "operations");
            entries.filter_map(move |(section, key, text)| {
                let what = wrong(section, key, text)?;
                Some(format!(
                    "docs/{product}.json, {section}, `{key}`: {what}: {text}"
                ))
            })
        });
        let common = self.glossary.iter().filter_map(|(key, text)| {
            let what = wrong("glossary", key, text)?;
            Some(format!("docs/{COMMON}.json, `{key}`: {what}: {text}"))
        });
        products.chain(common)
    }
}

fn wrong(section: &str, key: &str, text: &str) -> Option<String> {
    // The type with its module, and the field or variant.
    let (owner, name) = key.rsplit_once('.').unwrap_or(("", key));
    let near = |path: &'_ str| path.rsplit("::").next().unwrap_or(path).to_owned();
    let (owner, name) = match name.rsplit_once("::") {
        Some((ty, variant)) => (near(ty), variant.to_owned()),
        None => (near(owner.trim_end_matches("::*")), name.to_owned()),
    };
    let things = if section == "variants" { &[] } else { THINGS };
    if is_empty(text, &[&owner, &name], things) {
        return Some("it only repeats the name".to_owned());
    }
    let (own, other) = other_unit(text, &name)?;
    Some(format!("the name is in {own}s, the sentence in {other}s"))
}

/// Different fields of one type with the same sentence.
fn said_twice(plan: &Plan) -> impl Iterator<Item = String> {
    let all = plan.definitions.iter().enumerate();
    all.flat_map(move |(index, definition)| {
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        let mut wrong = Vec::new();
        for field in definition.fields() {
            let Some(text) = plan.docs.field(plan, index, &field.json) else {
                continue;
            };
            match known.get(text) {
                // Two spellings of one name mean the same.
                Some(first) if names::words(first) != names::words(&field.json) => {
                    wrong.push(format!(
                        "`{}`: the same of `{first}` and `{}`: {text}",
                        definition.path(),
                        field.json
                    ))
                }
                Some(_) => {}
                None => {
                    known.insert(text, &field.json);
                }
            }
        }
        wrong
    })
}

/// Fields and parameters whose sentence gives another default or range than the description.
fn false_numbers(plan: &Plan) -> impl Iterator<Item = String> {
    let docs = &plan.docs;
    let fields = plan
        .definitions
        .iter()
        .enumerate()
        .flat_map(move |(index, definition)| {
            let wrong = move |field: &Field| {
                let text = docs.field(plan, index, &field.json)?;
                let what = contradiction(text, &field.facts)?;
                Some(format!(
                    "`{}`, `{}`: {what}: {text}",
                    definition.path(),
                    field.json
                ))
            };
            definition.fields().iter().filter_map(wrong)
        });
    let params = plan.operations.iter().flat_map(move |planned| {
        let wrong = move |param: &PlannedParameter| {
            let text = docs.param(planned, param)?;
            let what = contradiction(text, &param.parameter.facts)?;
            let (id, wire) = (&planned.operation.id, &param.parameter.name);
            Some(format!("`{id}`, `{wire}`: {what}: {text}"))
        };
        planned.params.iter().filter_map(wrong)
    });
    fields.chain(params)
}
