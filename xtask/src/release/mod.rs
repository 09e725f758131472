//! `cargo xtask release`: checks that a release is sound, writes its notes, and publishes.

mod metadata;
mod notes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use metadata::{Metadata, Package};

pub struct Options {
    /// Uploads. Without it, cargo does everything but the upload.
    pub publish: bool,
    /// Crates that are on the registry already, from an attempt that was interrupted.
    pub skip: Vec<String>,
    /// The repository.
    pub top: PathBuf,
}

#[allow(clippy::print_stdout)]
pub fn run(options: &Options) -> Result<()> {
    let top = &options.top;
    let metadata = Metadata::load(top)?;
    let published: Vec<_> = metadata.published().collect();
    let version = one_version(&published)?;
    no_newer_rust(&metadata, &published)?;
    let changelog = read(&top.join("CHANGELOG.md"))?;
    let notes = notes::of(&changelog, version, options.publish)?;
    if options.publish {
        ensure!(is_clean(top)?, "there are uncommitted changes");
    }

    let folder = metadata.target_directory.join("release-files");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    write(&folder.join("notes.md"), &format!("{notes}\n"))?;
    println!("notes are in {}", folder.display());
    upload(options)
}

/// All crates have one version.
fn one_version<'a>(published: &[&'a Package]) -> Result<&'a str> {
    let first = published.first().context("there is nothing to publish")?;
    for package in published {
        let (name, version) = (&package.name, &package.version);
        ensure!(
            *version == first.version,
            "{name} has version {version}, not {}",
            first.version
        );
    }
    Ok(&first.version)
}

/// A crate's dependencies must not require a newer Rust than the crate does.
fn no_newer_rust(metadata: &Metadata, published: &[&Package]) -> Result<()> {
    let mut newer = Vec::new();
    for package in published {
        let declared = package.rust_version.as_deref();
        let ours = declared.with_context(|| format!("{} has no rust-version", package.name))?;
        for found in metadata.built_from(package) {
            let theirs = found.rust_version.as_deref().unwrap_or_default();
            if numbers(theirs) > numbers(ours) {
                let (name, version) = (&found.name, &found.version);
                newer.push(format!(
                    "{name} {version} needs Rust {theirs}; {} promises {ours}",
                    package.name
                ));
            }
        }
    }
    ensure!(newer.is_empty(), "{}", newer.join("\n"));
    Ok(())
}

fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

fn is_clean(top: &Path) -> Result<bool> {
    let status = Command::new("git")
        .args(["status", "--porcelain"])
        .current_dir(top)
        .output();
    let status = status.context("cannot run git")?;
    Ok(status.status.success() && status.stdout.is_empty())
}

/// Cargo knows the order: a crate comes before those that depend on it.
fn upload(options: &Options) -> Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(&options.top)
        .args(["publish", "--workspace", "--locked"]);
    if !options.publish {
        // The other checks make sure that each crate builds.
        cargo.args(["--dry-run", "--no-verify", "--allow-dirty"]);
    }
    for name in &options.skip {
        cargo.args(["--exclude", name]);
    }
    if !cargo.status().context("cannot run cargo")?.success() {
        bail!(
            "cargo publish failed; go on with `--skip CRATE` for each crate that is uploaded already"
        );
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
