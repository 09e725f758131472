//! Where a list continues.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A position in a list, to continue from later: in this process, or, as serde can write it (as a text like `page:3`),
/// in another one. It belongs to its list: another list reads it differently.
///
/// ```
/// use cf_types::Cursor;
/// let cursor = Cursor::Number(3);
/// assert_eq!(cursor.to_string(), "3");
///
/// let kept = serde_json::to_string(&cursor)?;
/// assert_eq!(serde_json::from_str::<Cursor>(&kept)?, cursor);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cursor {
    /// The page with this number, from 1.
    Number(u64),
    /// The page after this many items.
    Offset(u64),
    /// The page that the server gave this token.
    Token(String),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cursor::Number(number) | Cursor::Offset(number) => number.fmt(f),
            Cursor::Token(token) => token.fmt(f),
        }
    }
}

const PAGE: &str = "page:";
const OFFSET: &str = "offset:";
const TOKEN: &str = "cursor:";

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cursor::Number(number) => serializer.collect_str(&format_args!("{PAGE}{number}")),
            Cursor::Offset(offset) => serializer.collect_str(&format_args!("{OFFSET}{offset}")),
            Cursor::Token(token) => serializer.collect_str(&format_args!("{TOKEN}{token}")),
        }
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(token) = text.strip_prefix(TOKEN) {
            return Ok(Cursor::Token(token.to_owned()));
        }
        let number = |prefix| text.strip_prefix(prefix)?.parse().ok();
        let wanted = "a cursor: `page:` or `offset:` and a number, or `cursor:` and a token";
        number(PAGE)
            .map(Cursor::Number)
            .or_else(|| number(OFFSET).map(Cursor::Offset))
            .ok_or_else(|| D::Error::custom(wanted))
    }
}
