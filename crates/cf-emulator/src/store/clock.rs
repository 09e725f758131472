//! The time as the API writes it.

use jiff::Timestamp;

/// Now, as RFC 3339 in UTC with microseconds.
pub(crate) fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

/// Now, as RFC 3339 in UTC with whole seconds, as tokens have it.
pub(crate) fn now_seconds() -> String {
    format!("{:.0}", Timestamp::now())
}

/// Whether `text` names a moment at all.
pub(crate) fn is_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

/// Whether the moment `text` is over; `false` if it names none.
pub(crate) fn is_past(text: &str) -> bool {
    text.parse::<Timestamp>()
        .is_ok_and(|at| at <= Timestamp::now())
}
