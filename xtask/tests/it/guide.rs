//! The guide's chapters as readers get them: listed, in order, and with code that fits on the page.

use std::fs;
use std::path::{Path, PathBuf};

/// How many characters of code docs.rs shows on a window 1,200 pixels wide; longer lines scroll.
const WIDEST: usize = 92;

fn client() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cf-client")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = client().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between `start` and `end`, once in each line that has it.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let lines = text
        .lines()
        .filter_map(|line| line.split_once(start)?.1.split_once(end));
    lines.map(|(name, _)| name).collect()
}

#[test]
fn code_fits_on_the_page() {
    let mut pages: Vec<_> = fs::read_dir(client().join("guide"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.push(client().join("README.md"));
    assert!(pages.len() > 30);
    for page in pages {
        let mut in_code = false;
        for (number, line) in read(&page).lines().enumerate() {
            let is_fence = line.starts_with("```");
            in_code ^= is_fence;
            let is_hidden = line == "#" || line.starts_with("# ");
            let fits = line.chars().count() <= WIDEST;
            assert!(
                !in_code || is_fence || is_hidden || fits,
                "{}:{}: wider than {WIDEST}: {line}",
                page.display(),
                number + 1
            );
        }
    }
}

#[test]
fn chapters_are_in_every_list_and_in_the_same_order() {
    let guide = read("src/guide.rs");
    let (lists, modules) = guide.split_once("macro_rules! chapters").unwrap();
    let listed = between(lists, "//! | [", " |")
        .iter()
        .filter_map(|chapter| chapter.rsplit_once("](")?.1.strip_suffix(')'))
        .collect::<Vec<_>>();
    let in_readme = between(&read("guide/README.md"), "](", ".md)")
        .iter()
        .map(|&chapter| chapter.to_owned())
        .collect::<Vec<_>>();
    assert_eq!(listed, in_readme);

    // Each chapter, and with `=>` the one that follows elsewhere.
    let mut compiled: Vec<_> = modules
        .split("chapters! {\n")
        .skip(1)
        .flat_map(|list| list.split_once('}').unwrap().0.split_whitespace())
        .filter(|word| !matches!(*word, "->" | "=>"))
        .collect();
    compiled.dedup();
    assert_eq!(listed, compiled);

    let mut files: Vec<_> = fs::read_dir(client().join("guide"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "README")
        .collect();
    files.sort();
    let mut listed = listed;
    listed.sort_unstable();
    assert_eq!(listed, files);
}
