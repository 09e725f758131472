//! Gives up connections that nobody has used for long, and those that the server has closed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::Pool;
use super::hosts::Hosts;

/// A connection that the server closes stays half open for as long at most.
const EVERY: Duration = Duration::from_secs(5);

/// Whether a sweeper is to be [started](start), now that there is something to look after.
pub(super) fn is_due(hosts: &mut Hosts) -> bool {
    !std::mem::replace(&mut hosts.swept, true)
}

pub(super) fn start(pool: &Arc<Pool>) {
    let sweeper = Sweeper(Arc::downgrade(pool));
    let every = pool.idle_timeout.map_or(EVERY, |limit| limit.min(EVERY));
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
            let now = Instant::now();
            let mut out = Vec::new();
            let mut hosts = pool.hosts();
            let more = hosts.sweep(|since| pool.is_old(since, now), &mut out);
            hosts.swept = more;
            drop(hosts);
            for line in out {
                line.close();
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
            pool.hosts().swept = false;
        }
    }
}
