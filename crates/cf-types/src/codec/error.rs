//! Text that is not JSON.

use std::borrow::Cow;

/// Text that is not JSON, or JSON of a kind that the type cannot hold at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}, at byte {offset}")]
pub struct SyntaxError {
    what: Cow<'static, str>,
    offset: usize,
}

impl SyntaxError {
    pub(super) fn new(what: impl Into<Cow<'static, str>>, offset: usize) -> Self {
        SyntaxError {
            what: what.into(),
            offset,
        }
    }

    /// How many bytes were read before the error.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, SyntaxError> {
    std::str::from_utf8(bytes).map_err(|e| SyntaxError::new("not UTF-8", e.valid_up_to()))
}
