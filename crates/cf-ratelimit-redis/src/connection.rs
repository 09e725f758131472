//! The connection to Redis, and whether it can be relied on.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};

/// How long Redis is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Connection {
    client: Client,
    timeout: Duration,
    open: tokio::sync::Mutex<Option<MultiplexedConnection>>,
    /// Until when Redis is not asked.
    paused: Mutex<Option<Instant>>,
}

impl Connection {
    pub(crate) fn new(client: Client, timeout: Duration) -> Self {
        Connection {
            client,
            timeout,
            open: tokio::sync::Mutex::new(None),
            paused: Mutex::new(None),
        }
    }

    /// Whether Redis failed just now, and is left alone for a while.
    pub(crate) fn is_paused(&self) -> bool {
        let paused = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        paused.is_some_and(|until| Instant::now() < until)
    }

    /// The connection, opened if there is none. All requests share it.
    pub(crate) async fn get(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut open = self.open.lock().await;
        if let Some(connection) = &*open {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        // Reports a missing password with an error that a longer command does not get.
        redis::cmd("PING").exec_async(&mut connection).await?;
        *open = Some(connection.clone());
        Ok(connection)
    }

    /// Redis failed: the next request, after a pause, reconnects.
    pub(crate) async fn failed(&self) {
        *self.open.lock().await = None;
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
    }
}
