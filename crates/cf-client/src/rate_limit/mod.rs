//! Sending no more than the API takes.

mod headers;
mod local;
mod place;
mod schedule;
mod server;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cf_auth::BoxFuture;
use http::StatusCode;

pub use headers::{RateLimit, RateLimits};
pub use local::LocalBudget;
pub(crate) use place::Place;

/// Decides when a request may be sent, so that the API never has to turn one away.
///
/// A client asks before each attempt ([`turn`](Self::turn)), waits as it is told, and asks again. It
/// passes on what each reply says ([`learn`](Self::learn)), and says when a request is over
/// ([`leave`](Self::leave)). The default is a [`LocalBudget`]; the crate `cf-ratelimit-redis` keeps one
/// budget for many machines.
///
/// ```
/// use std::time::Duration;
/// use cf_client::auth::BoxFuture;
/// use cf_client::{RateLimitReply, RateLimiter, Turn, Waiting};
///
/// /// Sends only in the second half of each minute.
/// #[derive(Debug)]
/// struct HalfMinutes { started: std::time::Instant }
///
/// impl RateLimiter for HalfMinutes {
///     fn turn<'a>(&'a self, waiting: &'a Waiting) -> BoxFuture<'a, Turn> {
///         let second = waiting.now.duration_since(self.started).as_secs() % 60;
///         let turn = match 30_u64.checked_sub(second) {
///             Some(wait) if wait > 0 => Turn::Wait(Duration::from_secs(wait)),
///             _ => Turn::Go,
///         };
///         Box::pin(std::future::ready(turn))
///     }
///     fn learn(&self, _: &RateLimitReply<'_>) {}
///     fn leave(&self, _: u64, _: std::time::Instant) {}
/// }
/// ```
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// Whether the request may be sent now, or how long to wait before asking again. The first
    /// answer [`Turn::Wait`] gives the request a place, unless it is longer than its patience; the
    /// answer [`Turn::Go`] counts it as sent.
    fn turn<'a>(&'a self, waiting: &'a Waiting) -> BoxFuture<'a, Turn>;

    /// The same, where the answer needs no waiting for: no future has to be made then. With `None`,
    /// which is the default, [`turn`](Self::turn) is asked.
    fn turn_at_once(&self, waiting: &Waiting) -> Option<Turn> {
        let _ = waiting;
        None
    }

    /// Takes note of what a reply says.
    fn learn(&self, reply: &RateLimitReply<'_>);

    /// The request is answered, has failed, or waits no longer. Called once for each request that
    /// asked, whatever became of it; must not block.
    fn leave(&self, ticket: u64, now: Instant);
}

/// A request that waits for its turn.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Waiting {
    /// Tells it from all others of this process.
    pub ticket: u64,
    /// The operation's name, like `dns.records.list`; `None` for requests by path.
    pub operation: Option<&'static str>,
    /// The time now, by the client's timer.
    pub now: Instant,
    /// How long it can wait: what is left until the call's deadline.
    pub patience: Duration,
}

impl Waiting {
    /// A request with this ticket that waits for as long as it takes.
    pub fn new(ticket: u64, now: Instant) -> Self {
        Waiting {
            ticket,
            operation: None,
            now,
            patience: Duration::MAX,
        }
    }
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Now.
    Go,
    /// Not before this time has passed; then it is to ask again.
    Wait(Duration),
}

/// A reply, as a limiter sees it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RateLimitReply<'a> {
    /// The request's ticket.
    pub ticket: u64,
    /// The operation's name; `None` for requests by path.
    pub operation: Option<&'static str>,
    /// The status.
    pub status: StatusCode,
    /// What the headers say.
    pub limits: &'a RateLimits,
    /// When the reply came, by the client's timer.
    pub now: Instant,
}

impl<'a> RateLimitReply<'a> {
    /// A reply to the request with this ticket.
    pub fn new(ticket: u64, status: StatusCode, limits: &'a RateLimits, now: Instant) -> Self {
        RateLimitReply {
            ticket,
            operation: None,
            status,
            limits,
            now,
        }
    }
}

impl<L: RateLimiter + ?Sized> RateLimiter for Arc<L> {
    fn turn<'a>(&'a self, waiting: &'a Waiting) -> BoxFuture<'a, Turn> {
        (**self).turn(waiting)
    }

    fn turn_at_once(&self, waiting: &Waiting) -> Option<Turn> {
        (**self).turn_at_once(waiting)
    }

    fn learn(&self, reply: &RateLimitReply<'_>) {
        (**self).learn(reply);
    }

    fn leave(&self, ticket: u64, now: Instant) {
        (**self).leave(ticket, now);
    }
}
