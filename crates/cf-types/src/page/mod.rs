//! Pages: how they follow each other, and when the last one was seen.
//!
//! [`Pager`] does no I/O: it is given each page and says what to ask for next. So it serves every client, and its rules
//! can be tested alone.

mod cursor;
mod keyset;
mod pager;
pub(crate) mod style;
mod told;

use std::fmt;
use std::ops::Deref;

use crate::codec::field::{Field, Next, Seq, Token, View};
use crate::digest;
use crate::envelope::ResultInfo;

pub use cursor::Cursor;
pub use keyset::Keyset;
pub use pager::{PageError, Pager, Step};
pub use style::PageStyle;
#[allow(unused_imports)] // Some products have such lists, others do not.
pub(crate) use told::{Told, info_of};

/// One page of a list.
///
/// ```
/// use cf_types::{Page, codec};
/// let page: Page<String> = codec::from_str(r#"["a", "b"]"#)?;
/// assert_eq!(page.len(), 2);
/// # Ok::<(), codec::SyntaxError>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The page's place in the list.
    pub info: ResultInfo,
    /// The hash of the JSON that the items came in.
    digest: Option<u64>,
}

impl<T: fmt::Debug> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("items", &self.items)
            .field("info", &self.info)
            .finish()
    }
}

/// The spelling of the JSON does not count.
impl<T: PartialEq> PartialEq for Page<T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items && self.info == other.info
    }
}

impl<T> Deref for Page<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: Field + Default> Field for Page<T> {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Array => Next::Seq(self),
            _ => self.items.take(token),
        }
    }
    fn view(&self) -> View<'_> {
        self.items.view()
    }
}

impl<T: Field + Default> Seq for Page<T> {
    fn grow(&mut self) -> &mut dyn Field {
        self.items.grow()
    }
    fn len(&self) -> usize {
        self.items.len()
    }
    fn at(&self, index: usize) -> &dyn Field {
        self.items.at(index)
    }
    fn read_from(&mut self, text: &str) {
        self.digest = Some(digest::of(text.as_bytes()));
    }
}

/// A page of items that lie somewhere within a result.
#[allow(dead_code)] // Some products have such lists, others do not.
pub(crate) fn with_info<T>(items: Items<T>, info: ResultInfo) -> Page<T> {
    Page {
        items: items.0,
        info,
        digest: None,
    }
}

/// A list that may be missing.
#[allow(dead_code)] // Some products have such lists, others do not.
pub(crate) struct Items<T>(Vec<T>);

impl<T> From<Vec<T>> for Items<T> {
    fn from(items: Vec<T>) -> Self {
        Items(items)
    }
}

impl<T> From<Option<Vec<T>>> for Items<T> {
    fn from(items: Option<Vec<T>>) -> Self {
        Items(items.unwrap_or_default())
    }
}
