//! Writes the numbers of operations and products into the texts that mention them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::output::Output;

/// The texts, and the number in each, which stands between two marks: `<!-- operations -->3,425<!-- /operations -->`.
const TEXTS: &[(&str, &str)] = &[
    ("README.md", "operations"),
    ("README.md", "products"),
    ("crates/cf-client/README.md", "products"),
    (
        "crates/cf-client/guide/features_and_compile_time.md",
        "products",
    ),
    ("crates/cf-emulator/README.md", "operations"),
    ("crates/cf-types/README.md", "operations"),
    ("crates/cf-types/README.md", "products"),
];

/// Adds the texts with these numbers.
pub fn write(operations: usize, products: usize, top: &Path, output: &mut Output) -> Result<()> {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for (text, what) in TEXTS.iter().filter(|(text, _)| top.join(text).exists()) {
        let old = match texts.remove(text) {
            Some(old) => old,
            None => fs::read_to_string(top.join(text))?,
        };
        let number = match *what {
            "operations" => operations,
            _ => products,
        };
        let new = with_number(&old, what, &grouped(number))
            .with_context(|| format!("{text} has no closed `<!-- {what} -->`"))?;
        texts.insert(text, new);
    }
    for (text, new) in texts {
        output.plain(text, new);
    }
    Ok(())
}

/// The text with the number between all pairs of marks of this name; `None` if there is no pair.
fn with_number(text: &str, what: &str, number: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {what} -->"), format!("<!-- /{what} -->"));
    let (mut rest, mut made) = (text, String::new());
    while let Some((before, after)) = rest.split_once(&open) {
        let (_, after) = after.split_once(&close)?;
        made += &format!("{before}{open}{number}{close}");
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
        assert_eq!(
            with_number(text, "operations", "10").as_deref(),
            Some(expected)
        );
        assert_eq!(with_number("No mark.", "operations", "10"), None);
        assert_eq!(
            with_number("<!-- operations -->open", "operations", "10"),
            None
        );
    }
}
