//! `cargo xtask layers`: within a crate, imports go downwards only, too.
//!
//! The folders of a crate, and the files next to them, are its layers. A file imports from its own layer or
//! below, and neither folders nor files import each other in a cycle, except for a module and what is below it.

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail};

use imports::{Import, folder};

/// The sources that are checked, and their layers, from the top one down, where they are listed.
const CRATES: &[(&str, &str)] = &[
    ("crates/cf-auth", ""),
    ("crates/cf-bench", ""),
    ("crates/cf-ratelimit-redis", ""),
    ("crates/cf-redact", ""),
    ("crates/cf-transport", ""),
    ("crates/cf-types", ""),
    ("xtask", ""),
    (
        "crates/cf-client",
        "guide lib generated compiled_in blocking migrate deploy uploads s3 tail tokens dns bulk lookup list wait graphql raw builder call client inner \
         download trace metrics error id_cache domain_name rate_limit retry timer",
    ),
    (
        "crates/cf-emulator",
        "lib builder emulator server tls control products described engine access store http",
    ),
];

#[allow(clippy::print_stdout)]
pub fn run(top: &Path) -> Result<()> {
    let mut found = Vec::new();
    for (name, floors) in CRATES {
        let floors: Vec<_> = floors.split_whitespace().collect();
        let sources = top.join(name).join("src");
        if !sources.exists() {
            bail!("there is no {}", sources.display());
        }
        let imports = imports::of_crate(&sources, floors.contains(&"generated"))?;
        let mut wrong = Vec::new();
        if !floors.is_empty() {
            wrong.extend(upward(&imports, &floors));
            wrong.extend(cycle("folders", &imports, folders));
        }
        wrong.extend(cycle("files", &imports, files));
        if wrong.is_empty() {
            println!(
                "{name}: {} imports between files, all of them downwards",
                imports.len()
            );
        } else {
            found.push(format!(
                "{name}{}:\n{}",
                if floors.is_empty() {
                    String::new()
                } else {
                    format!(", whose layers are {}", floors.join(" > "))
                },
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

/// From which folder to which an import goes, if they differ.
fn folders(import: &Import) -> Option<(&str, &str)> {
    let (from, to) = (folder(&import.file), folder(&import.target));
    (from != to).then_some((from, to))
}

/// From which file to which an import goes, unless it is to a module that the file is below.
fn files(import: &Import) -> Option<(&str, &str)> {
    let below = import.from.starts_with(&import.to);
    (!below).then_some((import.file.as_str(), import.target.as_str()))
}

/// A cycle of files or folders, if there is one.
fn cycle(
    what: &str,
    imports: &[Import],
    ends: fn(&Import) -> Option<(&str, &str)>,
) -> Option<String> {
    let mut arrows: BTreeMap<&str, BTreeMap<&str, &Import>> = BTreeMap::new();
    for import in imports {
        if let Some((from, to)) = ends(import) {
            arrows.entry(from).or_default().entry(to).or_insert(import);
        }
    }
    let mut done = BTreeSet::new();
    let found = arrows
        .keys()
        .find_map(|start| walk(start, &arrows, &mut Vec::new(), &mut done));
    found.map(|found| format!("{what} that import each other in a cycle:\n{found}"))
}

/// Follows all imports from one place; one that leads back to a visited place closes a cycle.
fn walk<'a>(
    at: &'a str,
    arrows: &BTreeMap<&'a str, BTreeMap<&'a str, &'a Import>>,
    way: &mut Vec<(&'a str, &'a Import)>,
    done: &mut BTreeSet<&'a str>,
) -> Option<String> {
    if let Some(begin) = way.iter().position(|(place, _)| *place == at) {
        let arrows: Vec<_> = way[begin..]
            .iter()
            .map(|(_, import)| format!("  {import}"))
            .collect();
        return Some(arrows.join("\n"));
    }
    if !done.insert(at) {
        return None;
    }
    for (next, import) in arrows.get(at).into_iter().flatten() {
        way.push((at, import));
        if let Some(found) = walk(next, arrows, way, done) {
            return Some(found);
        }
        way.pop();
    }
    None
}
