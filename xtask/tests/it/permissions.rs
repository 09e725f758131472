//! The lists of permissions: errors in them are reported, and permission groups mentioned elsewhere are in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::golden::{codegen, repository};

/// The generator's errors for the golden description with these lists.
fn refused(groups: &str, operations: &str) -> String {
    let top = repository();
    let folder = top.path().join("xtask/api/permissions");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("groups.txt"), groups).unwrap();
    fs::write(folder.join("operations.txt"), operations).unwrap();
    let output = codegen(top.path(), &[]);
    assert!(!output.status.success(), "{groups}{operations}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_is_wrong_is_told() {
    let groups = "0123456789abcdef0123456789abcdef account other Things Read\n";
    for (groups, operations, told) in [
        (
            groups,
            "things.gone\tstated\tThings Read\n",
            "there is no operation things.gone",
        ),
        (
            groups,
            "things.list\tstated\tThings Write\n",
            "things.list: there is no group \"Things Write\"",
        ),
        (
            groups,
            "things.list\tguessed\tThings Read\n",
            "no confidence: guessed",
        ),
        (groups, "things.list\tThings Read\n", "not three parts"),
        (
            groups,
            "things.list\tstated\t-\nthings.create\tstated\t-\n",
            "things.create is not sorted behind things.list",
        ),
        ("x account other Things Read\n", "", "no identifier: x"),
        ("- house other Things Read\n", "", "no scope: house"),
        ("- account\n", "", "not four parts"),
    ] {
        let said = refused(groups, operations);
        assert!(said.contains(told), "{told}: {said}");
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.extension().and_then(|kind| kind.to_str());
        match kind {
            _ if path.is_dir() => sources(&path, found),
            Some("rs" | "md") => found.push(path),
            _ => {}
        }
    }
}

/// Quoted text that ends like the name of a group, even across lines.
fn named(text: &str) -> Vec<String> {
    let joined = text
        .replace("\n//! ", " ")
        .replace("\n/// ", " ")
        .replace("\\|", "|");
    let lines = joined
        .lines()
        .flat_map(|line| line.split('"').skip(1).step_by(2));
    let names = lines.flat_map(|quoted| quoted.split('|'));
    let names = names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
    let ends = |name: &&str| name.ends_with(" Read") || name.ends_with(" Write");
    names.filter(ends).map(str::to_owned).collect()
}

#[test]
fn groups_that_are_named_exist() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let catalogue = fs::read_to_string(top.join("xtask/api/permissions/groups.txt")).unwrap();
    let known: BTreeSet<_> = catalogue
        .lines()
        .filter_map(|line| line.splitn(4, ' ').nth(3))
        .collect();
    let mut files = Vec::new();
    for folder in [
        "crates/cf-emulator/src",
        "crates/cf-client/guide",
        "examples",
    ] {
        sources(&top.join(folder), &mut files);
    }
    let mut count = 0;
    for file in files {
        for name in named(&fs::read_to_string(&file).unwrap()) {
            assert!(
                known.contains(&*name),
                "{}: there is no group \"{name}\"",
                file.display()
            );
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
}
