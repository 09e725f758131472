//! Writes the guide's chapter of products: each name and word, with the call that leads there.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::marks;
use super::output::Output;
use super::resources;
use crate::codegen::plan::Plan;
use crate::codegen::words::names;

const CHAPTER: &str = "crates/cf-client/guide/products.md";

const MARKS: (&str, &str) = ("<!-- products: start -->\n", "<!-- products: end -->");

/// Adds the chapter with its lists.
pub fn write(plan: &Plan, top: &Path, output: &mut Output) -> Result<()> {
    let path = top.join(CHAPTER);
    if !path.exists() {
        return Ok(());
    }
    let old = fs::read_to_string(path)?;
    let new = marks::between(&old, MARKS, &lists(plan))
        .with_context(|| format!("{CHAPTER} has no `{}`", MARKS.0.trim()))?;
    output.plain(CHAPTER, new);
    Ok(())
}

/// A list for each letter. A table would be cut off on a narrow screen.
fn lists(plan: &Plan) -> String {
    let mut out = String::new();
    let mut letter = None;
    for (word, resource) in plan.search.index() {
        let first = word.chars().next().map(|c| c.to_ascii_uppercase());
        if first != letter {
            letter = first;
            let title = first.map(String::from).unwrap_or_default();
            out += &format!("\n## {title}\n\n");
        }
        let path: Vec<String> = resource.split('.').map(str::to_owned).collect();
        let call = resources::accessor_path(plan, &path);
        let page = names::module(&path).replace("::", "/");
        out += &format!("- {word}: [`{call}`](https://docs.rs/cf-types/latest/cf_types/{page}/)\n");
    }
    out + "\n"
}
