//! Rows of GraphQL queries as iterators.

use std::fmt;
use std::sync::Arc;

use cf_types::Call;
use serde::de::DeserializeOwned;

use super::runtime::Background;
use crate::error::Error;
use crate::raw::Untyped;

/// The rows of a GraphQL query, page by page; see the async client's [`GraphqlPages`](crate::GraphqlPages).
#[must_use = "no page is fetched until one is asked for"]
pub struct GraphqlPages<R> {
    /// Absent while it is on the client's thread, and after that has failed.
    pages: Option<crate::graphql::GraphqlPages<R>>,
    background: Arc<Background>,
}

impl<R: DeserializeOwned> GraphqlPages<R> {
    pub(super) fn new(pages: crate::graphql::GraphqlPages<R>, background: Arc<Background>) -> Self {
        GraphqlPages {
            pages: Some(pages),
            background,
        }
    }

    /// Where the time is in a row, as a JSON pointer. Default `/datetime`.
    pub fn time(mut self, pointer: impl Into<String>) -> Self {
        self.pages = self.pages.map(|pages| pages.time(pointer));
        self
    }

    /// The names of the variables with the time that a page starts at, and with the number of rows on a page. Default
    /// `since` and `limit`.
    pub fn variables(mut self, since: impl Into<String>, limit: impl Into<String>) -> Self {
        self.pages = self.pages.map(|pages| pages.variables(since, limit));
        self
    }

    /// How many pages there may be; more are an error.
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.pages = self.pages.map(|all| all.max_pages(pages));
        self
    }

    /// Sets what every call can set, for each page.
    pub fn with(mut self, settings: impl FnOnce(Call<(), Untyped>) -> Call<(), Untyped>) -> Self {
        self.pages = self.pages.map(|pages| pages.with(settings));
        self
    }

    /// Counts the queries against the limits of the accounts and zones in them.
    pub fn account_based_limit(mut self) -> Self {
        self.pages = self.pages.map(|pages| pages.account_based_limit());
        self
    }
}

impl<R: DeserializeOwned + Send + 'static> Iterator for GraphqlPages<R> {
    type Item = Result<Vec<R>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pages = self.pages.take()?;
        let next = self.background.run(async move {
            let next = pages.next().await;
            (pages, next)
        });
        match next {
            Ok((pages, next)) => {
                self.pages = Some(pages);
                next
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl<R> fmt::Debug for GraphqlPages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphqlPages")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}
