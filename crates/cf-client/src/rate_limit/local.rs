//! A budget within one process.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cf_auth::MaybeReady;

use super::schedule::{Gate, Schedule};
use super::server::Server;
use super::{Acquire, Decision, RateLimitReply, RateLimiter};

/// Limits the number of requests per time, within one process.
///
/// First come, first served. Four fifths of the budget may be used at once; the rest is spread over
/// the time until room becomes free again, so that a client slows down instead of stopping. In no
/// window of time, wherever it starts, are there more requests than the budget has, and in no second
/// more than the API takes from one address ([`per_second`](Self::per_second)).
///
/// On top of that comes what the server says: nothing is sent that it has said it will refuse. Its word has limits,
/// though, since one odd reply must not stop a client:
/// - No wait lasts longer than the limit's window (`w` in `Ratelimit-Policy`), nor than 5 minutes.
/// - If the server asked for more than that, or did not say for how long, one request goes ahead as a probe when the
///   wait is over, and the others wait for its outcome.
/// - A request that was sent later and not throttled opens what was closed.
/// - [`reset`](RateLimiter::reset) forgets what the server has said.
///
/// Every client has one of its own, shared by its clones, unless one is shared explicitly:
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use cf_client::{Client, LocalBudget};
///
/// // The API counts by user: two clients with tokens of one user share its limit.
/// let budget = Arc::new(LocalBudget::new(1_000, Duration::from_secs(300)));
/// let one = Client::builder().api_token("cfut_a").rate_limiter(Arc::clone(&budget)).build()?;
/// let two = Client::builder().api_token("cfut_b").rate_limiter(budget).build()?;
/// # Ok::<(), cf_client::Error>(())
/// ```
pub struct LocalBudget(Mutex<State>);

struct State {
    schedule: Schedule,
    server: Server,
    /// When the requests without a reply were sent.
    underway: HashMap<u64, Instant, Spread>,
}

/// Tickets are sequential, so spreading out a number's bits is hash enough.
type Spread = BuildHasherDefault<SpreadBits>;

#[derive(Default)]
struct SpreadBits(u64);

impl Hasher for SpreadBits {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_u64(u64::from(*byte)));
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl LocalBudget {
    /// At most `requests` (1 or more) in any window of this length; and
    /// [200 a second](Self::per_second).
    pub fn new(requests: u32, window: Duration) -> Self {
        let quota = usize::try_from(requests).unwrap_or(usize::MAX);
        LocalBudget(Mutex::new(State {
            schedule: Schedule::new(quota, window, Some(PER_SECOND)),
            server: Server::default(),
            underway: HashMap::default(),
        }))
    }

    /// At most `requests` (1 or more) in any second, too; `None` for as many as the window has. Default
    /// 200, which is what the API takes from one address.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cf_client::LocalBudget;
    ///
    /// // Two machines behind one address.
    /// let budget = LocalBudget::new(600, Duration::from_secs(300)).per_second(Some(100));
    /// ```
    pub fn per_second(self, requests: Option<u32>) -> Self {
        let quota = requests.map(|requests| usize::try_from(requests).unwrap_or(usize::MAX));
        self.with(|state| state.schedule.set_per_second(quota));
        self
    }

    /// Changes how many requests (1 or more) it has in a window. Those that wait keep their places.
    pub fn resize(&self, requests: u32) {
        let quota = usize::try_from(requests).unwrap_or(usize::MAX);
        self.with(|state| state.schedule.resize(quota));
    }

    /// Counts a request that was sent now without a permit.
    pub fn count(&self, now: Instant) {
        self.with(|state| state.schedule.count(now));
    }

    /// Counts a request that another limiter let through now, and records its reply like one of its own.
    pub fn count_sent(&self, request: &Acquire) {
        self.with(|state| {
            // This may be the only call for a long time, so what is past is forgotten here.
            state.schedule.forget(request.now);
            state.go(request);
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // Nothing panics while it is held.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the API takes from one address.
/// <https://developers.cloudflare.com/fundamentals/api/reference/limits/>
const PER_SECOND: usize = 200;

/// What the API allows a user: 1,200 requests in 5 minutes, and 200 a second from one address.
impl Default for LocalBudget {
    fn default() -> Self {
        LocalBudget::new(1_200, Duration::from_secs(5 * 60))
    }
}

/// Without what it keeps of each request.
impl fmt::Debug for LocalBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, window) = self.with(|state| state.schedule.quota());
        f.debug_struct("LocalBudget")
            .field("requests", &requests)
            .field("window", &window)
            .finish_non_exhaustive()
    }
}

impl RateLimiter for LocalBudget {
    fn acquire(&self, request: Acquire) -> MaybeReady<'_, Decision> {
        MaybeReady::ready(self.with(|state| state.acquire(&request)))
    }

    fn record(&self, reply: &RateLimitReply<'_>) {
        self.with(|state| state.record(reply));
    }

    fn release(&self, ticket: u64, _: Instant) {
        self.with(|state| {
            state.underway.remove(&ticket);
            state.schedule.remove(ticket);
            state.server.release(ticket);
        });
    }

    fn reset(&self) {
        self.with(|state| {
            state.server = Server::default();
            state.schedule.clear_queue();
        });
    }
}

impl State {
    fn acquire(&mut self, request: &Acquire) -> Decision {
        let Acquire {
            ticket,
            operation,
            now,
            max_wait,
        } = *request;
        // Fast path: far from every limit, the request may go now.
        if self.server.leaves_room(now) && self.schedule.leaves_room(now) {
            return self.go(request);
        }
        // No place for those whose own limit is used up: they would block the others.
        if let Some(opens) = self.server.closed_for(operation, now) {
            self.schedule.remove(ticket);
            return Decision::Wait(opens.saturating_duration_since(now));
        }
        let schedule = &self.schedule;
        let planned = |time| schedule.planned_before(time) as u64;
        let gate = self.server.gate(now, planned);
        let slot = self.schedule.slot(ticket, now, gate);
        let slot = match self
            .server
            .closed_for_all(now)
            .filter(|opens| slot < *opens)
        {
            Some(opens) => {
                // The gate closed after the places were given.
                self.schedule.replan(now, Gate::at(opens));
                self.schedule.slot(ticket, now, Gate::at(opens))
            }
            None => slot,
        };
        if slot <= now {
            return self.go(request);
        }
        let wait = slot.saturating_duration_since(now);
        if wait >= max_wait {
            self.schedule.remove(ticket);
        }
        Decision::Wait(wait)
    }

    fn go(&mut self, request: &Acquire) -> Decision {
        self.schedule.send(request.ticket, request.now);
        self.server
            .send(request.ticket, request.operation, request.now);
        self.underway.insert(request.ticket, request.now);
        Decision::Proceed
    }

    fn record(&mut self, reply: &RateLimitReply<'_>) {
        let sent = self.underway.remove(&reply.ticket);
        let underway = self.underway.len() as u64;
        if self.server.record(reply, sent, underway) {
            // As if nobody were planned: all get new places behind the gate.
            let gate = self.server.gate(reply.now, |_| 0);
            self.schedule.replan(reply.now, gate);
        }
    }
}
