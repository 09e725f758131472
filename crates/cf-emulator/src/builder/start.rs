//! Starts what a builder describes.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use http::Extensions;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::Builder;
use crate::access;
use crate::emulator::{Emulator, Running};
#[cfg(feature = "sqlite")]
use crate::engine::keeper::Keeper;
use crate::engine::log::Log;
use crate::engine::router::Router;
use crate::engine::{Engine, lock};
use crate::http::file::Folder;
use crate::http::ids;
#[cfg(feature = "sqlite")]
use crate::products::d1::Queues;
use crate::products::{self, start};
use crate::server::{self, BodyLimits, Hosts, Server};
use crate::store::Store;

impl Builder {
    /// Starts the emulator on the caller's tokio runtime.
    ///
    /// # Errors
    /// If the port cannot be opened, the token has invalid characters, an
    /// allowed host is invalid, a seed is refused, or the state cannot be read.
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
    /// Same as [`start`](Self::start), and if no thread can be started.
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
                            // The receiver waits below, so sending cannot fail.
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
            (None, None) => ids::credential(ids::USER_TOKEN),
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
        if let Some(setting) = self.pending {
            setting.set(&mut store);
        }
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

/// Serves, and writes changes meanwhile.
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
