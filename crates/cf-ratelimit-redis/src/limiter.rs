//! The limiter: Redis while it answers, otherwise a budget of this process.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cf_client::auth::MaybeReady;
use cf_client::{
    Acquire, Decision, LocalBudget, RateLimitReply, RateLimiter, RateLimits, ThrottleScope,
};
use http::StatusCode;
use redis::{ErrorKind, RedisError, ScriptInvocation};

use crate::connection::Connection;
use crate::script::Budget;

pub(crate) type OnChange = dyn Fn(&Sharing) + Send + Sync;

/// One budget of requests for many processes and machines, kept in Redis. Clones share it.
///
/// Give it to [`ClientBuilder::rate_limiter`](cf_client::ClientBuilder::rate_limiter).
///
/// While Redis does not answer, or refuses the user and password, each process keeps to
/// [its share](crate::RedisBudgetBuilder::local_requests) of the budget: its number of requests divided
/// by the number of processes that used it last; a tenth if Redis was never reached. That change is
/// reported to [`on_change`](crate::RedisBudgetBuilder::on_change) and, with the feature `tracing` (which is on
/// by default), as a `tracing` warning.
///
/// What the API tells one process holds for all, and is limited like in
/// [`LocalBudget`]: a wait ends with the limit's window or after 5 minutes, one request of
/// one process then goes ahead as a probe, and replies to later requests open the gate.
/// [`reset`](RateLimiter::reset) opens it for all processes at once.
#[derive(Clone)]
pub struct RedisBudget(Arc<Inner>);

struct Inner {
    script: Budget,
    connection: Connection,
    local: LocalBudget,
    limit: Limit,
    /// How many processes used it last; 0 if Redis has never said.
    members: AtomicU32,
    sharing: Mutex<Sharing>,
    /// The requests that Redis knows of, and still has to be told the end of.
    known: Mutex<HashSet<u64>>,
    on_change: Option<Box<OnChange>>,
}

/// The part of the budget that a process keeps to if it does not know how many share it.
const UNKNOWN_SHARE: u32 = 10;

/// How much may be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) requests: u32,
    pub(crate) window: Duration,
    pub(crate) per_second: Option<u32>,
    pub(crate) local_requests: Option<u32>,
}

impl Limit {
    /// One process's share if this many share it; 0 for an unknown number.
    fn share(&self, members: u32) -> u32 {
        let members = if members == 0 { UNKNOWN_SHARE } else { members };
        let share = self.local_requests.unwrap_or(self.requests / members);
        share.clamp(1, self.requests)
    }
}

/// Who keeps the budget.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sharing {
    /// Redis does, for all processes.
    Shared,
    /// Redis is unavailable: this process keeps to its share.
    #[non_exhaustive]
    Local {
        /// How many requests the share has.
        requests: u32,
        /// What is wrong with Redis.
        reason: String,
    },
}

impl fmt::Display for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sharing::Shared => f.write_str("shared through Redis"),
            Sharing::Local { requests, reason } => write!(
                f,
                "Redis is unavailable ({reason}); this process keeps to its share, {requests} requests in each \
                 window, and does not know what the others send"
            ),
        }
    }
}

impl RedisBudget {
    pub(crate) fn new(
        script: Budget,
        connection: Connection,
        limit: Limit,
        on_change: Option<Box<OnChange>>,
    ) -> Self {
        RedisBudget(Arc::new(Inner {
            script,
            connection,
            local: LocalBudget::new(limit.share(0), limit.window).per_second(limit.per_second),
            limit,
            members: AtomicU32::new(0),
            sharing: Mutex::new(Sharing::Shared),
            known: Mutex::new(HashSet::new()),
            on_change,
        }))
    }

    /// Who keeps the budget at present. Redis counts as available until it fails.
    pub fn sharing(&self) -> Sharing {
        lock(&self.0.sharing).clone()
    }
}

impl Inner {
    async fn ask(&self, request: &Acquire) -> Result<Decision, RedisError> {
        let mut connection = self.connection.get().await?;
        // Recorded before it is sent: even if this future is dropped, Redis learns of its end.
        lock(&self.known).insert(request.ticket);
        let answer = self.script.acquire(&mut connection, request).await?;
        self.members.store(answer.members.max(1), Ordering::Relaxed);
        if answer.wait.is_zero() {
            // If Redis becomes unavailable, what was sent before still counts.
            self.local.count_sent(request);
            return Ok(Decision::Proceed);
        }
        Ok(Decision::Wait(answer.wait))
    }

    async fn acquire(&self, request: Acquire) -> Decision {
        if self.connection.is_paused() {
            return self.local.acquire(request).await;
        }
        match self.ask(&request).await {
            Ok(decision) => {
                self.local.release(request.ticket, request.now);
                self.set(Sharing::Shared);
                decision
            }
            Err(error) => {
                self.connection.failed().await;
                let requests = self.limit.share(self.members.load(Ordering::Relaxed));
                self.local.resize(requests);
                let reason = describe(&error);
                self.set(Sharing::Local { requests, reason });
                self.local.acquire(request).await
            }
        }
    }

    fn set(&self, now: Sharing) {
        {
            let mut sharing = lock(&self.sharing);
            let same = matches!(
                (&*sharing, &now),
                (Sharing::Shared, Sharing::Shared) | (Sharing::Local { .. }, Sharing::Local { .. })
            );
            if same {
                return;
            }
            *sharing = now.clone();
        }
        #[cfg(feature = "tracing")]
        match &now {
            Sharing::Shared => tracing::info!("the rate limit is {now}"),
            Sharing::Local { .. } => tracing::warn!("the rate limit: {now}"),
        }
        if let Some(tell) = &self.on_change {
            tell(&now);
        }
    }

    /// Tells Redis something, without waiting for it. If Redis is unavailable, or there is no runtime,
    /// Redis forgets requests by itself after a while.
    fn tell(self: &Arc<Self>, news: News) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if self.connection.is_paused() {
            return;
        }
        let inner = Arc::clone(self);
        runtime.spawn(async move {
            let told = async {
                let mut connection = inner.connection.get().await?;
                news.call(&inner.script)
                    .invoke_async::<()>(&mut connection)
                    .await
            };
            if told.await.is_err() {
                inner.connection.failed().await;
            }
        });
    }
}

/// What Redis is told.
enum News {
    Reset,
    Left(u64),
    Answered {
        ticket: u64,
        operation: Option<&'static str>,
        status: StatusCode,
        limits: RateLimits,
        now: Instant,
        throttled: Option<ThrottleScope>,
        backoff: Option<Duration>,
    },
}

impl News {
    fn call<'a>(&self, script: &'a Budget) -> ScriptInvocation<'a> {
        match self {
            News::Reset => script.reset(),
            News::Left(ticket) => script.release(*ticket),
            News::Answered {
                ticket,
                operation,
                status,
                limits,
                now,
                throttled,
                backoff,
            } => {
                let mut reply = RateLimitReply::new(*ticket, *status, limits, *now);
                reply.operation = *operation;
                (reply.throttled, reply.backoff) = (*throttled, *backoff);
                script.record(&reply)
            }
        }
    }
}

impl RateLimiter for RedisBudget {
    fn acquire(&self, request: Acquire) -> MaybeReady<'_, Decision> {
        MaybeReady::future(self.0.acquire(request))
    }

    fn record(&self, reply: &RateLimitReply<'_>) {
        self.0.local.record(reply);
        lock(&self.0.known).remove(&reply.ticket);
        self.0.tell(News::Answered {
            ticket: reply.ticket,
            operation: reply.operation,
            status: reply.status,
            limits: reply.limits.clone(),
            now: reply.now,
            throttled: reply.throttled,
            backoff: reply.backoff,
        });
    }

    fn release(&self, ticket: u64, now: Instant) {
        self.0.local.release(ticket, now);
        if lock(&self.0.known).remove(&ticket) {
            self.0.tell(News::Left(ticket));
        }
    }

    /// For all processes that share the budget. Redis is told in the background, which requires a
    /// runtime.
    fn reset(&self) {
        self.0.local.reset();
        self.0.tell(News::Reset);
    }
}

impl fmt::Debug for RedisBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBudget")
            .field("requests", &self.0.limit.requests)
            .field("window", &self.0.limit.window)
            .field("sharing", &self.sharing())
            .finish_non_exhaustive()
    }
}

/// What is wrong, without an address or a password.
fn describe(error: &RedisError) -> String {
    let code = error.code();
    let is_refused = error.kind() == ErrorKind::AuthenticationFailed
        || code.is_some_and(|code| ["NOAUTH", "WRONGPASS", "NOPERM"].contains(&code));
    if is_refused {
        return "it refuses the user and password; check those in its address, and that the user may \
                run scripts"
            .to_owned();
    }
    match error.detail() {
        Some(detail) if code.is_some() => format!("{}: {detail}", error.category()),
        _ => error.category().to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
