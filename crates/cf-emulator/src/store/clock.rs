//! The time in the API's format.

use jiff::Timestamp;

/// Now, as RFC 3339 in UTC with microseconds.
pub(crate) fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

/// Now, as RFC 3339 in UTC with whole seconds, as tokens have it.
pub(crate) fn now_seconds() -> String {
    format!("{:.0}", Timestamp::now())
}

/// Whether `text` is a valid point in time.
pub(crate) fn is_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

/// Whether the point in time `text` is past; `false` if it is invalid.
pub(crate) fn is_past(text: &str) -> bool {
    text.parse::<Timestamp>()
        .is_ok_and(|at| at <= Timestamp::now())
}
