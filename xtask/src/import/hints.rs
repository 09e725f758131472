//! What no rule finds, from `xtask/api/imports/hints.json`: its README says what it may hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::paths;

/// What was decided by hand.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hints {
    /// The operation's ID, by verb and path.
    pub operations: BTreeMap<String, String>,
    /// The resource, by a path or what it starts with.
    pub resources: BTreeMap<String, String>,
    /// First words of what a path ends in where that is done, and no resource.
    pub actions: BTreeSet<String>,
    /// Paths of which operations with more particular paths are only cases.
    pub covers: BTreeSet<String>,
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

    /// Whether an operation is but a case of one that is there.
    pub fn covers(&self, key: &str, path: &str) -> bool {
        let segments = paths::segments(path);
        let is_wider = |path: &String| {
            let wide = paths::segments(path);
            wide.len() == segments.len()
                && wide
                    .iter()
                    .zip(&segments)
                    .all(|(wide, one)| wide == one || wide == paths::VARIABLE)
        };
        !self.operations.contains_key(key) && self.covers.iter().any(is_wider)
    }
}
