//! Corrections of the API description that do not apply, and the errors for them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Corrections that the description needs.
const PAGES: &str = r#"[{
    "operation": "things.logs.list", "reason": "It takes `offset`.", "source": "made up",
    "merge": {"x-cf-pagination": "offset", "x-cf-page": {"items": "data.logs"}}
}, {
    "operation": "things.reports.list", "reason": "They are within.", "source": "made up",
    "merge": {"x-cf-pagination": "number", "x-cf-page": {"items": "items"}}
}]"#;

const REASON: &str = r#""reason": "so it is", "source": "made up""#;

/// The generator's error for the golden description with this list of corrections.
fn refused(corrections: &str) -> String {
    let api = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/api/things.json");
    fs::copy(golden, api.path().join("things.json")).unwrap();
    let folder = api.path().join("corrections");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("pages.json"), PAGES).unwrap();
    fs::write(folder.join("these.json"), corrections).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("codegen").arg("--api").arg(api.path());
    command.arg("--top").arg(api.path());
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{corrections}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_does_not_apply_is_told() {
    for (correction, told) in [
        (
            r#""operation": "things.gone", "merge": {"x": 1}"#,
            "no operation `things.gone`",
        ),
        (
            r#""schema": "things.Gone", "merge": {"x": 1}"#,
            "no schema `things.Gone`",
        ),
        (
            r#""operation": "things.list", "merge": {"x-cf-pagination": "page_array"}"#,
            "things.list: the description says so by itself; drop the correction",
        ),
        (
            r#""operation": "things.list", "parameter": "page", "merge": {"schema": {"type": "number"}}"#,
            "things.list, parameter page: the description says so by itself",
        ),
        (
            r#""operation": "things.list", "parameter": "gone", "merge": {"required": true}"#,
            "no such parameter",
        ),
        (
            r#""operation": "things.list", "schema": "things.Base", "merge": {}"#,
            "it is about",
        ),
        (
            r#""schema": "*.Gone*", "member": {"color": "red"}, "merge": {"x": 1}"#,
            "*.Gone*, member color red: the description has no union of this name",
        ),
        (
            r#""schema": "things.*", "member": {"color": "mauve"}, "merge": {"x": 1}"#,
            "no such member",
        ),
        (
            r#""schema": "things.*", "member": {"color": 1}, "merge": {"x": 1}"#,
            "`member` has the fields that tell it from others",
        ),
        (
            r#""operation": "things.list", "member": {"color": "red"}, "merge": {"x": 1}"#,
            "it is about",
        ),
        (
            r#""operation": "things.list", "merge": null"#,
            "`merge` is not an object",
        ),
        (
            r#""operation": "things.list", "patch": {}"#,
            "unknown member `patch`",
        ),
        (
            r#""operation": "things.list", "merge": {"x-cf-idempotent": true}"#,
            "`x-cf-idempotent` is true, as the method says",
        ),
    ] {
        let words = refused(&format!("[{{{correction}, {REASON}}}]"));
        assert!(words.contains(told), "{correction}: {words}");
    }
}

#[test]
fn a_list_that_takes_a_page_has_a_style_of_pages_or_a_reason_why_not() {
    for (pages, told) in [
        (
            r#""x-cf-pagination": null"#,
            "it takes `page`, which asks for a page, but has no pagination style",
        ),
        (
            r#""x-cf-pagination": "single_page""#,
            "it takes `page`, which asks for a page, but is said to have one page",
        ),
        (
            r#""x-cf-pagination": "pages""#,
            "`pages` is not a pagination style",
        ),
        (
            r#""x-cf-pagination": "number", "x-cf-page": {"query": "page_no"}"#,
            "it does not take `page_no`",
        ),
        (
            r#""x-cf-pagination": "number", "x-cf-page": {"items": "things"}"#,
            "things.list: no list `things` in the result",
        ),
    ] {
        let correction =
            format!(r#"[{{"operation": "things.list", "merge": {{{pages}}}, {REASON}}}]"#);
        let words = refused(&correction);
        assert!(
            words.contains(told) && words.contains("things.list"),
            "{pages}: {words}"
        );
    }
    // A page can be requested, but the items cannot be found.
    let words = refused(&format!(
        r#"[{{"operation": "things.reports.list", "merge": {{"x-cf-pagination": "number", "x-cf-page": {{"items": "none"}}}}, {REASON}}}]"#
    ));
    assert!(
        words.contains("things.reports.list: no list `none` in the result"),
        "{words}"
    );
}

#[test]
fn each_has_a_reason_and_a_source_and_all_that_is_wrong_is_told_at_once() {
    let words = refused(
        r#"[
            {"operation": "things.list", "merge": {"x": 1}, "source": "made up"},
            {"operation": "things.list", "merge": {"x": 1}, "reason": "so it is", "source": " "}
        ]"#,
    );
    assert!(
        words.contains("these.json, correction 1: no `reason`"),
        "{words}"
    );
    assert!(
        words.contains("these.json, correction 2: no `source`"),
        "{words}"
    );
    assert!(refused("{}").contains("these.json is not a list"));
}
