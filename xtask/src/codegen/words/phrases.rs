//! Combines words into names, and finds what names have in common.

use std::collections::BTreeMap;

use crate::codegen::words::names;
use crate::codegen::words::vocabulary::{DELIVERED, VAGUE};

/// The most frequent name, otherwise the common suffix, otherwise the common prefix; `None` if these say
/// nothing.
pub fn common(names: &[&str]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    // What most call it is its name.
    if let Some((name, _)) = counts.iter().find(|(_, count)| **count * 2 > names.len()) {
        return Some((*name).to_owned());
    }
    let named: Vec<Vec<String>> = counts
        .keys()
        .map(|name| names::capital_words(name))
        .collect();
    let shortest = named.iter().map(Vec::len).min()?;
    let same = |count: usize, of: &dyn Fn(&Vec<String>) -> Vec<String>| {
        let first = of(&named[0]);
        (count > 0 && named.iter().all(|words| of(words) == first)).then_some(first)
    };
    let back = (1..=shortest)
        .rev()
        .find_map(|count| same(count, &|words| words[words.len() - count..].to_vec()));
    // One word at the start is usually an adjective.
    let front = (2..=shortest)
        .rev()
        .find_map(|count| same(count, &|words| words[..count].to_vec()));
    [back, front]
        .into_iter()
        .flatten()
        .find(|words| words.iter().any(|word| !is_vague(word)))
        .map(|words| words.concat())
}

/// A type's name without what only says how it is delivered, for the names of what is in it.
pub fn inner(name: &str) -> &str {
    let name = name.trim_end_matches("Param");
    DELIVERED
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

/// Whether the word says too little to be a name.
pub fn is_vague(word: &str) -> bool {
    VAGUE.contains(&names::snake(word).as_str()) || VAGUE.contains(&words(word).as_str())
}

/// Two names in one, without repeated words.
pub fn joined(front: &str, back: &str) -> String {
    let mut words = names::capital_words(front);
    let tail = names::capital_words(back);
    let is_same = |a: &[String], b: &[String]| {
        a.iter()
            .zip(b)
            .all(|(a, b)| names::singular(a) == names::singular(b))
    };
    let overlap = (1..=words.len().min(tail.len()))
        .rev()
        .find(|count| is_same(&words[words.len() - count..], &tail[..*count]));
    words.truncate(words.len() - overlap.unwrap_or_default());
    words.extend(tail);
    words.concat()
}

/// Whether a word is in the name twice.
pub fn stutters(name: &str) -> bool {
    let words = names::capital_words(name);
    (1..words.len()).any(|at| words[..at].contains(&words[at]))
}

/// The name without earlier occurrences of its words: `FeedPollFeed` becomes `PollFeed`.
pub fn once(name: &str) -> String {
    let words = names::capital_words(name);
    let last = words.iter().enumerate();
    let last = last.filter(|(at, word)| !words[at + 1..].contains(*word));
    last.map(|(_, word)| word.as_str()).collect()
}

/// The words of a field's name, as the description has them.
pub fn words(name: &str) -> String {
    match names::snake(name).as_str() {
        "kind" => "type".to_owned(),
        other => other.trim_end_matches('_').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_uses_have_in_common_is_the_name() {
        assert_eq!(
            common(&["Settings", "Settings"]).as_deref(),
            Some("Settings")
        );
        assert_eq!(
            common(&["LatDirection", "LongDirection"]).as_deref(),
            Some("Direction")
        );
        assert_eq!(
            common(&["ARecord", "AaaaRecord", "CnameRecord"]).as_deref(),
            Some("Record")
        );
        assert_eq!(
            common(&["Stage", "Stage", "LatestStage"]).as_deref(),
            Some("Stage"),
            "what most call it"
        );
        assert_eq!(
            common(&["PathParameters", "PathSegments"]),
            None,
            "an adjective is not a name"
        );
        assert_eq!(common(&["Administrator", "Billing"]), None);
        assert_eq!(
            common(&["GetResult", "ListResult"]),
            None,
            "a vague word is not a name"
        );
    }

    #[test]
    fn no_word_is_in_a_name_twice() {
        assert!(stutters("FeedPollFeed") && !stutters("PollFeed"));
        assert_eq!(once("FeedPollFeed"), "PollFeed");
        assert_eq!(once("SummaryBotClassSummary"), "BotClassSummary");
        assert_eq!(once("RecordSettings"), "RecordSettings");
    }

    #[test]
    fn nothing_is_said_twice() {
        assert_eq!(joined("Hyperdrive", "HyperdriveConfig"), "HyperdriveConfig");
        assert_eq!(
            joined("TimeseriesGroup", "TimeseriesGroups"),
            "TimeseriesGroups"
        );
        assert_eq!(joined("Record", "Settings"), "RecordSettings");
        assert_eq!(inner("RepositoryListItem"), "Repository");
        assert_eq!(inner("DatabaseExportResult"), "DatabaseExport");
        assert_eq!(inner("Result"), "Result");
    }
}
