//! A list, item by item.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use cf_types::Cursor;
use cf_types::codec::Field;

use super::pages::Pages;
use crate::error::Error;

/// The items of a list; its pages are fetched as they are needed. Ends like [`Pages`] does.
///
/// With the feature `futures` it is a `futures_core::Stream`, too.
///
/// ```no_run
/// # use cf_client::{Client, Error, types};
/// # async fn run<O: types::Paged<Item = types::codec::RawJson>>(call: types::Call<&Client, O>) -> Result<(), Error> {
/// let mut items = call.items().max_items(1000);
/// while let Some(item) = items.next().await {
///     println!("{}", item?.as_str());
/// }
/// # Ok(()) }
/// ```
#[must_use = "no item is fetched until one is asked for"]
pub struct Items<T> {
    pages: Pages<T>,
    buffered: vec::IntoIter<T>,
    /// How many more to yield.
    left: usize,
}

/// Nothing is pinned in it.
impl<T> Unpin for Items<T> {}

impl<T: Field + Default> Items<T> {
    pub(crate) fn new(pages: Pages<T>) -> Self {
        Items {
            pages,
            buffered: Vec::new().into_iter(),
            left: usize::MAX,
        }
    }

    /// Ends after `items` items; no further page is fetched.
    pub fn max_items(mut self, items: usize) -> Self {
        self.left = items;
        self
    }

    /// Same as [`Pages::max_pages`].
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.pages = self.pages.max_pages(pages);
        self
    }

    /// Same as [`Pages::resume_from`].
    pub fn resume_from(mut self, cursor: Cursor) -> Self {
        self.pages = self.pages.resume_from(cursor);
        self
    }

    /// Same as [`Pages::concurrency`]. With [`max_items`](Self::max_items), no more pages are fetched ahead than needed.
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.pages = self.pages.concurrency(pages);
        self
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// Same as [`Pages::next`].
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// All remaining items.
    ///
    /// # Errors
    /// Same as [`Pages::next`].
    pub async fn collect_all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    /// Only the next item.
    pub fn first(self) -> First<T> {
        First(self)
    }

    /// The items of the current page that were not yet yielded.
    pub fn buffered(&self) -> &[T] {
        self.buffered.as_slice()
    }

    /// Same as [`Pages::cursor`]: the page after the current one. To miss nothing, resume there once
    /// [`buffered`](Self::buffered) is empty.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.pages.cursor()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        loop {
            if let Some(item) = self.buffered.next() {
                self.left -= 1;
                return Poll::Ready(Some(Ok(item)));
            }
            self.pages.want(self.left);
            match ready!(self.pages.poll(cx)) {
                Some(Ok(page)) => self.buffered = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(feature = "futures")]
impl<T: Field + Default> futures_core::Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .field("buffered", &self.buffered.len())
            .finish_non_exhaustive()
    }
}

/// The future of a list's first item: a `Result<Option<T>, Error>`.
#[must_use = "nothing is sent until this is awaited"]
#[derive(Debug)]
pub struct First<T>(Items<T>);

impl<T: Field + Default> Future for First<T> {
    type Output = Result<Option<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map(Option::transpose)
    }
}
