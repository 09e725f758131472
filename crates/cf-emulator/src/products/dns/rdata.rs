//! The contents of the record types, in both of their forms: one line of text
//! (as in zone files) and an object with a field for each part.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Number, Value};

use super::limits;
use crate::http::error::ApiError;
use crate::store::Object;

/// The type of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    U8,
    U16,
    Decimal,
    /// Written with a trailing `m`.
    Metres,
    Word,
    /// A domain name; in zone files it can be relative.
    Name,
    Quoted,
    /// The rest of the line.
    Rest,
}

use Kind::{Decimal, Metres, Name, Quoted, Rest, U8, U16, Word};

#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    /// Whether a record has `priority` besides its content.
    pub(super) priority: bool,
    /// The parts of `data`; empty for the types that have only `content`.
    pub(super) data: &'static [(&'static str, Kind)],
}

const fn plain(name: &'static str) -> Type {
    Type {
        name,
        priority: name.len() == 2 && name.as_bytes()[0] == b'M',
        data: &[],
    }
}

const fn parts(name: &'static str, data: &'static [(&'static str, Kind)]) -> Type {
    Type {
        name,
        priority: false,
        data,
    }
}

const CERTIFICATE: &[(&str, Kind)] = &[
    ("usage", U8),
    ("selector", U8),
    ("matching_type", U8),
    ("certificate", Rest),
];
const SERVICE: &[(&str, Kind)] = &[("priority", U16), ("target", Name), ("value", Rest)];

const TYPES: &[Type] = &[
    plain("A"),
    plain("AAAA"),
    parts("CAA", &[("flags", U8), ("tag", Word), ("value", Quoted)]),
    parts(
        "CERT",
        &[
            ("type", U16),
            ("key_tag", U16),
            ("algorithm", U8),
            ("certificate", Rest),
        ],
    ),
    plain("CNAME"),
    parts(
        "DNSKEY",
        &[
            ("flags", U16),
            ("protocol", U8),
            ("algorithm", U8),
            ("public_key", Rest),
        ],
    ),
    parts(
        "DS",
        &[
            ("key_tag", U16),
            ("algorithm", U8),
            ("digest_type", U8),
            ("digest", Rest),
        ],
    ),
    parts("HTTPS", SERVICE),
    parts(
        "LOC",
        &[
            ("lat_degrees", U8),
            ("lat_minutes", U8),
            ("lat_seconds", Decimal),
            ("lat_direction", Word),
            ("long_degrees", U8),
            ("long_minutes", U8),
            ("long_seconds", Decimal),
            ("long_direction", Word),
            ("altitude", Metres),
            ("size", Metres),
            ("precision_horz", Metres),
            ("precision_vert", Metres),
        ],
    ),
    plain("MX"),
    parts(
        "NAPTR",
        &[
            ("order", U16),
            ("preference", U16),
            ("flags", Quoted),
            ("service", Quoted),
            ("regex", Quoted),
            ("replacement", Name),
        ],
    ),
    plain("NS"),
    plain("OPENPGPKEY"),
    plain("PTR"),
    parts("SMIMEA", CERTIFICATE),
    Type {
        name: "SRV",
        priority: true,
        data: &[
            ("priority", U16),
            ("weight", U16),
            ("port", U16),
            ("target", Name),
        ],
    },
    parts(
        "SSHFP",
        &[("algorithm", U8), ("type", U8), ("fingerprint", Rest)],
    ),
    parts("SVCB", SERVICE),
    parts("TLSA", CERTIFICATE),
    plain("TXT"),
    Type {
        name: "URI",
        priority: true,
        data: &[("weight", U16), ("target", Quoted)],
    },
];

impl Type {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.name == name)
    }

    pub(super) fn proxiable(&self) -> bool {
        matches!(self.name, "A" | "AAAA" | "CNAME")
    }

    /// The parts that make up `content`: SRV keeps its priority apart.
    fn written(&self) -> &'static [(&'static str, Kind)] {
        if self.name == "SRV" {
            &self.data[1..]
        } else {
            self.data
        }
    }

    /// The line of text for `data`.
    pub(super) fn content(&self, data: &Object) -> Result<String, ApiError> {
        for (field, kind) in self.data {
            check(field, *kind, data.get(*field))?;
            if let Some(value) = data.get(*field)
                && !limits::allow(self.name, field, value)
            {
                return Err(ApiError::bad_request(9101, format!("{field} is invalid.")));
            }
        }
        Ok(self.line(data, |name| bare(name).to_owned()))
    }

    /// Like [`content`](Self::content), but as in zone files: names end with a dot.
    pub(super) fn zone_line(&self, data: &Object) -> String {
        self.line(data, |name| match bare(name) {
            "." => ".".to_owned(),
            name => format!("{name}."),
        })
    }

    fn line(&self, data: &Object, name: impl Fn(&str) -> String) -> String {
        let written = self.written().iter().map(|(field, kind)| {
            let value = data.get(*field).unwrap_or(&Value::Null);
            match (kind, value) {
                (Quoted, Value::String(text)) => quote(text),
                (Metres, value) => format!("{:.2}m", value.as_f64().unwrap_or_default()),
                (Name, Value::String(text)) => name(text),
                (_, Value::String(text)) => text.clone(),
                (_, Value::Null) => String::new(),
                (_, value) => value.to_string(),
            }
        });
        let parts: Vec<_> = written.filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }

    /// The object for a line of text. For SRV the priority may lead the line.
    pub(super) fn parse(&self, content: &str, priority: Option<u64>) -> Option<Object> {
        let words = words(content)?;
        let mut data = Object::new();
        let mut fields = self.data;
        if self.name == "SRV" && words.len() + 1 == fields.len() {
            data.insert("priority".to_owned(), priority?.into());
            fields = &fields[1..];
        }
        let mut words = words.into_iter();
        for (field, kind) in fields {
            let value = match kind {
                Rest => words
                    .by_ref()
                    .map(|w| w.shown())
                    .collect::<Vec<_>>()
                    .join(" ")
                    .into(),
                Word | Quoted => words.next()?.text.into(),
                Name => bare(&words.next()?.text).into(),
                U8 | U16 => words.next()?.text.parse::<u16>().ok()?.into(),
                // Zone files leave out the end of a LOC record.
                Metres => match words.next() {
                    Some(word) => metres(&word.text)?,
                    None => metres(default_metres(field))?,
                },
                Decimal => decimal(&words.next()?.text)?,
            };
            data.insert((*field).to_owned(), value);
        }
        let fits = self
            .data
            .iter()
            .all(|(f, k)| check(f, *k, data.get(*f)).is_ok());
        (fits && words.next().is_none()).then_some(data)
    }
}

fn default_metres(field: &str) -> &'static str {
    match field {
        "size" => "1",
        "precision_horz" => "10000",
        _ => "10",
    }
}

fn decimal(text: &str) -> Option<Value> {
    number(text.parse().ok()?)
}

/// Whole centimetres, which is the precision it is written with.
fn metres(text: &str) -> Option<Value> {
    let metres: f64 = text.trim_end_matches('m').parse().ok()?;
    number((metres * 100.0).round() / 100.0)
}

/// The same number for each value, whether it came as `23`, `23.0` or `23.000`.
fn number(value: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = value.fract() == 0.0 && value.abs() < EXACT;
    let number = if whole {
        Some(Number::from(value as i64))
    } else {
        Number::from_f64(value)
    };
    number.map(Value::Number)
}

/// Whether `value` is valid for this part of the data.
fn check(field: &str, kind: Kind, value: Option<&Value>) -> Result<(), ApiError> {
    let required = || ApiError::bad_request(9100, format!("{field} is a required field."));
    let wrong = || ApiError::bad_request(9101, format!("{field} is invalid."));
    let value = match value {
        None | Some(Value::Null) if kind == Rest && field == "value" => return Ok(()),
        None | Some(Value::Null) => return Err(required()),
        Some(value) => value,
    };
    let fits = match kind {
        U8 => value.as_u64().is_some_and(|n| n <= 255),
        U16 => value.as_u64().is_some_and(|n| n <= 65535),
        Decimal | Metres => value.is_number(),
        Word | Rest => value.is_string(),
        Quoted => value.is_string(),
        Name => value
            .as_str()
            .is_some_and(|name| !name.is_empty() && !name.contains(' ')),
    };
    if fits { Ok(()) } else { Err(wrong()) }
}

/// A name without its trailing dot; the root keeps it.
pub(super) fn bare(name: &str) -> &str {
    match name.strip_suffix('.') {
        Some("") | None => name,
        Some(rest) => rest,
    }
}

pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A word of a line, or a string in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) quoted: bool,
}

impl Token {
    pub(super) fn shown(&self) -> String {
        if self.quoted {
            quote(&self.text)
        } else {
            self.text.clone()
        }
    }
}

/// The words of a line, or `None` if a quote is not closed.
pub(super) fn words(line: &str) -> Option<Vec<Token>> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(next) = chars.peek() {
        if next.is_whitespace() {
            chars.next();
            continue;
        }
        words.push(word(&mut chars, char::is_whitespace)?);
    }
    Some(words)
}

/// The next word, or `None` if a quote is not closed. Quotes within a word are part of it, as in
/// `alpn="h3,h2"`.
pub(super) fn word(chars: &mut Peekable<Chars<'_>>, ends: impl Fn(char) -> bool) -> Option<Token> {
    let mut text = String::new();
    if chars.next_if_eq(&'"').is_some() {
        loop {
            match chars.next()? {
                '"' => return Some(Token { text, quoted: true }),
                '\\' => text.push(chars.next()?),
                c => text.push(c),
            }
        }
    }
    let mut within = false;
    while let Some(c) = chars.next_if(|c| within || !ends(*c)) {
        text.push(c);
        match c {
            '"' => within = !within,
            '\\' => text.push(chars.next()?),
            _ => {}
        }
    }
    let quoted = false;
    (!within).then_some(Token { text, quoted })
}
