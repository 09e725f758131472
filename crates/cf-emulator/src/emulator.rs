//! A running emulator: steering and stopping it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::builder::Builder;
use crate::faults::Fault;
use crate::http::path::BASE_PATH;
use crate::log::LoggedRequest;
use crate::seed::SeedError;
use crate::server::{self, Shared, lock};

/// A running emulator. It stops when it is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cf_emulator::Emulator;
///
/// let emulator = Emulator::start().await?;
/// println!("CLOUDFLARE_BASE_URL={}", emulator.base_url());
/// println!("CLOUDFLARE_API_TOKEN={}", emulator.token());
/// emulator.stop().await?;
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    pub(crate) shared: Arc<Shared>,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) running: Option<Running>,
}

pub(crate) enum Running {
    Task(JoinHandle<io::Result<()>>),
    Thread(thread::JoinHandle<io::Result<()>>),
}

impl Emulator {
    /// Starts an emulator on a free port of the loopback interface. It has one
    /// user, one account, no zones, and a [`token`](Self::token) that may do
    /// everything. It runs on the caller's tokio runtime.
    ///
    /// # Errors
    /// If no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// An emulator with a port, a token or limits of one's own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// What to give a client as base URL: `http://127.0.0.1:PORT/client/v4`,
    /// or `https://…` if it has a certificate.
    pub fn base_url(&self) -> String {
        let secure = if self.shared.is_secure() { "s" } else { "" };
        format!("http{secure}://{}{BASE_PATH}", self.address)
    }

    /// Where the emulator listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// An API token with every permission on everything.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The identifier of the account that is there from the start.
    pub fn account_id(&self) -> &str {
        &self.shared.account_id
    }

    /// Answers a request without a connection: for tests on paused time, or
    /// where no socket can be. Of the URI, path and query count. Faults,
    /// checks and the request log are as for requests that come over one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// let request = http::Request::get("/client/v4/user")
    ///     .header("authorization", format!("Bearer {}", emulator.token()))
    ///     .body("")?;
    /// let reply = emulator.answer(request).await?;
    /// assert_eq!(reply.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ConnectionReset`](io::ErrorKind::ConnectionReset) where a fault cuts
    /// the connection.
    pub async fn answer(
        &self,
        request: http::Request<impl Into<Bytes>>,
    ) -> io::Result<http::Response<Bytes>> {
        let cut = |cut| io::Error::new(io::ErrorKind::ConnectionReset, cut);
        let request = request.map(|body| Full::new(body.into()));
        let reply = server::answer(Arc::clone(&self.shared), self.address.ip(), request);
        let (parts, body) = reply.await.map_err(cut)?.into_parts();
        let body = body.collect().await.map_err(cut)?.to_bytes();
        Ok(http::Response::from_parts(parts, body))
    }

    /// The latest requests, oldest first, as many as the
    /// [log](Builder::log_limit) keeps.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.shared.log).all()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.shared.log).clear();
    }

    /// Lets something go wrong with requests to come.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Sends an event to those who tail a Worker of the
    /// [first account](Self::account_id), and gives how many tails there are.
    /// What the event does not say is as after a call without trouble.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use serde_json::json;
    ///
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// let logs = json!([{ "level": "log", "message": ["hello"], "timestamp": 0 }]);
    /// assert_eq!(emulator.trace("my-worker", json!({ "logs": logs })), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn trace(&self, script: &str, event: Value) -> usize {
        self.shared.trace(&self.shared.account_id, script, event)
    }

    /// Goes back to how it was when it started, seeds of the builder included:
    /// state, request log and faults.
    pub fn reset(&self) {
        self.shared.reset();
        // What cannot be written down now is the error of `stop`.
        let _ = self.shared.save();
    }

    /// The whole state as JSON, tokens and keys included, for
    /// [`restore`](Self::restore); `null` if a file of the state's directory
    /// cannot be read.
    pub fn snapshot(&self) -> Value {
        self.shared.snapshot().unwrap_or_default()
    }

    /// Puts the state of a [`snapshot`](Self::snapshot) in the place of this
    /// one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// let before = emulator.snapshot();
    /// emulator.add_zone(emulator.account_id(), "example.com")?;
    /// emulator.restore(&before)?;
    /// assert_eq!(emulator.snapshot(), before);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If it is no snapshot, or one of another version; nothing changes then.
    /// Where the state is in a directory, also if it cannot be written.
    pub fn restore(&self, snapshot: &Value) -> Result<(), SeedError> {
        let error = |why| SeedError::new("the snapshot", why);
        self.shared.restore(snapshot).map_err(error)?;
        self.saved()
    }

    /// Stops: no new connections, requests under way have five seconds to
    /// finish.
    ///
    /// # Errors
    /// If the state is in a directory, and something that has changed could
    /// not be written down.
    pub async fn stop(mut self) -> io::Result<()> {
        self.stop.send_replace(true);
        match self.running.take() {
            Some(Running::Task(task)) => task.await?,
            Some(Running::Thread(thread)) => {
                let ended = tokio::task::spawn_blocking(|| thread.join()).await?;
                ended.unwrap_or_else(|_| Err(io::Error::other("the emulator panicked")))
            }
            None => Ok(()),
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
