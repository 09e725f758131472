//! Live logs of a Worker: its requests, logs and exceptions as they happen.
//!
//! ```no_run
//! use cf_client::Client;
//! use cf_client::types::workers::scripts::tail::{Filter, TailParam};
//!
//! # async fn run() -> Result<(), cf_client::Error> {
//! let client = Client::from_env()?;
//! let account = client.only_account_id().await?;
//! let failures = TailParam::new().filters([Filter::new().outcome(["exception", "exceededCpu"])]);
//! let mut tail = client.tail_worker(&account, "my-worker", failures).await?;
//! while let Some(event) = tail.next().await {
//!     let event = event?;
//!     for exception in event.exceptions() {
//!         println!("{}: {}", exception.name(), exception.message());
//!     }
//! }
//! # Ok(()) }
//! ```

mod connection;
mod event;

use std::fmt;
use std::time::Duration;

use cf_transport::{TransportError, TransportErrorKind};
use cf_types::AccountId;
use cf_types::workers::scripts::tail::TailParam;

use crate::client::Client;
use crate::error::Error;
use crate::retry::jittered;
use crate::timer::Timer as _;

use connection::{Connection, Next};
pub use event::{TailEvent, TailException, TailLog};

/// How often in a row a connection may fail.
const FAILURES: u32 = 5;

/// The events of a Worker: see [`Client::tail_worker`](crate::Client::tail_worker).
pub struct Tail {
    client: Client,
    account: AccountId,
    script: String,
    filters: TailParam,
    connection: Option<Connection>,
    ping_every: Duration,
    failures: u32,
    ended: bool,
}

impl Client {
    /// Starts to listen to the events of a Worker, those that pass the filters.
    ///
    /// The connection is kept alive with pings, and made anew when it breaks or the tail expires (after some hours):
    /// what happens meanwhile is missed. With much traffic Cloudflare passes on a sample only. The token needs the
    /// permission "Workers Tail Read". Proxies are not used for the WebSocket. See Cloudflare's page on
    /// [tails](https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/tail/methods/create/).
    ///
    /// # Errors
    /// When there is no such Worker, or its tail can't be reached.
    #[doc(alias = "worker logs")]
    #[doc(alias = "live logs")]
    pub async fn tail_worker(
        &self,
        account: impl Into<AccountId>,
        script: impl Into<String>,
        filters: TailParam,
    ) -> Result<Tail, Error> {
        let mut tail = Tail {
            client: self.clone(),
            account: account.into(),
            script: script.into(),
            filters,
            connection: None,
            ping_every: Duration::from_secs(10),
            failures: 0,
            ended: false,
        };
        tail.connection = Some(tail.connect().await?);
        Ok(tail)
    }
}

impl Tail {
    /// How long the connection may be silent before the server is asked whether it is still there, and how long it has
    /// to answer. Default 10 s.
    #[must_use]
    pub fn ping_every(mut self, time: Duration) -> Self {
        self.ping_every = time.max(Duration::from_millis(1));
        self
    }

    /// The next event. `None` when the server has ended the tail, or after an error that no new connection mends.
    ///
    /// Can be dropped without losing an event, in `select!` for example.
    ///
    /// # Errors
    /// When the connection fails five times in a row, or a new tail is refused: the Worker was deleted, or the token
    /// may no longer see it.
    pub async fn next(&mut self) -> Option<Result<TailEvent, Error>> {
        while !self.ended {
            let Some(connection) = &mut self.connection else {
                if let Err(error) = self.reconnect().await {
                    self.ended = true;
                    return Some(Err(error));
                }
                continue;
            };
            match connection.next(self.ping_every).await {
                Next::Event(event) => {
                    self.failures = 0;
                    return Some(Ok(event));
                }
                Next::Alive => self.failures = 0,
                Next::Expired | Next::Broken => self.abandon(),
                Next::Ended => {
                    self.abandon();
                    self.ended = true;
                }
            }
        }
        None
    }

    /// The events as a stream.
    #[cfg(feature = "futures")]
    pub fn into_stream(self) -> impl futures_core::Stream<Item = Result<TailEvent, Error>> + Send {
        futures_util::stream::unfold(self, async |mut tail| {
            let event = tail.next().await?;
            Some((event, tail))
        })
    }

    /// Ends the tail. Dropping it does the same, as long as there is a tokio runtime, and does not wait.
    ///
    /// # Errors
    /// As any call; the tail expires on its own then.
    pub async fn close(mut self) -> Result<(), Error> {
        match self.connection.take() {
            Some(connection) => {
                let id = connection.close().await;
                delete(
                    self.client.clone(),
                    self.account.clone(),
                    self.script.clone(),
                    id,
                )
                .await
            }
            None => Ok(()),
        }
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let tails = self.client.workers().scripts().tail();
        let tail = tails.create(&self.account, &*self.script, self.filters.clone());
        let tail = tail.await?;
        let id = tail.id.clone();
        match Connection::open(&self.client, tail).await {
            Ok(connection) => Ok(connection),
            Err(error) => {
                self.delete_later(id);
                Err(error)
            }
        }
    }

    /// Connects anew, after a wait that grows with each failure.
    async fn reconnect(&mut self) -> Result<(), Error> {
        loop {
            if self.failures >= FAILURES {
                let message = format!("the connection to the tail broke {FAILURES} times in a row");
                let error = TransportError::new(TransportErrorKind::Interrupted, message);
                return Err(Error::new(error));
            }
            if self.failures > 0 {
                self.client.0.timer.sleep(jittered(self.failures)).await;
            }
            match self.connect().await {
                Ok(connection) => {
                    // Only what comes over it shows that it is good.
                    self.failures += 1;
                    self.connection = Some(connection);
                    return Ok(());
                }
                Err(error) if error.is_not_found() || error.is_auth() => return Err(error),
                Err(error) if self.failures + 1 >= FAILURES => return Err(error),
                Err(_) => self.failures += 1,
            }
        }
    }

    /// Forgets the connection.
    fn abandon(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.delete_later(connection.id().to_owned());
        }
    }

    /// Deletes a tail, and waits for nothing.
    fn delete_later(&self, id: String) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (client, account) = (self.client.clone(), self.account.clone());
            let deleted = delete(client, account, self.script.clone(), id);
            // It expires on its own if this fails.
            runtime.spawn(async { drop(deleted.await) });
        }
    }
}

async fn delete(
    client: Client,
    account: AccountId,
    script: String,
    id: String,
) -> Result<(), Error> {
    let deleted = client
        .workers()
        .scripts()
        .tail()
        .delete(account, script, id)
        .await;
    match deleted {
        // It has expired.
        Err(error) if error.is_not_found() => Ok(()),
        deleted => deleted.map(drop),
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Shows no address: it is all that it takes to listen.
impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("account", &self.account)
            .field("script", &self.script)
            .field("connected", &self.connection.is_some())
            .finish_non_exhaustive()
    }
}
