//! The HTTP side: connections, bodies, and the way of a request through faults
//! and checks to its operation and back.

mod answer;
mod hosts;
mod receive;
mod write_timeout;

use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::faults::Fault;
use crate::http::error::ApiError;
use crate::http::file::Folder;
#[cfg(feature = "sqlite")]
use crate::keeper::Keeper;
use crate::log::{Log, LoggedRequest};
#[cfg(feature = "sqlite")]
use crate::products::d1::Queues;
use crate::router::Router;
use crate::store::Store;
use crate::store::snapshot;
use crate::tails::Tails;
#[cfg(feature = "tls")]
use crate::tls::Tls;
pub(crate) use answer::answer;
pub(crate) use hosts::Hosts;
pub(crate) use receive::LargeBodies;
use write_timeout::WriteTimeout;

/// How long requests under way may take when the emulator stops.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes that the head of a request may have, as with Cloudflare.
const LONGEST_HEAD: usize = 128 << 10;

/// Copies of the whole state, or of the log, that are sent at a time.
pub(crate) const MOST_DUMPS: usize = 2;

/// The place of a connection among all that are served.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

pub(crate) type Observer = Box<dyn Fn(&LoggedRequest) + Send + Sync>;
/// Is told why the state could not be written down.
pub(crate) type StateObserver = Box<dyn Fn(&str) + Send + Sync>;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) router: Router,
    pub(crate) store: Mutex<Store>,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) log: Mutex<Log>,
    pub(crate) observer: Option<Observer>,
    /// For which hosts requests over a connection are answered.
    pub(crate) hosts: Hosts,
    pub(crate) body_limit: usize,
    pub(crate) large_bodies: LargeBodies,
    /// How many copies of the state, and of the log, are on their way.
    pub(crate) dumps: Arc<Semaphore>,
    /// How many connections are served at a time.
    pub(crate) connections: Arc<Semaphore>,
    /// Identifiers that nothing has stand for samples.
    pub(crate) any_id: bool,
    /// Where files of any length go, if not into memory.
    pub(crate) folder: Option<Folder>,
    /// Who listens to what happens in Workers.
    pub(crate) tails: Tails,
    /// Turns true when the emulator stops.
    pub(crate) stopping: watch::Receiver<bool>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    /// The account that is there from the start.
    pub(crate) account_id: String,
    /// The state to which a reset leads back.
    pub(crate) initial: Mutex<Store>,
    #[cfg(feature = "sqlite")]
    pub(crate) d1: Queues,
    #[cfg(feature = "sqlite")]
    pub(crate) keeper: Option<Keeper>,
    /// Why the state could not be written down, if so.
    pub(crate) state_error: Mutex<Option<Arc<str>>>,
    pub(crate) state_observer: Option<StateObserver>,
}

impl Shared {
    /// Waits until what has changed is written down, where it is at all.
    /// The error says why that is not possible.
    pub(crate) async fn saved(&self) -> Result<(), Arc<str>> {
        #[cfg(feature = "sqlite")]
        if let Some(keeper) = &self.keeper {
            return keeper.saved().await;
        }
        Ok(())
    }

    /// The same for those who cannot wait otherwise.
    pub(crate) fn save(&self) -> Result<(), Arc<str>> {
        #[cfg(feature = "sqlite")]
        if let Some(keeper) = &self.keeper {
            return keeper.write_blocking(self);
        }
        Ok(())
    }

    /// Reports that what a client sends cannot be stored. The error is for the client.
    pub(crate) fn storage_failed(&self, error: &std::io::Error) -> ApiError {
        let why = error.to_string();
        if let Some(observer) = &self.state_observer {
            observer(&why);
        }
        ApiError::unsaved(&why)
    }

    /// Back to how it was when it started: state, log and faults.
    pub(crate) fn reset(&self) {
        let initial = lock(&self.initial).clone();
        lock(&self.store).become_like(initial);
        lock(&self.log).clear();
        lock(&self.faults).clear();
    }

    /// Whether it serves HTTPS.
    pub(crate) fn is_secure(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    pub(crate) fn snapshot(&self) -> Result<Value, String> {
        snapshot::write(&lock(&self.store))
    }

    pub(crate) fn restore(&self, snapshot: &Value) -> Result<(), String> {
        let store = snapshot::read(snapshot, self.folder.as_ref())?;
        lock(&self.store).become_like(store);
        Ok(())
    }
}

/// The value inside, also after another thread panicked while it held it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves connections until told to stop, then lets the open requests finish.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        // Where all are in use, further ones wait to be accepted.
        let accept = async {
            let place = Arc::clone(&shared.connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            accepted = accept => match accepted {
                (Ok(place), Ok((stream, peer))) => {
                    let _ = stream.set_nodelay(true);
                    let connection = welcome(stream, peer.ip(), Arc::clone(&shared), place);
                    connections.spawn(connection);
                }
                // Out of file descriptors, most likely: others may close some.
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let rest = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(LAST_REQUESTS, rest).await;
}

pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the emulator is gone, which is as good.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn welcome(
    stream: TcpStream,
    peer: IpAddr,
    shared: Arc<Shared>,
    place: OwnedSemaphorePermit,
) {
    // It is given back when nobody uses the connection any more, whatever it
    // has turned into.
    let place = Arc::new(place);
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.tls {
        let mut stop = shared.stopping.clone();
        let handshake = tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream));
        let stream = tokio::select! {
            stream = handshake => stream,
            () = stopped(&mut stop) => return,
        };
        // Who does not trust the certificate goes away.
        if let Ok(Ok(stream)) = stream {
            connection(TokioIo::new(stream), peer, Arc::clone(&shared), place).await;
        }
        return;
    }
    connection(TokioIo::new(stream), peer, shared, place).await;
}

async fn connection<I>(io: I, peer: IpAddr, shared: Arc<Shared>, place: Place)
where
    I: Read + Write + Unpin + Send + 'static,
{
    let mut stop = shared.stopping.clone();
    let service = service_fn(move |request| {
        answer::connected(Arc::clone(&shared), peer, Arc::clone(&place), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(WriteTimeout::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // Errors are the client's doing, or a cut that was asked for.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopped(&mut stop) => {}
    }
    // The request under way is the last one.
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
