//! `cargo xtask layers`: within a crate, imports go downwards only, too.
//!
//! The folders of a crate, and the files next to them, are its layers. A file imports from its own layer or
//! below, and folders do not import each other in a cycle.

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail};

use imports::{Import, folder};

/// The crates whose layers are checked: each from the top layer down, one line per crate.
const CRATES: &[(&str, &str)] = &[
    (
        "cf-client",
        "guide lib generated compiled_in blocking migrate deploy uploads s3 tail tokens dns bulk lookup list wait graphql raw builder call client inner \
         download trace metrics error id_cache domain_name rate_limit retry timer",
    ),
    (
        "cf-emulator",
        "lib builder emulator server tls control products described engine access store http",
    ),
];

#[allow(clippy::print_stdout)]
pub fn run(top: &Path) -> Result<()> {
    let mut found = Vec::new();
    for (name, floors) in CRATES {
        let floors: Vec<_> = floors.split(' ').collect();
        let sources = top.join("crates").join(name).join("src");
        let imports = imports::of_crate(&sources)?;
        let mut wrong = upward(&imports, &floors);
        wrong.extend(circle(&imports));
        if wrong.is_empty() {
            println!(
                "{name}: {} imports between files, all of them downwards",
                imports.len()
            );
        } else {
            found.push(format!(
                "{name}, whose layers are {}:\n{}",
                floors.join(" > "),
                wrong.join("\n")
            ));
        }
    }
    if !found.is_empty() {
        bail!("{}", found.join("\n"));
    }
    Ok(())
}

/// What is imported from a layer above, or from none.
fn upward(imports: &[Import], floors: &[&str]) -> Vec<String> {
    let depth = |module: &[String]| {
        let floor = module.first().map_or("lib", String::as_str);
        floors.iter().position(|name| *name == floor)
    };
    let tell = |import: &Import| match (depth(&import.from), depth(&import.to)) {
        (Some(from), Some(to)) if to < from => Some(format!("{import}, which is above")),
        (Some(_), Some(_)) => None,
        _ => Some(format!("{import}: one of them is in no layer")),
    };
    imports.iter().filter_map(tell).collect()
}

/// A cycle of folders, if there is one.
fn circle(imports: &[Import]) -> Option<String> {
    let mut arrows: BTreeMap<&str, BTreeMap<&str, &Import>> = BTreeMap::new();
    for import in imports {
        let (from, to) = (folder(&import.file), folder(&import.target));
        if from != to {
            arrows.entry(from).or_default().entry(to).or_insert(import);
        }
    }
    let mut done = BTreeSet::new();
    arrows
        .keys()
        .find_map(|start| walk(start, &arrows, &mut Vec::new(), &mut done))
}

/// Follows all imports from a folder; one that leads back to a visited folder closes a cycle.
fn walk<'a>(
    at: &'a str,
    arrows: &BTreeMap<&'a str, BTreeMap<&'a str, &'a Import>>,
    way: &mut Vec<(&'a str, &'a Import)>,
    done: &mut BTreeSet<&'a str>,
) -> Option<String> {
    if let Some(begin) = way.iter().position(|(folder, _)| *folder == at) {
        let arrows: Vec<_> = way[begin..]
            .iter()
            .map(|(_, import)| format!("  {import}"))
            .collect();
        return Some(format!(
            "folders that import each other in a cycle:\n{}",
            arrows.join("\n")
        ));
    }
    if !done.insert(at) {
        return None;
    }
    for (next, import) in arrows.get(at).into_iter().flatten() {
        way.push((at, import));
        if let Some(circle) = walk(next, arrows, way, done) {
            return Some(circle);
        }
        way.pop();
    }
    None
}
