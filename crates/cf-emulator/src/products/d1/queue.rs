//! Where statements run: on threads of their own, without the lock of the
//! store, and for each database one request after the other.

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

/// Requests that wait for one database.
const LONGEST_QUEUE: usize = 100;
/// How long they do.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What all databases may take at a time whose statements run, in units of
/// [`UNIT`] bytes; each has one for itself.
const UNITS: u32 = 4;
const UNIT: usize = 64 << 20;
/// SQLite works nested views, triggers and foreign keys off recursively. Only
/// what is used of it becomes memory.
const STACK: usize = 128 << 20;
/// How much longer than they may statements take that cannot be interrupted.
const GRACE: Duration = Duration::from_secs(1);

/// How long the statements of a request may take, if nothing else is said.
pub(crate) const USUAL_TIME: Duration = Duration::from_secs(30);

type Turn = Arc<tokio::sync::Mutex<()>>;

/// The databases whose statements run or wait.
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

    /// Waits until nobody else uses the database, which `path` names.
    async fn turn(&self, path: &str) -> Result<OwnedMutexGuard<()>, ApiError> {
        let turn = {
            let mut turns = lock(&self.turns);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(path.to_owned()).or_default())
        };
        // One is in the table, one runs.
        if Arc::strong_count(&turn) > LONGEST_QUEUE + 2 {
            return Err(refusal::overloaded("Too many requests queued."));
        }
        let turn = tokio::time::timeout(LONGEST_WAIT, turn.lock_owned()).await;
        turn.map_err(|_| refusal::overloaded("Requests queued for too long."))
    }

    /// Waits until a database of this size can be taken into memory.
    async fn room(&self, size: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let units = u32::try_from(size / UNIT + 1).unwrap_or(UNITS).min(UNITS);
        let room = Arc::clone(&self.units).acquire_many_owned(units);
        match tokio::time::timeout(LONGEST_WAIT, room).await {
            Ok(Ok(room)) => Ok(room),
            _ => Err(refusal::overloaded("Requests queued for too long.")),
        }
    }
}

/// Tells statements to stop when nobody waits for them any more.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does `work` with the database `id` of `table`, and stores what it changed.
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
        // It is taken until the statements are really at their end, also if
        // that is too late for them to have an effect.
        let _room = room;
        let database = Database::open(bytes.as_ref(), until)?;
        let result = work(&database)?;
        Ok((result, database.finish()?))
    });
    let (result, changed) = done.await?;
    drop(cancel);
    if let Some((bytes, tables)) = changed {
        let mut store = lock(&engine.store);
        // A reset or a snapshot put another in its place.
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

/// The file of a database that is there; it may be empty yet.
fn current(store: &Store, table: &str, id: &str) -> Result<Option<Bytes>, ApiError> {
    match store.get(table, id) {
        Some(_) => Ok(store.blob(&file(table, id)).cloned()),
        None => Err(missing(id)),
    }
}

/// Does `work` on a thread of its own, and does not wait for it much longer
/// than it may take: some functions of SQL work on long while in one step,
/// which nothing interrupts.
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
                    return Err(refusal::internal("the thread of the statements panicked"));
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
    refusal::internal(&format!("no thread can be started: {error}"))
}
