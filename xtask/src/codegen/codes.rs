//! The error codes of the API, from `xtask/api/codes`: what is known of each, and the name it is published under.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::description::Description;

/// The file with the codes that any product uses.
pub const GENERAL: &str = "general";

/// All codes, by product and name.
#[derive(Debug, Default)]
pub struct Codes {
    pub products: BTreeMap<String, BTreeMap<String, Code>>,
}

/// What is known of a code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// `None` if only status and message are known.
    pub code: Option<i64>,
    pub status: Option<u16>,
    pub kind: Kind,
    /// The cause, in a few words.
    pub when: String,
    /// A part of the message, without which the code means something else.
    pub says: Option<String>,
    message: Option<String>,
    /// The paths of what is missing.
    #[serde(default)]
    pub thing: Vec<String>,
    /// The field that two members cannot have in common.
    pub unique: Option<String>,
    /// For what the body names: its field, and the collection that it has to be in.
    pub names: Option<(String, String)>,
    /// The field of the body whose value is no good.
    pub field: Option<String>,
    /// Whether it is for bodies that do not match the description.
    #[serde(default)]
    pub body: bool,
    pub operations: Vec<String>,
    source: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What the path names does not exist.
    NotFound,
    /// Something that the body names does not exist.
    Reference,
    Exists,
    InUse,
    Limit,
    Invalid,
    Denied,
    Other,
}

impl Code {
    /// The value of its constant. Zero has none: it says nothing without the message.
    pub fn constant(&self) -> Option<i64> {
        self.code.filter(|code| *code != 0)
    }

    /// The message, as far as it is known.
    pub fn message(&self) -> String {
        match self.message.as_ref().or(self.says.as_ref()) {
            Some(message) => message.clone(),
            None => self.sentence(),
        }
    }

    /// The cause as a sentence, without a full stop.
    pub fn sentence(&self) -> String {
        let mut letters = self.when.chars();
        match letters.next() {
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => String::new(),
        }
    }
}

impl Codes {
    /// Reads the folder; empty if there is none.
    pub fn load(api: &Path) -> Result<Self> {
        let folder = api.join("codes");
        let mut codes = Self::default();
        if !folder.exists() {
            return Ok(codes);
        }
        for entry in fs::read_dir(&folder)? {
            let file = entry?.path();
            if file.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let product = file.file_stem().unwrap_or_default().to_string_lossy();
            let read = serde_json::from_str(&fs::read_to_string(&file)?);
            let read = read.with_context(|| format!("in {}", file.display()))?;
            codes.products.insert(product.into_owned(), read);
        }
        Ok(codes)
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &Code)> {
        self.products.iter().flat_map(|(product, codes)| {
            let codes = codes.iter();
            codes.map(|(name, code)| (product.as_str(), name.as_str(), code))
        })
    }

    /// Fails where a code is for something that the description does not have, or cannot be told from another.
    pub fn check(&self, description: &Description) -> Result<()> {
        let operations: BTreeSet<&str> = description
            .operations
            .iter()
            .map(|operation| operation.id.as_str())
            .collect();
        let products = description.products();
        let known = |product: &String| product == GENERAL || products.contains(&product.as_str());
        if let Some(gone) = self.products.keys().find(|product| !known(product)) {
            anyhow::bail!("codes/{gone}.json: there is no such product");
        }
        let mut things: BTreeMap<&str, &str> = BTreeMap::new();
        for (product, name, code) in self.all() {
            let at = || format!("codes/{product}.json, {name}");
            let is_constant = name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
                && name.starts_with(|first: char| first.is_ascii_uppercase());
            ensure!(is_constant, "{}: not the name of a constant", at());
            let is_known = code.code.is_some() || code.status.is_some() && code.says.is_some();
            ensure!(is_known, "{}: neither a code nor status and message", at());
            ensure!(
                !code.when.is_empty() && !code.source.is_empty(),
                "{}: no cause, or no source",
                at()
            );
            let gone = |id: &&String| !operations.contains(id.as_str());
            if let Some(gone) = code.operations.iter().find(gone) {
                anyhow::bail!("{}: there is no operation `{gone}`", at());
            }
            for thing in &code.thing {
                ensure!(
                    code.kind == Kind::NotFound,
                    "{}: only not_found has a thing",
                    at()
                );
                if let Some(other) = things.insert(thing, name) {
                    anyhow::bail!("{}: {thing} has the code {other}", at());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Codes;
    use crate::description::{self, Description};

    #[test]
    fn codes_are_for_what_the_description_has() {
        let home = description::home();
        let codes = Codes::load(&home).unwrap();
        assert!(codes.all().count() > 400);
        codes.check(&Description::load(&home).unwrap()).unwrap();
    }

    #[test]
    fn what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let description = Description::default();
        std::fs::create_dir(folder.path().join("codes")).unwrap();
        let problem = |name: &str, rest: &str| {
            let text = format!(
                r#"{{"{name}": {{"kind": "not_found", "when": "gone", "source": ["x"], {rest}}}}}"#
            );
            std::fs::write(folder.path().join("codes/general.json"), text).unwrap();
            let codes = Codes::load(folder.path());
            let checked = codes.and_then(|codes| codes.check(&description));
            checked.map_err(|error| format!("{error:#}"))
        };
        let fine = r#""code": 1, "operations": []"#;
        assert!(problem("GONE", fine).is_ok());
        for (name, rest, found) in [
            ("gone", fine, "not the name of a constant"),
            ("GONE", r#""operations": []"#, "neither a code"),
            (
                "GONE",
                r#""code": 1, "operations": ["dns.gone"]"#,
                "`dns.gone`",
            ),
            (
                "GONE",
                r#""code": 1, "thing": ["a", "a"], "operations": []"#,
                "a has the code",
            ),
            ("GONE", r#""code": 1, "operation": []"#, "unknown field"),
        ] {
            let said = problem(name, rest).unwrap_err();
            assert!(said.contains(found), "{said}");
        }
    }
}
