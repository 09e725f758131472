use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long an exchange may take.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// Limit on the wait for the next sign of life.
    pub(super) read: Option<Duration>,
    /// Limit from the start to the last byte of the reply.
    pub(super) total: Option<Duration>,
}

/// The limit that passed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Passed {
    Read(Duration),
    Total(Duration),
}

/// Watches the limits of one exchange.
pub(super) struct Clock {
    limits: Limits,
    total: Option<Pin<Box<Sleep>>>,
    idle: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            total: None,
            idle: None,
        }
    }

    /// The total time counts from now on.
    pub(super) fn start(&mut self) {
        let total = self.limits.total;
        self.total = total.map(|limit| Box::pin(sleep_until(later(Instant::now(), limit))));
    }

    /// Whether it matters how long there has been no sign of life.
    pub(super) fn limits_silence(&self) -> bool {
        self.limits.read.is_some()
    }

    /// The total limit, if it has passed. Asked before each piece of a reply, as a timer is only polled while there is
    /// none.
    pub(super) fn total_passed(&self) -> Option<Passed> {
        let (sleep, limit) = (self.total.as_ref()?, self.limits.total?);
        (sleep.deadline() <= Instant::now()).then_some(Passed::Total(limit))
    }

    /// Ready when a limit has passed, with `idle_since` as the last sign of life; `None` if no wait is going on.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        idle_since: Option<Instant>,
    ) -> Poll<Passed> {
        if let (Some(sleep), Some(limit)) = (&mut self.total, self.limits.total)
            && poll(sleep, cx).is_ready()
        {
            return Poll::Ready(Passed::Total(limit));
        }
        let (Some(since), Some(limit)) = (idle_since, self.limits.read) else {
            return Poll::Pending;
        };
        let due = later(since, limit);
        let sleep = self.idle.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if sleep.deadline() != due {
            sleep.as_mut().reset(due);
        }
        poll(sleep, cx).map(|()| Passed::Read(limit))
    }
}

/// Timers fire whatever else the task has done: a server that keeps it busy would use up the task's cooperative budget
/// in tokio, and no timer would be ready any more. Nor does a task that is woken by others wait for the timer's turn.
fn poll(sleep: &mut Pin<Box<Sleep>>, cx: &mut Context<'_>) -> Poll<()> {
    if sleep.deadline() <= Instant::now() {
        return Poll::Ready(());
    }
    pin!(unconstrained(sleep.as_mut())).poll(cx)
}

/// `since + limit`, or the far future if that can't be represented.
fn later(since: Instant, limit: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);
    since.checked_add(limit).unwrap_or_else(|| since + FAR)
}
