//! Sending no more than the API takes.

mod headers;
mod local;
mod place;
mod refusal;
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
pub(crate) use refusal::{is_throttled, may_be_throttled, scope};

/// The longest that a gate stays closed by the server's word alone. The API blocks a user who
/// exceeded its limit for so long.
const LONGEST_CLOSED: Duration = Duration::from_secs(5 * 60);

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

    /// Takes note of what a reply says: when its head came; and once more where its body says that
    /// the request was turned away.
    fn learn(&self, reply: &RateLimitReply<'_>);

    /// The request is answered, has failed, or waits no longer. Called once for each request that
    /// asked, whatever became of it; must not block.
    fn leave(&self, ticket: u64, now: Instant);

    /// Forgets what the server has said, so that nothing waits for it any longer. What was sent still
    /// counts.
    fn reset(&self) {}
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
    /// Set where the request was turned away for too many requests, and how far that reaches. It
    /// comes with status 429, or in the body with any other.
    pub throttled: Option<ThrottleScope>,
    /// How long to hold off where the request was turned away and the server does not say for how
    /// long. It grows with each refusal.
    pub backoff: Option<Duration>,
}

/// How far it reaches that a request was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThrottleScope {
    /// All requests.
    All,
    /// Those of the same operation: a product's own limit was reached, or that of one resource.
    Operation,
}

impl<'a> RateLimitReply<'a> {
    /// A reply to the request with this ticket. It was turned away where the status is 429.
    pub fn new(ticket: u64, status: StatusCode, limits: &'a RateLimits, now: Instant) -> Self {
        let throttled = status == StatusCode::TOO_MANY_REQUESTS;
        RateLimitReply {
            ticket,
            operation: None,
            status,
            limits,
            now,
            throttled: throttled.then_some(ThrottleScope::All),
            backoff: None,
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

    fn reset(&self) {
        (**self).reset();
    }
}
