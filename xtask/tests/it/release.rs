//! `cargo xtask release` on small workspaces. What follows the checks, cargo's dry run, needs the registry's
//! index, so `.ci/run release` tests it.

use std::fs;
use std::path::Path;
use std::process::Command;

const CHANGELOG: &str =
    "# Changelog\n\n## [Unreleased]\n\n- Something.\n\n## [0.1.0] - 2020-01-01\n\n- The first.\n";

/// A workspace of two crates; `upper` depends on `lower`.
fn workspace(changelog: &str, lower_version: &str, lower_rust: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"upper\", \"lower\", \"own\"]\n",
    );
    put("CHANGELOG.md", changelog);
    let package = |name: &str, version: &str, rust: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\nrust-version = \"{rust}\"\n\
             license = \"MIT OR Apache-2.0\"\ndescription = \"For a test.\"\n"
        )
    };
    let upper = package("upper", "0.2.0", "1.80");
    let needs = format!(
        "[dependencies]\nlower = {{ path = \"../lower\", version = \"{lower_version}\" }}\n"
    );
    put("upper/Cargo.toml", &(upper + &needs));
    put(
        "lower/Cargo.toml",
        &package("lower", lower_version, lower_rust),
    );
    put(
        "own/Cargo.toml",
        &(package("own", "0.0.0", "1.99") + "publish = false\n"),
    );
    for name in ["upper", "lower", "own"] {
        put(&format!("{name}/src/lib.rs"), "");
    }
    let lock = Command::new(env!("CARGO"))
        .args(["generate-lockfile", "--offline"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(lock.success());
    folder
}

/// What the command complains about.
fn release(top: &Path, further: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["release", "--top"])
        .arg(top)
        .args(further)
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn notes_are_written() {
    let top = workspace(CHANGELOG, "0.2.0", "1.70");
    let said = release(top.path(), &[]);
    let notes = top.path().join("target/release-files/notes.md");
    let notes = fs::read_to_string(notes).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(notes, "- Something.\n");
}

#[test]
fn what_is_not_sound_is_refused() {
    let refusals = [
        (
            workspace(CHANGELOG, "0.3.0", "1.70"),
            &[][..],
            "has version 0.2.0, not 0.3.0",
        ),
        (
            workspace(CHANGELOG, "0.2.0", "1.81"),
            &[],
            "lower 0.2.0 needs Rust 1.81; upper promises 1.80",
        ),
        (
            workspace("# Changelog\n", "0.2.0", "1.70"),
            &[],
            "neither 0.2.0 nor",
        ),
        (
            workspace("## [Unreleased]\n\n", "0.2.0", "1.70"),
            &[],
            "lists nothing",
        ),
        (
            workspace(CHANGELOG, "0.2.0", "1.70"),
            &["--publish"],
            "date its \"Unreleased\"",
        ),
    ];
    for (top, further, why) in refusals {
        let said = release(top.path(), further);
        assert!(said.contains(why), "{said}");
        assert!(!top.path().join("target/release-files").exists());
    }
}

#[test]
fn nothing_is_uploaded_from_a_tree_with_changes() {
    let changelog = CHANGELOG.replace("0.1.0", "0.2.0");
    let top = workspace(&changelog, "0.2.0", "1.70");
    let git = Command::new("git")
        .arg("init")
        .arg("-q")
        .current_dir(top.path())
        .status();
    assert!(git.unwrap().success());
    let said = release(top.path(), &["--publish"]);
    assert!(said.contains("uncommitted"), "{said}");
}
