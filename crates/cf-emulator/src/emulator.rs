//! A running emulator: controlling and stopping it.

use std::fmt;
use std::io::{self, BufReader};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::engine::faults::Fault;
use crate::engine::log::LoggedRequest;
use crate::engine::seed::SeedError;
use crate::engine::{Engine, lock};
use crate::http::file::Folder;
use crate::http::json::Object;
use crate::http::path::BASE_PATH;
#[cfg(feature = "graphql")]
use crate::products::graphql;
use crate::products::tokens::{Token, TokenSpec};
use crate::products::{accounts, dns, tokens, workers, zones};
use crate::server::{self, Server};
use crate::store::pending::Pending;
use crate::store::snapshot;

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
    pub(crate) server: Arc<Server>,
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
    fn engine(&self) -> &Engine {
        &self.server.engine
    }

    /// The base URL for clients: `http://127.0.0.1:PORT/client/v4`, or
    /// `https://…` if it has a certificate.
    pub fn base_url(&self) -> String {
        let secure = if self.server.is_secure() { "s" } else { "" };
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

    /// The identifier of the initial account.
    pub fn account_id(&self) -> &str {
        &self.engine().account_id
    }

    /// Answers a request without a connection: for tests on paused time, or
    /// where sockets are not available. Only path and query of the URI matter.
    /// Faults, checks and the request log work as over a connection.
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
    /// [`ConnectionReset`](io::ErrorKind::ConnectionReset) if a fault cuts
    /// the connection.
    pub async fn answer(
        &self,
        request: http::Request<impl Into<Bytes>>,
    ) -> io::Result<http::Response<Bytes>> {
        let cut = |cut| io::Error::new(io::ErrorKind::ConnectionReset, cut);
        let request = request.map(|body| Full::new(body.into()));
        let reply = server::dispatch(Arc::clone(&self.server), self.address.ip(), request);
        let (parts, body) = reply.await.map_err(cut)?.into_parts();
        let body = body.collect().await.map_err(cut)?.to_bytes();
        Ok(http::Response::from_parts(parts, body))
    }

    /// The latest requests, oldest first, as many as the
    /// [log](crate::Builder::log_limit) keeps.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.engine().log).all()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.engine().log).clear();
    }

    /// Makes something go wrong with requests to come.
    pub fn inject(&self, fault: Fault) {
        lock(&self.engine().faults).push(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        lock(&self.engine().faults).clear();
    }

    /// For how long things are pending that take time, from now on.
    pub fn set_pending(&self, setting: Pending) {
        setting.set(&mut lock(&self.engine().store));
        // What cannot be written now is the error of `stop`.
        let _ = self.engine().save();
    }

    /// Sends an event to the tails of a Worker of the
    /// [first account](Self::account_id), and returns how many tails there are.
    /// Fields that the event does not have are as after a successful call.
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
        workers::trace(self.engine(), self.account_id(), script, event)
    }

    /// Restores the state of the start, seeds of the builder included, and
    /// clears the request log and faults.
    pub fn reset(&self) {
        self.engine().reset();
        // What cannot be written now is the error of `stop`.
        let _ = self.engine().save();
    }

    /// The whole state as JSON, tokens and keys included, for
    /// [`restore`](Self::restore); `null` if a file of the state's directory
    /// cannot be read.
    pub fn snapshot(&self) -> Value {
        let snapshot = self.engine().snapshot().ok();
        let value = snapshot.map(|text| serde_json::from_reader(BufReader::new(text.reader())));
        value.and_then(Result::ok).unwrap_or_default()
    }

    /// Replaces the state with that of a [`snapshot`](Self::snapshot).
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
    /// If it is not a snapshot, or one of another version; nothing changes then.
    /// If the state is in a directory, also if it cannot be written.
    pub fn restore(&self, snapshot: &Value) -> Result<(), SeedError> {
        let error = |why| SeedError::new("the snapshot", why);
        let read = |folder: Option<&Folder>| snapshot::read_value(snapshot, folder);
        self.engine().restore(read).map_err(error)?;
        self.saved()
    }

    /// Stops: accepts no new connections, and gives requests in flight five
    /// seconds to finish.
    ///
    /// # Errors
    /// If the state is in a directory, and a change could not be written.
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

impl Emulator {
    /// Adds an account of the user and returns its identifier.
    pub fn add_account(&self, name: &str) -> String {
        let id = accounts::add(&mut lock(&self.engine().store), name, Object::new());
        // What cannot be written now is the error of `stop`.
        let _ = self.engine().save();
        id
    }

    /// Adds an active zone to an account and returns its identifier.
    ///
    /// # Errors
    /// If there is no such account, or it has a zone of that name. If the
    /// state is in a directory, also if it cannot be written.
    pub fn add_zone(&self, account_id: &str, name: &str) -> Result<String, SeedError> {
        let id = zones::seed::add(
            &mut lock(&self.engine().store),
            account_id,
            name,
            &Value::Null,
        )?;
        self.saved().map(|()| id)
    }

    /// Adds a DNS record, given as for the API, to a zone and returns its
    /// identifier.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use serde_json::json;
    ///
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// let zone = emulator.add_zone(emulator.account_id(), "example.com")?;
    /// let id = emulator.add_record(&zone, json!({
    ///     "type": "A", "name": "www", "content": "192.0.2.1", "proxied": true,
    /// }))?;
    /// assert_eq!(id.len(), 32);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no such zone, or the API would refuse the record. If the
    /// state is in a directory, also if it cannot be written.
    pub fn add_record(&self, zone_id: &str, record: Value) -> Result<String, SeedError> {
        let id = dns::seed::add(&mut lock(&self.engine().store), zone_id, record)?;
        self.saved().map(|()| id)
    }

    /// Adds rows to a dataset of a zone or account, for GraphQL queries. A row is an object with the fields that queries
    /// may select.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use serde_json::json;
    ///
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// let zone = emulator.add_zone(emulator.account_id(), "example.com")?;
    /// emulator.add_analytics(&zone, "httpRequestsAdaptiveGroups", [
    ///     json!({ "count": 7, "dimensions": { "datetime": "2026-11-24T10:00:00Z", "clientCountryName": "DE" } }),
    ///     json!({ "count": 2, "dimensions": { "datetime": "2026-11-24T10:00:00Z", "clientCountryName": "US" } }),
    /// ])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no such zone or account, or a row is not an object. If the state is in a directory, also if it cannot be
    /// written.
    #[cfg(feature = "graphql")]
    pub fn add_analytics(
        &self,
        zone_or_account: &str,
        dataset: &str,
        rows: impl IntoIterator<Item = Value>,
    ) -> Result<(), SeedError> {
        let rows = rows.into_iter().collect();
        graphql::add_to(
            &mut lock(&self.engine().store),
            zone_or_account,
            dataset,
            rows,
        )?;
        self.saved()
    }

    /// Adds an API token of the user.
    ///
    /// # Errors
    /// If it names an unknown permission group or zone, an invalid time, or a
    /// value that cannot be a token or is taken.
    pub fn add_token(&self, spec: TokenSpec) -> Result<Token, SeedError> {
        let token = tokens::seed::add(&mut lock(&self.engine().store), spec)?;
        self.saved().map(|()| token)
    }

    /// Adds a legacy API key for `X-Auth-Email` and `X-Auth-Key`.
    pub fn add_api_key(&self, email: &str, key: &str) {
        lock(&self.engine().store)
            .credentials_mut()
            .add_api_key(email, key);
        let _ = self.engine().save();
    }

    /// Adds a key for `X-Auth-User-Service-Key`.
    pub fn add_user_service_key(&self, key: &str) {
        lock(&self.engine().store)
            .credentials_mut()
            .add_service_key(key);
        let _ = self.engine().save();
    }

    /// Adds what a JSON or YAML text describes, for example:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = cf_emulator::Emulator::start().await?;
    /// emulator.seed(r#"{ "accounts": [{
    ///     "name": "Ada's account",
    ///     "zones": [{
    ///         "name": "example.com",
    ///         "records": [{ "type": "A", "name": "www", "content": "192.0.2.1" }]
    ///     }]
    /// }] }"#)?;
    /// # #[cfg(feature = "yaml")]
    /// emulator.seed("
    /// tokens:
    ///   - value: reader
    ///     permissions: [DNS Read]
    /// ")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The README shows everything that a seed can have. An account without a
    /// name stands for the existing one. Accounts, zones and records can have an
    /// `id` of 32 hexadecimal digits.
    ///
    /// # Errors
    /// If the text does not have that form, or the API would refuse a part of it;
    /// what was added before that part stays: first all accounts, then their
    /// zones, then the records of these, then tokens, then keys.
    /// zones, then the records of these, then tokens, then keys.
    pub fn seed(&self, text: &str) -> Result<(), SeedError> {
        self.engine().seed(text)?;
        self.saved()
    }

    /// Writes what was added, if the state is written at all.
    pub(crate) fn saved(&self) -> Result<(), SeedError> {
        let saved = self.engine().save();
        saved.map_err(|why| SeedError::new("it to the state", &*why))
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
