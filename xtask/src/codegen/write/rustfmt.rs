//! Formatting with rustfmt.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, ensure};

/// Formats the Rust files among these, whose paths are relative.
///
/// A single run of rustfmt formats all of them in a temporary folder: from one file for each folder in `generated` and
/// each file in it, it finds those below as the compiler does. It does not start at the `mod.rs` of `generated` itself,
/// because it searches all files that it knows for each one more. That file is formatted by itself.
pub fn files(files: &mut BTreeMap<PathBuf, String>, generated: &[&str]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut roots = BTreeSet::new();
    for (path, text) in files.iter_mut().filter(|(path, _)| is_rust(path)) {
        let dirs = generated.iter().map(Path::new);
        let mut below = dirs.filter_map(|dir| Some((dir, path.strip_prefix(dir).ok()?)));
        let Some((dir, below)) = below.next() else {
            continue;
        };
        if below == Path::new("mod.rs") {
            *text = self::text(text, FILES)?;
            continue;
        }
        let first = below.iter().next().map(|first| dir.join(first));
        roots.extend(first.map(|first| {
            let root = if is_rust(&first) {
                first
            } else {
                first.join("mod.rs")
            };
            folder.path().join(root)
        }));
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(path, text)?;
    }
    roots.retain(|root| root.exists());
    if !roots.is_empty() {
        let status = rustfmt(FILES).args(roots).status();
        let status = status.context("cannot run rustfmt")?;
        ensure!(status.success(), "rustfmt refused the generated code");
    }
    for (path, text) in files.iter_mut().filter(|(path, _)| is_rust(path)) {
        let path = folder.path().join(path);
        if path.exists() {
            *text = fs::read_to_string(path)?;
        }
    }
    Ok(())
}

/// How files are formatted.
const FILES: &str = "use_field_init_shorthand=true";

/// Formats one text, without the modules that it declares.
pub fn text(text: &str, config: &str) -> Result<String> {
    let mut child = rustfmt(config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt")?;
    let mut stdin = child.stdin.take().context("rustfmt has no input")?;
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer
        .join()
        .map_err(|_| anyhow!("writing to rustfmt panicked"))??;
    ensure!(
        output.status.success(),
        "rustfmt refused the generated code"
    );
    Ok(String::from_utf8(output.stdout)?)
}

fn rustfmt(config: &str) -> Command {
    let mut command = Command::new("rustfmt");
    // Not where there could be a `rustfmt.toml`.
    command.current_dir(std::env::temp_dir());
    command.args(["--edition", "2024", "--config", config]);
    command
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}
