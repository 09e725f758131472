//! Dates, kept as they were written.

use std::fmt;

use crate::codec::ShortText;
use crate::codec::field::{Field, Next, Token, View};

/// The length of a point in time with nanoseconds.
const LEN: usize = 30;

/// A day, like `2026-01-31`: what the API's description calls a `date`. Kept as it was written.
///
/// With the feature `jiff`, `parse` reads it, and it is made from a `jiff::civil::Date`. A point in time is not one:
/// which day it is depends on the place.
///
/// ```
/// use cf_types::Date;
/// let day = Date::from("2026-01-31");
/// assert_eq!(day.as_str(), "2026-01-31");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Date(ShortText<LEN>);

/// A point in time, or a day, kept as the API wrote it: mostly RFC 3339, not always.
///
/// With the feature `jiff`, `parse` reads it, and it is made from a `jiff::Timestamp` or, where the API takes days,
/// from a `jiff::civil::Date`.
///
/// ```
/// use cf_types::DateTime;
/// let created = DateTime::from("2014-01-01T05:20:00.12345Z");
/// assert_eq!(created.as_str(), "2014-01-01T05:20:00.12345Z");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct DateTime(ShortText<LEN>);

/// What both have: text that is kept.
macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The text, as the API wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.into())
            }
        }
        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                $name(text.as_str().into())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text.into())
            }
        }
        #[cfg(feature = "jiff")]
        impl From<jiff::civil::Date> for $name {
            fn from(date: jiff::civil::Date) -> Self {
                $name(date.to_string().into())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Field for $name {
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
        crate::codec::object::serde_impls!($name);
    };
}

text!(Date);
text!(DateTime);

#[cfg(feature = "jiff")]
impl Date {
    /// The day.
    ///
    /// # Errors
    /// When the text is not such a date.
    pub fn parse(&self) -> Result<jiff::civil::Date, jiff::Error> {
        self.0.parse()
    }
}

#[cfg(feature = "jiff")]
impl DateTime {
    /// The point in time.
    ///
    /// # Errors
    /// When the text is not an RFC 3339 time.
    pub fn parse(&self) -> Result<jiff::Timestamp, jiff::Error> {
        self.0.parse()
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for DateTime {
    fn from(time: jiff::Timestamp) -> Self {
        DateTime(time.to_string().into())
    }
}
