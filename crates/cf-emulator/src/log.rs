//! What was asked and how it was answered, for assertions.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::request::Request;

/// A request that the emulator received and what became of it. Credentials are
/// replaced by `[redacted]`.
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
    /// The body as it was sent; of a body over 1 MiB only the start.
    pub body: Bytes,
    /// The status of the reply; `None` if the connection was cut before one.
    pub status: Option<StatusCode>,
    /// From the last byte of the request to the reply.
    pub elapsed: Duration,
}

const LONGEST_BODY: usize = 1 << 20;
const MOST_ENTRIES: usize = 10_000;
const MOST_BODY_BYTES: usize = 64 << 20;

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<LoggedRequest>,
    body_bytes: usize,
}

impl Log {
    pub(crate) fn push(&mut self, entry: LoggedRequest) {
        self.body_bytes += entry.body.len();
        self.entries.push_back(entry);
        while self.entries.len() > MOST_ENTRIES || self.body_bytes > MOST_BODY_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.body_bytes -= oldest.body.len();
        }
    }

    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.entries.iter().cloned().collect()
    }

    /// Up to `count` of them, the latest first.
    pub(crate) fn latest(&self, count: usize) -> Vec<LoggedRequest> {
        self.entries.iter().rev().take(count).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl LoggedRequest {
    pub(crate) fn new(request: &Request, status: Option<StatusCode>, elapsed: Duration) -> Self {
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: redacted(&request.headers),
            body: match request.body.get(..LONGEST_BODY) {
                // A copy, so as not to hold on to the rest.
                Some(start) => Bytes::copy_from_slice(start),
                None => request.body.clone(),
            },
            status,
            elapsed,
        }
    }
}

fn redacted(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [
        AUTHORIZATION.as_str(),
        "x-auth-key",
        "x-auth-user-service-key",
        "cookie",
    ] {
        let Some(value) = headers.get(name) else {
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
    headers
}
