//! Rows page by page, each from the time of the last row before it.

use std::cmp::Ordering;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cf_types::Call;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::seen::Seen;
use super::{GraphqlCall, PATH};
use crate::call::SendFuture;
use crate::client::Client;
use crate::error::{Cause, Error, Mismatch, RequestInfo};
use crate::raw::Untyped;

/// The rows of a GraphQL query, page by page: what [`Client::graphql_pages`] returns.
///
/// A page with fewer rows than the limit is the last one. It ends, without any row twice or missing, or with an error: if
/// rows are not sorted by time, and if so many rows have the same time that a page holds no other. After an error comes
/// `None`.
///
/// With the feature `futures` it is a `futures_core::Stream`, too.
#[must_use = "no page is fetched until one is asked for"]
pub struct GraphqlPages<R> {
    client: Client,
    call: GraphqlCall<(), Value>,
    /// JSON pointers: to the rows in the data, and to the time in a row.
    rows: String,
    time: String,
    /// Names of variables.
    since: String,
    limit: String,
    max_pages: u64,
    fetched: u64,
    in_flight: Option<SendFuture<Value>>,
    seen: Seen,
    /// An error to report after the rows of a page.
    wrong: Option<Error>,
    ended: bool,
    row: PhantomData<fn() -> R>,
}

impl<R: DeserializeOwned> GraphqlPages<R> {
    pub(super) fn new(client: Client, call: GraphqlCall<(), Value>, rows: String) -> Self {
        GraphqlPages {
            client,
            call,
            rows,
            time: "/datetime".to_owned(),
            since: "since".to_owned(),
            limit: "limit".to_owned(),
            max_pages: 10_000,
            fetched: 0,
            in_flight: None,
            seen: Seen::default(),
            wrong: None,
            ended: false,
            row: PhantomData,
        }
    }

    /// Where the time is in a row, as a JSON pointer. Default `/datetime`; `/dimensions/datetime` for groups.
    pub fn time(mut self, pointer: impl Into<String>) -> Self {
        self.time = pointer.into();
        self
    }

    /// The names of the variables with the time that a page starts at, included, and with the number of rows on a page.
    /// Default `since` and `limit`.
    pub fn variables(mut self, since: impl Into<String>, limit: impl Into<String>) -> Self {
        (self.since, self.limit) = (since.into(), limit.into());
        self
    }

    /// How many pages there may be; more are an error. Default 10,000.
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.max_pages = pages;
        self
    }

    /// Sets what every call can set, for each page: see [`GraphqlCall::with`].
    pub fn with(mut self, settings: impl FnOnce(Call<(), Untyped>) -> Call<(), Untyped>) -> Self {
        self.call = self.call.with(settings);
        self
    }

    /// Same as [`GraphqlCall::account_based_limit`].
    pub fn account_based_limit(mut self) -> Self {
        self.call = self.call.account_based_limit();
        self
    }

    /// The next page, never empty; `None` at the end.
    ///
    /// # Errors
    /// Those of the query; when there are no rows where they are expected, or a row is not an `R`; and see
    /// [`GraphqlPages`].
    pub async fn next(&mut self) -> Option<Result<Vec<R>, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The rest of the rows.
    ///
    /// # Errors
    /// Same as [`next`](Self::next).
    pub async fn collect_all(mut self) -> Result<Vec<R>, Error> {
        let mut rows = Vec::new();
        while let Some(page) = self.next().await {
            rows.extend(page?);
        }
        Ok(rows)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<R>, Error>>> {
        loop {
            if let Some(wrong) = self.wrong.take() {
                self.ended = true;
                return Poll::Ready(Some(Err(wrong)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let page = match &mut self.in_flight {
                Some(page) => ready!(Pin::new(page).poll(cx)),
                None => match self.request() {
                    Ok(page) => {
                        self.in_flight = Some(page);
                        continue;
                    }
                    Err(error) => Err(error),
                },
            };
            self.in_flight = None;
            match page.and_then(|data| self.take(data)) {
                Ok(rows) if rows.is_empty() => {}
                Ok(rows) => return Poll::Ready(Some(Ok(rows))),
                Err(error) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    fn request(&mut self) -> Result<SendFuture<Value>, Error> {
        self.limit()?;
        self.start()?;
        if self.fetched == self.max_pages {
            let most = self.max_pages;
            return Err(wrong(format!(
                "there are more than {most} pages; raise max_pages if that is expected"
            )));
        }
        self.fetched += 1;
        let call = GraphqlCall {
            via: (),
            body: self.call.body.clone(),
            settings: self.settings(),
            data: PhantomData,
        };
        Ok(call.send_by(&self.client))
    }

    /// The settings of a page's call. A call is not `Clone`, its options are.
    fn settings(&self) -> Call<(), Untyped> {
        let mut call = Call::untyped((), Method::POST, PATH);
        *call.options_mut() = self.call.settings.options().clone();
        call
    }

    fn variable(&self, name: &str) -> &Value {
        &self.call.body.get("variables").unwrap_or(&Value::Null)[name]
    }

    fn limit(&self) -> Result<usize, Error> {
        let limit = self.variable(&self.limit).as_u64();
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        limit.filter(|limit| *limit > 0).ok_or_else(|| {
            let name = &self.limit;
            unsent(format!(
                "the variable `{name}` has to be the number of rows on a page, 1 or more (nothing was sent)"
            ))
        })
    }

    fn start(&self) -> Result<&str, Error> {
        self.variable(&self.since).as_str().ok_or_else(|| {
            let name = &self.since;
            unsent(format!(
                "the variable `{name}` has to be the time to start at (nothing was sent)"
            ))
        })
    }

    /// The new rows of a page; sets where the next one starts.
    fn take(&mut self, mut data: Value) -> Result<Vec<R>, Error> {
        let (limit, start) = (self.limit()?, self.start()?.to_owned());
        let Some(Value::Array(page)) = data.pointer_mut(&self.rows).map(Value::take) else {
            let at = &self.rows;
            return Err(wrong(format!(
                "there is no list at `{at}` in the data: check the pointer, and the filter that names the zone or account"
            )));
        };
        let is_full = page.len() >= limit;
        let Some(last) = page.last() else {
            self.ended = true;
            return Ok(Vec::new());
        };
        let Some(end) = last.pointer(&self.time).and_then(Value::as_str) else {
            let at = &self.time;
            return Err(wrong(format!(
                "a row has no time at `{at}`: select it in the query, and name the place with `time`"
            )));
        };
        let end = end.to_owned();
        if compare(&end, &start) == Ordering::Less {
            return Err(wrong(format!(
                "the last row is of {end}, before the page's start at {start}: sort the rows by time, ascending (`orderBy: \
                 [datetime_ASC]`), and filter them from the start on (`datetime_geq`)"
            )));
        }
        let time = self.time.as_str();
        let new = self.seen.take(page, |row| {
            row.pointer(time).and_then(Value::as_str) == Some(end.as_str())
        });
        if !is_full {
            self.ended = true;
        } else if end == start {
            // A further page could only be the same.
            self.wrong = Some(wrong(format!(
                "{limit} rows or more are of {end}, so that the next page cannot be told from this one: raise the limit, or \
                 select fewer rows"
            )));
        } else if let Some(Value::Object(variables)) = self.call.body.get_mut("variables") {
            variables.insert(self.since.clone(), end.into());
        }
        new.into_iter().map(row).collect()
    }
}

fn row<R: DeserializeOwned>(row: Value) -> Result<R, Error> {
    let text = row.to_string();
    serde_json::from_str(&text).map_err(|error| of_query(Mismatch::new(&error, text.as_bytes())))
}

/// How two times relate. Those of a dataset are written alike; others are taken for equal.
fn compare(a: &str, b: &str) -> Ordering {
    if a.len() == b.len() {
        a.cmp(b)
    } else {
        Ordering::Equal
    }
}

fn of_query(cause: impl Into<Cause>) -> Error {
    let request = RequestInfo::untyped(Method::POST, PATH.to_owned());
    Error::new(cause).unsent(request)
}

fn wrong(message: String) -> Error {
    of_query(Cause::Pages(message))
}

fn unsent(message: String) -> Error {
    of_query(Cause::Input(message.into()))
}

#[cfg(feature = "futures")]
impl<R: DeserializeOwned> futures_core::Stream for GraphqlPages<R> {
    type Item = Result<Vec<R>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

/// Shows neither query nor variables.
impl<R> fmt::Debug for GraphqlPages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphqlPages")
            .field("rows", &self.rows)
            .field("fetched", &self.fetched)
            .finish_non_exhaustive()
    }
}
