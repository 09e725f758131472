//! Identifiers, and requests that are equal except for them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;
use similar::TextDiff;

use super::{Asked, Matching};

/// Where the identifiers and e-mail addresses in a text are.
fn identifiers(text: &str) -> impl Iterator<Item = Range<usize>> {
    static FORMS: LazyLock<Regex> = LazyLock::new(|| {
        let forms = [
            // Not part of an identifier that follows.
            r"%[0-9A-Fa-f]{2}",
            r"(?P<uuid>[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})",
            r"(?P<email>[A-Za-z0-9._+-]+(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})",
            r"[A-Za-z0-9]+",
        ];
        #[allow(clippy::expect_used, reason = "a constant that the tests go through")]
        Regex::new(&forms.join("|")).expect("a valid expression")
    });
    FORMS.captures_iter(text).filter_map(|found| {
        let whole = found.get(0)?;
        let word = whole.as_str();
        let hex = word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let named = found.name("uuid").or_else(|| found.name("email")).is_some();
        (hex || named).then(|| whole.range())
    })
}

/// Replaces the identifiers in a text.
pub(super) fn rename(text: &str, mut name: impl FnMut(&str) -> String) -> String {
    let mut renamed = String::with_capacity(text.len());
    let mut end = 0;
    for range in identifiers(text) {
        renamed.push_str(&text[end..range.start]);
        renamed.push_str(&name(&text[range.clone()]));
        end = range.end;
    }
    renamed.push_str(&text[end..]);
    renamed
}

/// Placeholders by identifier, assigned while recording.
#[derive(Debug, Default)]
pub(super) struct Placeholders(HashMap<String, String>);

impl Placeholders {
    pub(super) fn of(&mut self, identifier: &str) -> String {
        let number = self.0.len() + 1;
        let new = || match identifier {
            email if email.contains('@') => format!("user{number}@example.com"),
            email if email.contains('%') => format!("user{number}%40example.com"),
            uuid if uuid.contains('-') => format!("00000000-0000-0000-0000-{number:012x}"),
            _ => format!("{number:032x}"),
        };
        self.0
            .entry(identifier.to_owned())
            .or_insert_with(new)
            .clone()
    }
}

/// What a cassette's identifiers stand for in this replay.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings {
    recorded: HashMap<String, String>,
    sent: HashMap<String, String>,
}

impl Bindings {
    /// The identifier that was sent instead of this recorded one.
    pub(super) fn sent_for(&self, recorded: &str) -> String {
        let sent = self.sent.get(recorded).map(String::as_str);
        sent.unwrap_or(recorded).to_owned()
    }

    fn recorded_for(&self, sent: &str) -> String {
        let recorded = self.recorded.get(sent).map(String::as_str);
        recorded.unwrap_or(sent).to_owned()
    }

    /// Whether the two can be the same; if so, they are from now on.
    fn bind(&mut self, recorded: &str, sent: &str) -> bool {
        match (self.sent.get(recorded), self.recorded.get(sent)) {
            (None, None) => {
                self.sent.insert(recorded.to_owned(), sent.to_owned());
                self.recorded.insert(sent.to_owned(), recorded.to_owned());
                true
            }
            (Some(bound), _) => bound == sent,
            (None, Some(_)) => false,
        }
    }

    /// The bindings under which the texts are the same; `None` if they are different.
    pub(super) fn under_which_same(&self, recorded: &str, sent: &str) -> Option<Self> {
        let mut bindings = self.clone();
        let (mut recorded_end, mut sent_end) = (0, 0);
        let mut in_sent = identifiers(sent);
        for range in identifiers(recorded) {
            let other = in_sent.next()?;
            let same_between = recorded[recorded_end..range.start] == sent[sent_end..other.start];
            if !same_between || !bindings.bind(&recorded[range.clone()], &sent[other.clone()]) {
                return None;
            }
            (recorded_end, sent_end) = (range.end, other.end);
        }
        (recorded[recorded_end..] == sent[sent_end..]).then_some(bindings)
    }
}

/// The lines of a request that count for matching.
pub(super) fn canonical(request: &Asked, matching: Matching) -> String {
    let (address, query) = match request.url.split_once('?') {
        Some((address, query)) => (address, query.split('&').collect()),
        None => (&*request.url, Vec::new()),
    };
    let mut query: Vec<String> = query.iter().map(|pair| format!("  ? {pair}")).collect();
    let mut lines = Vec::new();
    match matching {
        Matching::Strict => {
            lines.push(format!("{} {address}", request.method));
            lines.append(&mut query);
            let content_type = |line: &&String| line.starts_with("content-type:");
            lines.extend(request.headers.iter().find(content_type).cloned());
            lines.push(String::new());
            lines.push(request.body.show());
        }
        Matching::Lenient => {
            lines.push(format!("{} {}", request.method, path(address)));
            query.sort();
            lines.append(&mut query);
        }
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// The address without scheme and host.
fn path(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or("/", |start| &rest[start..])
}

/// How alike two requests are, 0 to 1.
pub(super) fn likeness(recorded: &str, sent: &str) -> f32 {
    TextDiff::from_lines(recorded, sent).ratio()
}

/// What is recorded (-) and what was sent (+).
pub(super) fn difference(recorded: &str, sent: &str, bindings: &Bindings) -> String {
    let sent = rename(sent, |identifier| bindings.recorded_for(identifier));
    TextDiff::from_lines(recorded, &sent)
        .unified_diff()
        .context_radius(3)
        .header("recorded", "sent")
        .to_string()
}
