//! The measured parts of the README.

use std::fs;

use anyhow::{Result, bail};

use crate::description;

/// Puts `text` between the marks of this name.
pub fn put(name: &str, text: &str) -> Result<()> {
    let path = description::top().join("README.md");
    let readme = fs::read_to_string(&path)?;
    let (open, close) = (
        format!("<!-- {name}: start -->\n"),
        format!("<!-- {name}: end -->"),
    );
    let (Some(start), Some(end)) = (readme.find(&open), readme.find(&close)) else {
        bail!("README.md has no place for `{name}`");
    };
    let start = start + open.len();
    fs::write(
        &path,
        format!("{}{text}{}", &readme[..start], &readme[end..]),
    )?;
    Ok(())
}
