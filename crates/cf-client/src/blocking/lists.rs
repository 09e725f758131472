//! Lists as iterators.

use std::fmt;
use std::sync::Arc;

use cf_types::codec::Field;
use cf_types::{Call, Cursor, Page, Paged, Paginate};

use super::Client;
use super::runtime::Background;
use crate::error::Error;

macro_rules! list {
    ($(#[$doc:meta])* $name:ident of $item:ty) => {
        $(#[$doc])*
        #[must_use = "nothing is fetched until it is iterated"]
        pub struct $name<T> {
            /// Absent while it is on the client's thread, and after that has failed.
            list: Option<crate::list::$name<T>>,
            background: Arc<Background>,
        }

        impl<T: Field + Default + Send + 'static> $name<T> {
            /// As the async client's `max_pages`: how many pages there may be; more are an error.
            pub fn max_pages(mut self, pages: u64) -> Self {
                self.list = self.list.map(|list| list.max_pages(pages));
                self
            }

            /// Resumes at `cursor`, where an earlier walk through the same list stopped.
            pub fn resume_from(mut self, cursor: Cursor) -> Self {
                self.list = self.list.map(|list| list.resume_from(cursor));
                self
            }

            /// Fetches up to `pages` pages concurrently, if they are numbered and their number is known.
            pub fn concurrency(mut self, pages: usize) -> Self {
                self.list = self.list.map(|list| list.concurrency(pages));
                self
            }

            /// Where to resume: the page after the current one.
            pub fn cursor(&self) -> Option<&Cursor> {
                self.list.as_ref()?.cursor()
            }

            /// The rest of the list.
            ///
            /// # Errors
            /// As for the call itself; and when the list would never end, or lacks what the server announced.
            pub fn collect_all(self) -> Result<Vec<$item>, Error> {
                self.collect()
            }
        }

        impl<T: Field + Default + Send + 'static> Iterator for $name<T> {
            type Item = Result<$item, Error>;

            fn next(&mut self) -> Option<Self::Item> {
                let mut list = self.list.take()?;
                let next = self.background.run(async move {
                    let next = list.next().await;
                    (list, next)
                });
                match next {
                    Ok((list, next)) => {
                        self.list = Some(list);
                        next
                    }
                    Err(error) => Some(Err(error)),
                }
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("list", &self.list).finish_non_exhaustive()
            }
        }
    };
}

list! {
    /// The pages of a list, one after the other; see the async client's [`Pages`](crate::Pages).
    Pages of Page<T>
}

list! {
    /// The items of a list, one after the other; see the async client's [`Items`](crate::Items).
    ///
    /// `take(n)` ends it early; to fetch no page in vain, use [`max_items`](Self::max_items).
    Items of T
}

impl<T: Field + Default + Send + 'static> Items<T> {
    /// Ends after `items` items; no further page is fetched.
    pub fn max_items(mut self, items: usize) -> Self {
        self.list = self.list.map(|list| list.max_items(items));
        self
    }
}

impl Paginate for &Client {
    type Pages<O: Paged> = Pages<O::Item>;
    type Items<O: Paged> = Items<O::Item>;
    type First<O: Paged> = Result<Option<O::Item>, Error>;

    fn pages<O: Paged>(self, call: Call<(), O>) -> Self::Pages<O> {
        Pages {
            list: Some(Paginate::pages(&self.client, call)),
            background: Arc::clone(&self.background),
        }
    }

    fn items<O: Paged>(self, call: Call<(), O>) -> Self::Items<O> {
        Items {
            list: Some(Paginate::items(&self.client, call)),
            background: Arc::clone(&self.background),
        }
    }

    fn first<O: Paged>(self, call: Call<(), O>) -> Self::First<O> {
        self.wait(Paginate::first(&self.client, call))
    }
}
