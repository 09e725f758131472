//! What was asked and how it was answered, for assertions and for the eye.

mod packed;
mod redact;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use packed::Packed;
pub(crate) use redact::{Redactor, value as redacted_value};

/// A request that the emulator received and what became of it. Credentials in
/// headers are replaced by `[redacted]`; bodies are as they were.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The method.
    pub method: Method,
    /// The path as it was sent, percent-encoded, with `/client/v4`.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: String,
    /// The headers, without credentials.
    pub headers: HeaderMap,
    /// The body as it was sent; of a body over 1 MiB only the start, and
    /// nothing of an R2 object.
    pub body: Bytes,
    /// The status of the reply; `None` if the connection was cut before one.
    pub status: Option<StatusCode>,
    /// The headers of the reply, without credentials.
    pub reply_headers: HeaderMap,
    /// The body of the reply; of a body over 16 KiB only the start, and
    /// nothing of an R2 object.
    pub reply_body: Bytes,
    /// From the last byte of the request to the reply.
    pub elapsed: Duration,
}

const LONGEST_BODY: usize = 1 << 20;
const LONGEST_REPLY: usize = 16 << 10;

/// What the log may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) requests: usize,
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 10_000,
            bytes: 16 << 20,
        }
    }
}

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    limits: Limits,
    entries: VecDeque<Packed>,
    bytes: usize,
}

impl Log {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Whether anything is kept at all.
    pub(crate) fn keeps(&self) -> bool {
        self.limits.requests > 0
    }

    pub(crate) fn push(&mut self, request: LoggedRequest) {
        let entry = Packed::new(request);
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > self.limits.requests || self.bytes > self.limits.bytes {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
        }
    }

    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.entries.iter().map(Packed::unpack).collect()
    }

    /// The latest first.
    pub(crate) fn latest(&self) -> impl Iterator<Item = LoggedRequest> {
        self.entries.iter().rev().map(Packed::unpack)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn clear(&mut self) {
        self.entries = VecDeque::new();
        self.bytes = 0;
    }
}

/// At most `limit` bytes of `body`, as a copy: what came over the wire is part
/// of a larger buffer, which would be kept with it.
fn start(body: &[u8], limit: usize) -> Bytes {
    Bytes::copy_from_slice(body.get(..limit).unwrap_or(body))
}

pub(crate) fn start_of_body(body: &[u8]) -> Bytes {
    start(body, LONGEST_BODY)
}

pub(crate) fn start_of_reply(body: &[u8]) -> Bytes {
    start(body, LONGEST_REPLY)
}

/// Puts `[redacted]` in the place of credentials.
pub(crate) fn redact_headers(headers: &mut HeaderMap) {
    let secret = [
        AUTHORIZATION,
        HeaderName::from_static("x-auth-key"),
        HeaderName::from_static("x-auth-user-service-key"),
        COOKIE,
        SET_COOKIE,
    ];
    for name in secret {
        let Some(value) = headers.get(&name) else {
            continue;
        };
        let bearer = value
            .as_bytes()
            .get(..7)
            .is_some_and(|v| v.eq_ignore_ascii_case(b"bearer "));
        let shown = if bearer {
            "Bearer [redacted]"
        } else {
            "[redacted]"
        };
        // `insert` replaces every header of that name.
        headers.insert(name, HeaderValue::from_static(shown));
    }
}
