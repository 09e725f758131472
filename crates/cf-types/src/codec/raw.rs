//! JSON kept as it was written.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::debug::Hidden;
use super::field::{Field, Next, Token, View};
use super::short::ShortText;
use super::tree;

/// One JSON value, kept as text: nothing about it is lost, whatever its size or depth.
///
/// ```
/// use cf_types::codec::RawJson;
///
/// let raw = RawJson::from(serde_json::json!({"a": [1, 2]}));
/// assert_eq!(raw.as_str(), r#"{"a":[1,2]}"#);
/// assert_eq!(raw.to_value()["a"][1], 2);
/// ```
#[derive(Clone, Default)]
pub struct RawJson(
    /// Empty if nothing was set. It reads as `null`, but is left out of an object.
    ShortText<22>,
);

impl RawJson {
    /// `text` must be one JSON value: the reader has checked it.
    pub(crate) fn from_checked(text: &str) -> Self {
        RawJson(text.into())
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        if self.is_unset() {
            return "null";
        }
        self.0.as_str()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.as_str().as_bytes()
    }

    /// Whether nothing was set, not even null.
    pub(super) fn is_unset(&self) -> bool {
        self.0.as_bytes().is_empty()
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.as_bytes() == b"null"
    }

    /// The text of a string; `None` for any other value.
    pub(crate) fn text(&self) -> Option<String> {
        super::from_str(self.as_str()).ok()
    }

    /// The value as a tree; null if a tree cannot hold it (numbers beyond `f64`, more than 128 levels).
    pub fn to_value(&self) -> Value {
        tree::of(self.as_str()).unwrap_or_default()
    }

    /// Reads the value as your own type.
    ///
    /// # Errors
    /// When the JSON does not fit `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.as_str())
    }
}

impl From<Value> for RawJson {
    fn from(value: Value) -> Self {
        RawJson(super::to_string(&value).into())
    }
}

/// Shows the JSON without its secrets.
impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hidden::json(self).fmt(f)
    }
}

/// Equal as JSON values: spelling and the order of members do not count.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
            || match (tree::of(self.as_str()), tree::of(other.as_str())) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            }
    }
}

impl Field for RawJson {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Reset => {
                *self = RawJson::default();
                Next::Done
            }
            Token::Bytes(_) | Token::File(_) => Next::Reject("JSON"),
            _ => Next::Raw(self),
        }
    }
    fn view(&self) -> View<'_> {
        if self.is_unset() {
            return View::None;
        }
        View::Raw(self)
    }
}
