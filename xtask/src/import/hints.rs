//! Names that no rule finds, from `xtask/api/imports/hints.json`: its README describes the content.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::paths;

/// Decisions made by hand.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hints {
    /// The operation's ID, by method and path.
    pub operations: BTreeMap<String, String>,
    /// The resource, by a path or its prefix.
    pub resources: BTreeMap<String, String>,
    /// First words of a path's last segment that make it an action instead of a resource.
    pub actions: BTreeSet<String>,
    /// Paths that cover operations with more specific paths; `**` matches any ending.
    pub covers: BTreeSet<String>,
    /// Paths that are of no use to anybody outside; `**` matches any ending.
    pub ignores: BTreeSet<String>,
}

impl Hints {
    pub fn load(api: &Path) -> Result<Hints> {
        let file = api.join("imports/hints.json");
        if !file.exists() {
            return Ok(Hints::default());
        }
        let text = fs::read_to_string(&file)?;
        let hints: Hints =
            serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        Ok(hints)
    }

    /// Whether an operation is only a case of an existing one.
    pub fn covers(&self, key: &str, path: &str) -> bool {
        !self.operations.contains_key(key) && is_among(path, &self.covers)
    }

    /// Whether an operation should not be imported.
    pub fn ignores(&self, path: &str) -> bool {
        is_among(path, &self.ignores)
    }
}

/// Whether a path is one of these, or a case of one.
fn is_among(path: &str, wider: &BTreeSet<String>) -> bool {
    let segments = paths::segments(path);
    wider.iter().any(|wider| {
        let mut wide = paths::segments(wider);
        let has_any_end = wide.last().is_some_and(|last| last == "**");
        if has_any_end {
            wide.pop();
        }
        let same = wide
            .iter()
            .zip(&segments)
            .all(|(wide, one)| wide == one || wide == paths::VARIABLE);
        same && (wide.len() == segments.len() || (has_any_end && wide.len() < segments.len()))
    })
}
