//! Sends no more than the API accepts.

mod headers;
mod local;
mod permit;
mod refusal;
mod schedule;
mod server;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cf_auth::MaybeReady;
use http::StatusCode;

pub use headers::{RateLimit, RateLimits};
pub use local::LocalBudget;
pub(crate) use permit::Permit;
pub(crate) use refusal::{is_throttled, may_be_throttled, scope, wait_in_words};

/// The longest that a gate stays closed on the server's word alone: as long as the API blocks a user who exceeded its
/// limit.
const LONGEST_CLOSED: Duration = Duration::from_secs(5 * 60);

/// Decides when a request may be sent, so that the API never has to turn one away.
///
/// A client asks for a permit before each attempt ([`acquire`](Self::acquire)), waits as it is told, and
/// asks again. It passes on what each reply says ([`record`](Self::record)), and returns the permit when the
/// request is over ([`release`](Self::release)). The default is a [`LocalBudget`]; the crate `cf-ratelimit-redis` keeps one
/// budget for many machines.
///
/// ```
/// use std::time::Duration;
/// use cf_client::auth::MaybeReady;
/// use cf_client::{Acquire, Decision, RateLimitReply, RateLimiter};
///
/// /// Sends only in the second half of each minute.
/// #[derive(Debug)]
/// struct HalfMinutes { started: std::time::Instant }
///
/// impl RateLimiter for HalfMinutes {
///     fn acquire(&self, request: Acquire) -> MaybeReady<'_, Decision> {
///         let second = request.now.duration_since(self.started).as_secs() % 60;
///         MaybeReady::ready(match 30_u64.checked_sub(second) {
///             Some(wait) if wait > 0 => Decision::Wait(Duration::from_secs(wait)),
///             _ => Decision::Proceed,
///         })
///     }
///     fn record(&self, _: &RateLimitReply<'_>) {}
///     fn release(&self, _: u64, _: std::time::Instant) {}
/// }
/// ```
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// Whether the request may be sent now, or how long to wait before asking again. The first
    /// [`Decision::Wait`] puts the request in the queue, unless it is longer than the request can wait;
    /// [`Decision::Proceed`] counts it as sent.
    fn acquire(&self, request: Acquire) -> MaybeReady<'_, Decision>;

    /// Records what a reply says: when its head is here, and again if its body says that the request was throttled.
    fn record(&self, reply: &RateLimitReply<'_>);

    /// The request was answered, has failed, or no longer waits. Called once for each request that asked, whatever
    /// became of it; must not block.
    fn release(&self, ticket: u64, now: Instant);

    /// Forgets what the server has said, so that nothing waits for it any longer. What was sent still
    /// counts.
    fn reset(&self) {}
}

/// A request that asks for a permit.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Acquire {
    /// Identifies the request within this process.
    pub ticket: u64,
    /// The operation's name, like `dns.records.list`; `None` for calls to any path.
    pub operation: Option<&'static str>,
    /// The time now, by the client's timer.
    pub now: Instant,
    /// How long it can wait: what is left until the call's deadline.
    pub max_wait: Duration,
}

impl Acquire {
    /// A request with this ticket that waits as long as it takes.
    pub fn new(ticket: u64, now: Instant) -> Self {
        Acquire {
            ticket,
            operation: None,
            now,
            max_wait: Duration::MAX,
        }
    }
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Now.
    Proceed,
    /// Not before this time has passed; then ask again.
    Wait(Duration),
}

/// A reply, as a limiter sees it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RateLimitReply<'a> {
    /// The request's ticket.
    pub ticket: u64,
    /// The operation's name; `None` for calls to any path.
    pub operation: Option<&'static str>,
    /// The status.
    pub status: StatusCode,
    /// What the headers say.
    pub limits: &'a RateLimits,
    /// When the reply came, by the client's timer.
    pub now: Instant,
    /// Set if the request was throttled, with status 429 or in the body of any other reply: how far that reaches.
    pub throttled: Option<ThrottleScope>,
    /// How long to hold off if the request was throttled and the server does not say for how long. It grows with each
    /// refusal.
    pub backoff: Option<Duration>,
}

/// How far it reaches that a request was throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThrottleScope {
    /// All requests.
    All,
    /// Those of the same operation: a product's own limit was reached, or that of one resource.
    Operation,
}

impl<'a> RateLimitReply<'a> {
    /// A reply to the request with this ticket. It was throttled if the status is 429.
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
    fn acquire(&self, request: Acquire) -> MaybeReady<'_, Decision> {
        (**self).acquire(request)
    }

    fn record(&self, reply: &RateLimitReply<'_>) {
        (**self).record(reply);
    }

    fn release(&self, ticket: u64, now: Instant) {
        (**self).release(ticket, now);
    }

    fn reset(&self) {
        (**self).reset();
    }
}
