use std::time::Duration;

use tokio::time::Instant;

use super::host::{Checkout, Host, Opened, Retired};
use super::{Connection, Http1, Origin};

/// The connections to every host. A client of an API has a handful of hosts.
pub(in super::super) struct Hosts {
    all: Vec<Host>,
    idle_timeout: Option<Duration>,
    max_idle: usize,
}

impl Hosts {
    /// `max_idle`: per host; 0 keeps none, and shares none.
    pub(in super::super) fn new(idle_timeout: Option<Duration>, max_idle: usize) -> Self {
        let all = Vec::new();
        Self {
            all,
            idle_timeout,
            max_idle,
        }
    }

    pub(super) fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }

    pub(super) fn keeps_none(&self) -> bool {
        self.max_idle == 0
    }

    /// What was last used before this time is closed.
    fn oldest(&self, now: Instant) -> Option<Instant> {
        self.idle_timeout.and_then(|limit| now.checked_sub(limit))
    }

    /// A connection that takes a request at once.
    pub(super) fn checkout(&mut self, origin: &Origin, now: Instant) -> Option<Connection> {
        let oldest = self.oldest(now);
        self.known(origin)?.checkout(now, oldest)
    }

    /// Same as [`Host::enqueue`].
    pub(super) fn enqueue(
        &mut self,
        origin: &Origin,
        may_share: bool,
        insists: bool,
        now: Instant,
    ) -> Checkout {
        let oldest = self.oldest(now);
        let host = self.host(origin);
        host.enqueue(may_share, insists, now, oldest)
    }

    /// Same as [`Host::opened`].
    #[must_use]
    pub(super) fn opened(&mut self, origin: &Origin, outcome: Opened) -> Option<Connection> {
        self.host(origin).opened(outcome)
    }

    /// Same as [`Host::serve`].
    #[cfg(feature = "http2")]
    #[must_use]
    pub(super) fn serve(&mut self, origin: &Origin, now: Instant) -> Option<Connection> {
        self.known(origin)?.serve(now)
    }

    /// Same as [`Host::served`].
    pub(super) fn served(&mut self, origin: &Origin) -> u64 {
        self.known(origin).map_or(0, |host| host.served())
    }

    /// Same as [`Host::put`].
    pub(super) fn put(&mut self, connection: Box<Http1>, now: Instant) -> Option<Box<Http1>> {
        let most = self.max_idle;
        if most == 0 {
            return Some(connection);
        }
        let host = self.host(connection.origin());
        host.put(connection, most, now)
    }

    /// Same as [`Host::unanswered`].
    pub(super) fn unanswered(&mut self, origin: &Origin, since: Instant, out: &mut Vec<Retired>) {
        if let Some(host) = self.known(origin) {
            host.unanswered(since, out);
        }
    }

    /// Takes out what was not used for long or is closed, and forgets hosts without connections. True if any are left.
    pub(super) fn sweep(&mut self, now: Instant, out: &mut Vec<Retired>) -> bool {
        let oldest = self.oldest(now);
        for host in &mut self.all {
            host.sweep(oldest, out);
        }
        self.all.retain(Host::is_needed);
        !self.all.is_empty()
    }

    fn known(&mut self, origin: &Origin) -> Option<&mut Host> {
        self.all.iter_mut().find(|host| host.origin() == origin)
    }

    fn host(&mut self, origin: &Origin) -> &mut Host {
        let index = match self.all.iter().position(|host| host.origin() == origin) {
            Some(index) => index,
            None => {
                self.all.push(Host::new(origin.clone()));
                self.all.len() - 1
            }
        };
        &mut self.all[index]
    }
}
