//! Secrets after their names, in texts of unknown form: configuration, code, logs, truncated JSON.

use std::ops::Range;

use super::json::{KINDS, NAMES, VALUES, is_secret_kind};
use crate::Secrecy;
use crate::names::plain;

/// What separates a name from its value.
const SEPARATORS: [&str; 8] = ["=>", ":=", "=", ":", "%3D", "%3d", "%3A", "%3a"];

/// Quotes that are escaped for HTML, a URL or a string.
const ESCAPED_QUOTES: [&str; 4] = ["&quot;", "&#34;", "%22", "u0022"];

/// What ends a value without quotes.
const ENDS: [char; 16] = [
    ',', ';', '&', '"', '\'', '`', '<', '>', '(', ')', '[', ']', '{', '}', '|', '\\',
];

/// Headers whose values have spaces in them.
const HEADERS: [&str; 3] = ["authorization", "cookie", "setcookie"];

/// Values that only name a type, or say that there is none.
const NO_VALUES: [&str; 16] = [
    "any",
    "bool",
    "boolean",
    "false",
    "int",
    "none",
    "null",
    "number",
    "object",
    "str",
    "string",
    "true",
    "undefined",
    "unknown",
    "void",
    "yes",
];

/// The longest name.
const NAME_LEN: usize = 128;

/// Replaces values with secret names by the mark.
pub(super) fn replace(text: &str, mark: &str, secrecy: &dyn Fn(&str) -> Secrecy) -> String {
    let mut out = String::with_capacity(text.len());
    // What has been copied to `out`, and where to look for the next separator.
    let (mut done, mut from) = (0, 0);
    // Whether a `name` or `type` said that the value next to it is secret, and where.
    let (mut described, mut described_at) = (false, 0);
    while let Some(separator) = next_separator(text, from) {
        from = separator.end;
        let Some(name) = Name::before(&text[done..separator.start]) else {
            continue;
        };
        let is_secret = match secrecy(name.text) {
            Secrecy::Whole | Secrecy::Text => true,
            // A parameter of a URL.
            Secrecy::Parameter => name.before.ends_with(['?', '&']),
            Secrecy::Page | Secrecy::Public => false,
        };
        let spaces = text[from..].len() - text[from..].trim_start().len();
        let rest = &text[from + spaces..];
        if NAMES.contains(&name.text) || KINDS.contains(&name.text) {
            let quote = quote_before(rest);
            let end = closing(&rest[quote..], &rest[..quote]);
            let value = &rest[quote..quote + end];
            let says_so = quote > 0
                && (matches!(secrecy(value), Secrecy::Whole | Secrecy::Text)
                    || KINDS.contains(&name.text) && is_secret_kind(value));
            let is_beside = !text[described_at..separator.start].contains('}');
            described = says_so || described && is_beside;
            described_at = separator.start;
        }
        let is_value = described && VALUES.contains(&name.text);
        if !is_secret && !is_value {
            continue;
        }
        let is_whole = secrecy(name.text) == Secrecy::Whole;
        let Some(secret) = name.secret(rest, &text[separator], is_whole, mark) else {
            continue;
        };
        let start = from + spaces + secret.start;
        out.push_str(&text[done..start]);
        if secret.start == 0 && rest.starts_with(['{', '[']) {
            // It was in brackets and is now a string, so that JSON stays JSON.
            out.extend([name.quote, mark, name.quote]);
        } else {
            out.push_str(mark);
        }
        done = from + spaces + secret.end;
        from = done;
    }
    out.push_str(&text[done..]);
    let out = spaced(&out, mark, secrecy);
    elements(&out, mark, secrecy)
}

/// The same if there is only a space in between: `--password value`, `PASSWORD 'value'`.
fn spaced(text: &str, mark: &str, secrecy: &dyn Fn(&str) -> Secrecy) -> String {
    let mut out = String::with_capacity(text.len());
    let mut words = text.split_inclusive(' ').peekable();
    while let Some(word) = words.next() {
        out.push_str(word);
        let (Some(name), Some(next)) = (word.strip_suffix(' '), words.peek()) else {
            continue;
        };
        let (name, next) = (name.rsplit(['\r', '\n']).next().unwrap_or_default(), *next);
        let is_flag = name.starts_with("--") && !next.starts_with('-');
        let is_login = matches!(name, "-u" | "--user") && next.contains(':');
        let is_named = is_flag || next.starts_with('\'');
        let is_secret = is_named && matches!(secrecy(name), Secrecy::Text | Secrecy::Whole);
        if !is_login && !is_secret {
            continue;
        }
        let quote = quote_before(next);
        let end = match quote {
            0 => next
                .find(|c: char| c.is_whitespace() || ENDS.contains(&c))
                .unwrap_or(next.len()),
            _ => quote + closing(&next[quote..], &next[..quote]),
        };
        if quote < end && !next[quote..].starts_with(mark) {
            out.extend([&next[..quote], mark, &next[end..]]);
            words.next();
        }
    }
    out
}

fn next_separator(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        at += text[at..].find([':', '=', '%'])?;
        let rest = &text[at..];
        // The slashes of a URL are not a value.
        let found = SEPARATORS
            .iter()
            .find(|separator| rest.starts_with(**separator));
        match found {
            Some(separator) if !rest.starts_with("://") => return Some(at..at + separator.len()),
            _ => at += 1,
        }
    }
}

/// A name, what is before it, and the quote after it.
struct Name<'t> {
    before: &'t str,
    text: &'t str,
    quote: &'t str,
}

impl<'t> Name<'t> {
    /// The name at the end of a text, possibly in quotes or brackets: `"name"`, `['name']`.
    fn before(text: &'t str) -> Option<Self> {
        let text = text.trim_end_matches([' ', '\t']);
        let text = text.strip_suffix(']').unwrap_or(text);
        let (text, quote) = text.split_at(text.len() - quote_behind(text));
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let start = text.len()
            - text
                .bytes()
                .rev()
                .take(NAME_LEN)
                .take_while(|b| is_name(char::from(*b)))
                .count();
        let (before, name) = text.split_at_checked(start)?;
        // The letter of an escape: `\nname`.
        let escaped = before.ends_with('\\') && name.starts_with(['n', 'r', 't']);
        let name = if escaped { &name[1..] } else { name };
        (!name.is_empty()).then_some(Self {
            before,
            text: name,
            quote,
        })
    }

    /// Where in `rest` the secret is; `None` if there is none after all.
    fn secret(
        &self,
        rest: &str,
        separator: &str,
        is_whole: bool,
        mark: &str,
    ) -> Option<Range<usize>> {
        if rest.starts_with(mark) {
            return None;
        }
        let quote = quote_before(rest);
        if quote > 0 {
            let end = quote + closing(&rest[quote..], &rest[..quote]);
            return (quote < end).then_some(quote..end);
        }
        if rest.starts_with(['{', '[']) {
            return is_whole.then(|| 0..brackets(rest));
        }
        let line = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let name = plain(self.text);
        if HEADERS.iter().any(|header| name.ends_with(header)) {
            let end = self.open_quote().and_then(|quote| rest[..line].find(quote));
            let value = rest[..end.unwrap_or(line)].trim_end_matches('\\');
            return (!value.is_empty()).then_some(0..value.len());
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || ENDS.contains(&c))
            .unwrap_or(rest.len());
        let value = &rest[..end];
        let is_call = rest[end..].starts_with('(');
        if value.is_empty() || is_call || NO_VALUES.contains(&&*value.to_ascii_lowercase()) {
            return None;
        }
        // `password: wrong` may be an entry in a file, or a sentence; `token = await f()` is code.
        let alone = end == line && self.starts_line();
        let prose = (separator == ":" || rest[end..].starts_with(' '))
            && value.len() < 16
            && value.chars().all(|c| c.is_ascii_lowercase() || c == '.');
        (alone || !prose).then_some(0..end)
    }

    /// The quote that is open at the name: `-H "name: value"`.
    fn open_quote(&self) -> Option<char> {
        let line = self.line();
        let is_open = |quote: &char| line.matches(*quote).count() % 2 == 1;
        ['"', '\'', '`'].into_iter().find(is_open)
    }

    fn line(&self) -> &'t str {
        self.before.rsplit(['\r', '\n']).next().unwrap_or_default()
    }

    fn starts_line(&self) -> bool {
        self.line()
            .chars()
            .all(|c| c.is_whitespace() || matches!(c, '-' | '"' | '\'' | '>' | '<'))
    }
}

/// The length of the quote at the end of a text, with its escapes; 0 without one.
fn quote_behind(text: &str) -> usize {
    let Some(rest) = without_quote(text, |text, quote| text.strip_suffix(quote)) else {
        return 0;
    };
    let unescaped = rest.trim_end_matches('\\');
    text.len() - unescaped.len()
}

/// The same for the start of a text.
fn quote_before(text: &str) -> usize {
    let unescaped = text.trim_start_matches('\\');
    let rest = without_quote(unescaped, |text, quote| text.strip_prefix(quote));
    rest.map_or(0, |rest| text.len() - rest.len())
}

fn without_quote<'t>(
    text: &'t str,
    strip: impl Fn(&'t str, &str) -> Option<&'t str>,
) -> Option<&'t str> {
    let quotes = ["\"", "'", "`"];
    quotes
        .iter()
        .chain(&ESCAPED_QUOTES)
        .find_map(|quote| strip(text, quote))
}

/// Where the quoted text ends. Quotes within are escaped once more than the outer ones.
fn closing(text: &str, quote: &str) -> usize {
    let bare = quote.trim_start_matches('\\');
    let escapes = quote.len() - bare.len();
    let mut from = 0;
    while let Some(at) = text[from..].find(bare) {
        let at = from + at;
        let before = text[..at].bytes().rev().take_while(|b| *b == b'\\').count();
        let ends = if escapes == 0 {
            before % 2 == 0
        } else {
            before <= escapes
        };
        if ends {
            return at - before.min(escapes);
        }
        from = at + bare.len();
    }
    text.len()
}

/// Where the object or list ends; at the end of the text if it is truncated.
fn brackets(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The same for XML elements that contain only text.
fn elements(text: &str, mark: &str, secrecy: &dyn Fn(&str) -> Secrecy) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("</").peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            out.push_str(part);
            break;
        }
        // What precedes an end tag: `… <name attribute="…">value`.
        let secret = part.rsplit_once('>').filter(|(before, value)| {
            let tag = before.rsplit('<').next().unwrap_or_default();
            let name = tag
                .split(|c: char| c.is_whitespace())
                .next()
                .unwrap_or_default();
            let name = name.rsplit(':').next().unwrap_or_default();
            !value.trim().is_empty() && matches!(secrecy(name), Secrecy::Text | Secrecy::Whole)
        });
        match secret {
            Some((before, _)) => out.extend([before, ">", mark, "</"]),
            None => out.extend([part, "</"]),
        }
    }
    out
}
