//! Writes the state before whoever changed it gets a reply.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::{Engine, lock};
use crate::http::file::Folder;
use crate::store::Store;
use crate::store::sqlite::StateFile;

/// How long a change that nobody waits for is delayed, and one that could not
/// be written.
const PAUSE: Duration = Duration::from_secs(1);

/// Why changes could not be written, if so.
type Saved = Result<(), Arc<str>>;

/// The file of the state, until it is closed.
type File = Arc<Mutex<Option<StateFile>>>;

/// Where the state is kept, and who waits until it is written.
#[derive(Debug)]
pub(crate) struct Keeper {
    file: File,
    waiting: Mutex<Vec<oneshot::Sender<Saved>>>,
    wake: Notify,
}

impl Keeper {
    /// Opens the state in `directory` and reads it, if there is any.
    pub(crate) fn open(directory: &Path) -> io::Result<(Self, Folder, Option<Store>)> {
        let file = StateFile::open(directory)?;
        let folder = Folder::open(directory.join("objects"))?;
        let store = file.load(&folder)?;
        let known: HashSet<&str> = store
            .iter()
            .flat_map(|store| store.files())
            .filter_map(|(_, file)| file.name())
            .collect();
        folder.keep_only(&|name| known.contains(name))?;
        let keeper = Self {
            file: Arc::new(Mutex::new(Some(file))),
            waiting: Mutex::default(),
            wake: Notify::new(),
        };
        Ok((keeper, folder, store))
    }

    /// Waits until all changes so far are written. Changes of several callers
    /// are written together.
    pub(crate) async fn saved(&self) -> Saved {
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiting).push(sender);
        self.wake.notify_one();
        let saved = receiver.await;
        saved.unwrap_or_else(|_| Err("the emulator has stopped".into()))
    }

    /// Writes changes as they come, until it is dropped.
    pub(crate) async fn run(&self, engine: &Arc<Engine>) {
        loop {
            // An error means that nobody is waiting.
            let _ = tokio::time::timeout(PAUSE, self.wake.notified()).await;
            // Whoever waits by now has made its changes.
            let waiting = std::mem::take(&mut *lock(&self.waiting));
            // With somebody waiting, what looks unchanged may still be being
            // written, and fail.
            if waiting.is_empty() && !lock(&engine.store).has_changed() {
                continue;
            }
            let saved = self.write(engine).await;
            for waiting in waiting {
                let _ = waiting.send(saved.clone());
            }
        }
    }

    /// Writes what has changed.
    pub(crate) async fn write(&self, engine: &Arc<Engine>) -> Saved {
        let (file, engine) = (Arc::clone(&self.file), Arc::clone(engine));
        // What was begun is finished, even if nobody waits any more.
        let written = tokio::task::spawn_blocking(move || write(&file, &engine));
        written
            .await
            .unwrap_or_else(|error| Err(error.to_string().into()))
    }

    /// Writes what is left, and releases the directory.
    pub(crate) async fn close(&self, engine: &Arc<Engine>) -> io::Result<()> {
        let saved = self.write(engine).await;
        *lock(&self.file) = None;
        saved.map_err(|why| io::Error::other(&*why))
    }

    /// Writes what has changed, for those who cannot wait asynchronously.
    pub(crate) fn write_blocking(&self, engine: &Engine) -> Saved {
        write(&self.file, engine)
    }
}

fn write(file: &Mutex<Option<StateFile>>, engine: &Engine) -> Saved {
    // One after the other, so that older changes are written first.
    let mut file = lock(file);
    let (changes, released) = lock(&engine.store).take_changes();
    if changes.is_empty() {
        return Ok(());
    }
    let written = match &mut *file {
        Some(file) => file.write(&changes),
        None => Err(io::Error::other("the emulator has stopped")),
    };
    let mut store = lock(&engine.store);
    match written {
        Ok(()) => {
            store.doom(released);
            drop(store);
            *lock(&engine.state_error) = None;
            Ok(())
        }
        Err(error) => {
            store.put_back(changes, released);
            drop(store);
            let why: Arc<str> = error.to_string().into();
            *lock(&engine.state_error) = Some(Arc::clone(&why));
            if let Some(observer) = &engine.state_observer {
                observer(&why);
            }
            Err(why)
        }
    }
}
