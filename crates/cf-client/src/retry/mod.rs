//! Whether a request is sent again, and when.

mod backoff;
mod budget;
mod cooldown;
mod retry_after;

use std::time::Duration;

use cf_transport::{TransportError, TransportErrorKind};
use http::StatusCode;

#[cfg(any(feature = "tail", feature = "uploads"))]
pub(crate) use backoff::jittered;
pub(crate) use budget::Budget;
pub(crate) use cooldown::Cooldown;
pub(crate) use retry_after::{retry_after, server_time};

/// Why a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It never arrived.
    NeverSent,
    /// The same, and there is a server: it refused the request unread, or closed the connection before.
    Refused,
    /// The server throttled it.
    TurnedAway,
    /// It may have been carried out, but repeating it changes nothing.
    Idempotent,
}

impl Reason {
    /// The reason that counts once too many requests were refused.
    pub(crate) fn of_budget(self) -> Self {
        match self {
            Self::Refused => Self::NeverSent,
            other => other,
        }
    }
}

/// How long to wait before sending a request again, at least `asked`.
pub(crate) fn pause(asked: Option<Duration>, retries: u32) -> Duration {
    // The server's word is a lower bound: a request that comes earlier is refused again.
    asked.unwrap_or_default().max(backoff::jittered(retries))
}

/// How long to wait before resending a request that a server refused unread; `None` after too many times. A server that
/// recycles its connections does this to some requests. That is no sign of trouble, and so does not use up the retry
/// budget.
pub(crate) fn pause_after_refusal(refusals: u32) -> Option<Duration> {
    match refusals {
        0..2 => Some(Duration::ZERO),
        2..10 => Some(backoff::up_to(Duration::from_millis(10 << refusals))),
        _ => None,
    }
}

/// What a reply of this status says about sending the request again.
pub(crate) fn after_status(status: StatusCode, idempotent: bool) -> Option<Reason> {
    match status.as_u16() {
        429 => Some(Reason::TurnedAway),
        408 | 500 | 502 | 503 | 504 | 520..=530 if idempotent => Some(Reason::Idempotent),
        _ => None,
    }
}

/// What a passed time limit says about sending the request again.
pub(crate) fn after_timeout(never_sent: bool, idempotent: bool) -> Option<Reason> {
    if never_sent {
        return Some(Reason::NeverSent);
    }
    idempotent.then_some(Reason::Idempotent)
}

/// What a failure of the transport says about sending the request again.
pub(crate) fn after_transport(error: &TransportError, idempotent: bool) -> Option<Reason> {
    match error.kind() {
        // Refused on this side, and so it would be again.
        TransportErrorKind::Request
        | TransportErrorKind::Body
        | TransportErrorKind::BodyTooLarge => None,
        TransportErrorKind::Interrupted if error.never_sent() => Some(Reason::Refused),
        _ if error.never_sent() => Some(Reason::NeverSent),
        TransportErrorKind::Timeout | TransportErrorKind::Interrupted if idempotent => {
            Some(Reason::Idempotent)
        }
        _ => None,
    }
}
