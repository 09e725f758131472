//! What has been published changes only on purpose.

use std::fs;
use std::path::Path;

use super::golden::{codegen, repository};

const CHANGELOG: &str =
    "# Changelog\n\n## [Unreleased]\n\n- Things.\n\n## [0.1.0]\n\n- The first.\n";

/// A repository whose types have been published.
fn published() -> tempfile::TempDir {
    let top = repository();
    fs::write(top.path().join("CHANGELOG.md"), CHANGELOG).unwrap();
    generate(top.path(), &[]);
    top
}

fn generate(top: &Path, flags: &[&str]) {
    let output = codegen(top, flags);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// The generator's error.
fn refused(top: &Path) -> String {
    let output = codegen(top, &[]);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// Changes the description.
fn describe(top: &Path, from: &str, to: &str) {
    let file = top.join("xtask/api/things.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(file, text.replace(from, to)).unwrap();
}

/// Refused at first, done with `--break`, listed in the changelog, and settled then.
fn breaks(top: &Path, told: &str) {
    let said = refused(top);
    assert!(said.contains(told), "{said}");
    assert_eq!(
        fs::read_to_string(top.join("CHANGELOG.md")).unwrap(),
        CHANGELOG
    );

    generate(top, &["--break"]);
    let changelog = fs::read_to_string(top.join("CHANGELOG.md")).unwrap();
    let (unreleased, released) = changelog.split_once("\n## [0.1.0]").unwrap();
    assert!(unreleased.contains("- Things.\n"), "{changelog}");
    assert!(unreleased.contains("- Breaking: "), "{changelog}");
    assert_eq!(released, "\n\n- The first.\n");
    generate(top, &["--check"]);
}

#[test]
fn a_type_is_renamed_on_purpose() {
    let top = published();
    let policy = r#"{"names": {"things.RedThing": "CrimsonThing"}}"#;
    fs::create_dir_all(top.path().join("xtask/api/types")).unwrap();
    fs::write(top.path().join("xtask/api/types/policy.json"), policy).unwrap();
    breaks(top.path(), "`things::RedThing` to `CrimsonThing`");

    let types = top
        .path()
        .join("crates/cf-types/src/generated/things/definitions.rs");
    let types = fs::read_to_string(types).unwrap();
    assert!(types.contains("pub struct CrimsonThing {"));
    assert!(!types.contains("struct RedThing"), "{types}");
    let lock = fs::read_to_string(top.path().join("xtask/api/lock/things.txt")).unwrap();
    assert!(!lock.contains("things::RedThing"), "{lock}");
}

#[test]
fn a_field_changes_its_type_on_purpose() {
    let top = published();
    // What is published stays though the description has another word for it.
    let ttl = r#""ttl": {"type": "number"}"#;
    describe(top.path(), ttl, r#""ttl": {"type": "string"}"#);
    let output = codegen(top.path(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let told = "`things::RedThing`, `ttl`: `Option<Int>` was published, the description has `Option<Text>`";
    assert!(said.contains(told), "{said}");
    describe(top.path(), r#""ttl": {"type": "string"}, "#, "");
    breaks(top.path(), "`things::RedThing`: field `ttl: Option<Int>`");
}

#[test]
fn an_operation_goes_on_purpose() {
    let top = published();
    describe(
        top.path(),
        r#""operationId": "things.logs.list""#,
        r#""operationId": "things.logs.all""#,
    );
    for file in fs::read_dir(top.path().join("xtask/api/corrections")).unwrap() {
        let file = file.unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("things.logs.list", "things.logs.all")).unwrap();
    }
    breaks(top.path(), "the operation `things.logs.list` is gone");
}
