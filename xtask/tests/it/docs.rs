//! Our own sentences: those without a target or a meaning are rejected.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::golden::{codegen, repository};

/// Adds a sentence to the golden repository.
fn say(top: &Path, file: &str, section: &str, key: &str, text: &str) {
    let file = top.join("xtask/api/docs").join(file);
    let known = fs::read_to_string(&file).unwrap_or_else(|_| "{}".to_owned());
    let mut said: serde_json::Value = serde_json::from_str(&known).unwrap();
    said[section][key] = text.into();
    fs::write(file, said.to_string()).unwrap();
}

pub(crate) fn docs(top: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let api = top.join("xtask/api");
    command.arg("docs").arg("--api").arg(api).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_said_of_nothing_is_refused_by_file_and_key() {
    for (file, section, key) in [
        ("things.json", "operations", "things.gone"),
        ("things.json", "params", "things.list.gone"),
        ("things.json", "types", "things::BlueThing"),
        ("things.json", "fields", "BlueThing.gone"),
        ("things.json", "fields", "gone::*.id"),
        ("things.json", "variants", "ThingMatchOp::Gone"),
        ("things.json", "glossary", "gone"),
        ("glossary.json", "glossary", "gone"),
        ("gone.json", "types", "BlueThing"),
    ] {
        let top = repository();
        say(top.path(), file, section, key, "The thing that is gone.");
        let output = codegen(top.path(), &[]);
        let told = text(&output.stderr);
        assert!(!output.status.success(), "{key}");
        assert!(told.contains(&format!("docs/{file}")), "{told}");
        assert!(told.contains(&format!("`{key}`")), "{told}");
    }
}

#[test]
fn the_nearest_sentence_is_printed() {
    // From narrow to wide: each hides those after it.
    let sayings = [
        ("things.json", "fields", "moves::MoveMetadata.value"),
        ("things.json", "fields", "moves::Move.value"),
        ("things.json", "fields", "moves::*.value"),
        ("things.json", "fields", "*.value"),
        ("things.json", "glossary", "value"),
        ("glossary.json", "glossary", "value"),
    ];
    for first in 0..sayings.len() {
        let top = repository();
        fs::remove_dir_all(top.path().join("xtask/api/docs")).unwrap();
        fs::create_dir(top.path().join("xtask/api/docs")).unwrap();
        for (number, (file, section, key)) in sayings.iter().enumerate().skip(first) {
            let sentence = format!("Said at place {number}.");
            say(top.path(), file, section, key, &sentence);
        }
        assert!(codegen(top.path(), &[]).status.success());
        let file = "crates/cf-types/src/generated/things/moves/definitions.rs";
        let written = fs::read_to_string(top.path().join(file)).unwrap();
        let (_, written) = written.split_once("pub struct MoveMetadata").unwrap();
        let place = format!("/// Said at place {first}.\n");
        assert!(written.contains(&place), "{first}: {written}");
    }
}

#[test]
fn coverage_is_a_line_a_product_and_bad_sentences_fail() {
    let top = repository();
    let output = docs(top.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    let things = table.lines().find(|line| line.starts_with("things"));
    assert!(things.unwrap().contains("1/7 (14 %)"), "{table}");

    for (section, key, sentence, told) in [
        (
            "fields",
            "ThingParam.name",
            "The name of the thing.",
            "only repeats the name",
        ),
        (
            "fields",
            "BlueThing.made_on",
            "What the eye sees.",
            "the same of `color` and `made_on`",
        ),
    ] {
        let top = repository();
        say(top.path(), "things.json", section, key, sentence);
        let output = docs(top.path());
        assert!(!output.status.success(), "{sentence}");
        assert!(
            text(&output.stderr).contains(told),
            "{}",
            text(&output.stderr)
        );
    }
}
