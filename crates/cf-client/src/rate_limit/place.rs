//! A request's place among those that wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::{RateLimitReply, RateLimiter, RateLimits, Turn, Waiting};
use crate::timer::Timer;

static TICKETS: AtomicU64 = AtomicU64::new(0);

/// Given up when dropped: whoever waits no longer must not be waited for.
pub(crate) struct Place<'a> {
    limiter: &'a dyn RateLimiter,
    timer: &'a dyn Timer,
    operation: Option<&'static str>,
    ticket: u64,
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
        }
    }

    pub(crate) async fn turn(&self, patience: Duration) -> Turn {
        let waiting = Waiting {
            ticket: self.ticket,
            operation: self.operation,
            now: self.timer.now(),
            patience,
        };
        self.limiter.turn(&waiting).await
    }

    /// The request was answered.
    pub(crate) fn answered(self, status: StatusCode, headers: &HeaderMap) {
        let limits = RateLimits::from_headers(headers);
        self.limiter.learn(&RateLimitReply {
            ticket: self.ticket,
            operation: self.operation,
            status,
            limits: &limits,
            now: self.timer.now(),
        });
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter.leave(self.ticket, self.timer.now());
    }
}
