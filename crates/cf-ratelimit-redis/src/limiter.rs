//! The limiter: Redis while it answers, else a budget of this process.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cf_client::auth::BoxFuture;
use cf_client::{LocalBudget, RateLimitReply, RateLimiter, RateLimits, Turn, Waiting};
use http::StatusCode;
use redis::{RedisError, ScriptInvocation};

use crate::builder::RedisBudgetBuilder;
use crate::connection::Connection;
use crate::script::Budget;

pub(crate) type OnChange = dyn Fn(&Sharing) + Send + Sync;

/// One budget of requests for many processes and machines, kept in Redis. Clones share it.
///
/// Give it to [`ClientBuilder::rate_limiter`](cf_client::ClientBuilder::rate_limiter).
///
/// While Redis does not answer, each process keeps to its share of the budget: as many requests as
/// it has, divided by the number of processes that used it last. That change is told to
/// [`on_change`](RedisBudgetBuilder::on_change) and, with the feature `tracing`, to `tracing`.
#[derive(Clone)]
pub struct RedisBudget(Arc<Inner>);

struct Inner {
    script: Budget,
    connection: Connection,
    local: LocalBudget,
    requests: u32,
    window: Duration,
    members: AtomicU32,
    sharing: Mutex<Sharing>,
    /// The requests that Redis knows of, and has to hear of once more.
    known: Mutex<HashSet<u64>>,
    on_change: Option<Box<OnChange>>,
}

/// Who keeps the budget.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sharing {
    /// Redis does, for all processes.
    Shared,
    /// Redis is away: this process keeps to its share.
    #[non_exhaustive]
    Local {
        /// How many requests the share has.
        requests: u32,
        /// What is the matter with Redis.
        reason: String,
    },
}

impl fmt::Display for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sharing::Shared => f.write_str("shared through Redis"),
            Sharing::Local { requests, reason } => write!(
                f,
                "Redis is away ({reason}); this process keeps to its share, {requests} requests"
            ),
        }
    }
}

impl RedisBudget {
    /// Settings for a budget in the Redis at this address, like `redis://host:6379/`.
    pub fn builder(url: impl Into<String>) -> RedisBudgetBuilder {
        RedisBudgetBuilder::new(url.into())
    }

    pub(crate) fn new(
        script: Budget,
        connection: Connection,
        requests: u32,
        window: Duration,
        on_change: Option<Box<OnChange>>,
    ) -> Self {
        RedisBudget(Arc::new(Inner {
            script,
            connection,
            local: LocalBudget::new(requests, window),
            requests,
            window,
            members: AtomicU32::new(1),
            sharing: Mutex::new(Sharing::Shared),
            known: Mutex::new(HashSet::new()),
            on_change,
        }))
    }

    /// Who keeps the budget at present. Redis counts as there until it has failed.
    pub fn sharing(&self) -> Sharing {
        lock(&self.0.sharing).clone()
    }
}

impl Inner {
    async fn ask(&self, waiting: &Waiting) -> Result<Turn, RedisError> {
        let mut connection = self.connection.get().await?;
        // Noted before it is sent: whatever becomes of this future, Redis hears of its end.
        lock(&self.known).insert(waiting.ticket);
        let answer = self.script.turn(&mut connection, waiting).await?;
        self.members.store(answer.members.max(1), Ordering::Relaxed);
        if answer.wait.is_zero() {
            // Should Redis go away, what was sent before still counts.
            self.local.count(waiting.now);
            return Ok(Turn::Go);
        }
        Ok(Turn::Wait(answer.wait))
    }

    async fn turn(&self, waiting: &Waiting) -> Turn {
        if self.connection.is_paused() {
            return self.local.turn(waiting).await;
        }
        match self.ask(waiting).await {
            Ok(turn) => {
                self.local.leave(waiting.ticket, waiting.now);
                self.set(Sharing::Shared);
                turn
            }
            Err(error) => {
                self.connection.failed().await;
                let requests = (self.requests / self.members.load(Ordering::Relaxed)).max(1);
                self.local.resize(requests);
                let reason = describe(&error);
                self.set(Sharing::Local { requests, reason });
                self.local.turn(waiting).await
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

    /// Tells Redis of the end of a request, without waiting for it. Where Redis is away, or there is
    /// no runtime, it forgets the request by itself after a while.
    fn tell(self: &Arc<Self>, end: End) {
        let asked = lock(&self.known).remove(&end.ticket());
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if !asked || self.connection.is_paused() {
            return;
        }
        let inner = Arc::clone(self);
        runtime.spawn(async move {
            let told = async {
                let mut connection = inner.connection.get().await?;
                end.call(&inner.script)
                    .invoke_async::<()>(&mut connection)
                    .await
            };
            if told.await.is_err() {
                inner.connection.failed().await;
            }
        });
    }
}

/// How a request ended.
enum End {
    Left(u64),
    Answered {
        ticket: u64,
        operation: Option<&'static str>,
        status: StatusCode,
        limits: RateLimits,
        now: Instant,
    },
}

impl End {
    fn ticket(&self) -> u64 {
        match self {
            End::Left(ticket) | End::Answered { ticket, .. } => *ticket,
        }
    }

    fn call<'a>(&self, script: &'a Budget) -> ScriptInvocation<'a> {
        match self {
            End::Left(ticket) => script.leave(*ticket),
            End::Answered {
                ticket,
                operation,
                status,
                limits,
                now,
            } => {
                let mut reply = RateLimitReply::new(*ticket, *status, limits, *now);
                reply.operation = *operation;
                script.learn(&reply)
            }
        }
    }
}

impl RateLimiter for RedisBudget {
    fn turn<'a>(&'a self, waiting: &'a Waiting) -> BoxFuture<'a, Turn> {
        Box::pin(self.0.turn(waiting))
    }

    fn learn(&self, reply: &RateLimitReply<'_>) {
        self.0.local.learn(reply);
        self.0.tell(End::Answered {
            ticket: reply.ticket,
            operation: reply.operation,
            status: reply.status,
            limits: reply.limits.clone(),
            now: reply.now,
        });
    }

    fn leave(&self, ticket: u64, now: Instant) {
        self.0.local.leave(ticket, now);
        self.0.tell(End::Left(ticket));
    }
}

impl fmt::Debug for RedisBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBudget")
            .field("requests", &self.0.requests)
            .field("window", &self.0.window)
            .field("sharing", &self.sharing())
            .finish_non_exhaustive()
    }
}

/// What is the matter, without an address or a password.
fn describe(error: &RedisError) -> String {
    match error.detail() {
        Some(detail) if error.code().is_some() => format!("{}: {detail}", error.category()),
        _ => error.category().to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
