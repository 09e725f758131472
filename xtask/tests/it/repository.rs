//! How files of the repository agree with each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = top().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The words between the two marks, from every line that has them.
fn words(text: &str, start: &str, end: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix(start));
    lines
        .filter_map(|line| line.strip_suffix(end))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_workflow_runs_every_step_once() {
    let script = read(".ci/run");
    let mut steps = words(&script, "readonly LEFT=(", ")");
    steps.extend(words(&script, "readonly RIGHT=(", ")"));
    // Before and after the two lanes.
    steps.extend(["fresh", "budget"].map(str::to_owned));
    for step in &steps {
        assert!(
            script.contains(&format!("\nstep_{step}() ")),
            "`.ci/run` has no `step_{step}`"
        );
    }
    let functions = script.lines().filter(|line| line.starts_with("step_"));
    assert_eq!(functions.count(), steps.len(), "a step is in no lane");

    let run = words(&read(".github/workflows/ci.yml"), "- steps: ", "");
    let once: BTreeSet<_> = run.iter().collect();
    assert_eq!(run.len(), once.len(), "a step runs twice: {run:?}");
    assert_eq!(once, steps.iter().collect());
}

/// `cargo test` leaves out some packages: a step tests each of them.
#[test]
fn every_package_is_tested() {
    let manifest = read("Cargo.toml");
    let (_, defaults) = manifest.split_once("default-members = [").unwrap();
    let (defaults, _) = defaults.split_once(']').unwrap();
    let script = read(".ci/run");
    let mut others = 0;
    for folder in packages() {
        let folder = folder.strip_prefix(top()).unwrap().to_owned();
        let quoted = format!("\"{}\"", folder.display());
        if defaults.contains(&quoted) || !top().join(&folder).join("tests").exists() {
            continue;
        }
        others += 1;
        let package = read(folder.join("Cargo.toml"));
        let name = package
            .lines()
            .find_map(|line| line.strip_prefix("name = "));
        let name = format!("-p {}", name.unwrap().trim_matches('"'));
        let mut tests = script.lines().filter(|line| line.contains("cargo test"));
        assert!(
            tests.any(|line| line.contains(&name)),
            "no step tests {name}"
        );
    }
    assert!(others > 0, "`cargo test` leaves nothing out");
}

/// The folders of the workspace's packages.
fn packages() -> Vec<PathBuf> {
    let crates = fs::read_dir(top().join("crates")).unwrap();
    let crates = crates.map(|entry| entry.unwrap().path());
    let others = ["examples", "fuzz/properties", "tests", "xtask"];
    crates
        .chain(others.map(|folder| top().join(folder)))
        .collect()
}

/// `test = false` saves compiling a library once more for nothing, and would skip tests within it.
#[test]
fn no_tests_are_where_none_run() {
    let mut checked = 0;
    for package in packages() {
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
        if manifest.lines().any(|line| line == "test = false") {
            none_within(&package.join("src"));
            checked += 1;
        }
    }
    assert!(checked > 0, "no manifest says `test = false`");
}

fn none_within(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            none_within(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut lines = text.lines().map(str::trim);
            let is_test = |line: &str| {
                ["#[test]", "#[tokio::test", "#[cfg(test)]", "#[cfg(all(test"]
                    .iter()
                    .any(|mark| line.starts_with(mark))
            };
            assert!(!lines.any(is_test), "{} has tests", path.display());
        }
    }
}
