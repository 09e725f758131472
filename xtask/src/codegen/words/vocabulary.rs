//! Lists of words, from `xtask/api/types/words.txt`, which says what each is for; and names that are taken.

use std::sync::LazyLock;

const FILE: &str = include_str!("../../../api/types/words.txt");

/// A list.
pub type Words = LazyLock<Vec<&'static str>>;

/// A list of words, each with what it stands for.
pub type Table = LazyLock<Vec<(&'static str, &'static str)>>;

pub static ABOUT_SECRETS: Words = LazyLock::new(|| words("about_secrets"));
pub static ACRONYMS: Words = LazyLock::new(|| words("acronyms"));
pub static CHANGES: Words = LazyLock::new(|| words("changes"));
pub static DELIVERED: Words = LazyLock::new(|| words("delivered"));
pub static ENDS: Words = LazyLock::new(|| words("ends"));
pub static ENUMS: Table = LazyLock::new(|| table("enums"));
pub static ENVELOPE: Words = LazyLock::new(|| words("envelope"));
pub static EVERYWHERE: Words = LazyLock::new(|| words("everywhere"));
pub static EXAMPLES: Table = LazyLock::new(|| table("examples"));
pub static FIGURES: Words = LazyLock::new(|| words("figures"));
pub static FORMATS: Table = LazyLock::new(|| table("formats"));
pub static ID_TYPES: Table = LazyLock::new(|| table("id_types"));
pub static IDS: Words = LazyLock::new(|| words("ids"));
pub static NAMING: Words = LazyLock::new(|| words("naming"));
pub static OPEN_KEYS: Words = LazyLock::new(|| words("open_keys"));
pub static OWN: Words = LazyLock::new(|| words("own"));
pub static PARTS: Words = LazyLock::new(|| words("parts"));
pub static PLAIN: Words = LazyLock::new(|| words("plain"));
pub static READS: Words = LazyLock::new(|| words("reads"));
pub static SECRET: Words = LazyLock::new(|| words("secret"));
pub static SINGULARS: Table = LazyLock::new(|| table("singulars"));
pub static SYNONYMS: Table = LazyLock::new(|| table("synonyms"));
pub static TELLING: Words = LazyLock::new(|| words("telling"));
pub static VAGUE: Words = LazyLock::new(|| words("vague"));
pub static VERBS: Words = LazyLock::new(|| words("verbs"));
pub static VERSIONS: Words = LazyLock::new(|| words("versions"));
pub static WRITES: Words = LazyLock::new(|| words("writes"));

fn words(list: &str) -> Vec<&'static str> {
    lines(list).flat_map(str::split_whitespace).collect()
}

fn table(list: &str) -> Vec<(&'static str, &'static str)> {
    lines(list)
        .filter_map(|line| line.split_once(": "))
        .collect()
}

/// The lines of a list.
fn lines(list: &str) -> impl Iterator<Item = &'static str> {
    let head = format!("[{list}]");
    let lines = FILE
        .lines()
        .skip_while(move |line| *line != head.as_str())
        .skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// What a word stands for in a table.
pub fn meaning(table: &Table, word: &str) -> Option<&'static str> {
    let mut known = table.iter();
    known
        .find(|(known, _)| *known == word)
        .map(|(_, meaning)| *meaning)
}

/// What the first pattern that fits a name stands for; `*` at its ends stands for anything.
pub fn matching(table: &Table, name: &str) -> Option<&'static str> {
    let fits = |pattern: &str| {
        let part = pattern.trim_matches('*');
        match (pattern.starts_with('*'), pattern.ends_with('*')) {
            (true, true) => name.contains(part),
            (true, false) => name.ends_with(part),
            (false, true) => name.starts_with(part),
            (false, false) => name == part,
        }
    };
    let mut known = table.iter();
    known
        .find(|(pattern, _)| fits(pattern))
        .map(|(_, meaning)| *meaning)
}

/// The maximum length of a name.
pub const LONG: usize = 40;

/// Names that generated modules use for something else.
pub const RESERVED: &[&str] = &[
    "AccountId",
    "AsMut",
    "AsRef",
    "BTreeMap",
    "Blob",
    "BodyKind",
    "Box",
    "Call",
    "Clone",
    "Copy",
    "Date",
    "DateTime",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Extra",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Into",
    "IntoIterator",
    "Iterator",
    "Keyset",
    "Method",
    "None",
    "Ok",
    "Option",
    "Ord",
    "Page",
    "PageStyle",
    "PartialEq",
    "PartialOrd",
    "Result",
    "ResultKind",
    "Scope",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "Told",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Value",
    "Vec",
    "ZoneId",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_the_file_is_read() {
        let here = include_str!("vocabulary.rs");
        let heads = FILE.lines().filter(|line| line.starts_with('['));
        for list in heads.map(|head| head.trim_matches(['[', ']'])) {
            let is_table = here.contains(&format!("|| table({list:?})"));
            let is_list = here.contains(&format!("|| words({list:?})"));
            assert!(is_table || is_list, "nobody reads [{list}]");
            let wrong = |line: &&str| line.contains(": ") != is_table;
            assert_eq!(lines(list).find(wrong), None, "in [{list}]");
        }
        let reads = here.lines().filter(|line| line.starts_with("pub static"));
        for list in reads.filter_map(|line| line.split('"').nth(1)) {
            assert!(lines(list).next().is_some(), "the file lacks [{list}]");
        }
    }

    #[test]
    fn the_first_pattern_that_fits_counts() {
        let table: Table = LazyLock::new(|| vec![("id", "1"), ("*_at", "2"), ("*host*", "3")]);
        for (name, meaning) in [
            ("id", Some("1")),
            ("created_at", Some("2")),
            ("hosted_at", Some("2")),
            ("ghost_name", Some("3")),
            ("ids", None),
        ] {
            assert_eq!(matching(&table, name), meaning, "{name}");
        }
    }
}
