//! Dates, kept as they were written.

use std::fmt;

use crate::codec::ShortText;
use crate::codec::field::{Field, Next, Token, View};

/// A date or a point in time, kept as the API wrote it: mostly RFC 3339, not always.
///
/// With the feature `jiff`, `parse` reads it.
///
/// ```
/// use cf_types::DateTime;
/// let created = DateTime::from("2014-01-01T05:20:00.12345Z");
/// assert_eq!(created.as_str(), "2014-01-01T05:20:00.12345Z");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct DateTime(ShortText<LEN>);

/// The length of a date with nanoseconds.
const LEN: usize = 30;

impl DateTime {
    /// The text, as the API wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point in time.
    ///
    /// # Errors
    /// When the text is no RFC 3339 time.
    #[cfg(feature = "jiff")]
    pub fn parse(&self) -> Result<jiff::Timestamp, jiff::Error> {
        self.0.parse()
    }
}

impl From<&str> for DateTime {
    fn from(text: &str) -> Self {
        DateTime(text.into())
    }
}

impl From<String> for DateTime {
    fn from(text: String) -> Self {
        DateTime(text.into())
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for DateTime {
    fn from(time: jiff::Timestamp) -> Self {
        DateTime(time.to_string().into())
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Field for DateTime {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Str(text) => self.0 = text.into(),
            Token::Reset => self.0 = ShortText::EMPTY,
            _ => return Next::Reject("a date"),
        }
        Next::Done
    }
    fn view(&self) -> View<'_> {
        View::Str(&self.0)
    }
}

crate::codec::object::serde_impls!(DateTime);
