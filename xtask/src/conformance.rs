//! `cargo xtask conformance`: runs recorded replies through every operation's decoder.
//!
//! The decoders are compiled in a package of their own, so that the other commands start quickly.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

pub fn run(corpus: &Path) -> Result<ExitCode> {
    let status = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "cf-tests",
            "--features",
            "full",
            "--bin",
            "conformance",
            "--",
        ])
        .arg(corpus)
        .status()
        .context("cannot run cargo")?;
    Ok(ExitCode::from(
        u8::try_from(status.code().unwrap_or(1)).unwrap_or(1),
    ))
}
