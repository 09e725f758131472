//! Which page comes next, and whether one came before.

use std::collections::HashSet;

use super::{Cursor, Keyset, Page, PageStyle, keyset};
use crate::codec;
use crate::codec::field::Field;
use crate::digest;
use crate::envelope::ResultInfo;
use crate::meta::Meta;

/// Query parameters that say how many items to give.
const SIZES: &[&str] = &[
    "count",
    "limit",
    "page_size",
    "pageSize",
    "per_page",
    "perPage",
    "size",
];

/// What to do with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Its items are new.
    Yield,
    /// It came before, because the server ignores page numbers: everything has been seen.
    Repeated,
}

/// Pages that would never end, or that lack what the server announced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The server links to a page that came before.
    #[error(
        "{operation}: the server names cursor `{cursor}` a second time; the list would never end"
    )]
    CursorRepeats {
        /// The operation's ID.
        operation: &'static str,
        /// The cursor.
        cursor: String,
    },
    /// A new cursor leads to a page that came before.
    #[error(
        "{operation}: cursor `{cursor}` leads to a page that came before; the list would never end"
    )]
    ContentRepeats {
        /// The operation's ID.
        operation: &'static str,
        /// The cursor.
        cursor: String,
    },
    /// The server repeats a page though it says that there are more.
    #[error(
        "{operation}: page {page} came again instead of another, after {seen} of {total} items"
    )]
    PageRepeats {
        /// The operation's ID.
        operation: &'static str,
        /// The page asked for.
        page: u64,
        /// The number of items seen.
        seen: u64,
        /// The number of items that the server says there are.
        total: u64,
    },
    /// More pages than the limit.
    #[error(
        "{operation}: the list has more than {limit} pages; raise the limit if that is expected"
    )]
    TooManyPages {
        /// The operation's ID.
        operation: &'static str,
        /// The limit.
        limit: u64,
    },
}

/// Keeps track of the pages of one list.
#[derive(Debug, Clone)]
pub struct Pager {
    meta: &'static Meta,
    style: PageStyle,
    next: Option<Cursor>,
    pages: u64,
    seen_items: u64,
    /// Hashes of the cursors and the pages that came.
    seen: HashSet<u64>,
    limit: u64,
    /// The number of the last page, according to the server.
    last: Option<u64>,
    /// For lists that continue at their last item.
    position: keyset::Position,
}

impl Pager {
    /// A list has this many pages at most, unless [`Pager::limit`] says otherwise.
    pub const LIMIT: u64 = 10_000;

    /// Starts at the first page, or at `start`.
    pub fn new(meta: &'static Meta, start: Option<Cursor>) -> Self {
        let mut seen = HashSet::new();
        if let Some(Cursor::Token(token)) = &start {
            seen.insert(digest::of(token.as_bytes()));
        }
        Pager {
            meta,
            style: meta.pagination.unwrap_or(PageStyle::Single),
            next: start,
            pages: 0,
            seen_items: 0,
            seen,
            limit: Self::LIMIT,
            last: None,
            position: keyset::Position::default(),
        }
    }

    /// Sets how many pages there may be.
    pub fn limit(&mut self, pages: u64) {
        self.limit = pages;
    }

    /// The query parameter for the next page; `None` for the first one.
    pub fn query(&self) -> Option<(&'static str, String)> {
        match (self.style, self.next.as_ref()?) {
            (PageStyle::Keyset(keyset), Cursor::Token(token)) => keyset.query(token),
            (style, cursor) => Some((style.query(), cursor.to_string())),
        }
    }

    /// The next page, to continue from later; `None` if there is none.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.next.as_ref()
    }

    /// The number of the last page, if pages are numbered and the latest one said how many there are. Those in between
    /// can be fetched concurrently.
    pub fn last_page(&self) -> Option<u64> {
        self.last
    }

    /// How many more pages the limit allows.
    pub fn pages_left(&self) -> u64 {
        self.limit.saturating_sub(self.pages)
    }

    /// Records a page, and removes from it what the previous page had, if pages overlap. Afterwards [`Pager::cursor`]
    /// is `None` if it was the last one.
    ///
    /// # Errors
    /// When the list would never end, or lacks what the server announced.
    pub fn advance<T: Field + Default>(&mut self, page: &mut Page<T>) -> Result<Step, PageError> {
        self.pages += 1;
        match self.style {
            PageStyle::Offset(_) => return self.offset(page),
            PageStyle::Keyset(keyset) => return self.keyset(keyset, page),
            _ => {}
        }
        if self.style.is_numbered() {
            let asked = match self.next {
                Some(Cursor::Number(number)) => number,
                _ => 1,
            };
            let digest = if page.is_empty() {
                None
            } else {
                Some(digest_of(page))
            };
            return self.numbered(asked, &page.info, page.len() as u64, digest);
        }
        let asked = self.next.take();
        if !page.is_empty() && !self.seen.insert(digest_of(page)) {
            return Err(PageError::ContentRepeats {
                operation: self.meta.id,
                cursor: asked.map(|cursor| cursor.to_string()).unwrap_or_default(),
            });
        }
        self.seen_items += page.len() as u64;
        self.go_on(next_token(self.style, &page.info))
    }

    /// Continues with a token, unless that came before.
    fn go_on(&mut self, token: Option<String>) -> Result<Step, PageError> {
        self.next = None;
        if let Some(cursor) = token {
            if !self.seen.insert(digest::of(cursor.as_bytes())) {
                return Err(PageError::CursorRepeats {
                    operation: self.meta.id,
                    cursor,
                });
            }
            self.next = Some(Cursor::Token(cursor));
        }
        self.within_limit()?;
        Ok(Step::Yield)
    }

    fn keyset<T: Field + Default>(
        &mut self,
        keyset: &Keyset,
        page: &mut Page<T>,
    ) -> Result<Step, PageError> {
        let asked = self.next.take().map(|cursor| cursor.to_string());
        let had_items = !page.is_empty();
        let next = self.position.advance(keyset, asked.as_deref(), page);
        self.seen_items += page.len() as u64;
        if had_items && page.is_empty() && next.is_none() {
            return Ok(Step::Repeated);
        }
        self.go_on(next)
    }

    /// Pages that skip what came before: they end where the total says, or when nothing new comes.
    fn offset<T: Field + Default>(&mut self, page: &Page<T>) -> Result<Step, PageError> {
        let asked = match self.next.take() {
            Some(Cursor::Offset(offset) | Cursor::Number(offset)) => offset,
            _ => 0,
        };
        let total = positive(page.info.total_count);
        if !page.is_empty() && !self.seen.insert(digest_of(page)) {
            return self.repeated(self.pages, total);
        }
        let len = page.len() as u64;
        self.seen_items += len;
        let end = asked.saturating_add(len);
        // A total is believed unless more items came than it says.
        if len > 0 && total != Some(end) {
            self.next = Some(Cursor::Offset(end));
            self.within_limit()?;
        }
        Ok(Step::Yield)
    }

    /// A page that came before: the end, unless more was announced.
    fn repeated(&self, page: u64, total: Option<u64>) -> Result<Step, PageError> {
        match total.filter(|total| *total > self.seen_items) {
            Some(total) => Err(PageError::PageRepeats {
                operation: self.meta.id,
                page,
                seen: self.seen_items,
                total,
            }),
            None => Ok(Step::Repeated),
        }
    }

    fn numbered(
        &mut self,
        asked: u64,
        info: &ResultInfo,
        len: u64,
        digest: Option<u64>,
    ) -> Result<Step, PageError> {
        self.next = None;
        let total = positive(info.total_count);
        let other_page = positive(info.page).is_some_and(|page| page != asked);
        let came_before = digest.is_some_and(|digest| !self.seen.insert(digest));
        if self.pages > 1 && (other_page || came_before) {
            return self.repeated(asked, total);
        }
        self.seen_items += len;
        self.last =
            positive(info.total_pages).or_else(|| Some(total?.div_ceil(positive(info.per_page)?)));
        if self.has_more(asked, info, len, total) {
            self.next = Some(Cursor::Number(asked + 1));
            self.within_limit()?;
        }
        Ok(Step::Yield)
    }

    /// Whether another page follows. Totals are believed until they contradict what came; from then
    /// on a page that is not full is the last one.
    fn has_more(&self, asked: u64, info: &ResultInfo, len: u64, total: Option<u64>) -> bool {
        if len == 0 {
            return false;
        }
        let total = total.filter(|_| self.started_at_first(asked));
        let is_full = positive(info.per_page).is_none_or(|per_page| len >= per_page);
        if !self.meta.takes_query(self.style.query()) {
            // By the description, no parameter asks for more. It is tried if the reply is plain, and the caller cannot
            // have asked for less.
            let may_be_cut = SIZES.iter().any(|size| self.meta.takes_query(size));
            let more_pages = positive(info.total_pages).is_some_and(|pages| asked < pages);
            let more_items = total.is_some_and(|total| self.seen_items < total);
            return !may_be_cut && (more_pages || (more_items && is_full));
        }
        match (positive(info.total_pages), total) {
            (Some(pages), _) if asked < pages => true,
            (Some(pages), Some(total)) if asked == pages => is_full && self.seen_items != total,
            (Some(pages), None) if asked == pages => false,
            (None, Some(total)) if self.seen_items <= total => self.seen_items < total,
            // One page is all there is, unless it says otherwise.
            (None, None) if self.style == PageStyle::Single => false,
            // Nothing is said, or more came than there should be: the totals shrank, or were never right.
            _ => is_full,
        }
    }

    /// Whether every page before `asked` was seen: only then do the items add up to the total.
    fn started_at_first(&self, asked: u64) -> bool {
        self.pages == asked
    }

    fn within_limit(&mut self) -> Result<(), PageError> {
        if self.next.is_some() && self.pages >= self.limit {
            self.next = None;
            return Err(PageError::TooManyPages {
                operation: self.meta.id,
                limit: self.limit,
            });
        }
        Ok(())
    }
}

fn next_token(style: PageStyle, info: &ResultInfo) -> Option<String> {
    let after = || info.cursors.as_ref()?.after.clone();
    let token = match style {
        PageStyle::CursorAfter => after().or_else(|| info.cursor.clone()),
        PageStyle::PageToken => info.next_page_token.clone(),
        PageStyle::Token(_) => {
            let cursor = info.cursor.clone().or_else(after);
            cursor.or_else(|| info.next_page_token.clone())
        }
        _ => info.cursor.clone().or_else(after),
    };
    token.filter(|token| !token.is_empty())
}

fn positive(number: Option<i64>) -> Option<u64> {
    number
        .and_then(|number| u64::try_from(number).ok())
        .filter(|number| *number > 0)
}

/// Distinguishes pages. Those without JSON of their own are compared by their items alone.
fn digest_of<T: Field + Default>(page: &Page<T>) -> u64 {
    let written = || digest::of(&codec::to_vec(page));
    page.digest.unwrap_or_else(written)
}
