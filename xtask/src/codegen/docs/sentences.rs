//! Checks of a sentence that need no knowledge of its subject.

use std::collections::BTreeSet;

use crate::codegen::words::names;

/// Words that carry no meaning of their own.
const EMPTY: &[&str] = &[
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "being", "by", "each", "for", "from",
    "has", "have", "in", "is", "it", "its", "of", "on", "one", "or", "s", "some", "that", "the",
    "these", "this", "those", "to", "was", "were", "whether", "which", "with",
];

/// Units by dimension, each with the name suffixes and the words of a text that stand for it.
const UNITS: &[&[Unit]] = &[
    &[
        Unit(&["ns", "nanos", "nanoseconds"], &["nanosecond"]),
        Unit(&["us", "micros", "microseconds"], &["microsecond"]),
        Unit(&["ms", "millis", "milliseconds"], &["millisecond"]),
        Unit(&["secs", "seconds"], &["second"]),
        Unit(&["mins", "minutes"], &["minute"]),
        Unit(&["hours"], &["hour"]),
        Unit(&["days"], &["day"]),
    ],
    &[
        Unit(&["bytes"], &["byte"]),
        Unit(&["kb", "kib"], &["kilobyte", "kibibyte", "kb", "kib"]),
        Unit(&["mb", "mib"], &["megabyte", "mebibyte", "mb", "mib"]),
        Unit(&["gb", "gib"], &["gigabyte", "gibibyte", "gb", "gib"]),
    ],
];

struct Unit(&'static [&'static str], &'static [&'static str]);

/// Why a text is not fit for documentation: it is not a whole sentence, or rustdoc would take part of it for markup.
pub fn form(text: &str) -> Option<&'static str> {
    let plain: String = text.split('`').step_by(2).collect();
    let begins = text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '`');
    if !begins || !text.ends_with('.') || text.trim() != text {
        Some(
            "not a sentence: it must begin with a capital, a digit or code, and end with a full stop",
        )
    } else if text.contains('\n') {
        Some("more than one line")
    } else if text.matches('`').count() % 2 == 1 {
        Some("an unpaired backtick")
    } else if plain.contains(['<', '[', ']']) {
        Some("`<`, `[` and `]` must be in backticks")
    } else if plain.contains("://") {
        Some("an address must be in backticks")
    } else {
        None
    }
}

/// Whether a text says nothing beyond the names that it is about and `things`, which carry no meaning here.
pub fn is_empty(text: &str, about: &[&str], things: &[&str]) -> bool {
    let about: BTreeSet<String> = about.iter().flat_map(|name| words(name)).collect();
    let mut said = spoken(text).filter(|word| !things.contains(&word.as_str()));
    said.all(|word| about.contains(&names::singular(&word)))
}

/// The unit of a name, and that of the text, if they differ.
pub fn other_unit(text: &str, name: &str) -> Option<(&'static str, String)> {
    let last = names::words(name).pop()?;
    let (dimension, own) = UNITS.iter().find_map(|dimension| {
        let own = dimension.iter().find(|unit| unit.0.contains(&&*last))?;
        Some((dimension, own))
    })?;
    let said = units_of(text);
    let has = |unit: &Unit| said.iter().any(|word| unit.1.contains(&word.as_str()));
    if has(own) {
        return None;
    }
    let other = said
        .iter()
        .find(|word| dimension.iter().any(|unit| unit.1.contains(&word.as_str())))?;
    Some((own.1[0], other.clone()))
}

/// The words of a text that do not follow a number: “within 30 days” says nothing about the unit of the field.
fn units_of(text: &str) -> Vec<String> {
    let words = words(text);
    let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let behind = words.iter().enumerate();
    behind
        .filter(|(at, _)| {
            at.checked_sub(1)
                .is_none_or(|before| !is_number(&words[before]))
        })
        .map(|(_, word)| word.clone())
        .collect()
}

/// The words of a text or name that carry meaning, each in the singular.
fn words(text: &str) -> Vec<String> {
    spoken(text).map(|word| names::singular(&word)).collect()
}

fn spoken(text: &str) -> impl Iterator<Item = String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .flat_map(names::words);
    words.filter(|word| !EMPTY.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sentences_are_documentation() {
        for text in [
            "Deletes a key.",
            "A key, or `<none>`.",
            "A list like `[1]`. Two sentences.",
            "`GET` requests.",
            "15 minutes.",
        ] {
            assert_eq!(form(text), None, "{text}");
        }
        for text in [
            "",
            "deletes a key.",
            "Deletes a key",
            " A key.",
            "A key.\nAnother one.",
            "A `key.",
            "A <key>.",
            "A [key].",
            "See https://example.com.",
        ] {
            assert!(form(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_repeats_a_name_says_nothing() {
        for (text, about) in [
            ("The title of the namespace.", ["Namespace", "title"]),
            ("The namespace's titles.", ["Namespace", "title"]),
            ("A list of the allowed IPs.", ["Rule", "allowedIPs"]),
            ("Whether it is enabled.", ["Rule", "enabled"]),
        ] {
            assert!(is_empty(text, &about, &["list"]), "{text}");
        }
        for (text, about) in [
            (
                "The title that the dashboard shows.",
                ["Namespace", "title"],
            ),
            ("The time to live, in seconds.", ["Key", "ttl"]),
            ("At most 512 characters.", ["Namespace", "title"]),
        ] {
            assert!(!is_empty(text, &about, &["list"]), "{text}");
        }
    }

    #[test]
    fn a_unit_agrees_with_the_name() {
        for (text, name) in [
            ("How long a request may take, in seconds.", "timeout_ms"),
            ("The size in megabytes.", "size_bytes"),
            ("The minutes between two tries.", "retrySeconds"),
        ] {
            assert!(other_unit(text, name).is_some(), "{text}");
        }
        for (text, name) in [
            ("The timeout, in milliseconds.", "timeout_ms"),
            ("At most 5 seconds.", "timeout_ms"),
            ("How long a request may take, in seconds.", "timeout"),
            ("Bytes sent per second.", "sent_bytes"),
            ("The seconds after which an hour is over.", "ttl_seconds"),
        ] {
            assert_eq!(other_unit(text, name), None, "{text}");
        }
    }
}
