//! A logged request in as few bytes as possible: thousands of them are kept
//! until somebody looks.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::LoggedRequest;

/// The size of an entry without its texts.
const OVERHEAD: usize = 256;

pub(super) struct Packed {
    method: Method,
    path: Box<str>,
    query: Box<str>,
    headers: Box<[u8]>,
    body: Bytes,
    status: Option<StatusCode>,
    reply_headers: Box<[u8]>,
    reply_body: Bytes,
    elapsed: Duration,
}

impl Packed {
    pub(super) fn new(request: LoggedRequest) -> Self {
        Self {
            method: request.method,
            path: request.path.into(),
            query: request.query.into(),
            headers: lines(&request.headers),
            body: request.body,
            status: request.status,
            reply_headers: lines(&request.reply_headers),
            reply_body: request.reply_body,
            elapsed: request.elapsed,
        }
    }

    pub(super) fn unpack(&self) -> LoggedRequest {
        LoggedRequest {
            method: self.method.clone(),
            path: self.path.as_ref().to_owned(),
            query: self.query.as_ref().to_owned(),
            headers: map(&self.headers),
            body: self.body.clone(),
            status: self.status,
            reply_headers: map(&self.reply_headers),
            reply_body: self.reply_body.clone(),
            elapsed: self.elapsed,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        OVERHEAD
            + self.path.len()
            + self.query.len()
            + self.headers.len()
            + self.body.len()
            + self.reply_headers.len()
            + self.reply_body.len()
    }
}

/// The headers as lines: no name has a colon, and no value a line break.
fn lines(headers: &HeaderMap) -> Box<[u8]> {
    let size = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 2);
    let mut lines = Vec::with_capacity(size.sum());
    for (name, value) in headers {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.push(b':');
        lines.extend_from_slice(value.as_bytes());
        lines.push(b'\n');
    }
    lines.into()
}

fn map(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(&line[colon + 1..]);
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}
