//! Closes connections that were unused for too long, and those that the server has closed.
//!
//! A task does so by the clock of its runtime, which tests may pause. As a runtime, and its tasks with it, may also
//! stop running, a thread looks after the connections of all runtimes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::{Pool, lock};

/// A connection that the server closes stays half open for this long at most.
const EVERY: Duration = Duration::from_secs(5);
const EVERY_AT_LEAST: Duration = Duration::from_millis(50);

/// The pools with connections, for the thread that runs while there are any.
static POOLS: Mutex<Vec<Weak<Pool>>> = Mutex::new(Vec::new());
static ADDED: Condvar = Condvar::new();

/// Makes sure that the pool is swept, now that there is something in it.
pub(super) fn ensure(pool: &Arc<Pool>) {
    if pool.swept.load(Ordering::Relaxed) || pool.swept.swap(true, Ordering::Relaxed) {
        return;
    }
    // Outside a runtime the body of a reply may be dropped, and there are no tasks.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(by_task(Arc::downgrade(pool), every(pool)));
    }
    let mut pools = lock(&POOLS);
    let pool_ref = Arc::downgrade(pool);
    let is_first = pools.is_empty();
    if !pools.iter().any(|known| known.ptr_eq(&pool_ref)) {
        pools.push(pool_ref);
    }
    if !is_first {
        ADDED.notify_one();
        return;
    }
    let thread = thread::Builder::new().name("cf-transport-idle".to_owned());
    if thread.spawn(by_thread).is_err() {
        // The next connection tries again.
        pools.clear();
        pool.swept.store(false, Ordering::Relaxed);
    }
}

fn every(pool: &Pool) -> Duration {
    let limit = pool.hosts().idle_timeout();
    limit.map_or(EVERY, |limit| limit.clamp(EVERY_AT_LEAST, EVERY))
}

async fn by_task(pool: Weak<Pool>, every: Duration) {
    loop {
        sleep(every).await;
        match pool.upgrade() {
            Some(pool) if pool.sweep() => {}
            _ => return,
        }
    }
}

fn by_thread() {
    let mut pools = lock(&POOLS);
    while !pools.is_empty() {
        let alive = pools.iter().filter_map(Weak::upgrade);
        let pause = alive.map(|pool| every(&pool)).min().unwrap_or_default();
        let waited = ADDED.wait_timeout(pools, pause);
        pools = waited.unwrap_or_else(PoisonError::into_inner).0;
        pools.retain(|pool| pool.upgrade().is_some_and(|pool| pool.sweep()));
    }
}

impl Pool {
    /// Whether there is anything left to be swept.
    fn sweep(&self) -> bool {
        let mut out = Vec::new();
        let mut hosts = self.hosts();
        let more = hosts.sweep(Instant::now(), &mut out);
        // Within the lock, so that whoever adds something afterwards sees it.
        self.swept.store(more, Ordering::Relaxed);
        drop(hosts);
        for connection in out {
            connection.close();
        }
        more
    }
}
