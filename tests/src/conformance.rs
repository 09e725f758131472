//! Decodes recorded replies, encodes them again, and compares.
//!
//! A corpus has one case per line, a JSON object with `id`, `operation`, `status`, `content_type`,
//! and `body` (the reply's JSON) or `body_text` (a reply that is not JSON).

use std::fmt;

use cf_types::{Envelope, Operation, ReplyError, codec};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode, response};
use serde::Deserialize;
use serde_json::Value;

pub use crate::generated::decoder;

/// Decodes a reply and returns its body again.
pub type Decoder = fn(&response::Parts, &[u8]) -> Result<Decoded, ReplyError>;

/// The result of a decoder.
pub struct Decoded {
    /// The body, encoded again.
    pub again: String,
    /// Why the caller gets an error anyway: the result is of another type than described.
    pub mismatch: Option<ReplyError>,
}

/// The decoder of one operation.
///
/// # Errors
/// If the reply is not a success of the API.
pub fn decode<O: Operation>(parts: &response::Parts, body: &[u8]) -> Result<Decoded, ReplyError> {
    match cf_types::decode::<O>(parts, body) {
        Ok(reply) => Ok(Decoded {
            again: reply.to_json(),
            mismatch: None,
        }),
        // The codec loses nothing even so.
        Err(mismatch @ ReplyError::Mismatch { .. }) => {
            let Ok(envelope) = codec::from_slice::<Envelope<O::Output>>(body) else {
                return Err(mismatch);
            };
            Ok(Decoded {
                again: codec::to_string(&envelope),
                mismatch: Some(mismatch),
            })
        }
        Err(error) => Err(error),
    }
}

/// How many cases had which outcome.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// All cases.
    pub cases: usize,
    /// Replies that became a value.
    pub decoded: usize,
    /// Values that became the same JSON again.
    pub lossless: usize,
    /// Error replies, and operations that are not compiled in.
    pub skipped: usize,
    /// Of the lossless ones, those whose result as a whole is of another type than described: calls return an error for
    /// them, and `xtask/api/corrections` is the place to fix that.
    pub mismatches: Vec<String>,
}

impl Tally {
    /// Whether no case failed.
    pub fn is_clean(&self) -> bool {
        self.lossless + self.skipped == self.cases
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            cases,
            decoded,
            lossless,
            skipped,
            ..
        } = self;
        write!(
            f,
            "cases {cases} decoded {decoded} lossless {lossless} skipped {skipped}"
        )
    }
}

#[derive(Deserialize)]
struct Case {
    id: String,
    operation: Option<String>,
    status: Option<u16>,
    content_type: Option<String>,
    // Kept as text: a number that no machine type holds must not be lost before the test.
    body: Option<Box<serde_json::value::RawValue>>,
    body_text: Option<String>,
}

/// Runs a corpus; calls `report` with each failing case and the reason.
pub fn run(corpus: &str, mut report: impl FnMut(&str, &str)) -> Tally {
    let mut tally = Tally::default();
    for (number, line) in corpus
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        tally.cases += 1;
        let case: Case = match serde_json::from_str(line) {
            Ok(case) => case,
            Err(error) => {
                report(
                    &format!("line {}", number + 1),
                    &format!("no case: {error}"),
                );
                continue;
            }
        };
        match case.run() {
            Verdict::Skipped => tally.skipped += 1,
            Verdict::Lossless(mismatch) => {
                tally.decoded += 1;
                tally.lossless += 1;
                if let Some(mismatch) = mismatch {
                    tally
                        .mismatches
                        .push(format!("{}: {mismatch}", case.name()));
                }
            }
            Verdict::Lossy(why) => {
                tally.decoded += 1;
                report(&case.name(), &why);
            }
            Verdict::Refused(why) => report(&case.name(), &why),
        }
    }
    tally
}

enum Verdict {
    Skipped,
    Lossless(Option<ReplyError>),
    Lossy(String),
    Refused(String),
}

impl Case {
    fn name(&self) -> String {
        format!(
            "{} ({})",
            self.id,
            self.operation.as_deref().unwrap_or("no operation")
        )
    }

    fn run(&self) -> Verdict {
        let Some(decoder) = self.operation.as_deref().and_then(decoder) else {
            return Verdict::Skipped;
        };
        let status = StatusCode::from_u16(self.status.unwrap_or(200)).unwrap_or_default();
        let body = match (&self.body, &self.body_text) {
            (Some(json), _) => json.get().to_owned(),
            (None, text) => text.clone().unwrap_or_default(),
        };
        if self.is_error(status, &body) {
            return Verdict::Skipped;
        }
        let mut parts = http::Response::new(()).into_parts().0;
        parts.status = status;
        let media_type = self.content_type.as_deref().unwrap_or("application/json");
        if let Ok(media_type) = HeaderValue::from_str(media_type) {
            parts.headers.insert(CONTENT_TYPE, media_type);
        }
        match decoder(&parts, body.as_bytes()) {
            Err(error) => Verdict::Refused(error.to_string()),
            Ok(decoded) => self.compare(&body, decoded),
        }
    }

    /// An error reply is not a value; that it becomes an error is tested elsewhere.
    fn is_error(&self, status: StatusCode, body: &str) -> bool {
        let says_false = || {
            let value: Option<Value> = serde_json::from_str(body).ok();
            value.is_some_and(|value| value["success"] == false)
        };
        !status.is_success() || (self.body.is_some() && says_false())
    }

    fn compare(&self, body: &str, decoded: Decoded) -> Verdict {
        let Decoded { again, mismatch } = decoded;
        let again = again.as_str();
        let (before, after) = if self.body.is_some() {
            (
                serde_json::from_str(body),
                serde_json::from_str::<Value>(again),
            )
        } else {
            (Ok(Value::from(body)), Ok(text_of(again, body)))
        };
        match (before, after) {
            (Ok(before), Ok(after)) => {
                // If the API answers with JSON though text is described, the text is that JSON.
                let as_text = text_of(again, body)
                    .as_str()
                    .and_then(|t| serde_json::from_str(t).ok());
                match difference(&before, &after, "") {
                    None => Verdict::Lossless(mismatch),
                    Some(_) if as_text.as_ref() == Some(&before) => Verdict::Lossless(mismatch),
                    Some(pointer) => Verdict::Lossy(format!("differs at `{pointer}`")),
                }
            }
            (Err(error), _) => Verdict::Lossy(format!("the case's body is not JSON: {error}")),
            (_, Err(error)) => Verdict::Lossy(format!("what came out is not JSON: {error}")),
        }
    }
}

/// What is not JSON comes out as a JSON string, or as `null` if there is nothing to hold.
fn text_of(again: &str, body: &str) -> Value {
    match serde_json::from_str(again) {
        Ok(Value::String(text)) => Value::String(text),
        // Bytes come out as a list of numbers.
        Ok(Value::Array(bytes)) => {
            let bytes: Vec<u8> = bytes
                .iter()
                .filter_map(|b| u8::try_from(b.as_u64()?).ok())
                .collect();
            Value::String(String::from_utf8_lossy(&bytes).into_owned())
        }
        Ok(Value::Null) if body.is_empty() => Value::String(String::new()),
        Ok(other) => other,
        Err(_) => Value::Null,
    }
}

/// A JSON pointer to the first place where two values differ.
fn difference(before: &Value, after: &Value, pointer: &str) -> Option<String> {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let gone = a.keys().find(|key| !b.contains_key(*key));
            let new = || b.keys().find(|key| !a.contains_key(*key));
            if let Some(key) = gone.or_else(new) {
                return Some(format!("{pointer}/{key}"));
            }
            a.iter()
                .find_map(|(key, value)| difference(value, &b[key], &format!("{pointer}/{key}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| difference(a, b, &format!("{pointer}/{index}"))),
        _ if before == after => None,
        _ => Some(pointer.to_owned()),
    }
}
