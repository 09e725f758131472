//! A request's place among those that wait.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode};

use super::headers::Reader;
use super::{RateLimitReply, RateLimiter, RateLimits, ThrottleScope, Turn, Waiting};
use crate::timer::Timer;

static TICKETS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static READER: RefCell<Reader> = const { RefCell::new(Reader::NEW) };
}

/// Given up when dropped: whoever waits no longer must not be waited for.
pub(crate) struct Place<'a> {
    limiter: &'a dyn RateLimiter,
    timer: &'a dyn Timer,
    operation: Option<&'static str>,
    ticket: u64,
    released: bool,
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
            released: false,
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

    /// The request was answered, and not turned away as far as the head says.
    pub(crate) fn record(&self, now: Instant, status: StatusCode, headers: &HeaderMap) {
        let learn = |reader: &mut Reader| {
            self.limiter.learn(&RateLimitReply {
                ticket: self.ticket,
                operation: self.operation,
                status,
                limits: reader.read(headers),
                now,
                throttled: None,
                backoff: None,
            });
        };
        let read = READER.try_with(|reader| reader.try_borrow_mut().map(|mut it| learn(&mut it)));
        // The thread ends, or the limiter itself sends requests.
        if !matches!(read, Ok(Ok(()))) {
            let mut reader = Reader::NEW;
            learn(&mut reader);
        }
    }

    /// The request was turned away.
    pub(crate) fn record_throttled(
        &self,
        now: Instant,
        status: StatusCode,
        limits: &RateLimits,
        scope: ThrottleScope,
        backoff: Option<Duration>,
    ) {
        self.limiter.learn(&RateLimitReply {
            ticket: self.ticket,
            operation: self.operation,
            status,
            limits,
            now,
            throttled: Some(scope),
            backoff,
        });
    }

    /// The request is over.
    pub(crate) fn release(mut self, now: Instant) {
        self.released = true;
        self.limiter.leave(self.ticket, now);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.released {
            self.limiter.leave(self.ticket, self.timer.now());
        }
    }
}
