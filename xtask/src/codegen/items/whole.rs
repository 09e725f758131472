//! Which numbers are integers, from `xtask/api/types/whole.json`: most are just numbers in the description.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::codegen::words::names;

/// The table. All names are words joined by `_`, however the description spells them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    names: BTreeSet<String>,
    /// Prefixes of names of counts.
    starts: Vec<String>,
    /// Suffixes of names of counts, sizes and durations.
    ends: Vec<String>,
    /// Words that mark a mean or a measured time, whatever the name's suffix.
    fractions: BTreeSet<String>,
    /// Names of integers in one product only.
    products: BTreeMap<String, BTreeSet<String>>,
}

impl Whole {
    pub fn load(api: &Path) -> Result<Whole> {
        let file = api.join("types/whole.json");
        if !file.exists() {
            return Ok(Whole::default());
        }
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))
    }

    /// Whether a field or parameter of this name, in this schema or operation, is an integer.
    pub fn is_whole(&self, owner: &str, name: &str) -> bool {
        let name = names::words(name).join("_");
        let product = owner.split('.').next().unwrap_or_default();
        let in_product = self.products.get(product);
        if self.names.contains(&name) || in_product.is_some_and(|names| names.contains(&name)) {
            return true;
        }
        let counts = self.starts.iter().any(|start| name.starts_with(start))
            || self.ends.iter().any(|end| name.ends_with(end));
        counts && !name.split('_').any(|word| self.fractions.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_whole_numbers() {
        let whole: Whole = serde_json::from_value(serde_json::json!({
            "names": ["expiration"],
            "starts": ["num_"],
            "ends": ["_seconds"],
            "fractions": ["avg"],
            "products": {"d1": ["changes"]},
        }))
        .unwrap();
        assert!(whole.is_whole("kv.Key", "expiration"));
        assert!(whole.is_whole("r2.Params", "ttlSeconds"));
        assert!(whole.is_whole("d1.Meta", "num_tables"));
        assert!(whole.is_whole("d1.Meta", "changes"));
        assert!(!whole.is_whole("stream.Meta", "changes"));
        assert!(!whole.is_whole("d1.Meta", "avg_seconds"));
        assert!(!whole.is_whole("d1.Meta", "ratio"));
    }
}
