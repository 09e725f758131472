//! A list, page by page.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cf_types::codec::Field;
use cf_types::codec::field::View;
use cf_types::{
    Arguments, Call, Cursor, Meta, Options, Page, PageError, PageStyle, Paged, Pager, Step,
};

use crate::client::Client;
use crate::error::{Error, RequestInfo};
use crate::execute::page;
use crate::sending::Sending;

/// Sends the call for the page that a query parameter names; for the first page without one.
type Fetch<T> = Box<dyn FnMut(Option<(&'static str, String)>) -> Sending<Page<T>> + Send>;

/// The pages of a list, fetched one after the other as they are asked for.
///
/// It always ends: where the server sends a page again, names a cursor twice or links more than
/// [`max_pages`](Self::max_pages), it ends without giving anything twice, with an error if something
/// is missing. After an error comes `None`.
///
/// With the feature `futures` it is a `futures_core::Stream`, too. Dropping the future of
/// [`next`](Self::next) loses nothing: the next call goes on with the same request.
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
    underway: Option<Sending<Page<T>>>,
    /// What is wrong with the list, to be told once its last page is given.
    wrong: Option<Error>,
    ended: bool,
}

impl<T: Field + Default> Pages<T> {
    pub(crate) fn new<O: Paged<Item = T>>(client: Client, mut call: Call<(), O>) -> Self {
        let style = style(O::META);
        let first = first_page(O::META, call.operation(), call.options());
        let fetch = move |query: Option<(&'static str, String)>| {
            if let Some((name, value)) = query {
                let options = call.options_mut();
                options.query.retain(|(given, _)| given != style.query());
                options.query.push((name.to_owned(), value));
            }
            page(&client, &call)
        };
        Pages {
            meta: O::META,
            fetch: Box::new(fetch),
            pager: Pager::new(O::META, first),
            max_pages: Pager::LIMIT,
            underway: None,
            wrong: None,
            ended: false,
        }
    }

    /// Goes on at `cursor`, where an earlier walk through the same list stopped, rather than at the
    /// first page.
    pub fn resume_from(mut self, cursor: Cursor) -> Self {
        self.pager = Pager::new(self.meta, Some(cursor));
        self.pager.limit(self.max_pages);
        self
    }

    /// How many pages there may be; more are an error. Default [`Pager::LIMIT`].
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.max_pages = pages;
        self.pager.limit(pages);
        self
    }

    /// The next page; `None` when there is none.
    ///
    /// # Errors
    /// As the call itself; and when the list would never end or lacks what the server promised.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// All pages that are left.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn collect_all(mut self) -> Result<Vec<Page<T>>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await {
            all.push(page?);
        }
        Ok(all)
    }

    /// Where to go on later: the page that comes next, or that failed. `None` before the first page
    /// and after the last.
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
        let underway = match &mut self.underway {
            Some(underway) => underway,
            None => self.underway.insert((self.fetch)(self.pager.query())),
        };
        let page = ready!(Pin::new(underway).poll(cx));
        self.underway = None;
        let next = match page {
            Ok(page) => self.judge(page).transpose(),
            Err(error) => Some(Err(error)),
        };
        self.ended |= !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }

    /// Whether a page is a new one, and whether another follows.
    fn judge(&mut self, page: Page<T>) -> Result<Option<Page<T>>, Error> {
        match self.pager.advance(&page) {
            Ok(Step::Yield) => {
                self.ended = self.pager.cursor().is_none();
                Ok(Some(page))
            }
            Ok(Step::Repeated) => Ok(None),
            Err(error @ PageError::PageRepeats { .. }) => Err(self.error(error)),
            // Here it is not this page that is wrong, but what it links to.
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

/// The page that the caller asks for, where it is not the first one.
fn first_page(meta: &Meta, arguments: &dyn Arguments, options: &Options) -> Option<Cursor> {
    let style = style(meta);
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
        PageStyle::Single | PageStyle::Number => text.parse().ok().map(Cursor::Number),
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
