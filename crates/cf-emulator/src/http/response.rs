//! A reply before it is sent.

use std::ops::Range;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, SERVER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::body::{Body, Cut};
use super::file::File;
use super::text::Text;
use super::{ids, ordered};

/// The body of an HTTP reply before it becomes bytes, so that faults can still
/// change the JSON.
#[derive(Debug)]
pub(crate) enum Content {
    Json(Value),
    Text(Text),
    Raw(Bytes),
    /// Sent one after the other, without saying how long they are in total.
    Events(Vec<Bytes>),
    File(File, Range<u64>),
}

/// An HTTP reply.
#[derive(Debug)]
pub(crate) struct HttpReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

impl HttpReply {
    pub(crate) fn raw(status: StatusCode, body: Bytes) -> Self {
        Self {
            status,
            headers: usual_headers(),
            content: Content::Raw(body),
        }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// JSON that is no reply of the API, so that no fault bends it.
    pub(crate) fn beside_api(status: StatusCode, value: &Value) -> Self {
        let json = HeaderValue::from_static("application/json");
        Self::raw(status, Bytes::from(value.to_string())).with_header(CONTENT_TYPE, json)
    }

    pub(super) fn json(status: StatusCode, value: Value) -> Self {
        Self {
            status,
            headers: usual_headers(),
            content: Content::Json(value),
        }
        .with_header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    pub(super) fn events(events: Vec<Bytes>) -> Self {
        let media_type = HeaderValue::from_static("text/event-stream; charset=utf-8");
        Self {
            status: StatusCode::OK,
            headers: usual_headers(),
            content: Content::Events(events),
        }
        .with_header(CONTENT_TYPE, media_type)
    }

    pub(crate) fn text(content_type: &'static str, text: Text) -> Self {
        Self {
            status: StatusCode::OK,
            headers: usual_headers(),
            content: Content::Text(text),
        }
        .with_header(CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// The reply for the wire, which breaks off after `cut_after` bytes of its
    /// body if there is such a number.
    pub(crate) fn into_response(self, cut_after: Option<usize>) -> Result<Response<Body>, Cut> {
        let body = match self.content {
            Content::Json(value) => Body::from(ordered::bytes(&value)),
            Content::Text(text) => Body::text(&text)?,
            Content::Raw(bytes) => Body::from(bytes),
            Content::Events(events) => Body::pieces(events),
            Content::File(file, range) => Body::file(&file, range)?,
        };
        let mut response = Response::new(match cut_after {
            Some(bytes) => body.cut_after(bytes),
            None => body,
        });
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        Ok(response)
    }
}

/// The headers that every reply has.
fn usual_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(SERVER, HeaderValue::from_static("cf-emulator"));
    headers.insert("api-version", HeaderValue::from_static("2026-01-01"));
    if let Ok(ray) = HeaderValue::from_str(&ids::ray()) {
        headers.insert("cf-ray", ray);
    }
    headers
}
