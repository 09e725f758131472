//! Why a reply holds no value.

use http::{HeaderMap, StatusCode};

use super::words;
use crate::codec::{Drift, SyntaxError};
use crate::envelope::ApiMessage;

/// How much of a body an error keeps, in bytes.
pub const EXCERPT: usize = 64 * 1024;

/// A reply that holds no value: the API refused, or something else answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The API says that it failed.
    #[error("{0}")]
    Api(Box<ApiFailure>),
    /// A redirect, which is not followed.
    #[error(
        "the server redirects ({status}) to `{location}`, which is not followed; check the base URL"
    )]
    Redirect {
        /// The status.
        status: StatusCode,
        /// Where to, without its query.
        location: String,
    },
    /// A web page: a proxy or a firewall answered, not the API.
    #[error("the reply ({status}) is a web page{}, not the API's: a proxy or firewall may have answered", excerpt.quoted(" with the title "))]
    Html {
        /// The status.
        status: StatusCode,
        /// The start of the page.
        excerpt: Excerpt,
    },
    /// No body where one is expected.
    #[error("the reply ({status}) is empty where a JSON body is expected")]
    Empty {
        /// The status.
        status: StatusCode,
    },
    /// A body that is not JSON.
    #[error("the reply ({status}) is not JSON: {problem}{}", excerpt.quoted("; it says "))]
    NotJson {
        /// The status.
        status: StatusCode,
        /// Where it stops being JSON.
        problem: SyntaxError,
        /// The start of the body.
        excerpt: Excerpt,
    },
    /// JSON, but of another type than described: an object instead of a list, `null` instead of a value. As a value it
    /// would be empty, and mean that there is nothing.
    #[error(
        "the reply ({status}) has {found} instead of {expected}{}",
        at(pointer)
    )]
    Mismatch {
        /// The status.
        status: StatusCode,
        /// What the description says, like `an array`.
        expected: &'static str,
        /// What came, like `an object`.
        found: &'static str,
        /// Where: a JSON pointer (RFC 6901) into the reply's body; empty for the whole of it.
        pointer: String,
        /// The start of the body.
        excerpt: Excerpt,
    },
    /// The reply differs from its description, and the caller wants that to be an error.
    #[error("the reply differs from its description in {count} spots, first at {}", first.pointer())]
    Drift {
        /// The first spot.
        first: Drift,
        /// How many spots.
        count: usize,
    },
}

fn at(pointer: &str) -> String {
    match pointer {
        "" => String::new(),
        pointer => format!(" at `{pointer}`"),
    }
}

/// The start of a body. `Debug` shows only its length, since bodies can hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt {
    bytes: Vec<u8>,
    words: Option<Box<str>>,
}

impl Excerpt {
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        Excerpt {
            bytes: body[..body.len().min(EXCERPT)].to_vec(),
            words: words::of_text(headers, body).map(Into::into),
        }
    }

    /// The bytes, [`EXCERPT`] at most.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As text; what is not UTF-8 is replaced.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Its message to people, if it is plain text or a web page: short, on one line, without control characters and
    /// without what looks like a secret.
    ///
    /// ```
    /// let mut parts = http::Response::new(()).into_parts().0;
    /// parts.status = http::StatusCode::UNAUTHORIZED;
    /// let error = cf_types::decode::<cf_types::zones::Get>(&parts, b"Expired JWT\n").unwrap_err();
    /// assert_eq!(error.to_string(), "Expired JWT (401 Unauthorized)");
    /// ```
    pub fn words(&self) -> Option<&str> {
        self.words.as_deref()
    }

    fn quoted(&self, before: &str) -> String {
        match self.words() {
            Some(words) => format!("{before}“{words}”"),
            None => String::new(),
        }
    }
}

impl std::fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Excerpt({} bytes)", self.bytes.len())
    }
}

/// A refusal by the API.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ApiFailure {
    /// The HTTP status.
    pub status: StatusCode,
    /// What the API says went wrong; empty if the reply has no errors.
    pub errors: Vec<ApiMessage>,
    /// Other messages of the API.
    pub messages: Vec<ApiMessage>,
    /// The start of the body.
    pub excerpt: Excerpt,
}

impl ApiFailure {
    /// Whether one of the errors, or of those that caused them, has this code.
    pub fn has_code(&self, code: i64) -> bool {
        fn any(messages: &[ApiMessage], code: i64) -> bool {
            messages
                .iter()
                .any(|m| m.code() == Some(code) || any(m.chain(), code))
        }
        any(&self.errors, code)
    }
}

impl std::fmt::Display for ApiFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.status;
        let said = |messages: &[ApiMessage]| {
            let shown = messages.iter().map(|message| Shown(message).to_string());
            let shown: Vec<String> = shown.filter(|words| !words.is_empty()).collect();
            (!shown.is_empty()).then(|| shown.join("; "))
        };
        let words = || self.excerpt.words().map(str::to_owned);
        match said(&self.errors)
            .or_else(|| said(&self.messages))
            .or_else(words)
        {
            Some(words) => write!(f, "{words} ({status})"),
            None => write!(f, "the API refused with {status} without saying why"),
        }
    }
}

struct Shown<'a>(&'a ApiMessage);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let message = self.0;
        if let Some(code) = message.code() {
            write!(f, "{code}: ")?;
        }
        f.write_str(&message.message())?;
        if let Some(pointer) = message.pointer() {
            write!(f, " at {pointer}")?;
        } else if let Some(path) = message.path() {
            write!(f, " at {path}")?;
        }
        for link in message.chain() {
            write!(f, " ({})", Shown(link))?;
        }
        Ok(())
    }
}
