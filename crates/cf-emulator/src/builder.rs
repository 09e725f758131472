//! The builder of an emulator.

mod start;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
#[cfg(feature = "sqlite")]
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::emulator::Emulator;
use crate::engine::log::{Limits, LoggedRequest};
use crate::engine::{Observer, StateObserver};
#[cfg(feature = "sqlite")]
use crate::products::d1::USUAL_TIME;
use crate::store::pending::Pending;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// How to start an [`Emulator`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = cf_emulator::Emulator::builder()
///     .token("a-token-of-my-own")
///     .user("ada@example.com", "0123456789abcdef0123456789abcdef01234")
///     .start()
///     .await?;
/// assert_eq!(emulator.token(), "a-token-of-my-own");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Builder {
    host: IpAddr,
    port: u16,
    allowed_hosts: Vec<String>,
    token: Option<String>,
    email: String,
    api_key: Option<String>,
    body_limit: usize,
    connections: usize,
    any_id: bool,
    #[cfg(feature = "sqlite")]
    d1_timeout: Duration,
    pending: Option<Pending>,
    seeds: Vec<String>,
    state: Option<PathBuf>,
    log: Limits,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    observer: Option<Observer>,
    state_observer: Option<StateObserver>,
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

    /// A builder, to set a port, a token or limits.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            allowed_hosts: Vec::new(),
            token: None,
            email: "user@example.com".to_owned(),
            api_key: None,
            body_limit: 100 << 20,
            connections: 1024,
            any_id: false,
            #[cfg(feature = "sqlite")]
            d1_timeout: USUAL_TIME,
            pending: None,
            seeds: Vec::new(),
            state: None,
            log: Limits::default(),
            #[cfg(feature = "tls")]
            tls: None,
            observer: None,
            state_observer: None,
        }
    }
}

impl Builder {
    /// The address to listen on; `127.0.0.1` by default.
    pub fn host(mut self, host: impl Into<IpAddr>) -> Self {
        self.host = host.into();
        self
    }

    /// The port to listen on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Answers requests for a further host, a name or an address without port;
    /// can be called repeatedly. A request must name its host, and only localhost,
    /// loopback addresses and the address it [listens on](Self::host) are
    /// answered by default, so that a page in a browser cannot reach the emulator
    /// by a name of its own that resolves to this machine. If the emulator
    /// listens on all addresses, any address is accepted, but names have to be
    /// listed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Other containers reach it under this name.
    /// let emulator = cf_emulator::Emulator::builder()
    ///     .allow_host("cloudflare.test")
    ///     .start()
    ///     .await?;
    /// # drop(emulator);
    /// # Ok(())
    /// # }
    /// ```
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// The token that may do everything, instead of a random one. It consists
    /// of letters, digits, `-`, `_` and `.`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The user's email address and legacy API key. Without this call the user
    /// is `user@example.com` and has no key.
    pub fn user(mut self, email: impl Into<String>, api_key: impl Into<String>) -> Self {
        self.email = email.into();
        self.api_key = Some(api_key.into());
        self
    }

    /// The largest request body in bytes, 100 MiB by default; a longer one is
    /// answered with 413. Objects of R2 may have 5 GiB, less 5 MiB, regardless
    /// of this limit. If the state is in a directory, neither they nor files in
    /// forms are ever in memory as a whole.
    ///
    /// Bodies over 64 KiB are read only once the caller has shown that it may
    /// make the request, and take at most 256 MiB of memory at a time, or this
    /// limit if that is more; further ones wait. A body that pauses for
    /// 30 seconds, or is slower than 32 KiB per second, is answered with 408.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How many connections are served at a time, 1,024 by default; further
    /// ones wait until one of them is closed. Idle ones are closed after
    /// 30 seconds.
    pub fn max_connections(mut self, number: usize) -> Self {
        self.connections = number.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Answers for unknown identifiers with samples from the API description,
    /// instead of 404: for tests that were written against recorded examples.
    pub fn any_id(mut self) -> Self {
        self.any_id = true;
        self
    }

    /// How long the SQL of one request to D1 may run, 30 seconds by default,
    /// as at Cloudflare; what takes longer is rolled back and answered with 500.
    #[cfg(feature = "sqlite")]
    pub fn d1_timeout(mut self, time: Duration) -> Self {
        self.d1_timeout = time;
        self
    }

    /// For how long things are pending that take time, such as the activation of
    /// a zone. By default they are done at once.
    pub fn pending(mut self, setting: Pending) -> Self {
        self.pending = Some(setting);
        self
    }

    /// Adds what a JSON or YAML text describes, like [`Emulator::seed`], before the
    /// first request; a reset returns to it. State that was read from a
    /// directory is not seeded again.
    pub fn seed(mut self, text: impl Into<String>) -> Self {
        self.seeds.push(text.into());
        self
    }

    /// Keeps the state in a directory, which is created if needed, and starts
    /// with what is there. Changes are written before the request that made
    /// them is answered; if that fails, because the disk is full for instance,
    /// the answer is an error with status 500. The change still holds while the
    /// emulator runs, and is written with the next one that succeeds. If
    /// something remains unwritten in the end, [`Emulator::stop`] returns the
    /// error.
    #[cfg(feature = "sqlite")]
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    /// How many of the latest requests, and how many bytes of them, are kept for
    /// [`Emulator::requests`] and the page: 10,000 and 16 MiB by default. With 0 there is no log.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use cf_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().log_limit(100, 1 << 20).start().await?;
    /// # drop(emulator);
    /// # Ok(())
    /// # }
    /// ```
    pub fn log_limit(mut self, requests: usize, bytes: usize) -> Self {
        self.log = Limits { requests, bytes };
        self
    }

    /// Serves HTTPS with this certificate, and no plain HTTP.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Calls `observer` after each request.
    pub fn on_request(mut self, observer: impl Fn(&LoggedRequest) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Calls `observer` with the reason whenever the state, or an uploaded file,
    /// could not be written to its [directory](Self::state).
    #[cfg(feature = "sqlite")]
    pub fn on_state_error(mut self, observer: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.state_observer = Some(Box::new(observer));
        self
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("email", &self.email)
            .field("body_limit", &self.body_limit)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
