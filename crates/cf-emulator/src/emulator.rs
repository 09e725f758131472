//! Starting, steering and stopping an emulator.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::auth;
use crate::faults::Fault;
use crate::ids;
use crate::log::{Log, LoggedRequest};
use crate::products;
use crate::router::{BASE_PATH, Router};
use crate::seed;
use crate::server::{self, Observer, Shared, lock};
use crate::store::Store;

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
/// emulator.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    token: String,
    pub(crate) account_id: String,
    stop: watch::Sender<bool>,
    running: Option<Running>,
}

enum Running {
    Task(JoinHandle<()>),
    Thread(thread::JoinHandle<()>),
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

    /// What to give a client as base URL: `http://127.0.0.1:PORT/client/v4`.
    pub fn base_url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
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
        &self.account_id
    }

    /// The latest requests, oldest first: 10,000 of them, or as many as have
    /// 64 MiB of bodies.
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

    /// Stops: no new connections, requests under way have five seconds to
    /// finish.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        match self.running.take() {
            Some(Running::Task(task)) => {
                let _ = task.await;
            }
            Some(Running::Thread(thread)) => {
                let _ = tokio::task::spawn_blocking(|| thread.join()).await;
            }
            None => {}
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
    token: Option<String>,
    email: String,
    api_key: Option<String>,
    body_limit: usize,
    any_id: bool,
    observer: Option<Observer>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            token: None,
            email: "user@example.com".to_owned(),
            api_key: None,
            body_limit: 100 << 20,
            any_id: false,
            observer: None,
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

    /// The token that may do everything, in place of a random one. It consists
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

    /// The longest request body in bytes that is taken, 100 MiB by default; a
    /// longer one is answered with 413.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Answers for identifiers that nothing has with samples that the API
    /// description allows, instead of with 404: for tests that were written
    /// against recorded examples.
    pub fn any_id(mut self) -> Self {
        self.any_id = true;
        self
    }

    /// Calls `observer` after each request.
    pub fn on_request(mut self, observer: impl Fn(&LoggedRequest) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts the emulator on the caller's tokio runtime.
    ///
    /// # Errors
    /// If the port cannot be opened, or the token has characters that none can
    /// have.
    pub async fn start(self) -> io::Result<Emulator> {
        if self
            .token
            .as_deref()
            .is_some_and(|token| !auth::is_token(token))
        {
            let message = "a token consists of letters, digits, '-', '_' and '.'";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind((self.host, self.port)).await?;
        let (mut emulator, stopped) = self.prepare(listener.local_addr()?);
        let serving = server::serve(listener, Arc::clone(&emulator.shared), stopped);
        emulator.running = Some(Running::Task(tokio::spawn(serving)));
        Ok(emulator)
    }

    /// Starts the emulator on a thread of its own, for programs without a
    /// tokio runtime.
    ///
    /// ```
    /// let emulator = cf_emulator::Emulator::builder().start_blocking()?;
    /// assert!(emulator.base_url().starts_with("http://127.0.0.1:"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`start`](Self::start), and if no thread can be started.
    pub fn start_blocking(self) -> io::Result<Emulator> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("cf-emulator".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    match self.start().await {
                        Ok(mut emulator) => {
                            let task = emulator.running.take();
                            // The receiver waits below, so that sending cannot fail.
                            let _ = sender.send(Ok(emulator));
                            if let Some(Running::Task(task)) = task {
                                let _ = task.await;
                            }
                        }
                        Err(error) => {
                            let _ = sender.send(Err(error));
                        }
                    }
                });
            })?;
        let mut emulator = receiver.recv().map_err(io::Error::other)??;
        emulator.running = Some(Running::Thread(thread));
        Ok(emulator)
    }

    fn prepare(self, address: SocketAddr) -> (Emulator, watch::Receiver<bool>) {
        let token = self.token.unwrap_or_else(|| ids::secret("cfut_", 48));
        let mut store = Store::default();
        let account_id = seed::basics(&mut store, &self.email, self.api_key, &token);
        let shared = Shared {
            router: Router::new(products::routes(), self.any_id),
            store: Mutex::new(store),
            faults: Mutex::default(),
            log: Mutex::new(Log::default()),
            observer: self.observer,
            body_limit: self.body_limit,
            any_id: self.any_id,
        };
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(shared);
        (
            Emulator {
                shared,
                address,
                token,
                account_id,
                stop,
                running: None,
            },
            stopped,
        )
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("email", &self.email)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}
