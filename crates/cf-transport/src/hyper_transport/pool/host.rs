//! The connections to one host, and those who wait for one.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::super::tuning::FRESH;
use super::http2::Unavailable;
use super::{Connection, Http1, Http2, Origin};

/// The connections to one host, for one runtime.
pub(super) struct Host {
    origin: Origin,
    /// HTTP/1.1. The most recently used is at the end, and is reused first.
    idle: Vec<Idle>,
    /// HTTP/2. The first available is used, so that those at the end become idle.
    shared: Vec<SharedConnection>,
    /// Whether it speaks HTTP/2, as far as is known.
    is_http2: Option<bool>,
    /// How many connections are being opened.
    opening: usize,
    waiting: VecDeque<Waiting>,
    /// How many waiting requests have got a stream.
    served: u64,
}

struct Idle {
    connection: Box<Http1>,
    since: Instant,
}

struct SharedConnection {
    connection: Arc<Http2>,
    used: Instant,
}

struct Waiting {
    promise: oneshot::Sender<Connection>,
    waits_for: WaitsFor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    /// The first connection.
    First,
    /// One that comes free.
    Free,
    /// The one that it opens, or one that comes free before.
    Own,
}

/// How a request gets its connection.
pub(super) enum Checkout {
    Ready(Connection),
    /// From the request that opens the first connection, if it can be shared. Like all of these channels, it closes
    /// when the request has to ask again.
    First(oneshot::Receiver<Connection>),
    /// From one that comes free, or that is opened for another request which may not need it.
    Idle(oneshot::Receiver<Connection>),
    /// From one of the shared connections, when a request on it ends.
    Stream(oneshot::Receiver<Connection>),
    /// It opens one itself, unless another becomes free sooner, and must report the outcome to [`Host::opened`].
    Open(oneshot::Receiver<Connection>),
}

/// How the opening of a connection ended.
pub(super) enum Opened {
    /// With a connection that takes one request at a time.
    Http1,
    Http2(Arc<Http2>),
    Failed,
    /// The request that opened it was dropped.
    Dropped,
}

/// A connection that left the pool.
pub(super) enum Retired {
    Http1(Box<Http1>),
    Http2(Arc<Http2>),
}

impl Retired {
    /// Sends the close if that does not block. Not under the pool's lock.
    pub(super) fn close(self) {
        match self {
            Self::Http1(connection) => connection.close(),
            Self::Http2(connection) => connection.close(),
        }
    }
}

fn is_old(since: Instant, oldest: Option<Instant>) -> bool {
    oldest.is_some_and(|oldest| since <= oldest)
}

/// Sends a close if there is time for it.
impl Drop for Host {
    fn drop(&mut self) {
        for idle in self.idle.drain(..) {
            idle.connection.close();
        }
        for shared in self.shared.drain(..) {
            if shared.connection.is_unused() {
                shared.connection.close();
            }
        }
    }
}

impl Host {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            idle: Vec::new(),
            shared: Vec::new(),
            is_http2: None,
            opening: 0,
            waiting: VecDeque::new(),
            served: 0,
        }
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many waiting requests have got a stream.
    pub(super) fn served(&self) -> u64 {
        self.served
    }

    /// Whether there is anything to be kept.
    pub(super) fn is_needed(&self) -> bool {
        !self.idle.is_empty()
            || !self.shared.is_empty()
            || self.opening > 0
            || !self.waiting.is_empty()
    }

    /// A connection for a request, or the way to one. `may_share`: HTTP/2 is possible. `insists`: it has waited long
    /// enough for others' connections.
    pub(super) fn enqueue(
        &mut self,
        may_share: bool,
        insists: bool,
        now: Instant,
        oldest: Option<Instant>,
    ) -> Checkout {
        self.waiting.retain(|waiting| !waiting.promise.is_closed());
        // Before looking, so that what becomes free afterwards is reported.
        self.set_waited_for(true);
        if let Some(connection) = self.checkout(now, oldest) {
            self.set_waited_for(!self.waiting.is_empty());
            return Checkout::Ready(connection);
        }
        let (promise, receiver) = oneshot::channel();
        let shares = may_share && self.is_http2 != Some(false);
        let opens = if !shares {
            // Those for whom the others are being opened may have found one elsewhere.
            insists || self.opening <= self.waiting.len()
        } else if self.opening == 0 {
            insists || !self.is_only_full(now)
        } else {
            // Those being opened will do for this request, too, unless they prove to be HTTP/1.1 or too few. If many
            // wait, their number doubles each time.
            insists
                && self.opening < self.shared.len()
                && self.opening * self.streams_each() <= self.waiting.len()
        };
        let (waits_for, checkout) = if opens {
            self.opening += 1;
            (WaitsFor::Own, Checkout::Open(receiver))
        } else if shares && self.shared.is_empty() {
            (WaitsFor::First, Checkout::First(receiver))
        } else {
            let checkout = match shares {
                true => Checkout::Stream(receiver),
                false => Checkout::Idle(receiver),
            };
            (WaitsFor::Free, checkout)
        };
        self.waiting.push_back(Waiting { promise, waits_for });
        checkout
    }

    /// Records the outcome of an opening. What is returned must be dropped without the lock.
    #[must_use]
    pub(super) fn opened(&mut self, outcome: Opened) -> Option<Connection> {
        self.opening = self.opening.saturating_sub(1);
        match outcome {
            Opened::Http2(connection) => {
                self.is_http2 = Some(true);
                connection.set_waited_for(!self.waiting.is_empty());
                let used = Instant::now();
                self.shared.push(SharedConnection { connection, used });
                let left_over = self.serve(used);
                // Those for whom there was no place wait for one to come free.
                self.waiting
                    .retain(|waiting| waiting.waits_for != WaitsFor::First);
                left_over
            }
            // Those that work remain shared.
            Opened::Failed | Opened::Dropped if !self.shared.is_empty() => None,
            outcome => {
                // From now on each request opens its own, also after a failure: one after the other would take too
                // long.
                if !matches!(outcome, Opened::Dropped) {
                    self.is_http2 = Some(false);
                }
                self.waiting
                    .retain(|waiting| waiting.waits_for == WaitsFor::Own);
                None
            }
        }
    }

    /// Gives a free connection to the first that waits, or keeps it. Returned if there are `most` already.
    pub(super) fn put(
        &mut self,
        mut connection: Box<Http1>,
        most: usize,
        now: Instant,
    ) -> Option<Box<Http1>> {
        connection.set_reused();
        while let Some(waiting) = self.waiting.pop_front() {
            match waiting.promise.send(Connection::Http1(connection)) {
                Ok(()) => return None,
                Err(Connection::Http1(back)) => connection = back,
                Err(Connection::Http2(_)) => return None,
            }
        }
        if self.idle.len() >= most {
            return Some(connection);
        }
        self.idle.push(Idle {
            connection,
            since: now,
        });
        None
    }

    /// The host has not reacted to a request since then. What has not been used after that may be dead, too.
    pub(super) fn unanswered(&mut self, since: Instant, out: &mut Vec<Retired>) {
        let dead = self.idle.extract_if(.., |idle| idle.since <= since);
        out.extend(dead.map(|idle| Retired::Http1(idle.connection)));
        for shared in self.shared.iter().filter(|shared| shared.used <= since) {
            shared.connection.doubt(since);
        }
    }

    /// Takes out what was not used for long or is closed.
    pub(super) fn sweep(&mut self, oldest: Option<Instant>, out: &mut Vec<Retired>) {
        let idle = self.idle.extract_if(.., |idle| {
            is_old(idle.since, oldest) || idle.connection.is_dead()
        });
        out.extend(idle.map(|idle| Retired::Http1(idle.connection)));
        let shared = self
            .shared
            .extract_if(.., |SharedConnection { connection, used }| {
                connection.is_closed() || is_old(*used, oldest) && connection.is_unused()
            });
        out.extend(shared.map(|shared| Retired::Http2(shared.connection)));
        self.waiting.retain(|waiting| !waiting.promise.is_closed());
    }

    /// A connection that takes a request at once.
    pub(super) fn checkout(&mut self, now: Instant, oldest: Option<Instant>) -> Option<Connection> {
        if !self.shared.is_empty()
            && let Some(connection) = self.checkout_shared(now, oldest)
        {
            return Some(connection);
        }
        let Idle {
            mut connection,
            since,
        } = self.idle.pop()?;
        if is_old(since, oldest) {
            // All before it are even older.
            self.idle.clear();
            return None;
        }
        connection.set_checked_out(now, now.saturating_duration_since(since) < FRESH);
        Some(Connection::Http1(connection))
    }

    fn checkout_shared(&mut self, now: Instant, oldest: Option<Instant>) -> Option<Connection> {
        let mut next = 0;
        while let Some(SharedConnection { connection, used }) = self.shared.get_mut(next) {
            if is_old(*used, oldest) && connection.is_unused() {
                self.shared.remove(next);
                continue;
            }
            match connection.reserve(now) {
                Ok(reservation) => {
                    *used = now;
                    return Some(Connection::Http2(reservation));
                }
                Err(Unavailable::Closed) => {
                    // Its streams keep it alive as long as they need it.
                    self.shared.remove(next);
                }
                Err(Unavailable::Full | Unavailable::Suspect) => next += 1,
            }
        }
        None
    }

    /// Gives free streams to those who wait. What is returned must be dropped without the lock.
    #[must_use]
    pub(super) fn serve(&mut self, now: Instant) -> Option<Connection> {
        while !self.waiting.is_empty() {
            let mut connection = self.checkout_shared(now, None)?;
            loop {
                let Some(waiting) = self.waiting.pop_front() else {
                    self.set_waited_for(false);
                    return Some(connection);
                };
                match waiting.promise.send(connection) {
                    Ok(()) => {
                        self.served += 1;
                        break;
                    }
                    Err(back) => connection = back,
                }
            }
        }
        self.set_waited_for(false);
        None
    }

    fn set_waited_for(&self, waited_for: bool) {
        for shared in &self.shared {
            shared.connection.set_waited_for(waited_for);
        }
    }

    /// Whether there are shared connections that work but are full, so that a request should wait for a stream.
    fn is_only_full(&self, now: Instant) -> bool {
        let full = Err(Unavailable::Full);
        self.shared
            .iter()
            .any(|shared| shared.connection.check(now).map(drop) == full)
    }

    /// How many requests a further connection will take.
    fn streams_each(&self) -> usize {
        let streams = self
            .shared
            .iter()
            .map(|shared| shared.connection.max_streams());
        streams.max().unwrap_or(1).max(1)
    }
}
