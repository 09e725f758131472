//! What answers requests: the state, the operations, the faults, and the log.

pub(crate) mod call;
pub(crate) mod codes;
pub(crate) mod encoded;
pub(crate) mod faults;
#[cfg(feature = "sqlite")]
pub(crate) mod keeper;
pub(crate) mod log;
pub(crate) mod product;
pub(crate) mod route;
pub(crate) mod router;
pub(crate) mod seed;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use http::{Extensions, Response};
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::http::body::{Body, Cut};
use crate::http::error::ApiError;
use crate::http::file::Folder;
use crate::http::request::Request;
use crate::http::text::Text;
use crate::store::{Store, snapshot};
use faults::Fault;
#[cfg(feature = "sqlite")]
use keeper::Keeper;
use log::{Log, LoggedRequest};
use product::Product;
use router::Router;

/// A connection's slot among all that are served.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;
/// Is called with each request.
pub(crate) type Observer = Box<dyn Fn(&LoggedRequest) + Send + Sync>;
/// Is called with the reason why the state could not be written.
pub(crate) type StateObserver = Box<dyn Fn(&str) + Send + Sync>;

/// Answers requests, however they come.
pub(crate) struct Engine {
    pub(crate) products: &'static [&'static dyn Product],
    pub(crate) router: Router,
    pub(crate) store: Mutex<Store>,
    /// The state that a reset restores.
    pub(crate) initial: Mutex<Store>,
    /// The initial account.
    pub(crate) account_id: String,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) log: Mutex<Log>,
    pub(crate) observer: Option<Observer>,
    /// Answer for unknown identifiers with samples.
    pub(crate) any_id: bool,
    /// Where files of any length go, if not into memory.
    pub(crate) folder: Option<Folder>,
    /// Turns true when the emulator stops.
    pub(crate) stopping: watch::Receiver<bool>,
    #[cfg(feature = "sqlite")]
    pub(crate) keeper: Option<Keeper>,
    /// Why the state could not be written, if so.
    pub(crate) state_error: Mutex<Option<Arc<str>>>,
    pub(crate) state_observer: Option<StateObserver>,
    /// What products keep for themselves: see [`own`](Engine::own).
    pub(crate) own: Mutex<Extensions>,
}

impl Engine {
    /// What a product keeps besides the state while the emulator runs; created
    /// on first use.
    pub(crate) fn own<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        Arc::clone(lock(&self.own).get_or_insert_default())
    }

    /// Waits until changes are written, if they are written at all. The error
    /// says why they cannot be.
    pub(crate) async fn saved(&self) -> Result<(), Arc<str>> {
        #[cfg(feature = "sqlite")]
        if let Some(keeper) = &self.keeper {
            return keeper.saved().await;
        }
        Ok(())
    }

    /// The same for those who cannot wait asynchronously.
    pub(crate) fn save(&self) -> Result<(), Arc<str>> {
        #[cfg(feature = "sqlite")]
        if let Some(keeper) = &self.keeper {
            return keeper.write_blocking(self);
        }
        Ok(())
    }

    /// Reports that an upload cannot be stored. The error is for the client.
    pub(crate) fn storage_failed(&self, error: &std::io::Error) -> ApiError {
        let why = error.to_string();
        if let Some(observer) = &self.state_observer {
            observer(&why);
        }
        ApiError::unsaved(&why)
    }

    /// Records a request and its outcome, for the log and the observer.
    pub(crate) fn note(
        &self,
        request: Request,
        reply: Result<Response<Body>, Cut>,
        started: Instant,
    ) -> Result<Response<Body>, Cut> {
        let keeps = lock(&self.log).keeps();
        if keeps || self.observer.is_some() {
            let entry = LoggedRequest::new(request, &reply, started);
            if let Some(observer) = &self.observer {
                observer(&entry);
            }
            if keeps {
                lock(&self.log).push(entry);
            }
        }
        reply
    }

    /// Restores the state of the start, and clears the log and the faults.
    pub(crate) fn reset(&self) {
        let initial = lock(&self.initial).clone();
        lock(&self.store).become_like(initial);
        lock(&self.log).clear();
        lock(&self.faults).clear();
    }

    pub(crate) fn snapshot(&self) -> Result<Text, String> {
        snapshot::write(&lock(&self.store), self.folder.as_ref())
    }

    /// Puts the state of a snapshot, which `read` reads, in the place of this one.
    pub(crate) fn restore(
        &self,
        read: impl FnOnce(Option<&Folder>) -> Result<Store, String>,
    ) -> Result<(), String> {
        let store = read(self.folder.as_ref())?;
        lock(&self.store).become_like(store);
        Ok(())
    }
}

/// The value inside, even if another thread panicked while it held it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until the emulator stops.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the emulator is gone, which is just as good.
    let _ = stop.wait_for(|stop| *stop).await;
}
