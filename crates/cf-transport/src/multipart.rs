//! Forms with files: bodies of the type `multipart/form-data` (RFC 7578), streamed.
//!
//! Parts in memory, from files and from streams can be mixed in one form; nothing is copied. A form can be sent again
//! if all its parts can, and has a known length if all have.
//!
//! ```
//! use cf_transport::multipart::{Form, Part};
//! use http::{HeaderValue, Request};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let form = Form::new()
//!     .text("metadata", r#"{"main_module":"worker.js"}"#)
//!     .part(
//!         Part::new("worker.js", "export default {}")
//!             .file_name("worker.js")
//!             .content_type(HeaderValue::from_static("application/javascript+module")),
//!     );
//! let request: Request<cf_transport::Body> =
//!     form.attach(Request::put("https://localhost/workers/scripts/hello"))?;
//! # Ok(()) }
//! ```

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

use http::{HeaderName, HeaderValue, Request, header};

use crate::Body;
use crate::body::concat;

/// A form to be sent; see the [module](self).
///
/// Its boundary is 192 random bits, and occurs in no part that is in memory. Parts that stream can't be searched, but
/// neither chance nor guessing gets the boundary into one.
#[derive(Debug, Default)]
#[must_use = "a form does nothing until it is sent"]
pub struct Form {
    parts: Vec<Part>,
}

/// A part of a [`Form`].
#[must_use = "a part counts once it is in a form"]
pub struct Part {
    name: String,
    file_name: Option<String>,
    content_type: Option<HeaderValue>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
}

impl Form {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part of text, without a media type of its own.
    pub fn text(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.part(Part::new(name, text.into()))
    }

    /// Adds a part. The order is kept, and names may repeat.
    pub fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The value for `content-type`, and the body that goes with it.
    pub fn finish(self) -> (HeaderValue, Body) {
        let boundary = self.boundary();
        let mut bodies = Vec::with_capacity(self.parts.len() * 3 + 1);
        for part in self.parts {
            let mut head = Vec::new();
            part.write_head(&boundary, &mut head);
            bodies.push(Body::from(head));
            bodies.push(part.body);
            bodies.push(Body::from(cf_multipart::PART_END));
        }
        bodies.push(Body::from(cf_multipart::end(&boundary)));
        let content_type = HeaderValue::try_from(cf_multipart::content_type(&boundary))
            // Hexadecimal digits are a valid header value.
            .unwrap_or(HeaderValue::from_static("multipart/form-data"));
        (content_type, concat(bodies))
    }

    /// Completes a request with this form as its body, and says so in `content-type`.
    ///
    /// # Errors
    /// What the builder already holds: an invalid address or header.
    pub fn attach(self, request: http::request::Builder) -> http::Result<Request<Body>> {
        let (content_type, body) = self.finish();
        let mut request = request.body(body)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type);
        Ok(request)
    }

    /// A boundary that no part in memory contains.
    fn boundary(&self) -> String {
        loop {
            let boundary = format!("cf-{:016x}{:016x}{:016x}", random(), random(), random());
            let fits = |part: &Part| {
                let content = part.body.as_bytes();
                content.is_none_or(|content| cf_multipart::fits(&boundary, content))
            };
            if self.parts.iter().all(fits) {
                return boundary;
            }
        }
    }
}

impl Part {
    /// A part with this name. Any [`Body`] will do: bytes, a file, a stream of unknown length.
    pub fn new(name: impl Into<String>, body: impl Into<Body>) -> Self {
        Self {
            name: name.into(),
            file_name: None,
            content_type: None,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Makes it a file with this name. Without directories: servers take those for an attack.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// The media type. Without it, a file is `application/octet-stream`, and another part is plain text by
    /// RFC 7578.
    pub fn content_type(mut self, media_type: HeaderValue) -> Self {
        self.content_type = Some(media_type);
        self
    }

    /// A further header of this part.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The delimiter and the part's headers, up to the empty line.
    fn write_head(&self, boundary: &str, out: &mut Vec<u8>) {
        let default = self
            .file_name
            .is_some()
            .then_some(&b"application/octet-stream"[..]);
        let content_type = self.content_type.as_ref().map(HeaderValue::as_bytes);
        let head = cf_multipart::Part {
            name: &self.name,
            file_name: self.file_name.as_deref(),
            content_type: content_type.or(default),
        };
        let further = self.headers.iter();
        let further = further.map(|(name, value)| (name.as_str(), value.as_bytes()));
        head.write_head(boundary, further, out);
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// 64 bits that nobody can guess: the standard library keys its hash tables with randomness from the operating system.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}
