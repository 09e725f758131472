//! Writes the state down while the emulator runs.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::server::{Shared, lock};
use crate::state::StateFile;
use crate::store::Store;
use crate::store::file::Folder;

/// How long a change waits at most until it is written down.
const PAUSE: Duration = Duration::from_millis(100);

/// The file of the state, and what is in it.
#[derive(Debug)]
pub(crate) struct Keeper {
    file: Arc<Mutex<StateFile>>,
}

impl Keeper {
    /// Opens the state in `directory` and reads it, if there is some.
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
            file: Arc::new(Mutex::new(file)),
        };
        Ok((keeper, folder, store))
    }

    /// Writes changes down as they come, until it is dropped.
    pub(crate) async fn run(&self, shared: &Arc<Shared>) {
        loop {
            tokio::time::sleep(PAUSE).await;
            self.write(shared).await;
        }
    }

    /// Writes down what has changed.
    pub(crate) async fn write(&self, shared: &Arc<Shared>) {
        let (changes, released, credentials) = {
            let mut store = lock(&shared.store);
            let (changes, released) = store.take_changes();
            if changes.is_empty() {
                return;
            }
            (changes, released, store.credentials.to_json())
        };
        let (file, shared) = (Arc::clone(&self.file), Arc::clone(shared));
        // What was begun is finished, also when nobody waits any more.
        let written = tokio::task::spawn_blocking(move || {
            let result = lock(&file).write(changes, &credentials);
            match &result {
                Ok(()) => lock(&shared.store).doom(released),
                // The next attempt writes everything.
                Err(_) => lock(&shared.store).track(),
            }
            *lock(&shared.state_error) = result.err().map(|error| error.to_string());
        });
        let _ = written.await;
    }
}
