//! Requests and their replies, for assertions and for the page.

mod packed;
mod redact;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cf_redact::Message;
use http::{HeaderMap, Method, Response, StatusCode};

use crate::http::body::{Body, Cut};
use crate::http::request::Request;
use packed::Packed;
pub(crate) use redact::Redactor;

/// A request that the emulator received and what became of it. Credentials in
/// headers are replaced by `[redacted]`; query and bodies are as they were, and
/// `Debug` shows them without secrets.
#[derive(Clone)]
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
    /// The body as it was sent; only the start of a body over 1 MiB or of a form
    /// over 64 KiB, and nothing of a file that was the body itself.
    pub body: Bytes,
    /// The status of the reply; `None` if the connection was cut before one.
    pub status: Option<StatusCode>,
    /// The headers of the reply, without credentials.
    pub reply_headers: HeaderMap,
    /// The body of the reply; only the start of a body over 16 KiB, and nothing
    /// of an R2 object.
    pub reply_body: Bytes,
    /// From the last byte of the request to the reply.
    pub elapsed: Duration,
}

impl LoggedRequest {
    /// What is recorded of a request and its reply.
    pub(crate) fn new(
        mut request: Request,
        reply: &Result<Response<Body>, Cut>,
        started: Instant,
    ) -> Self {
        let reply = reply.as_ref().ok();
        let mut reply_headers = reply.map(Response::headers).cloned().unwrap_or_default();
        redact::headers(&mut request.headers);
        redact::headers(&mut reply_headers);
        Self {
            method: request.method,
            path: request.path,
            query: request.query,
            headers: request.headers,
            body: start_of_body(&request.body),
            status: reply.map(Response::status),
            reply_headers,
            reply_body: reply
                .map(|reply| start_of_reply(reply.body().bytes()))
                .unwrap_or_default(),
            elapsed: started.elapsed(),
        }
    }

    /// Path and query without secrets, to be shown.
    #[must_use]
    pub fn target(&self) -> String {
        Redactor::default().target(&self.path, &self.query)
    }
}

impl fmt::Debug for LoggedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redactor = Redactor::default();
        let body = |message, headers, body: &[u8]| {
            redactor.body(message, &self.path, headers, body, LONGEST_SHOWN)
        };
        f.debug_struct("LoggedRequest")
            .field("method", &self.method)
            .field("target", &self.target())
            .field("headers", &self.headers)
            .field("body", &body(Message::Request, &self.headers, &self.body))
            .field("status", &self.status)
            .field("reply_headers", &self.reply_headers)
            .field(
                "reply_body",
                &body(Message::Reply, &self.reply_headers, &self.reply_body),
            )
            .field("elapsed", &self.elapsed)
            .finish()
    }
}

/// How many characters of a body `Debug` shows.
const LONGEST_SHOWN: usize = 2000;
const LONGEST_BODY: usize = 1 << 20;
const LONGEST_REPLY: usize = 16 << 10;

/// How much the log holds.
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
#[derive(Default)]
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
/// of a larger buffer, which would be kept alive.
fn start(body: &[u8], limit: usize) -> Bytes {
    Bytes::copy_from_slice(body.get(..limit).unwrap_or(body))
}

fn start_of_body(body: &[u8]) -> Bytes {
    start(body, LONGEST_BODY)
}

fn start_of_reply(body: &[u8]) -> Bytes {
    start(body, LONGEST_REPLY)
}
