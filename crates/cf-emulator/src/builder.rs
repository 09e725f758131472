//! How an emulator is set up and started.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
#[cfg(feature = "sqlite")]
use std::time::Duration;

use http::Extensions;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::access;
use crate::emulator::{Emulator, Running};
#[cfg(feature = "sqlite")]
use crate::engine::keeper::Keeper;
use crate::engine::log::{Limits, Log, LoggedRequest};
use crate::engine::router::Router;
use crate::engine::{Engine, Observer, StateObserver, lock};
use crate::http::file::Folder;
use crate::http::ids;
#[cfg(feature = "sqlite")]
use crate::products::d1::{Queues, USUAL_TIME};
use crate::products::{self, start};
use crate::server::{self, BodyLimits, Hosts, Server};
use crate::store::Store;
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

    /// An emulator with a port, a token or limits of one's own.
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
    /// can be called again. A request must name its host, and only localhost,
    /// addresses of the loopback interface and the address it
    /// [listens on](Self::host) are answered without this: a page in a browser
    /// cannot reach the emulator by a name of its own that resolves to this
    /// machine. Where the emulator listens on all addresses, any address is
    /// taken, but names have to be given.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Under this name other containers reach it.
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
    /// longer one is answered with 413. Objects of R2 may have 5 GiB, less
    /// 5 MiB, whatever is said here. If the state is in a directory, neither
    /// they nor files in forms are ever in memory as a whole.
    ///
    /// Bodies over 64 KiB are read only when the caller has shown that it may
    /// make the request, and take at most 256 MiB of memory at a time, or what
    /// is said here if that is more; further ones wait. A body that pauses for
    /// 30 seconds, or brings less than 32 KiB a second, is answered with 408.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How many connections are served at a time, 1,024 by default; further
    /// ones wait until one of them is closed. Those that are not used are
    /// closed after 30 seconds.
    pub fn max_connections(mut self, number: usize) -> Self {
        self.connections = number.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Answers for identifiers that nothing has with samples that the API
    /// description allows, instead of with 404: for tests that were written
    /// against recorded examples.
    pub fn any_id(mut self) -> Self {
        self.any_id = true;
        self
    }

    /// How long the SQL of one request to D1 may run, 30 seconds by default as
    /// with Cloudflare; what takes longer is undone and answered with 500.
    #[cfg(feature = "sqlite")]
    pub fn d1_timeout(mut self, time: Duration) -> Self {
        self.d1_timeout = time;
        self
    }

    /// Adds what a JSON or YAML text describes, as [`Emulator::seed`] does, before the
    /// first request; a reset leads back to it. State that was read from a
    /// directory is not seeded again.
    pub fn seed(mut self, text: impl Into<String>) -> Self {
        self.seeds.push(text.into());
        self
    }

    /// Keeps the state in a directory, which comes into being if need be, and
    /// starts with what is there. Changes are written down before the request
    /// that made them is answered; where that is not possible, because the disk
    /// is full for instance, the answer is an error with status 500. The change
    /// is there nevertheless as long as the emulator runs, and is written with
    /// the next one that can be. What is left in the end is the error of
    /// [`Emulator::stop`].
    #[cfg(feature = "sqlite")]
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    /// How much of the latest requests is kept for [`Emulator::requests`] and
    /// the page: 10,000 of them and 16 MiB by default. With 0 there is no log.
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

    /// Calls `observer` with the reason whenever the state, or a file that somebody
    /// sends, could not be written to its [directory](Self::state).
    #[cfg(feature = "sqlite")]
    pub fn on_state_error(mut self, observer: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.state_observer = Some(Box::new(observer));
        self
    }

    /// Starts the emulator on the caller's tokio runtime.
    ///
    /// # Errors
    /// If the port cannot be opened, the token has characters that none can
    /// have, an allowed host cannot be one, a seed is refused, or the state
    /// cannot be read.
    pub async fn start(self) -> io::Result<Emulator> {
        if self
            .token
            .as_deref()
            .is_some_and(|token| !access::is_token(token))
        {
            let message = "a token consists of letters, digits, '-', '_' and '.'";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let hosts = Hosts::new(self.host, &self.allowed_hosts)
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        let listener = TcpListener::bind((self.host, self.port)).await?;
        let (mut emulator, stopped) = self.prepare(listener.local_addr()?, hosts)?;
        let task = tokio::spawn(run(listener, Arc::clone(&emulator.server), stopped));
        emulator.running = Some(Running::Task(task));
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
                            match task {
                                Some(Running::Task(task)) => task.await?,
                                _ => Ok(()),
                            }
                        }
                        Err(error) => {
                            let _ = sender.send(Err(error));
                            Ok(())
                        }
                    }
                })
            })?;
        let mut emulator = receiver.recv().map_err(io::Error::other)??;
        emulator.running = Some(Running::Thread(thread));
        Ok(emulator)
    }

    fn prepare(
        self,
        address: SocketAddr,
        hosts: Hosts,
    ) -> io::Result<(Emulator, watch::Receiver<bool>)> {
        let kept = Kept::open(self.state.as_deref())?;
        let fresh = kept.store.is_none();
        let mut store = kept.store.unwrap_or_default();
        let token = match (self.token, store.credentials().unlimited()) {
            (Some(token), _) => token,
            (None, Some(known)) => known,
            (None, None) => ids::secret("cfut_", 48),
        };
        // From now on, changes count.
        #[cfg(feature = "sqlite")]
        match (&kept.keeper, fresh) {
            (Some(_), true) => store.track(),
            (Some(_), false) => store.track_further(),
            (None, _) => {}
        }
        let account_id = match fresh {
            true => start::basics(&mut store, &self.email, self.api_key, &token),
            false => start::resume(&mut store, &self.email, self.api_key, &token),
        };
        let (stop, stopped) = watch::channel(false);
        #[allow(unused_mut)]
        let mut own = Extensions::new();
        #[cfg(feature = "sqlite")]
        own.insert(Arc::new(Queues::new(self.d1_timeout)));
        let engine = Engine {
            products: products::ALL,
            router: Router::new(products::routes(), self.any_id),
            store: Mutex::new(store),
            initial: Mutex::default(),
            account_id,
            faults: Mutex::default(),
            log: Mutex::new(Log::new(self.log)),
            observer: self.observer,
            any_id: self.any_id,
            folder: kept.folder,
            stopping: stopped.clone(),
            #[cfg(feature = "sqlite")]
            keeper: kept.keeper,
            state_error: Mutex::default(),
            state_observer: self.state_observer,
            own: Mutex::new(own),
        };
        if fresh {
            for text in &self.seeds {
                let refused = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
                engine.seed(text).map_err(refused)?;
            }
        }
        engine.save().map_err(|why| io::Error::other(&*why))?;
        *lock(&engine.initial) = lock(&engine.store).clone();
        let server = Server {
            engine: Arc::new(engine),
            hosts,
            bodies: BodyLimits::new(self.body_limit),
            connections: Arc::new(Semaphore::new(self.connections)),
            #[cfg(feature = "tls")]
            tls: self.tls,
        };
        let emulator = Emulator {
            server: Arc::new(server),
            address,
            token,
            stop,
            running: None,
        };
        Ok((emulator, stopped))
    }
}

/// The state that is kept in a directory, and where its files are.
#[derive(Default)]
struct Kept {
    #[cfg(feature = "sqlite")]
    keeper: Option<Keeper>,
    folder: Option<Folder>,
    store: Option<Store>,
}

impl Kept {
    #[cfg(feature = "sqlite")]
    fn open(directory: Option<&Path>) -> io::Result<Self> {
        let Some(directory) = directory else {
            return Ok(Self::default());
        };
        let (keeper, folder, store) = Keeper::open(directory)?;
        Ok(Self {
            keeper: Some(keeper),
            folder: Some(folder),
            store,
        })
    }

    #[cfg(not(feature = "sqlite"))]
    fn open(_: Option<&Path>) -> io::Result<Self> {
        Ok(Self::default())
    }
}

/// Serves, and writes down what changes meanwhile.
async fn run(
    listener: TcpListener,
    server: Arc<Server>,
    stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let engine = Arc::clone(&server.engine);
    let serving = server::serve(listener, server, stopped);
    #[cfg(feature = "sqlite")]
    if let Some(keeper) = &engine.keeper {
        tokio::select! {
            () = serving => {}
            () = keeper.run(&engine) => {}
        }
        return keeper.close(&engine).await;
    }
    drop(engine);
    serving.await;
    Ok(())
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
