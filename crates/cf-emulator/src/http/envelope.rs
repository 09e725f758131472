//! What a handler answers, and the envelope around it.

use std::ops::Range;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::content::Stored;
use super::error::ApiError;
use super::file::File;
use super::made_up::{self, MadeUp};
use super::response::{Content, HttpReply};
use super::text::Text;

/// How a handler ends.
pub(crate) type Outcome = Result<Reply, ApiError>;

/// A successful answer.
#[derive(Debug)]
pub(crate) enum Reply {
    /// JSON in the usual envelope.
    Enveloped {
        result: Value,
        result_info: Option<Value>,
        messages: Vec<Value>,
    },
    /// The result of a creation, where the API answers 201.
    Created(Value),
    /// JSON without an envelope.
    Json(Value),
    /// What is written down already: JSON with the envelope in it, or another text.
    Text {
        content_type: &'static str,
        text: Text,
    },
    /// A reply with made-up values; its header says which.
    MadeUp {
        header: HeaderValue,
        reply: Box<Reply>,
    },
    /// No body at all.
    Empty,
    /// Stored bytes, with headers of their own.
    Stored { headers: HeaderMap, body: Bytes },
    /// Part of a stored file, or none of it.
    File {
        status: StatusCode,
        headers: HeaderMap,
        part: Option<(File, Range<u64>)>,
    },
    /// Server-sent events, each as it is written.
    Events(Vec<Bytes>),
    /// Bytes without an envelope.
    Raw {
        content_type: &'static str,
        body: Bytes,
    },
}

impl Reply {
    pub(crate) fn result(result: impl Into<Value>) -> Self {
        Self::Enveloped {
            result: result.into(),
            result_info: None,
            messages: Vec::new(),
        }
    }

    /// The usual answer to a deletion.
    pub(crate) fn id(id: &str) -> Self {
        Self::result(json!({ "id": id }))
    }

    pub(crate) fn list(items: Vec<Value>, result_info: Value) -> Self {
        Self::Enveloped {
            result: Value::Array(items),
            result_info: Some(result_info),
            messages: Vec::new(),
        }
    }

    /// A stored value.
    pub(crate) fn stored(headers: HeaderMap, content: Stored) -> Self {
        match content {
            Stored::Small(body) => Self::Stored { headers, body },
            Stored::Large(file) => {
                let whole = 0..file.size();
                Self::File {
                    status: StatusCode::OK,
                    headers,
                    part: Some((file, whole)),
                }
            }
        }
    }

    /// The same reply, which says what it makes up.
    pub(crate) fn saying(self, made_up: &MadeUp) -> Self {
        match made_up.header() {
            Some(header) => Self::MadeUp {
                header,
                reply: Box::new(self),
            },
            None => self,
        }
    }

    pub(crate) fn with_message(mut self, code: u32, message: &str) -> Self {
        if let Self::Enveloped { messages, .. } = &mut self {
            messages.push(json!({ "code": code, "message": message, "type": null }));
        }
        self
    }
}

impl From<ApiError> for HttpReply {
    fn from(error: ApiError) -> Self {
        Self::json(error.status(), error.into_envelope())
    }
}

impl From<Outcome> for HttpReply {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(Reply::Enveloped {
                result,
                result_info,
                messages,
            }) => {
                let mut envelope = json!({
                    "result": result,
                    "success": true,
                    "errors": [],
                    "messages": messages,
                });
                if let Some(info) = result_info {
                    envelope["result_info"] = info;
                }
                Self::json(StatusCode::OK, envelope)
            }
            Ok(Reply::Created(result)) => Self {
                status: StatusCode::CREATED,
                ..Self::from(Ok(Reply::result(result)))
            },
            Ok(Reply::Json(value)) => Self::json(StatusCode::OK, value),
            Ok(Reply::Text { content_type, text }) => Self::text(content_type, text),
            Ok(Reply::Stored { headers, body }) => {
                let mut reply = Self::raw(StatusCode::OK, body);
                reply.headers.extend(headers);
                reply
            }
            Ok(Reply::File {
                status,
                headers,
                part,
            }) => {
                let mut reply = Self::raw(status, Bytes::new());
                if let Some((file, range)) = part {
                    reply.content = Content::File(file, range);
                }
                reply.headers.extend(headers);
                reply
            }
            Ok(Reply::Events(events)) => Self::events(events),
            Ok(Reply::MadeUp { header, reply }) => {
                Self::from(Ok(*reply)).with_header(HeaderName::from_static(made_up::HEADER), header)
            }
            Ok(Reply::Empty) => Self::raw(StatusCode::NO_CONTENT, Bytes::new()),
            Ok(Reply::Raw { content_type, body }) => Self::raw(StatusCode::OK, body)
                .with_header(CONTENT_TYPE, HeaderValue::from_static(content_type)),
            Err(error) => error.into(),
        }
    }
}
