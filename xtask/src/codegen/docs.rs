//! Our own sentences, from `xtask/api/docs/`: a file a product.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::plan::Plan;

/// What was written by hand.
#[derive(Debug, Default)]
pub struct Docs {
    /// What operations do, by ID.
    operations: BTreeMap<String, String>,
}

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    operations: BTreeMap<String, String>,
}

impl Docs {
    /// Reads the files; empty where there is no folder.
    pub fn load(api: &Path) -> Result<Docs> {
        let mut docs = Docs::default();
        let Ok(entries) = fs::read_dir(api.join("docs")) else {
            return Ok(docs);
        };
        for entry in entries {
            let file = entry?.path();
            let product = file.file_stem().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&file)?;
            let said: Said =
                serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))?;
            for (id, sentence) in said.operations {
                let is_here = id.split('.').next() == Some(&*product);
                ensure!(is_here, "`{id}` has another file than {product}.json");
                check(&id, &sentence)?;
                docs.operations.insert(id, sentence);
            }
        }
        Ok(docs)
    }

    /// What an operation does, in whole sentences.
    pub fn operation(&self, id: &str) -> Option<&str> {
        self.operations.get(id).map(String::as_str)
    }

    /// Fails where something is said of what is not there.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        let operations = plan.operations.iter();
        let known: BTreeSet<&String> = operations.map(|planned| &planned.operation.id).collect();
        let unknown = self.operations.keys().find(|id| !known.contains(id));
        ensure!(
            unknown.is_none(),
            "there is no operation `{}` to say anything of",
            unknown.map_or("", String::as_str)
        );
        Ok(())
    }
}

/// Whether these are sentences, as documentation begins and ends them.
fn check(id: &str, text: &str) -> Result<()> {
    let begins = text.starts_with(|c: char| c.is_uppercase());
    ensure!(
        begins && text.ends_with('.') && text.trim() == text,
        "what is said of `{id}` is no sentence: {text:?}"
    );
    Ok(())
}
