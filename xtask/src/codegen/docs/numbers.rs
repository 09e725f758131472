//! Checks the numbers in sentences against the facts.

use serde_json::Value;

use crate::codegen::words::names;
use crate::description::facts::Facts;

/// Words after a number that do not make it a count of something.
const PLAIN: &[&str] = &[
    "",
    "and",
    "by",
    "inclusive",
    "or",
    "unless",
    "where",
    "which",
];

/// A default, range or length in a sentence that differs from the facts.
pub fn contradiction(text: &str, facts: &Facts) -> Option<String> {
    let words: Vec<Word> = text.split_whitespace().map(Word::of).collect();
    claims(&words).find_map(|(keyword, said)| {
        let known = facts.get(keyword).and_then(Value::as_f64)?;
        (known - said)
            .abs()
            .gt(&f64::EPSILON)
            .then(|| format!("it says {said}, the description {known} (`{keyword}`)"))
    })
}

/// A word in lower case, without surrounding punctuation.
struct Word {
    text: String,
    number: Option<f64>,
    /// Followed by a full stop, comma or the like.
    ends: bool,
}

impl Word {
    fn of(word: &str) -> Word {
        let is_mark = |c: char| !c.is_alphanumeric();
        let ends = word.ends_with(['.', ',', ';', ':', ')']);
        let front: &[char] = &['`', '(', '“'];
        let text = word.trim_start_matches(front).trim_end_matches(is_mark);
        let number = text.replace(',', "").parse().ok();
        let text = names::singular(&text.to_lowercase());
        Word { text, number, ends }
    }
}

/// Keywords of facts, with the numbers that a text gives for them.
fn claims(words: &[Word]) -> impl Iterator<Item = (&'static str, f64)> {
    let at = |index: usize| words.get(index).map_or("", |word| word.text.as_str());
    let number = |index: usize| words.get(index).and_then(|word| word.number);
    // What the number at an index counts: characters, or nothing named.
    let counted = move |index: usize| {
        let ends = words.get(index).is_none_or(|word| word.ends);
        match if ends { "" } else { at(index + 1) } {
            "character" => Some(("minLength", "maxLength")),
            next if PLAIN.contains(&next) => Some(("minimum", "maximum")),
            _ => None,
        }
    };
    (0..words.len()).flat_map(move |index| {
        let mut found = Vec::new();
        let (word, next, then) = (at(index), at(index + 1), at(index + 2));
        let range = match (word, then) {
            ("between", "and") | ("from", "to") => number(index + 1).zip(number(index + 3)),
            _ => None,
        };
        if let (Some((from, to)), Some((least, most))) = (range, counted(index + 3)) {
            found.extend([(least, from), (most, to)]);
        }
        if let (Some(limit), Some((least, most))) = (number(index + 2), counted(index + 2)) {
            match (word, next) {
                ("at", "most") | ("up", "to") => found.push((most, limit)),
                ("at", "least") => found.push((least, limit)),
                _ => {}
            }
        }
        let default = match (word, next) {
            ("default", "to" | "is" | "of") if counted(index + 2).is_some() => number(index + 2),
            (_, "by") if then == "default" => number(index),
            _ => None,
        };
        found.extend(default.map(|said| ("default", said)));
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_agree_with_the_facts() {
        let facts: Facts = serde_json::from_value(json!({
            "minimum": 60, "maximum": 86400, "default": 300, "maxLength": 512,
        }))
        .unwrap();
        for text in [
            "From 30 to 86,400.",
            "Between 60 and 3600, or so.",
            "At most 100.",
            "At least `10`.",
            "Up to 100 characters.",
            "The seconds; 60 by default.",
            "Defaults to 60.",
            "The default is 60.",
        ] {
            assert!(contradiction(text, &facts).is_some(), "{text}");
        }
        for text in [
            "From 60 to 86,400.",
            "At most 86400, 300 by default.",
            "Up to 512 characters.",
            "From 1 to 24 hours.",
            "At most 5 of them count.",
            "The default is 5 minutes.",
            "Kept for 30 days by default.",
        ] {
            assert_eq!(contradiction(text, &facts), None, "{text}");
        }
        assert_eq!(contradiction("At most 5.", &Facts::default()), None);
    }
}
