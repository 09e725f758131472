//! How the pages of a list follow each other.

use super::Keyset;

/// How the pages of a list follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageStyle {
    /// One page holds everything, by the description. If the reply says otherwise, the others are requested by number
    /// all the same: what cannot be fetched is then an error, and not silently missing.
    Single,
    /// Numbered pages; `page` asks for one.
    Number,
    /// Numbered pages; this parameter asks for one.
    NumberIn(&'static str),
    /// A cursor in `result_info.cursor`.
    Cursor,
    /// A cursor in `result_info.cursors.after`.
    CursorAfter,
    /// A token in `result_info.next_page_token`.
    PageToken,
    /// A token that the result names, or `result_info`, and this parameter takes.
    Token(&'static str),
    /// This parameter says how many items to skip.
    Offset(&'static str),
    /// The items before or after the last one.
    Keyset(&'static Keyset),
}

impl PageStyle {
    /// The query parameter that asks for a page.
    pub fn query(self) -> &'static str {
        match self {
            PageStyle::Single | PageStyle::Number => "page",
            PageStyle::Cursor | PageStyle::CursorAfter => "cursor",
            PageStyle::PageToken => "page_token",
            PageStyle::NumberIn(name) | PageStyle::Token(name) | PageStyle::Offset(name) => name,
            PageStyle::Keyset(keyset) => keyset.before.first().copied().unwrap_or("before"),
        }
    }

    /// All names of the parameter `name`. A request that also has one of the others has to give the same value for it.
    pub fn aliases(self, name: &str) -> &'static [&'static str] {
        match self {
            PageStyle::Keyset(keyset) if keyset.after.contains(&name) => keyset.after,
            PageStyle::Keyset(keyset) => keyset.before,
            _ => &[],
        }
    }

    pub(super) fn is_numbered(self) -> bool {
        matches!(
            self,
            PageStyle::Single | PageStyle::Number | PageStyle::NumberIn(_)
        )
    }
}
