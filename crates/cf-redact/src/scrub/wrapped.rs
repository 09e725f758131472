//! Base64 wrapped over several lines, as in mail and YAML.

use std::ops::Range;

use super::shapes::{bytes, decoded, is_digit, is_readable};

/// The shortest base64 to decode, in characters.
const SHORTEST: usize = 16;

/// Replaces base64 on several lines with the mark, if it encodes a text that `is_secret`.
pub(super) fn replace(text: &str, mark: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut done, mut at) = (0, 0);
    while let Some(start) = text[at..].bytes().position(is_digit) {
        let lines = lines(text, at + start);
        let mut rest = &*lines;
        while let [first, _, ..] = rest {
            // The first letter may belong to an escape: `\t`.
            let escape = text[..first.start].ends_with('\\') && first.len() > 1;
            let starts = [Some(first.start), escape.then_some(first.start + 1)];
            let found = starts.into_iter().flatten().find_map(|start| {
                let (count, plain) = readable(text, start, rest)?;
                (count > 1).then_some((start, count, plain))
            });
            let Some((start, count, plain)) = found else {
                rest = &rest[1..];
                continue;
            };
            let (block, after) = rest.split_at(count);
            rest = after;
            if is_secret(&plain) {
                out.extend([&text[done..start], mark]);
                let end = block.last().map_or(start, |line| line.end);
                done = end + padding(&text[end..]);
            }
        }
        at = lines.last().map_or(text.len(), |line| line.end);
    }
    out.push_str(&text[done..]);
    out
}

/// The lines that begin with the digits at `start`: each is followed only by a line break.
fn lines(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut next = Some(start);
    while let Some(start) = next {
        let end = start
            + text[start..]
                .bytes()
                .take_while(|byte| is_digit(*byte))
                .count();
        lines.push(start..end);
        next = line_break(&text[end..])
            .map(|length| end + length)
            .filter(|next| text[*next..].bytes().next().is_some_and(is_digit));
    }
    lines
}

/// The length of the line break at the start of a text, including blanks on both sides. In a quoted string, both can be
/// escapes.
fn line_break(text: &str) -> Option<usize> {
    let rest = without_blanks(text);
    let breaks = ["\r\n", "\n", "\\r\\n", "\\n"];
    let rest = breaks.into_iter().find_map(|end| rest.strip_prefix(end))?;
    Some(text.len() - without_blanks(rest).len())
}

fn without_blanks(mut text: &str) -> &str {
    while let Some(rest) = [" ", "\t", "\\t"]
        .into_iter()
        .find_map(|blank| text.strip_prefix(blank))
    {
        text = rest;
    }
    text
}

/// The length of the padding. Left behind, it would give away the length of the secret.
fn padding(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'=').count()
}

/// How many of the lines, the first one from `start`, are base64 of a text; and that text.
fn readable(text: &str, start: usize, lines: &[Range<usize>]) -> Option<(usize, String)> {
    let (mut digits, mut ends) = (String::new(), Vec::new());
    let mut plain = Characters::default();
    for line in lines {
        let begun = digits.len() / 4 * 4;
        digits.push_str(&text[line.start.max(start)..line.end]);
        let whole = digits.len() / 4 * 4;
        if !plain.add(&digits[begun..whole]) {
            break;
        }
        ends.push(digits.len());
    }
    // The last lines may be words after it.
    let ends = ends.iter().enumerate().rev().take(3);
    let mut ends = ends.filter(|(_, end)| **end >= SHORTEST);
    ends.find_map(|(index, end)| Some((index + 1, decoded(&digits[..*end])?)))
}

/// Checks piece by piece whether base64 encodes a text.
#[derive(Default)]
struct Characters {
    /// The start of a character whose end is in the next piece.
    cut: Vec<u8>,
}

impl Characters {
    fn add(&mut self, digits: &str) -> bool {
        let Some(bytes) = bytes(digits) else {
            return false;
        };
        self.cut.extend(bytes);
        let valid = match std::str::from_utf8(&self.cut) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return false,
        };
        let rest = self.cut.split_off(valid);
        let text = std::mem::replace(&mut self.cut, rest);
        is_readable(&String::from_utf8_lossy(&text))
    }
}
