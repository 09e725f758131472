mod body;
mod form;
mod json;
mod kind;
mod named;
mod places;
mod shapes;
mod wrapped;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::address::{is_secret_parameter, path_and_query};
use crate::names::plain;
use crate::{Secrecy, addresses, secrecy};
use body::{Body, embedded, parsed};
use places::Pointers;

/// How many levels of text within text are unpacked: JSON in a JSON string, base64, an escaped URL.
const DEPTH: usize = 4;

/// Finds secrets in requests and replies, and replaces them by a mark.
///
/// It parses what a body consists of: members of JSON, fields of forms, parameters of URLs, also nested in one
/// another. What cannot be parsed is searched by patterns: `name=value` and `"name": "value"`, tokens and
/// keys with a recognizable form, `Bearer …`.
///
/// Scrubbing what has been scrubbed changes nothing.
///
/// ```
/// use cf_redact::{Message, Scrubbed, Scrubber};
///
/// let scrubber = Scrubber::new();
/// assert_eq!(scrubber.text("curl -H 'Authorization: Bearer hunter2'"), "curl -H 'Authorization: [redacted]'");
///
/// let address = "/client/v4/accounts/1/workers/scripts/mine/secrets";
/// let body = r#"{"type":"secret_text","name":"KEY","text":"hunter2"}"#;
/// let scrubbed = scrubber.body(Message::Request, address, "application/json", body);
/// assert_eq!(scrubbed.to_string(), r#"{"name":"KEY","text":"[redacted]","type":"secret_text"}"#);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Scrubber {
    mark: &'static str,
    names: Vec<String>,
    texts: Vec<(String, String)>,
}

/// The message that a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The request to an address.
    Request,
    /// The reply to it.
    Reply,
}

/// A body without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub enum Scrubbed {
    /// A JSON object or list, members sorted.
    Json(Value),
    /// Any other text.
    Text(String),
}

impl Default for Scrubber {
    fn default() -> Self {
        Self::new()
    }
}

impl Scrubber {
    /// Knows the secrets of the API and common ones; the mark is `[redacted]`.
    pub fn new() -> Self {
        Self {
            mark: "[redacted]",
            names: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// The mark that replaces a secret: a word in square brackets.
    pub fn mark(mut self, mark: &'static str) -> Self {
        self.mark = mark;
        self
    }

    /// Treats members, headers and parameters of this name as secret, too.
    pub fn name(mut self, name: &str) -> Self {
        self.names.push(plain(name));
        self
    }

    /// Replaces this text wherever it occurs.
    pub fn replace(mut self, text: impl Into<String>, with: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.texts.push((text, with.into()));
        }
        self
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> String {
        if self.is_secret(name) && !value.is_empty() {
            return self.mark.to_owned();
        }
        self.text(value)
    }

    /// A URL, with or without a host.
    #[must_use]
    pub fn address(&self, address: &str) -> String {
        let (path, query) = match address.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (address, None),
        };
        let path = path_and_query(&addresses(path, self.mark), self.mark);
        let path = self.words(&path, DEPTH);
        match query {
            Some(query) => format!("{path}?{}", self.query(query)),
            None => path,
        }
    }

    /// Pairs of `name=value`, as in a query or a form.
    #[must_use]
    pub fn query(&self, query: &str) -> String {
        self.query_at(query, DEPTH)
    }

    /// Any text.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.text_at(text, DEPTH)
    }

    /// JSON.
    #[must_use]
    pub fn json(&self, value: Value) -> Value {
        self.value(value, &Pointers::default(), DEPTH)
    }

    /// What a server stores at an address: what is secret in a request or a reply there is secret anywhere in it.
    #[must_use]
    pub fn stored(&self, address: &str, value: Value) -> Value {
        let names = places::names(address);
        let scrubber = names.fold(self.clone(), |scrubber, name| scrubber.name(name));
        scrubber.json(value)
    }

    /// A body: `address` and `media_type` are those of its message; the address of a reply is its request's.
    #[must_use]
    pub fn body(&self, message: Message, address: &str, media_type: &str, text: &str) -> Scrubbed {
        let pointers = Pointers::of(message, address);
        let body = Body {
            scrubber: self,
            pointers: &pointers,
            depth: DEPTH,
        };
        let mut scrubbed = body.scrub(media_type, text);
        if places::is_secret_text(address) {
            let text = match &mut scrubbed {
                Scrubbed::Text(text) => Some(text),
                Scrubbed::Json(value) => match value.get_mut("result") {
                    Some(Value::String(text)) => Some(text),
                    _ => None,
                },
            };
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                *text = self.mark.to_owned();
            }
        }
        scrubbed
    }

    fn secrecy(&self, name: &str) -> Secrecy {
        if self.names.iter().any(|own| *own == plain(name)) {
            return Secrecy::Whole;
        }
        secrecy(name)
    }

    fn is_secret(&self, name: &str) -> bool {
        matches!(self.secrecy(name), Secrecy::Text | Secrecy::Whole)
    }

    fn query_at(&self, query: &str, depth: usize) -> String {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if self.secrecy(name) == Secrecy::Page => {
                format!("{name}={}", shapes::prefixed(value.to_owned(), self.mark))
            }
            Some((name, value))
                if is_secret_parameter(name, value)
                    || self.is_secret(name) && !value.is_empty() =>
            {
                format!("{name}={}", self.mark)
            }
            Some((name, value)) => format!("{name}={}", self.words(value, depth)),
            None => self.words(pair, depth),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    fn text_at(&self, text: &str, depth: usize) -> String {
        self.loose(text, &Pointers::default(), depth)
    }

    /// A text of unknown form. The last words of pointers are names of secrets in it.
    fn loose(&self, text: &str, pointers: &Pointers, depth: usize) -> String {
        // Before single lines of it are replaced.
        let text = match depth {
            0 => text.to_owned(),
            _ => wrapped::replace(text, self.mark, |text| self.any(text, depth - 1) != text),
        };
        let text = addresses(&text, self.mark);
        let secrecy = |name: &str| {
            if pointers.name(name) {
                Secrecy::Whole
            } else {
                self.secrecy(name)
            }
        };
        let text = named::replace(&text, self.mark, &secrecy);
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
        let mut tries = body::TRIES;
        while let Some((at, len, value)) = embedded(rest, &mut tries) {
            let (before, after) = rest.split_at(at);
            let (json, after) = after.split_at(len);
            out.push_str(&self.words(before, depth));
            out.push_str(&self.written(json, value, &Pointers::default(), depth));
            rest = after;
        }
        out + &self.words(rest, depth)
    }

    /// What is recognizably secret, also behind escapes and base64.
    fn words(&self, text: &str, depth: usize) -> String {
        let mut text = shapes::replace(text, self.mark);
        if depth > 0 {
            let changes = |text: &str| self.any(text, depth - 1) != text;
            text = shapes::replace_encoded(&text, self.mark, changes);
            text = self.escaped(&text, depth - 1);
        }
        for (from, to) in &self.texts {
            text = text.replace(from, to);
        }
        text
    }

    /// Secrets in percent-encoded parts.
    fn escaped(&self, text: &str, depth: usize) -> String {
        // What an escaped text consists of: the characters that a URL may have.
        let ends = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | '&' | '=')
        };
        if !text.contains('%') {
            return text.to_owned();
        }
        let parts = text.split_inclusive(ends).map(|part| {
            let end = part.char_indices().next_back().filter(|(_, c)| ends(*c));
            let (part, end) = part.split_at(end.map_or(part.len(), |(at, _)| at));
            let plain = percent_decode_str(part).decode_utf8();
            match plain {
                Ok(plain) if plain != part => {
                    let scrubbed = self.any(&plain, depth);
                    if scrubbed == plain {
                        format!("{part}{end}")
                    } else {
                        format!("{}{end}", utf8_percent_encode(&scrubbed, ESCAPED))
                    }
                }
                _ => format!("{part}{end}"),
            }
        });
        parts.collect()
    }

    /// A text that may be anything.
    fn any(&self, text: &str, depth: usize) -> String {
        let body = Body {
            scrubber: self,
            pointers: &Pointers::default(),
            depth,
        };
        match body.scrub("", text) {
            Scrubbed::Text(text) => text,
            // Spaces and the order of members are not secret.
            Scrubbed::Json(value) if parsed(text).as_ref() == Some(&value) => text.to_owned(),
            Scrubbed::Json(value) => value.to_string(),
        }
    }
}

/// What is escaped in a parameter's value; the brackets of the mark are not.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Whether a text under a secret's name is public.
fn is_certificate(text: &str) -> bool {
    let text = text.trim_start();
    let public = [
        "-----BEGIN CERTIFICATE",
        "-----BEGIN PUBLIC KEY",
        "ssh-rsa ",
        "ssh-ed25519 ",
        "ecdsa-sha2-",
    ];
    public.iter().any(|start| text.starts_with(start)) && !text.contains("PRIVATE KEY")
}

impl std::fmt::Display for Scrubbed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Shows how many texts there are, not which: they can be secrets.
impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrubber")
            .field("mark", &self.mark)
            .field("names", &self.names)
            .field("texts", &self.texts.len())
            .finish()
    }
}
