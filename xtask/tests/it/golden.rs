//! The generator's output for a small description with every special case once.
//!
//! `UPDATE_GOLDEN=1 cargo test -p xtask` accepts what it writes now.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDERS: &[&str] = &[
    "crates/cf-types/src/generated",
    "crates/cf-client/src/generated",
    "crates/cf-redact/src/generated",
    "tests/src/generated",
    "xtask/api/lock",
];

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Runs the generator on a [`repository`].
pub(crate) fn codegen(top: &Path, flags: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("codegen")
        .arg("--api")
        .arg(top.join("xtask/api"))
        .arg("--top")
        .arg(top)
        .args(flags);
    command.output().unwrap()
}

/// A repository with only manifests and the description.
pub(crate) fn repository() -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    for package in ["crates/cf-types", "crates/cf-client", "tests"] {
        let dir = top.path().join(package);
        fs::create_dir_all(&dir).unwrap();
        let manifest = "[features]\n# @generated features: start\n# @generated features: end\n";
        fs::write(dir.join("Cargo.toml"), manifest).unwrap();
    }
    copy(&golden().join("api"), &top.path().join("xtask/api"));
    top
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

fn files(top: &Path) -> BTreeMap<String, String> {
    fn walk(top: &Path, dir: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(top, &path, found);
            } else {
                let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    for folder in FOLDERS {
        walk(top, &top.join(folder), &mut found);
    }
    found
}

#[test]
fn the_generator_writes_what_it_wrote() {
    let top = repository();
    let output = codegen(top.path(), &[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let written = files(top.path());
    let expected_dir = golden().join("expected");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&expected_dir);
        for (name, text) in &written {
            // Not `.rs`: these are not sources of this package, and no tool should touch them.
            let path = expected_dir.join(format!("{name}.golden"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let expected: BTreeMap<String, String> = files(&expected_dir)
        .into_iter()
        .map(|(name, text)| (name.trim_end_matches(".golden").to_owned(), text))
        .collect();
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "other files than before"
    );
    for (name, text) in &written {
        for (number, (now, before)) in text.lines().zip(expected[name].lines()).enumerate() {
            assert_eq!(now, before, "{name}, line {}", number + 1);
        }
        assert_eq!(
            text.lines().count(),
            expected[name].lines().count(),
            "{name}"
        );
    }
    let manifest = fs::read_to_string(top.path().join("crates/cf-client/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("things = [\"cf-types/things\"]\nfull = [\"things\"]\n"),
        "{manifest}"
    );
}

#[test]
fn check_tells_stale_and_leftover_files() {
    let top = repository();
    assert!(codegen(top.path(), &[]).status.success());
    assert!(codegen(top.path(), &["--check"]).status.success());

    let file = top
        .path()
        .join("crates/cf-types/src/generated/things/mod.rs");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}// edited\n")).unwrap();
    fs::write(file.with_file_name("old.rs"), "").unwrap();
    let output = codegen(top.path(), &["--check"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        told.contains("stale: crates/cf-types/src/generated/things/mod.rs"),
        "{told}"
    );
    assert!(
        told.contains("left over: crates/cf-types/src/generated/things/old.rs"),
        "{told}"
    );

    assert!(codegen(top.path(), &[]).status.success());
    assert!(codegen(top.path(), &["--check"]).status.success());
    assert!(!file.with_file_name("old.rs").exists());
}
