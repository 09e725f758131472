//! What people call things, from `xtask/api/search/terms.json`: the names of products, the words of the dashboard, and
//! what is typed into a search box.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::description::Operation;

/// The terms written by hand.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What each product is called and does: “Workers KV: values under keys.”
    names: BTreeMap<String, String>,
    /// What people type, by the operation that they want.
    phrases: BTreeMap<String, Vec<String>>,
    /// Words of the dashboard and of Cloudflare's documentation, each with the resource that it means.
    words: BTreeMap<String, String>,
}

impl Search {
    /// Reads the file; empty if there is none.
    pub fn load(api: &Path) -> Result<Search> {
        let file = api.join("search/terms.json");
        if !file.exists() {
            return Ok(Search::default());
        }
        let text = fs::read_to_string(&file)?;
        serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))
    }

    /// Fails if a term leads nowhere, or if a phrase leads to two operations.
    pub fn check<'o>(&self, operations: impl Iterator<Item = &'o Operation> + Clone) -> Result<()> {
        let all = || operations.clone();
        let products: BTreeSet<&str> = all().map(|operation| operation.product()).collect();
        let ids: BTreeSet<&str> = all().map(|operation| operation.id.as_str()).collect();
        let resources: BTreeSet<String> = all()
            .flat_map(|operation| {
                let path = &operation.resource;
                (1..=path.len()).map(|end| path[..end].join("."))
            })
            .collect();
        let mut wrong = Vec::new();
        let unknown = self
            .names
            .keys()
            .filter(|product| !products.contains(product.as_str()));
        wrong.extend(unknown.map(|product| format!("no product is called `{product}`")));
        let untitled = self.names.iter().filter(|(_, text)| !text.contains(": "));
        wrong
            .extend(untitled.map(|(product, _)| format!("`{product}` has no “Name: what it is.”")));
        let lost = self
            .words
            .iter()
            .filter(|(_, resource)| !resources.contains(*resource));
        wrong.extend(lost.map(|(word, resource)| format!("“{word}”: no resource `{resource}`")));
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, phrases) in &self.phrases {
            if !ids.contains(id.as_str()) {
                wrong.push(format!("no operation `{id}`"));
            }
            for phrase in phrases {
                // rustdoc takes no quotes, and searches in lower case.
                if phrase.contains(['"', '\'']) || *phrase != phrase.trim().to_lowercase() {
                    wrong.push(format!("“{phrase}” of `{id}` can't be searched for"));
                }
                if let Some(other) = known.insert(phrase, id) {
                    wrong.push(format!("“{phrase}” leads to `{other}` and to `{id}`"));
                }
            }
        }
        ensure!(wrong.is_empty(), "search/terms.json:\n{}", wrong.join("\n"));
        Ok(())
    }

    /// The products that have no name, as problems.
    pub fn unnamed<'o>(
        &self,
        operations: impl Iterator<Item = &'o Operation>,
    ) -> impl Iterator<Item = String> {
        let products: BTreeSet<&str> = operations.map(Operation::product).collect();
        let unnamed = products
            .into_iter()
            .filter(|product| !self.names.contains_key(*product));
        unnamed.map(|product| format!("search/terms.json: the product `{product}` has no name"))
    }

    /// What a product is called and does, in a sentence.
    pub fn name(&self, product: &str) -> Option<&str> {
        self.names.get(product).map(String::as_str)
    }

    /// What people type who look for an operation.
    pub fn phrases(&self, id: &str) -> &[String] {
        self.phrases.get(id).map_or(&[], Vec::as_slice)
    }

    /// Names and words with their resources, in alphabetical order.
    pub fn index(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<(&str, &str)> = self.entries().collect();
        all.sort_by_cached_key(|(word, _)| word.to_lowercase());
        all
    }

    /// Names and words with their resources.
    fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.names.iter().map(|(product, text)| {
            let (title, _) = text.split_once(": ").unwrap_or((text, ""));
            (title, product.as_str())
        });
        let words = self
            .words
            .iter()
            .map(|(word, to)| (word.as_str(), to.as_str()));
        names.chain(words)
    }

    /// Search terms for a resource's accessor.
    pub fn of_resource(&self, resource: &[String], method: &str) -> BTreeSet<String> {
        let resource = resource.join(".");
        let own = self.entries().filter(|(_, to)| *to == resource);
        own.map(|(word, _)| word.to_lowercase())
            .filter(|word| word != method)
            .collect()
    }

    /// Search terms for a product in a crate whose search does not see the operations: all of its words and phrases.
    pub fn of_product(&self, product: &str, method: &str) -> BTreeSet<String> {
        let is_below = |path: &str| path.split('.').next() == Some(product);
        let words = self.entries().filter(|(_, to)| is_below(to));
        let phrases = self.phrases.iter().filter(|(id, _)| is_below(id));
        words
            .map(|(word, _)| word.to_lowercase())
            .chain(phrases.flat_map(|(_, phrases)| phrases.iter().cloned()))
            .filter(|word| word != method)
            .collect()
    }
}

/// The attributes for search terms.
pub fn attributes(terms: &BTreeSet<String>) -> String {
    let terms = terms.iter();
    terms
        .map(|term| format!("#[doc(alias = {term:?})]\n"))
        .collect()
}
