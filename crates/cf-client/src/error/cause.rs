//! What an error comes from.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use cf_auth::CredentialError;
use cf_transport::{TransportError, TransportErrorKind};
use cf_types::{BuildError, EXCERPT, PageError, ReplyError};

use super::ErrorKind;

/// What an error comes from.
pub(crate) enum Cause {
    /// Settings or arguments; the text says what to do.
    Input(Cow<'static, str>),
    Build(BuildError),
    Credential(CredentialError),
    /// None was given, or too many; the text says what to do.
    NoCredential(Cow<'static, str>),
    Transport(TransportError),
    /// A limit passed; `never_sent` if the request had not left yet.
    Timeout {
        limit: Limit,
        never_sent: bool,
    },
    /// The rate limit has no room before the call's deadline.
    NoPermit {
        wait: Duration,
        deadline: Duration,
    },
    /// No ID for a name, or several; the text says what to do.
    Lookup(String),
    /// What was waited for will not be done.
    Failed {
        what: &'static str,
        state: String,
        reason: Option<String>,
    },
    /// What was waited for is not done in time.
    NotDone {
        what: &'static str,
        /// The last one seen, if any was.
        state: Option<String>,
        deadline: Duration,
        /// Why the last poll failed, if it did.
        last_error: Option<String>,
    },
    Reply(ReplyError),
    /// A stream of events where a value is expected.
    Events,
    /// A value of this media type where events are expected.
    #[cfg(feature = "events")]
    NoEvents(String),
    Page(PageError),
    /// Rows of a query that cannot be followed further; the text says what to do.
    Pages(String),
    Mismatch(Mismatch),
}

/// The limit that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Attempt(Duration),
    Deadline(Duration),
}

/// A result that does not match the requested type.
pub(crate) struct Mismatch {
    problem: String,
    excerpt: Vec<u8>,
}

impl Mismatch {
    pub(crate) fn new(error: &serde_json::Error, result: &[u8]) -> Self {
        Mismatch {
            problem: without_values(error),
            excerpt: result[..result.len().min(EXCERPT)].to_vec(),
        }
    }

    pub(super) fn excerpt(&self) -> &[u8] {
        &self.excerpt
    }
}

/// What serde says, without the values that it quotes: they can be secrets.
fn without_values(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let place = format!("line {}, column {}", error.line(), error.column());
    if said.starts_with("missing field `") || said.starts_with("duplicate field `") {
        return format!("{said} ({place} of the result)");
    }
    match said.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected} at {place} of the result"),
        None => format!("mismatch at {place} of the result"),
    }
}

/// What to do with a reply that streams.
pub(crate) const STREAMS: &str = "the reply is a stream of events, which this call cannot read: end it with \
     `.send_stream()` in place of `.await` or `.send()`, and read it with `.tokens()` or `.events()`; or leave out `stream`";

impl Cause {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Cause::Input(_) | Cause::Build(_) => ErrorKind::Build,
            Cause::Credential(_) | Cause::NoCredential(_) => ErrorKind::Credential,
            Cause::Transport(error) => of_transport(error),
            Cause::Timeout { .. } => ErrorKind::Timeout,
            Cause::NoPermit { .. } => ErrorKind::RateLimited,
            Cause::Lookup(_) => ErrorKind::Lookup,
            Cause::Failed { .. } => ErrorKind::Failed,
            Cause::NotDone { .. } => ErrorKind::Timeout,
            Cause::Page(_) | Cause::Pages(_) => ErrorKind::Pagination,
            Cause::Mismatch(_) | Cause::Reply(ReplyError::Mismatch { .. }) => ErrorKind::Decode,
            Cause::Reply(ReplyError::Redirect { .. }) => ErrorKind::Redirect,
            Cause::Reply(ReplyError::Html { .. }) => ErrorKind::Html,
            Cause::Reply(ReplyError::Empty { .. }) => ErrorKind::Empty,
            Cause::Reply(ReplyError::NotJson { .. }) => ErrorKind::NotJson,
            Cause::Reply(ReplyError::Drift { .. }) => ErrorKind::Drift,
            Cause::Events => ErrorKind::NotJson,
            #[cfg(feature = "events")]
            Cause::NoEvents(_) => ErrorKind::Decode,
            Cause::Reply(_) => ErrorKind::Api,
        }
    }

    pub(super) fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Cause::Build(error) => Some(error),
            Cause::Credential(error) => Some(error),
            Cause::Transport(error) => Some(error),
            Cause::Reply(error) => Some(error),
            Cause::Page(error) => Some(error),
            Cause::Input(_)
            | Cause::NoCredential(_)
            | Cause::Timeout { .. }
            | Cause::NoPermit { .. }
            | Cause::Lookup(_)
            | Cause::Failed { .. }
            | Cause::NotDone { .. }
            | Cause::Pages(_)
            | Cause::Events
            | Cause::Mismatch(_) => None,
            #[cfg(feature = "events")]
            Cause::NoEvents(_) => None,
        }
    }
}

fn of_transport(error: &TransportError) -> ErrorKind {
    match error.kind() {
        TransportErrorKind::Connect | TransportErrorKind::Tls | TransportErrorKind::Proxy => {
            ErrorKind::Connect
        }
        TransportErrorKind::Request => ErrorKind::Build,
        TransportErrorKind::Timeout => ErrorKind::Timeout,
        TransportErrorKind::Interrupted => ErrorKind::Interrupted,
        TransportErrorKind::BodyTooLarge => ErrorKind::TooLarge,
        _ => ErrorKind::Transport,
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Input(message) => f.write_str(message),
            Cause::Lookup(message) => f.write_str(message),
            Cause::NoCredential(message) => f.write_str(message),
            Cause::Build(error) => error.fmt(f),
            Cause::Credential(error) => error.fmt(f),
            Cause::Transport(error) => error.fmt(f),
            Cause::Reply(error) => error.fmt(f),
            Cause::Page(error) => error.fmt(f),
            Cause::Pages(message) => f.write_str(message),
            Cause::Events => f.write_str(STREAMS),
            #[cfg(feature = "events")]
            Cause::NoEvents(media_type) => write!(
                f,
                "the reply is `{media_type}`, not a stream of events: set `stream` to true in the request's body; if it \
                 is, this model or operation does not stream, and the call without `send_stream()` reads the reply"
            ),
            Cause::Mismatch(mismatch) => {
                write!(
                    f,
                    "the result does not match the requested type: {}",
                    mismatch.problem
                )
            }
            Cause::Failed {
                what,
                state,
                reason,
            } => {
                write!(f, "{what} failed")?;
                if !state.is_empty() {
                    write!(f, ": its state is {state:?}")?;
                }
                match reason {
                    Some(reason) => write!(f, "; the API says: {reason}"),
                    None => Ok(()),
                }
            }
            Cause::NotDone {
                what,
                state,
                deadline,
                last_error,
            } => {
                write!(f, "{what} is not done within {deadline:?}")?;
                match state.as_deref() {
                    None => f.write_str("; its state is not known")?,
                    Some("") => {}
                    Some(state) => write!(f, "; its last state is {state:?}")?,
                }
                match last_error {
                    Some(error) => write!(f, "; the last poll failed: {error}"),
                    None => Ok(()),
                }
            }
            Cause::NoPermit { wait, deadline } => {
                let seconds = wait.as_millis().div_ceil(1000);
                write!(
                    f,
                    "the rate limit has room in {seconds} s, which is beyond the call's deadline of \
                     {deadline:?} (nothing was sent); send fewer requests, or allow the call more time"
                )
            }
            Cause::Timeout { limit, never_sent } => {
                match limit {
                    Limit::Attempt(limit) => write!(f, "no complete reply within {limit:?}")?,
                    Limit::Deadline(limit) => write!(f, "not done by the deadline of {limit:?}")?,
                }
                f.write_str(if *never_sent {
                    " (nothing was sent)"
                } else {
                    " (the request may have arrived)"
                })
            }
        }
    }
}

macro_rules! from {
    ($($error:ident => $variant:ident,)*) => {
        $(impl From<$error> for Cause {
            fn from(error: $error) -> Self {
                Cause::$variant(error)
            }
        })*
    };
}

from! {
    BuildError => Build,
    CredentialError => Credential,
    TransportError => Transport,
    ReplyError => Reply,
    PageError => Page,
    Mismatch => Mismatch,
}
