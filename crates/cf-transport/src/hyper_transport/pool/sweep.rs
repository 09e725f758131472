//! Gives up connections that nobody has used for long, and those that the server has closed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::Pool;

/// A connection that the server closes stays half open for as long at most.
const EVERY: Duration = Duration::from_secs(5);

/// Starts a sweeper unless there is one, now that there is something to look after.
pub(super) fn ensure(pool: &Arc<Pool>) {
    if pool.swept.load(Ordering::Relaxed) || pool.swept.swap(true, Ordering::Relaxed) {
        return;
    }
    let sweeper = Sweeper(Arc::downgrade(pool));
    let limit = pool.hosts().idle_timeout();
    let every = limit.map_or(EVERY, |limit| limit.min(EVERY));
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(sweeper.run(every.max(Duration::from_millis(1))))),
        // The body of a reply may be dropped anywhere. The next request makes up for it.
        Err(_) => drop(sweeper),
    }
}

/// The one task that looks after a pool. With its runtime it ends, and another takes its place.
struct Sweeper(Weak<Pool>);

impl Sweeper {
    async fn run(mut self, every: Duration) {
        loop {
            sleep(every).await;
            let Some(pool) = self.0.upgrade() else { return };
            let mut out = Vec::new();
            let mut hosts = pool.hosts();
            let more = hosts.sweep(Instant::now(), &mut out);
            // Within the lock, so that whoever adds something afterwards sees it.
            pool.swept.store(more, Ordering::Relaxed);
            drop(hosts);
            for connection in out {
                connection.close();
            }
            if !more {
                // Another one may be there by now.
                self.0 = Weak::new();
                return;
            }
        }
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            pool.swept.store(false, Ordering::Relaxed);
        }
    }
}
