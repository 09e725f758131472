//! Runs statements: on their own threads, without holding the store's lock, and
//! one request at a time for each database.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::database::{Database, Until};
use super::{file, missing, refusal};
use crate::engine::{Engine, lock};
use crate::http::error::ApiError;
use crate::store::Store;

/// How many requests may wait for one database.
const LONGEST_QUEUE: usize = 100;
/// How long they may wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The memory for all databases whose statements are running, in units of
/// [`UNIT`] bytes; each takes at least one.
const UNITS: u32 = 4;
const UNIT: usize = 64 << 20;
/// Stack size: SQLite follows nested views, triggers and foreign keys
/// recursively. Only the part in use takes memory.
const STACK: usize = 128 << 20;
/// How long to wait past the deadline for statements that cannot be interrupted.
const GRACE: Duration = Duration::from_secs(1);

/// How long the statements of a request may take by default.
pub(crate) const USUAL_TIME: Duration = Duration::from_secs(30);

type Turn = Arc<tokio::sync::Mutex<()>>;

/// The databases whose statements are running or waiting.
pub(crate) struct Queues {
    /// How long the statements of a request may take.
    time: Duration,
    turns: Mutex<HashMap<String, Turn>>,
    units: Arc<Semaphore>,
}

impl Default for Queues {
    fn default() -> Self {
        Self::new(USUAL_TIME)
    }
}

impl Queues {
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            time,
            turns: Mutex::default(),
            units: Arc::new(Semaphore::new(UNITS as usize)),
        }
    }

    /// Waits until nobody else is using the database at `path`.
    async fn turn(&self, path: &str) -> Result<OwnedMutexGuard<()>, ApiError> {
        let turn = {
            let mut turns = lock(&self.turns);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(path.to_owned()).or_default())
        };
        // One clone is in the table, and one belongs to the running request.
        if Arc::strong_count(&turn) > LONGEST_QUEUE + 2 {
            return Err(refusal::overloaded("Too many requests queued."));
        }
        let turn = tokio::time::timeout(LONGEST_WAIT, turn.lock_owned()).await;
        turn.map_err(|_| refusal::overloaded("Requests queued for too long."))
    }

    /// Waits until a database of this size may be loaded into memory.
    async fn room(&self, size: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let units = u32::try_from(size / UNIT + 1).unwrap_or(UNITS).min(UNITS);
        let room = Arc::clone(&self.units).acquire_many_owned(units);
        match tokio::time::timeout(LONGEST_WAIT, room).await {
            Ok(Ok(room)) => Ok(room),
            _ => Err(refusal::overloaded("Requests queued for too long.")),
        }
    }
}

/// Cancels statements when nobody is waiting for them any more.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does `work` on the database `id` of `table`, and stores what it changed.
pub(super) async fn run<T: Send + 'static>(
    engine: Arc<Engine>,
    table: String,
    id: String,
    work: impl FnOnce(&Database) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let path = file(&table, &id);
    let queues = engine.own::<Queues>();
    let _turn = queues.turn(&path).await?;
    let before = current(&lock(&engine.store), &table, &id)?;
    let room = queues.room(before.as_ref().map_or(0, Bytes::len)).await?;
    let cancelled = Arc::new(AtomicBool::new(false));
    let cancel = Cancel(Arc::clone(&cancelled));
    let until = Until {
        end: Instant::now() + queues.time,
        cancelled,
    };
    let (end, bytes) = (until.clone(), before.clone());
    let done = apart(end, move || {
        // Held until the statements have actually ended, even if that is too late
        // for them to take effect.
        let _room = room;
        let database = Database::open(bytes.as_ref(), until)?;
        let result = work(&database)?;
        Ok((result, database.finish()?))
    });
    let (result, changed) = done.await?;
    drop(cancel);
    if let Some((bytes, tables)) = changed {
        let mut store = lock(&engine.store);
        // A reset or a snapshot has replaced the database.
        if current(&store, &table, &id)?.map(|now| now.as_ptr()) != before.map(|b| b.as_ptr()) {
            return Err(refusal::replaced());
        }
        if let Some(row) = store.table_mut(&table).get_mut(&id) {
            row.insert("file_size".to_owned(), bytes.len().into());
            row.insert("num_tables".to_owned(), tables.into());
        }
        store.set_own_blob(path, bytes);
    }
    Ok(result)
}

/// The file of a database that exists; `None` while it is empty.
fn current(store: &Store, table: &str, id: &str) -> Result<Option<Bytes>, ApiError> {
    match store.get(table, id) {
        Some(_) => Ok(store.blob(&file(table, id)).cloned()),
        None => Err(missing(id)),
    }
}

/// Does `work` on its own thread, and gives up soon after the deadline: some SQL
/// functions spend a long time in a single step, which cannot be interrupted.
async fn apart<T: Send + 'static>(
    until: Until,
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let waited = tokio::task::spawn_blocking(move || {
        let (sender, receiver) = mpsc::channel();
        let spawned = thread::Builder::new()
            .name("cf-emulator-d1".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                // An error means that it took too long.
                let _ = sender.send(work());
            });
        if let Err(error) = spawned {
            return Err(no_thread(&error));
        }
        loop {
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(done) => return done,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(refusal::internal("the thread panicked"));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let late = Instant::now() > until.end + GRACE;
                    if late || until.cancelled.load(Ordering::Relaxed) {
                        return Err(refusal::too_slow());
                    }
                }
            }
        }
    });
    waited
        .await
        .unwrap_or_else(|error| Err(refusal::internal(&error.to_string())))
}

fn no_thread(error: &io::Error) -> ApiError {
    refusal::internal(&format!("cannot start a thread: {error}"))
}
