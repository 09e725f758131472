//! The files with our own sentences.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::COMMON;
use crate::description::json_files;

/// The sentences written by hand.
#[derive(Debug, Default)]
pub struct Docs {
    pub(super) products: BTreeMap<String, Said>,
    /// What names mean in all products.
    pub(super) glossary: BTreeMap<String, String>,
}

/// The sentences of one product.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Said {
    /// By ID.
    pub(super) operations: BTreeMap<String, String>,
    /// By operation ID and name on the wire.
    pub(super) params: BTreeMap<String, String>,
    /// By path within the product, like all that follow.
    pub(super) types: BTreeMap<String, String>,
    /// By type (or a module and `*`) and JSON name.
    pub(super) fields: BTreeMap<String, String>,
    /// Variants of unions and values of enums.
    pub(super) variants: BTreeMap<String, String>,
    /// What names mean within the product.
    pub(super) glossary: BTreeMap<String, String>,
}

impl Said {
    /// All keys with their sentences, by section.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static str, &String, &String)> {
        let sections = [
            ("operations", &self.operations),
            ("params", &self.params),
            ("types", &self.types),
            ("fields", &self.fields),
            ("variants", &self.variants),
            ("glossary", &self.glossary),
        ];
        sections
            .into_iter()
            .flat_map(|(section, said)| said.iter().map(move |(key, text)| (section, key, text)))
    }
}

impl Docs {
    /// Reads the files; empty if there is no folder.
    pub fn load(api: &Path) -> Result<Docs> {
        let mut docs = Docs::default();
        let folder = api.join("docs");
        if !folder.exists() {
            return Ok(docs);
        }
        for file in json_files(&folder)? {
            let product = file.file_stem().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&file)?;
            let said: Said =
                serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))?;
            docs.products.insert(product.into_owned(), said);
        }
        if let Some(common) = docs.products.get_mut(COMMON) {
            docs.glossary = std::mem::take(&mut common.glossary);
        }
        Ok(docs)
    }
}
