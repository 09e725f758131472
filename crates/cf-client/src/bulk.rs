//! Many calls at once, but not too many.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Makes a call for each of the items, several at once, within the client's rate limit. `call` makes the future:
    /// that of an operation (`.send()`), or of several. Nothing is sent before the first [`next`](Bulk::next).
    ///
    /// A call that fails does not end the others: its error is the result of its item.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// let names = ["example.com", "example.net"];
    /// let mut zones = client.bulk(names, |client, name| {
    ///     let client = client.clone();
    ///     async move { client.zone_id(name).await }
    /// });
    /// while let Some(done) = zones.next().await {
    ///     match done.result {
    ///         Ok(id) => println!("{}: {id}", names[done.index]),
    ///         Err(error) => eprintln!("{}: {error}", names[done.index]),
    ///     }
    /// }
    /// println!("{} of {} failed", zones.failed(), zones.done());
    /// # Ok(()) }
    /// ```
    pub fn bulk<I, C, F, T>(&self, items: I, call: C) -> Bulk<I::IntoIter, C, F>
    where
        I: IntoIterator,
        C: FnMut(&Client, I::Item) -> F,
        F: Future<Output = Result<T, Error>>,
    {
        Bulk {
            client: self.clone(),
            items: items.into_iter(),
            call,
            concurrency: 8,
            is_ordered: false,
            most_failures: usize::MAX,
            pending: VecDeque::new(),
            started: 0,
            done: 0,
            failed: 0,
        }
    }
}

/// Calls for many items: what [`Client::bulk`] returns. Dropping it ends those that are under way.
///
/// With the feature `futures`, it is a `futures_core::Stream`, too.
#[must_use = "no call is made before one is asked for"]
pub struct Bulk<I, C, F: Future> {
    client: Client,
    items: I,
    call: C,
    concurrency: usize,
    is_ordered: bool,
    most_failures: usize,
    /// What was started and not yet returned, in order.
    pending: VecDeque<(usize, InFlight<F>)>,
    started: usize,
    done: usize,
    failed: usize,
}

/// A call that has started.
enum InFlight<F: Future> {
    Running(Pin<Box<F>>),
    Done(F::Output),
}

/// Nothing is pinned in it: futures are boxed.
impl<I, C, F: Future> Unpin for Bulk<I, C, F> {}

/// What became of an item.
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkItem<T> {
    /// Which item it was, counted from 0.
    pub index: usize,
    /// What its call returned.
    pub result: Result<T, Error>,
}

impl<I, C, F, T> Bulk<I, C, F>
where
    I: Iterator,
    C: FnMut(&Client, I::Item) -> F,
    F: Future<Output = Result<T, Error>>,
{
    /// How many calls are under way at once. Default 8. The client's rate limit holds besides.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// Returns the results in the order of the items. By default they come as they are ready, so that none waits for
    /// another.
    pub fn ordered(mut self) -> Self {
        self.is_ordered = true;
        self
    }

    /// Starts no further call once so many have failed, 1 or more; those under way are finished. By default all are
    /// made.
    pub fn give_up_after(mut self, failures: usize) -> Self {
        self.most_failures = failures.max(1);
        self
    }

    /// How many calls are done, failures included.
    pub fn done(&self) -> usize {
        self.done
    }

    /// How many of them failed.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// How many calls are under way.
    pub fn under_way(&self) -> usize {
        let is_under_way = |(_, call): &&(usize, InFlight<F>)| matches!(call, InFlight::Running(_));
        self.pending.iter().filter(is_under_way).count()
    }

    /// How many items are left for which no call was made, as far as the iterator says: at least, and at most.
    pub fn left(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }

    /// The next item that is done; `None` after the last one. Dropping this future loses nothing.
    pub async fn next(&mut self) -> Option<BulkItem<T>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The results of all, in the order of the items. Those for which no call was made, since too many
    /// [failed](Self::give_up_after), are missing at the end.
    pub async fn collect_all(mut self) -> Vec<Result<T, Error>> {
        self.is_ordered = true;
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item.result);
        }
        all
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<BulkItem<T>>> {
        loop {
            self.start();
            let mut is_ready = false;
            for (_, call) in &mut self.pending {
                if let InFlight::Running(future) = call
                    && let Poll::Ready(result) = future.as_mut().poll(cx)
                {
                    // Counted at once: in order, one that failed may be returned much later.
                    self.done += 1;
                    self.failed += usize::from(result.is_err());
                    *call = InFlight::Done(result);
                    is_ready = true;
                }
            }
            if let Some(item) = self.take_done() {
                return Poll::Ready(Some(item));
            }
            if self.pending.is_empty() {
                return Poll::Ready(None);
            }
            // In order, one behind the first may be done: its place is not free before that.
            if !is_ready || self.pending.len() >= self.concurrency {
                return Poll::Pending;
            }
        }
    }

    /// Starts as many calls as there is room for.
    fn start(&mut self) {
        while self.pending.len() < self.concurrency && self.failed < self.most_failures {
            let Some(item) = self.items.next() else {
                return;
            };
            let future = Box::pin((self.call)(&self.client, item));
            self.pending
                .push_back((self.started, InFlight::Running(future)));
            self.started += 1;
        }
    }

    fn take_done(&mut self) -> Option<BulkItem<T>> {
        let is_done = |(_, call): &(usize, InFlight<F>)| matches!(call, InFlight::Done(_));
        let at = match self.is_ordered {
            true => self.pending.front().is_some_and(is_done).then_some(0),
            false => self.pending.iter().position(is_done),
        };
        match self.pending.remove(at?)? {
            (index, InFlight::Done(result)) => Some(BulkItem { index, result }),
            (_, InFlight::Running(_)) => None,
        }
    }
}

#[cfg(feature = "futures")]
impl<I, C, F, T> futures_core::Stream for Bulk<I, C, F>
where
    I: Iterator,
    C: FnMut(&Client, I::Item) -> F,
    F: Future<Output = Result<T, Error>>,
{
    type Item = BulkItem<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<I, C, F: Future> fmt::Debug for Bulk<I, C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("started", &self.started)
            .field("done", &self.done)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
