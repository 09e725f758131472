//! Facts beside the description: those without a target or a meaning are rejected.

use std::fs;

use crate::golden::{codegen, repository};

#[test]
fn a_fact_of_what_is_not_there_is_refused_by_file_and_key() {
    const NULL: &str = r#""nullable": true"#;
    for (section, owner, name, fact, told) in [
        ("fields", "things.Gone", "id", NULL, "no such schema"),
        (
            "fields",
            "things.BlueThing",
            "gone",
            NULL,
            "no such property",
        ),
        ("params", "things.gone", "page", NULL, "no such operation"),
        ("params", "things.list", "gone", NULL, "no such parameter"),
        (
            "params",
            "things.list",
            "page",
            r#""nullable": 1"#,
            "cannot be 1",
        ),
        (
            "params",
            "things.list",
            "page",
            r#""nulls": 1"#,
            "no fact is called `nulls`",
        ),
        (
            "params",
            "things.list",
            "page",
            r#""maxLength": 1"#,
            "is for a text",
        ),
    ] {
        let top = repository();
        let facts = format!(r#"{{"{section}": {{"{owner}": {{"{name}": {{{fact}}}}}}}}}"#);
        fs::write(top.path().join("xtask/api/facts/more.json"), facts).unwrap();
        let output = codegen(top.path(), &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{owner} {name}");
        assert!(
            said.contains(&format!("more.json, `{owner}`, `{name}`")),
            "{said}"
        );
        assert!(said.contains(told), "{said}");
    }
}
