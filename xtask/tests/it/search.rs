//! What people call things: each term leads somewhere, and is found where they look.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::docs::docs;
use crate::golden::{codegen, repository};

/// Changes the terms of the golden repository.
fn say(top: &Path, section: &str, key: &str, value: serde_json::Value) {
    let file = top.join("xtask/api/search/terms.json");
    let mut said: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    said[section][key] = value;
    fs::write(file, said.to_string()).unwrap();
}

#[test]
fn a_term_that_leads_nowhere_is_refused() {
    let wrong = [
        ("names", "gone", json!("Gone: nothing.")),
        ("names", "things", json!("Things without a description")),
        ("words", "Gone", json!("things.gone")),
        ("phrases", "things.gone", json!(["find nothing"])),
        ("phrases", "things.list", json!(["make something"])),
        ("phrases", "things.list", json!(["List Things"])),
        ("phrases", "things.list", json!(["list \"things\""])),
    ];
    for (section, key, value) in wrong {
        let top = repository();
        say(top.path(), section, key, value.clone());
        let output = codegen(top.path(), &[]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{key}: {value}");
        assert!(told.contains("search/terms.json"), "{told}");
        assert!(told.contains(key), "{told}");
    }
}

#[test]
fn a_product_without_a_name_is_generated_and_told() {
    let top = repository();
    let file = top.path().join("xtask/api/search/terms.json");
    fs::write(file, r#"{"names": {}, "phrases": {}, "words": {}}"#).unwrap();
    let output = codegen(top.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    let output = docs(top.path());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(told.contains("the product `things` has no name"), "{told}");
}

#[test]
fn terms_are_found_in_both_crates_and_in_the_guide() {
    let top = repository();
    let guide = top.path().join("crates/cf-client/guide");
    fs::create_dir_all(&guide).unwrap();
    let chapter = guide.join("products.md");
    fs::write(
        &chapter,
        "Which?\n<!-- products: start -->\n<!-- products: end -->\n",
    )
    .unwrap();
    let output = codegen(top.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    let read = |path: &str| fs::read_to_string(top.path().join(path)).unwrap();

    let operations = read("crates/cf-types/src/generated/things/mod.rs");
    assert!(
        operations.contains("//! Things: whatever there is."),
        "{operations}"
    );
    for alias in [
        "make something",
        "create thing",
        "things.create",
        "removals",
    ] {
        let attribute = format!("#[doc(alias = {alias:?})]");
        assert!(operations.contains(&attribute), "{alias}: {operations}");
    }
    // docs.rs searches each crate alone.
    let client = read("crates/cf-client/src/generated/mod.rs");
    for alias in ["make something", "removals"] {
        assert!(
            client.contains(&format!("#[doc(alias = {alias:?})]")),
            "{client}"
        );
    }
    let chapter = fs::read_to_string(chapter).unwrap();
    for line in [
        "## R",
        "- Removals: [`client.things().moves()`](",
        "- Things: [`client.things()`](",
    ] {
        assert!(chapter.contains(line), "{line}: {chapter}");
    }
}
