//! Record exchanges with a real server once, and replay them in tests from then on.
//!
//! A [`Recorder`] sends through another transport and records what passes; a [`Replay`] answers from a file and sends
//! nothing. The file, a cassette, is JSON laid out to be read and reviewed: JSON bodies as JSON, other text line by
//! line.
//!
//! ```
//! use cf_transport::cassette::{Recorder, Replay};
//! use cf_transport::{Body, Transport, transport_fn};
//! # fn zones() -> http::Request<Body> {
//! #     http::Request::get("https://api.cloudflare.com/client/v4/zones")
//! #         .header("authorization", "Bearer cfut_0123456789abcdefghij")
//! #         .body(Body::empty()).unwrap()
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let file = std::env::temp_dir().join(format!("cassette-{}.json", std::process::id()));
//! # let real = transport_fn(|_| async { Ok(http::Response::new(Body::from(r#"{"success":true}"#))) });
//! let recorder = Recorder::new(real); // a HyperTransport, say
//! recorder.send(zones()).await?;
//! recorder.save(&file)?;
//!
//! let replay = Replay::from_file(&file)?;
//! let reply = replay.send(zones()).await?;
//! assert_eq!(reply.into_body().bytes(1024).await?, r#"{"success":true}"#);
//! replay.finish()?; // everything in the cassette was played
//! # std::fs::remove_file(&file)?;
//! # Ok(()) }
//! ```
//!
//! # What is kept out of it
//! Cassettes are meant to be committed, so [`Scrub`] removes secrets and personal data before anything is stored:
//! - what the API is known to keep secret: the token of a tunnel, the text of a Worker's secret, the key of a stream;
//! - headers, parameters of addresses, members of JSON and fields of forms whose names say that they are credentials;
//! - user and password in an address, wherever it is;
//! - text that looks like an API token, a global key, a JSON web token or a private key, wherever it is;
//! - identifiers (32 hexadecimal digits, UUIDs) and e-mail addresses: each becomes a placeholder, always the same
//!   one within a cassette.
//!
//! It looks into nested formats: JSON in a string of JSON, in a form, in base64. What does not parse is searched by
//! patterns. What it can't know (a customer's name, a secret in the middle of a script) it can be told. Review a
//! cassette before you publish it.
//!
//! Of request bodies that are not text, only length and checksum are kept. An exchange whose reply is not text is not
//! recorded, unless [`Scrub::keep_binary`] says so: nobody can look for secrets in it.
//!
//! On replay, the identifier that a request has in place of a placeholder stands for it from then on, and appears in
//! replies: tests may use any account.

mod compare;
mod content;
mod error;
mod file;
mod record;
mod replay;
mod scrub;

use std::path::Path;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};

use crate::{Body, TransportError, TransportErrorKind};
use content::Content;

pub use error::CassetteError;
pub use record::Recorder;
pub use replay::{Matching, Replay};
pub use scrub::Scrub;

/// Most bytes of a body that are kept: 64 MiB.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Raised when files of the old layout can no longer be read.
const VERSION: u32 = 1;

/// Recorded exchanges; see the [module](self).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cassette {
    version: u32,
    exchanges: Vec<Exchange>,
}

/// A request and its reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    request: Asked,
    reply: Answered,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    url: String,
    /// As `name: value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Content::is_none")]
    body: Content,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Content::is_none")]
    body: Content,
}

impl Cassette {
    /// Reads a cassette.
    ///
    /// # Errors
    /// When the file does not exist or is not a cassette; the message says where in the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = path.as_ref();
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            CassetteError::new(format!(
                "the cassette {name} can't be read; record it first"
            ))
            .with_source(error)
        })?;
        let cassette: Self = serde_json::from_str(&text).map_err(|error| {
            CassetteError::new(format!("{name} is not a cassette")).with_source(error)
        })?;
        if cassette.version != VERSION {
            let version = cassette.version;
            return Err(CassetteError::new(format!(
                "the cassette {name} has version {version}, not {VERSION}; record it again"
            )));
        }
        Ok(cassette)
    }

    /// Writes the cassette, creating its folders: all of it or nothing. Only its owner may read it, since no scrubber
    /// knows every secret.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), CassetteError> {
        let path = path.as_ref();
        let write = || {
            let mut text = serde_json::to_string_pretty(self)?;
            text.push('\n');
            file::replace(path, &text)
        };
        write().map_err(|error: std::io::Error| {
            let message = format!("the cassette {} can't be written", path.display());
            CassetteError::new(message).with_source(error)
        })
    }

    /// How many exchanges it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }
}

impl Asked {
    /// A request without its secrets; identifiers are still in it.
    fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8], scrub: &Scrub) -> Self {
        let (media_type, body) = content::without_boundary(headers, body);
        let url = uri.to_string();
        let body = Content::of_request(body, &url, &media_type, scrub);
        let mut headers = headers.clone();
        if !media_type.is_empty()
            && let Ok(value) = HeaderValue::from_str(&media_type)
        {
            headers.insert(header::CONTENT_TYPE, value);
        }
        Self {
            method: method.to_string(),
            url: scrub.url(&url),
            headers: header_lines(&headers, scrub),
            body,
        }
    }

    fn title(&self) -> String {
        format!("{} {}", self.method, self.url)
    }

    /// Changes every text but the method.
    fn map(&mut self, change: &mut dyn FnMut(&str) -> String) {
        self.url = change(&self.url);
        self.headers
            .iter_mut()
            .for_each(|line| *line = change(line));
        self.body.map(change);
    }
}

impl Answered {
    /// The reply to a request for `url` without its secrets; identifiers are still in it. `None` for one that can't be
    /// searched.
    fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        url: &str,
        scrub: &Scrub,
    ) -> Option<Self> {
        let media_type = content::media_type(headers);
        Some(Self {
            status: status.as_u16(),
            body: Content::of_reply(body, url, &media_type, scrub)?,
            headers: header_lines(headers, scrub),
        })
    }

    fn map(&mut self, change: &mut dyn FnMut(&str) -> String) {
        self.headers
            .iter_mut()
            .for_each(|line| *line = change(line));
        self.body.map(change);
    }

    fn play(&self) -> Result<Response<Body>, TransportError> {
        let wrong = |what: String| {
            let message = format!("the cassette holds an impossible reply: {what}");
            TransportError::new(TransportErrorKind::Other, message)
        };
        let body = self
            .body
            .bytes()
            .map_err(|error| wrong(error.to_string()))?;
        let mut reply = Response::builder().status(self.status);
        for line in &self.headers {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| wrong(format!("the header {line:?} has no colon")))?;
            reply = reply.header(name.trim(), value.trim());
        }
        reply
            .body(Body::from(body))
            .map_err(|error| wrong(error.to_string()))
    }
}

fn header_lines(headers: &HeaderMap, scrub: &Scrub) -> Vec<String> {
    // About how the body was transferred, which may differ next time.
    const FRAMING: [header::HeaderName; 3] = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
    ];
    headers
        .iter()
        .filter(|(name, _)| !FRAMING.contains(name))
        .map(|(name, value)| format!("{name}: {}", scrub.header_value(name, value)))
        .collect()
}
