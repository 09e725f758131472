//! A request's place among those that wait.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode};

use super::headers::Reader;
use super::{RateLimitReply, RateLimiter, Turn, Waiting};
use crate::timer::Timer;

static TICKETS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Not in use while a reply is read.
    static READER: Cell<Option<Reader>> = const { Cell::new(None) };
}

/// Given up when dropped: whoever waits no longer must not be waited for.
pub(crate) struct Place<'a> {
    limiter: &'a dyn RateLimiter,
    timer: &'a dyn Timer,
    operation: Option<&'static str>,
    ticket: u64,
    /// When the answer came, if it has.
    answered: Option<Instant>,
}

impl<'a> Place<'a> {
    pub(crate) fn new(
        limiter: &'a dyn RateLimiter,
        timer: &'a dyn Timer,
        operation: Option<&'static str>,
    ) -> Self {
        let ticket = TICKETS.fetch_add(1, Ordering::Relaxed);
        Place {
            limiter,
            timer,
            operation,
            ticket,
            answered: None,
        }
    }

    pub(crate) fn turn_at_once(&self, now: Instant, patience: Duration) -> Option<Turn> {
        self.limiter.turn_at_once(&self.waiting(now, patience))
    }

    pub(crate) async fn turn(&self, now: Instant, patience: Duration) -> Turn {
        self.limiter.turn(&self.waiting(now, patience)).await
    }

    fn waiting(&self, now: Instant, patience: Duration) -> Waiting {
        Waiting {
            ticket: self.ticket,
            operation: self.operation,
            now,
            patience,
        }
    }

    /// The request was answered.
    pub(crate) fn answered(mut self, now: Instant, status: StatusCode, headers: &HeaderMap) {
        self.answered = Some(now);
        let mut reader = READER.try_with(Cell::take).unwrap_or_default();
        let limits = reader.get_or_insert_default().read(headers);
        self.limiter.learn(&RateLimitReply {
            ticket: self.ticket,
            operation: self.operation,
            status,
            limits,
            now,
        });
        let _ = READER.try_with(|kept| kept.set(reader));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let now = self.answered.unwrap_or_else(|| self.timer.now());
        self.limiter.leave(self.ticket, now);
    }
}
