//! Why a reply holds no value.

use http::StatusCode;

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
    #[error(
        "the reply ({status}) is a web page, not the API's: a proxy or firewall may have answered"
    )]
    Html {
        /// The status.
        status: StatusCode,
        /// The beginning of the page.
        excerpt: Excerpt,
    },
    /// No body where one is due.
    #[error("the reply ({status}) is empty where a JSON body is due")]
    Empty {
        /// The status.
        status: StatusCode,
    },
    /// A body that is not JSON.
    #[error("the reply ({status}) is not JSON: {problem}")]
    NotJson {
        /// The status.
        status: StatusCode,
        /// Where it stops being JSON.
        problem: SyntaxError,
        /// The beginning of the body.
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

/// The beginning of a body. `Debug` shows its length only, since bodies can hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Vec<u8>);

impl Excerpt {
    pub(super) fn of(body: &[u8]) -> Self {
        Excerpt(body[..body.len().min(EXCERPT)].to_vec())
    }

    /// The bytes, [`EXCERPT`] at most.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As text; what is not UTF-8 is replaced.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl std::fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Excerpt({} bytes)", self.0.len())
    }
}

/// A refusal by the API.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ApiFailure {
    /// The HTTP status.
    pub status: StatusCode,
    /// What the API says went wrong; empty where the reply has no errors.
    pub errors: Vec<ApiMessage>,
    /// What else the API has to say.
    pub messages: Vec<ApiMessage>,
    /// The beginning of the body.
    pub excerpt: Excerpt,
}

impl ApiFailure {
    /// Whether one of the errors, or of those behind them, has this code.
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
        if self.errors.is_empty() {
            return write!(
                f,
                "the API refused with {} and no further word",
                self.status
            );
        }
        for (index, error) in self.errors.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}", Shown(error))?;
        }
        write!(f, " ({})", self.status)
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
        }
        for link in message.chain() {
            write!(f, " ({})", Shown(link))?;
        }
        Ok(())
    }
}
