//! Forms with files (`multipart/form-data`), parsed as they arrive.

use std::convert::Infallible;
use std::sync::mpsc::{self, SyncSender, TryRecvError};
use std::task::Poll;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use md5::{Digest, Md5};
use multer::{Field, Multipart};
use serde_json::Value;

use crate::http::content::{Stored, Upload};
use crate::http::error::ApiError;

/// The size limit of a part that an operation reads, be it text, JSON or a zone file.
pub(crate) const LONGEST_FIELD: usize = 8 << 20;
/// The size limit of a part's headers, and of what comes before the first part.
const LONGEST_HEAD: usize = 64 << 10;
/// How many parts a form may have; empty ones take memory, too.
pub(crate) const MOST_PARTS: usize = 10_000;

/// The parts of a form, in order.
#[derive(Debug, Default)]
pub(crate) struct Form(pub(crate) Vec<Part>);

/// A field or a file.
#[derive(Debug)]
pub(crate) struct Part {
    /// Empty if the part has none.
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) data: Data,
}

/// The content of a part, or a body that is not a form.
#[derive(Debug)]
pub(crate) enum Data {
    Memory(Bytes),
    File(Upload),
    /// It was too large for a field, and the operation keeps no files.
    Discarded,
}

impl Form {
    /// The first part with this name.
    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.0.iter().find(|part| part.name == name)
    }

    /// The text of a field, or `None` if there is no such field or it is not text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        let bytes = self.part(name).map(Part::bytes).transpose()?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes.into()).ok()))
    }
}

impl Part {
    /// Its whole content, for handlers that look inside.
    pub(crate) fn bytes(&self) -> Result<Bytes, ApiError> {
        match &self.data {
            Data::Memory(bytes) => Ok(bytes.clone()),
            Data::File(Upload { file, .. }) if file.size() <= LONGEST_FIELD as u64 => {
                let bytes = file.read().map_err(|error| ApiError::unreadable(&error))?;
                Ok(bytes.into())
            }
            _ => Err(ApiError::too_large()),
        }
    }

    /// Its content as JSON, or `None` if it is not JSON.
    pub(crate) fn json(&self) -> Result<Option<Value>, ApiError> {
        Ok(crate::http::json::parse(&self.bytes()?).ok())
    }
}

impl Data {
    /// The same, to be kept.
    pub(crate) fn stored(&self) -> Result<Stored, ApiError> {
        match self {
            Self::Memory(bytes) => Ok(Stored::Small(bytes.clone())),
            Self::File(upload) => Ok(Stored::Large(upload.file.clone())),
            Self::Discarded => Err(ApiError::too_large()),
        }
    }

    /// Its MD5, in hexadecimal digits.
    pub(crate) fn md5(&self) -> Result<String, ApiError> {
        match self {
            Self::Memory(bytes) => Ok(hex::encode(Md5::digest(bytes))),
            Self::File(upload) => Ok(upload.md5.clone()),
            Self::Discarded => Err(ApiError::too_large()),
        }
    }
}

/// Whether the body is a form with parts, as its headers say.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
    let essence = kind.and_then(|kind| kind.split(|byte| *byte == b';').next());
    essence.is_some_and(|kind| {
        kind.trim_ascii()
            .eq_ignore_ascii_case(b"multipart/form-data")
    })
}

/// What comes next in a form.
pub(crate) enum Event {
    /// A part, whose data follows.
    Part {
        name: String,
        file_name: Option<String>,
    },
    Data(Bytes),
    /// More of the body is needed.
    NeedsMore,
    End,
}

/// The body is not a form.
#[derive(Debug)]
pub(crate) struct Malformed;

/// Parses a form. It gets the body in pieces, so that whoever reads the body
/// decides how much of it is in memory.
pub(crate) struct Parser {
    /// Where the body goes until it ends.
    body: Option<SyncSender<Bytes>>,
    form: Multipart<'static>,
    field: Option<Field<'static>>,
    /// Bytes since the last event.
    unread: usize,
}

impl Parser {
    /// Starts, if the headers name the boundary of the parts.
    pub(crate) fn new(headers: &HeaderMap) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let boundary = multer::parse_boundary(kind).ok()?;
        let (body, pieces) = mpsc::sync_channel(1);
        let pieces = stream::poll_fn(move |_| match pieces.try_recv() {
            Ok(piece) => Poll::Ready(Some(Ok::<Bytes, Infallible>(piece))),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        });
        Some(Self {
            body: Some(body),
            form: Multipart::new(pieces, boundary),
            field: None,
            unread: 0,
        })
    }

    /// Takes a piece of the body; all events of the previous one must have been read.
    pub(crate) fn push(&mut self, data: Bytes) {
        self.unread += data.len();
        if let Some(body) = &self.body {
            // Nothing is read after the end of a form, and at most one piece is kept.
            let _ = body.try_send(data);
        }
    }

    /// Ends the body.
    pub(crate) fn end(&mut self) {
        self.body = None;
    }

    pub(crate) fn next(&mut self) -> Result<Event, Malformed> {
        let event = loop {
            // Whatever is pending waits only for the next piece.
            let Some(field) = &mut self.field else {
                break match self.form.next_field().now_or_never() {
                    None => Event::NeedsMore,
                    Some(Err(_)) => return Err(Malformed),
                    Some(Ok(None)) => Event::End,
                    Some(Ok(Some(field))) => {
                        let name = field.name().unwrap_or_default().to_owned();
                        let file_name = field.file_name().map(str::to_owned);
                        self.field = Some(field);
                        Event::Part { name, file_name }
                    }
                };
            };
            match field.chunk().now_or_never() {
                None => break Event::NeedsMore,
                Some(Err(_)) => return Err(Malformed),
                Some(Ok(Some(data))) => break Event::Data(data),
                Some(Ok(None)) => self.field = None,
            }
        };
        match event {
            Event::NeedsMore if self.unread > LONGEST_HEAD || self.body.is_none() => Err(Malformed),
            Event::NeedsMore => Ok(event),
            _ => {
                self.unread = 0;
                Ok(event)
            }
        }
    }
}

/// The error for a form with too many parts.
pub(crate) fn too_many_parts() -> ApiError {
    let message = format!("The form has more than {MOST_PARTS} parts");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, 10413, message)
}
