//! Writes the number of operations into the texts that mention it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::output::Output;

/// The texts, each with the number between the two marks.
const TEXTS: &[&str] = &[
    "README.md",
    "crates/cf-emulator/README.md",
    "crates/cf-types/README.md",
];

const MARKS: (&str, &str) = ("<!-- operations -->", "<!-- /operations -->");

/// Adds the texts with this number of operations.
pub fn write(operations: usize, top: &Path, output: &mut Output) -> Result<()> {
    for text in TEXTS.iter().filter(|text| top.join(text).exists()) {
        let old = fs::read_to_string(top.join(text))?;
        let new = with_number(&old, &grouped(operations))
            .with_context(|| format!("{text} has no closed `{}`", MARKS.0))?;
        output.plain(*text, new);
    }
    Ok(())
}

/// The text with the number between all pairs of marks; `None` if there is no pair.
fn with_number(text: &str, number: &str) -> Option<String> {
    let (mut rest, mut made) = (text, String::new());
    while let Some((before, after)) = rest.split_once(MARKS.0) {
        let (_, after) = after.split_once(MARKS.1)?;
        made += &format!("{before}{}{number}{}", MARKS.0, MARKS.1);
        rest = after;
    }
    (!made.is_empty()).then(|| made + rest)
}

/// A number with commas: `3,425`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{grouped, with_number};

    #[test]
    fn numbers_have_commas() {
        let numbers = [0, 999, 3425, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "3,425", "1,234,567"]);
    }

    #[test]
    fn the_number_is_written_wherever_the_marks_are() {
        let text = "All <!-- operations -->2<!-- /operations --> of <!-- operations --><!-- /operations -->.";
        let expected = "All <!-- operations -->10<!-- /operations --> of <!-- operations -->10<!-- /operations -->.";
        assert_eq!(with_number(text, "10").as_deref(), Some(expected));
        assert_eq!(with_number("No mark.", "10"), None);
        assert_eq!(with_number("<!-- operations -->open", "10"), None);
    }
}
