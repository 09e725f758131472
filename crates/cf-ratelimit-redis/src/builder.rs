//! Settings of a budget.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use redis::RedisError;

use crate::connection::Connection;
use crate::limiter::{Limit, OnChange, RedisBudget, Sharing};
use crate::script::Budget;

/// Settings for a [`RedisBudget`].
///
/// ```
/// use std::time::Duration;
/// use cf_ratelimit_redis::RedisBudget;
///
/// let budget = RedisBudget::builder("redis://127.0.0.1/")
///     .key("team-a")
///     .limit(600, Duration::from_secs(300))
///     .on_change(|sharing| eprintln!("rate limit: {sharing}"))
///     .build()?;
/// # Ok::<(), cf_ratelimit_redis::ConfigError>(())
/// ```
#[must_use = "call build() to get the budget"]
pub struct RedisBudgetBuilder {
    url: String,
    key: String,
    requests: u32,
    window: Duration,
    per_second: Option<u32>,
    local_requests: Option<u32>,
    timeout: Duration,
    on_change: Option<Box<OnChange>>,
}

/// An invalid budget.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The address of Redis. It is not repeated here, since it can hold a password.
    #[error(
        "the address of Redis cannot be used ({0}); give it like `redis://host:6379/` or \
         `rediss://user:password@host/0` (with the feature `tls`)"
    )]
    Url(#[source] RedisError),
    /// The limit.
    #[error("a budget needs room for at least one request in at least one millisecond")]
    Limit,
}

impl RedisBudget {
    /// Settings for a budget in the Redis at this address, like `redis://host:6379/`.
    pub fn builder(url: impl Into<String>) -> RedisBudgetBuilder {
        RedisBudgetBuilder::new(url.into())
    }
}

impl RedisBudgetBuilder {
    pub(crate) fn new(url: String) -> Self {
        RedisBudgetBuilder {
            url,
            key: "default".to_owned(),
            requests: 1_200,
            window: Duration::from_secs(5 * 60),
            per_second: Some(200),
            local_requests: None,
            timeout: Duration::from_millis(500),
            on_change: None,
        }
    }

    /// The name of the budget: those with the same key share it. Default `default`. The API counts by
    /// user, so use one key for each user (or account) whose tokens you use.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// At most `requests` in any window of this length, by all together. Default 1,200 in 5 minutes.
    /// All who share a key have to give the same numbers.
    pub fn limit(mut self, requests: u32, window: Duration) -> Self {
        (self.requests, self.window) = (requests, window);
        self
    }

    /// At most this many requests in any second, too, by all together; `None` for as many as the window
    /// has. Default 200, which is what the API accepts from one IP address. All who share a key have to
    /// give the same number.
    pub fn per_second(mut self, requests: Option<u32>) -> Self {
        self.per_second = requests;
        self
    }

    /// How many requests of the window this process may send while Redis is unavailable. Default: the
    /// limit divided by the number of processes that used it last; if Redis was never reached, a
    /// tenth.
    ///
    /// ```
    /// # use cf_ratelimit_redis::RedisBudget;
    /// // A fleet of forty.
    /// let budget = RedisBudget::builder("redis://127.0.0.1/").local_requests(1_200 / 40).build()?;
    /// # Ok::<(), cf_ratelimit_redis::ConfigError>(())
    /// ```
    pub fn local_requests(mut self, requests: u32) -> Self {
        self.local_requests = Some(requests);
        self
    }

    /// How long Redis may take to answer, or to connect, before the local budget is used. Default
    /// 500 ms.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Called when Redis goes away or comes back: once for each change. It must not block.
    pub fn on_change(mut self, tell: impl Fn(&Sharing) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Box::new(tell));
        self
    }

    /// Builds the budget. It does not connect yet.
    ///
    /// # Errors
    /// If the address is invalid, or the limit is zero.
    pub fn build(self) -> Result<RedisBudget, ConfigError> {
        if self.requests == 0 || self.window < Duration::from_millis(1) {
            return Err(ConfigError::Limit);
        }
        let client = redis::Client::open(self.url).map_err(ConfigError::Url)?;
        // Different in every process, even in those that start at the same instant.
        let process = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        let per_second = self.per_second.map(|requests| requests.max(1));
        let script = Budget::new(&self.key, process, self.requests, self.window, per_second);
        let limit = Limit {
            requests: self.requests,
            window: self.window,
            per_second,
            local_requests: self.local_requests,
        };
        let connection = Connection::new(client, self.timeout);
        Ok(RedisBudget::new(script, connection, limit, self.on_change))
    }
}

/// Does not show the address: it can hold a password.
impl fmt::Debug for RedisBudgetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBudgetBuilder")
            .field("key", &self.key)
            .field("requests", &self.requests)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
