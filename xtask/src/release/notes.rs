//! What the changelog says about a version.

use anyhow::{Context, Result, ensure};

/// The notes of a version, without their heading.
///
/// # Errors
/// If there are none, or, for a version to be published, if its heading has no date.
pub fn of<'a>(changelog: &'a str, version: &str, publish: bool) -> Result<&'a str> {
    let dated = section(changelog, &format!("## [{version}] - "));
    let found = if publish {
        dated.with_context(|| {
            format!("CHANGELOG.md has no `## [{version}] - YYYY-MM-DD`; date its \"Unreleased\"")
        })?
    } else {
        dated
            .or_else(|| section(changelog, "## [Unreleased]"))
            .with_context(|| format!("CHANGELOG.md has neither {version} nor \"Unreleased\""))?
    };
    let says_something = found.lines().any(|line| line.starts_with("- "));
    ensure!(says_something, "CHANGELOG.md lists nothing for {version}");
    Ok(found)
}

/// What is between a heading and the next one of its level.
fn section<'a>(changelog: &'a str, heading: &str) -> Option<&'a str> {
    let mut offset = 0;
    let mut start = None;
    for line in changelog.split_inclusive('\n') {
        let end = offset + line.len();
        match start {
            None if line.starts_with(heading) => start = Some(end),
            Some(start) if line.starts_with("## ") => return Some(changelog[start..offset].trim()),
            _ => {}
        }
        offset = end;
    }
    start.map(|start| changelog[start..].trim())
}
