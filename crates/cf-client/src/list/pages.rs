//! A list, page by page.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use cf_types::codec::Field;
use cf_types::codec::field::View;
use cf_types::{
    Arguments, Call, Cursor, Meta, Options, Page, PageError, PageStyle, Paged, Pager, Step,
};

use crate::call::SendFuture;
use crate::error::{Error, RequestInfo};

/// Sends the call for the page that a query parameter names; for the first page without one.
type Fetch<T> = Box<dyn FnMut(Option<(&'static str, String)>) -> SendFuture<Page<T>> + Send>;

/// A requested page.
enum Ahead<T> {
    InFlight(SendFuture<Page<T>>),
    Arrived(Box<Result<Page<T>, Error>>),
}

/// The pages of a list, fetched one by one as they are asked for.
///
/// It always ends: if the server repeats a page or a cursor, or links more than [`max_pages`](Self::max_pages) pages,
/// it ends without yielding anything twice, and with an error if something is missing. After an error comes `None`.
///
/// With the feature `futures` it is a `futures_core::Stream`, too. Dropping the future of [`next`](Self::next) loses
/// nothing: the next call continues the same request.
///
/// ```no_run
/// # use cf_client::{Client, Error, types};
/// # async fn run<O: types::Paged>(call: types::Call<&Client, O>) -> Result<(), Error> {
/// let mut pages = call.pages();
/// while let Some(page) = pages.next().await {
///     println!("{} items", page?.len());
/// }
/// # Ok(()) }
/// ```
#[must_use = "no page is fetched until one is asked for"]
pub struct Pages<T> {
    meta: &'static Meta,
    fetch: Fetch<T>,
    pager: Pager,
    max_pages: u64,
    /// The requested pages in order; the first is the pager's next one.
    ahead: VecDeque<Ahead<T>>,
    concurrency: usize,
    /// How many items are wanted at most, and how many the last page had.
    wanted: usize,
    last_len: usize,
    /// An error to report after the last page.
    wrong: Option<Error>,
    ended: bool,
}

/// Nothing is pinned in it.
impl<T> Unpin for Pages<T> {}

impl<T: Field + Default> Pages<T> {
    /// The pages of `call`, of which `send` fetches one: the same call is sent for each.
    pub(super) fn new<O: Paged<Item = T>>(
        mut call: Call<(), O>,
        mut send: impl FnMut(&Call<(), O>) -> SendFuture<Page<T>> + Send + 'static,
    ) -> Self {
        let style = style(O::META);
        let first = first_page(O::META, call.operation(), call.options());
        let fetch = move |query: Option<(&'static str, String)>| {
            if let Some((name, value)) = query {
                let aliases = style.aliases(name);
                let given = |name: &str| is_given(O::META, call.operation(), name);
                let names = aliases
                    .iter()
                    .filter(|alias| **alias != name && given(alias));
                let names: Vec<&str> = names.copied().chain([name]).collect();
                let is_asked = |given: &str| given == name || aliases.contains(&given);
                let options = call.options_mut();
                options.query.retain(|(given, _)| !is_asked(given));
                let asked = names
                    .into_iter()
                    .map(|name| (name.to_owned(), value.clone()));
                options.query.extend(asked);
            }
            send(&call)
        };
        Pages {
            meta: O::META,
            fetch: Box::new(fetch),
            pager: Pager::new(O::META, first),
            max_pages: Pager::LIMIT,
            ahead: VecDeque::new(),
            concurrency: 1,
            wanted: usize::MAX,
            last_len: 0,
            wrong: None,
            ended: false,
        }
    }

    /// Resumes at `cursor`, where an earlier walk through the same list stopped.
    pub fn resume_from(mut self, cursor: Cursor) -> Self {
        self.pager = Pager::new(self.meta, Some(cursor));
        self.pager.limit(self.max_pages);
        self
    }

    /// The most pages; more are an error. Default [`Pager::LIMIT`].
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.max_pages = pages;
        self.pager.limit(pages);
        self
    }

    /// Fetches up to `pages` pages concurrently, if they are numbered and the server says how many there are; others
    /// are fetched one by one. The order stays the same. Default 1. Pages fetched ahead count against the rate limit
    /// whether they are used or not.
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.concurrency = pages.max(1);
        self
    }

    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// As for the call itself; and when the list would never end, or lacks what the server announced.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// All remaining pages.
    ///
    /// # Errors
    /// Same as [`next`](Self::next).
    pub async fn collect_all(mut self) -> Result<Vec<Page<T>>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await {
            all.push(page?);
        }
        Ok(all)
    }

    /// Where to resume: the page that comes next, or that failed. `None` before the first page and after the last.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.pager.cursor()
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page<T>, Error>>> {
        if let Some(error) = self.wrong.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.look_ahead();
        let page = match self.fetch_ahead(cx) {
            Some(page) => page,
            None => return Poll::Pending,
        };
        let next = match page {
            Ok(page) => self.on_page(page).transpose(),
            Err(error) => Some(Err(error)),
        };
        self.ended |= !matches!(next, Some(Ok(_)));
        if self.ended {
            self.ahead.clear();
        }
        Poll::Ready(next)
    }

    /// Requests the next page, and those after it as far as they are known.
    fn look_ahead(&mut self) {
        if self.ahead.is_empty() {
            let next = (self.fetch)(self.pager.query());
            self.ahead.push_back(Ahead::InFlight(next));
        }
        let (Some(Cursor::Number(next)), Some(last)) =
            (self.pager.cursor(), self.pager.last_page())
        else {
            return;
        };
        let next = *next;
        let wanted = self.wanted.div_ceil(self.last_len.max(1)) as u64;
        let most = wanted
            .min(self.pager.pages_left())
            .min(self.concurrency as u64);
        while (self.ahead.len() as u64) < most {
            let number = next.saturating_add(self.ahead.len() as u64);
            if number > last {
                return;
            }
            let query = (style(self.meta).query(), number.to_string());
            let page = (self.fetch)(Some(query));
            self.ahead.push_back(Ahead::InFlight(page));
        }
    }

    /// Polls all that is in flight; the next page, once it is here.
    fn fetch_ahead(&mut self, cx: &mut Context<'_>) -> Option<Result<Page<T>, Error>> {
        for ahead in &mut self.ahead {
            if let Ahead::InFlight(sending) = ahead
                && let Poll::Ready(page) = Pin::new(sending).poll(cx)
            {
                *ahead = Ahead::Arrived(Box::new(page));
            }
        }
        match self.ahead.pop_front()? {
            Ahead::Arrived(page) => Some(*page),
            in_flight @ Ahead::InFlight(_) => {
                self.ahead.push_front(in_flight);
                None
            }
        }
    }

    /// Limits how many items are wanted.
    pub(crate) fn want(&mut self, items: usize) {
        self.wanted = items;
    }

    /// Checks whether a page is new, and whether another follows.
    fn on_page(&mut self, mut page: Page<T>) -> Result<Option<Page<T>>, Error> {
        match self.pager.advance(&mut page) {
            Ok(Step::Yield) => {
                self.last_len = page.len();
                self.ended = self.pager.cursor().is_none();
                Ok(Some(page))
            }
            Ok(Step::Repeated) => Ok(None),
            Err(error @ (PageError::PageRepeats { .. } | PageError::ContentRepeats { .. })) => {
                Err(self.error(error))
            }
            // This page is fine; what it links to is not.
            Err(error) => {
                self.wrong = Some(self.error(error));
                self.ended = true;
                Ok(Some(page))
            }
        }
    }

    fn error(&self, error: PageError) -> Error {
        Error::new(error).unsent(RequestInfo::of(self.meta))
    }
}

fn style(meta: &Meta) -> PageStyle {
    meta.pagination.unwrap_or(PageStyle::Single)
}

/// Whether the call has a value for the query parameter `name`.
fn is_given(meta: &Meta, arguments: &dyn Arguments, name: &str) -> bool {
    let index = meta.params.iter().position(|param| param.name == name);
    index.is_some_and(|index| !matches!(arguments.param(index).view(), View::None))
}

/// The page that the caller asks for, if not the first.
fn first_page(meta: &Meta, arguments: &dyn Arguments, options: &Options) -> Option<Cursor> {
    let style = style(meta);
    if matches!(style, PageStyle::Keyset(_)) {
        // The caller's bound says which items, not which page.
        return None;
    }
    let name = style.query();
    let added = options.query.iter().rev().find(|(given, _)| given == name);
    let text = match added {
        Some((_, value)) => value.clone(),
        None => {
            let index = meta.params.iter().position(|param| param.name == name)?;
            match arguments.param(index).view() {
                View::Str(text) => text.to_owned(),
                View::Number(number) => number.as_i64()?.to_string(),
                _ => return None,
            }
        }
    };
    match style {
        PageStyle::Single | PageStyle::Number | PageStyle::NumberIn(_) => {
            text.parse().ok().map(Cursor::Number)
        }
        PageStyle::Offset(_) => text.parse().ok().map(Cursor::Offset),
        _ => Some(text)
            .filter(|text| !text.is_empty())
            .map(Cursor::Token),
    }
}

#[cfg(feature = "futures")]
impl<T: Field + Default> futures_core::Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &self.meta.id)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
