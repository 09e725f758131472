//! Bodies: by their media type if it says what they are, otherwise by their content.

use serde_json::Value;

use super::places::Pointers;
use super::{Scrubbed, Scrubber, kind};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// How to scrub a body.
pub(super) struct Body<'s> {
    pub(super) scrubber: &'s Scrubber,
    pub(super) pointers: &'s Pointers,
    pub(super) depth: usize,
}

impl Body<'_> {
    pub(super) fn scrub(&self, media_type: &str, text: &str) -> Scrubbed {
        let rest = text.trim_start_matches(BYTE_ORDER_MARK);
        if rest.len() < text.len() {
            let marks = &text[..text.len() - rest.len()];
            return Scrubbed::Text(format!("{marks}{}", self.scrub(media_type, rest)));
        }
        if let Some(value) = parsed(text) {
            return Scrubbed::Json(self.scrubber.value(value, self.pointers, self.depth));
        }
        Scrubbed::Text(if let Some(boundary) = kind::boundary(media_type, text) {
            self.form(text, &boundary)
        } else if kind::is_query(media_type, text) {
            self.scrubber.query_at(text, self.depth)
        } else if let Some(separator) = kind::separator(media_type) {
            self.table(text, separator)
        } else {
            self.lines(text)
        })
    }

    /// Lines of JSON, and what is between them.
    fn lines(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut loose = String::new();
        for line in text.split_inclusive('\n') {
            let Some(value) = parsed(line) else {
                loose.push_str(line);
                continue;
            };
            out.push_str(&self.scrubber.loose(&loose, self.pointers, self.depth));
            loose.clear();
            let json = line.trim_end();
            let (pointers, depth) = (self.pointers, self.depth);
            out.push_str(&self.scrubber.written(json, value, pointers, depth));
            out.push_str(&line[json.len()..]);
        }
        out + &self.scrubber.loose(&loose, self.pointers, self.depth)
    }
}

/// The value of a text that is a JSON object or list: text that happens to be a number or a quoted string is text.
pub(super) fn parsed(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// How many braces in a text are tried that turn out not to be JSON: each try can take as long as the text.
pub(super) const TRIES: usize = 32;

/// The first JSON object in a text: where it starts, its length, and its value.
pub(super) fn embedded(text: &str, tries: &mut usize) -> Option<(usize, usize, Value)> {
    let mut from = 0;
    while let Some(at) = text[from..].find('{') {
        let at = from + at;
        from = at + 1;
        if !text[from..].trim_start().starts_with('"') {
            continue;
        }
        *tries = tries.checked_sub(1)?;
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter();
        if let Some(Ok(value)) = values.next() {
            *tries += 1;
            return Some((at, values.byte_offset(), value));
        }
    }
    None
}
