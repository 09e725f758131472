//! Writes the guide's chapter of products: each name and word, with the call that leads there.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::operations;
use super::output::Output;
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
    let new = between(&old, &lists(plan))
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
            let _ = writeln!(out, "\n## {title}\n");
        }
        let path: Vec<String> = resource.split('.').map(str::to_owned).collect();
        let _ = writeln!(
            out,
            "- {word}: [`{}`](https://docs.rs/cf-types/latest/cf_types/{}/)",
            operations::accessor_path(plan, &path),
            names::module(&path).replace("::", "/"),
        );
    }
    out + "\n"
}

/// The text with `inner` between the marks.
fn between(text: &str, inner: &str) -> Option<String> {
    let (front, rest) = text.split_once(MARKS.0)?;
    let (_, back) = rest.split_once(MARKS.1)?;
    Some(format!("{front}{}{inner}{}{back}", MARKS.0, MARKS.1))
}

#[cfg(test)]
mod tests {
    use super::{MARKS, between};

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let (start, end) = MARKS;
        let text = format!("Before.\n{start}old\n{end}\nAfter.\n");
        let new = format!("Before.\n{start}new\n{end}\nAfter.\n");
        assert_eq!(between(&text, "new\n"), Some(new));
        assert_eq!(between("No marks.", "new"), None);
    }
}
