//! A request's permit, and its place in the queue until it has one.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cf_auth::MaybeReady;
use http::{HeaderMap, StatusCode};

use super::headers::Reader;
use super::{Acquire, Decision, RateLimitReply, RateLimiter, RateLimits, ThrottleScope};
use crate::timer::Timer;

static TICKETS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static READER: RefCell<Reader> = const { RefCell::new(Reader::NEW) };
}

/// Released when dropped, so that nobody queues behind a request that is gone.
pub(crate) struct Permit<'a> {
    limiter: &'a dyn RateLimiter,
    timer: &'a dyn Timer,
    operation: Option<&'static str>,
    ticket: u64,
    released: bool,
}

impl<'a> Permit<'a> {
    pub(crate) fn new(
        limiter: &'a dyn RateLimiter,
        timer: &'a dyn Timer,
        operation: Option<&'static str>,
    ) -> Self {
        let ticket = TICKETS.fetch_add(1, Ordering::Relaxed);
        Permit {
            limiter,
            timer,
            operation,
            ticket,
            released: false,
        }
    }

    pub(crate) fn acquire(&self, now: Instant, max_wait: Duration) -> MaybeReady<'a, Decision> {
        self.limiter.acquire(Acquire {
            ticket: self.ticket,
            operation: self.operation,
            now,
            max_wait,
        })
    }

    /// The request was answered, and not throttled as far as the head says.
    pub(crate) fn record(&self, now: Instant, status: StatusCode, headers: &HeaderMap) {
        let record = |reader: &mut Reader| {
            self.limiter.record(&RateLimitReply {
                ticket: self.ticket,
                operation: self.operation,
                status,
                limits: reader.read(headers),
                now,
                throttled: None,
                backoff: None,
            });
        };
        let read = READER.try_with(|reader| reader.try_borrow_mut().map(|mut it| record(&mut it)));
        // The thread ends, or the limiter itself sends requests.
        if !matches!(read, Ok(Ok(()))) {
            let mut reader = Reader::NEW;
            record(&mut reader);
        }
    }

    /// The request was throttled.
    pub(crate) fn record_throttled(
        &self,
        now: Instant,
        status: StatusCode,
        limits: &RateLimits,
        scope: ThrottleScope,
        backoff: Option<Duration>,
    ) {
        self.limiter.record(&RateLimitReply {
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
        self.limiter.release(self.ticket, now);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.released {
            self.limiter.release(self.ticket, self.timer.now());
        }
    }
}
