//! From an HTTP reply to a value.

pub(crate) mod body;
mod error;
mod head;
mod media;
mod said;
mod value;
mod words;

use crate::codec::field::Field;
use crate::codec::{self, Drift};
use crate::envelope::{ApiMessage, Envelope, ResultInfo};

pub use error::{ApiFailure, EXCERPT, Excerpt, ReplyError};
pub use head::check;

/// A successful reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply<T> {
    pub(crate) envelope: Envelope<T>,
    /// The body is the value itself, without an envelope.
    pub(crate) bare: bool,
    pub(crate) drift: Vec<Drift>,
    pub(crate) drift_count: usize,
}

impl<T> Reply<T> {
    /// The value.
    pub fn value(&self) -> &T {
        &self.envelope.result
    }

    /// The value, without the rest.
    pub fn into_value(self) -> T {
        self.envelope.result
    }

    /// Messages of the API besides the result.
    pub fn messages(&self) -> &[ApiMessage] {
        self.envelope.messages()
    }

    /// The page's place in the list.
    pub fn result_info(&self) -> Option<&ResultInfo> {
        self.envelope.result_info.as_ref()
    }

    /// Where the reply differs from its description; at most [`Watch::LIMIT`](codec::Watch::LIMIT) spots, and none
    /// unless the reply was decoded with [`decode_watched`](crate::decode_watched).
    pub fn drift(&self) -> &[Drift] {
        &self.drift
    }

    /// In how many spots the reply differs from its description.
    pub fn drift_count(&self) -> usize {
        self.drift_count
    }
}

impl<T: Field + Default> Reply<T> {
    /// The reply's body as JSON again: the same value that came. Bodies that are not JSON become a JSON string.
    pub fn to_json(&self) -> String {
        match self.envelope.extra.get("result") {
            Some(raw) if self.bare => raw.as_str().to_owned(),
            _ if self.bare => codec::to_string(&self.envelope.result),
            _ => codec::to_string(&self.envelope),
        }
    }
}
