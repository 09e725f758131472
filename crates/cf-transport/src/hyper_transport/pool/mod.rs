//! The connections to servers: kept between requests, shared where HTTP/2 allows it, opened when there is none.
//!
//! An HTTP/1.1 connection has no task of its own. The request on it reads and writes itself, which saves two task
//! switches per exchange; see [`Http1`]. An HTTP/2 connection has one, since its requests share it.

mod host;
mod hosts;
mod http1;
#[cfg(feature = "http2")]
mod http2;
#[cfg(not(feature = "http2"))]
mod no_http2;
mod opening;
mod origin;
mod sweep;
mod waker;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn;
use tokio::time::Instant;

use super::connect::Connector;
#[cfg(not(feature = "http2"))]
use no_http2 as http2;

pub(super) use hosts::Hosts;
pub(super) use http1::{Http1, Sent};
pub(super) use http2::{Http2, Reservation, builder as http2_builder};
#[cfg(feature = "http2")]
pub(super) use http2::{Http2Body, PendingResponse, StreamError};
pub(super) use origin::Origin;

/// How long a server may owe a sign of life, and how long it may read nothing, before requests go elsewhere.
pub(super) const GRACE: Duration = Duration::from_millis(200);

/// Which versions of HTTP are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "http2"), allow(dead_code))]
pub(super) enum Versions {
    /// What TLS agrees upon; HTTP/1.1 without TLS.
    Negotiated,
    Http1,
    Http2,
}

/// A connection that takes a request.
pub(super) enum Connection {
    /// One that takes one request at a time.
    Http1(Box<Http1>),
    /// A stream of one that several requests share.
    Http2(Reservation),
}

pub(super) struct Pool {
    pub(super) connector: Connector,
    pub(super) http1: conn::http1::Builder,
    pub(super) http2: http2::Builder,
    pub(super) versions: Versions,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) hosts: Mutex<Hosts>,
    /// Unused connections are being looked after.
    pub(super) swept: AtomicBool,
}

impl Pool {
    /// A connection that is open already.
    pub(super) fn checkout(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut connection = self.hosts().checkout(origin, Instant::now())?;
            if let Connection::Http1(http1) = &mut connection
                && !http1.is_fresh()
                && http1.is_dead()
            {
                continue;
            }
            return Some(connection);
        }
    }

    /// Takes back a connection that is free again.
    pub(super) fn put(self: &Arc<Self>, http1: Box<Http1>) {
        let refused = self.hosts().put(http1, Instant::now());
        match refused {
            None => sweep::ensure(self),
            Some(http1) => http1.close(),
        }
    }

    /// The host has not reacted to a request since then. What has not been used after that may be dead, too.
    pub(super) fn unanswered(&self, origin: &Origin, since: Instant) {
        let mut dead = Vec::new();
        self.hosts().unanswered(origin, since, &mut dead);
        for connection in dead {
            connection.close();
        }
    }

    /// A connection can take more requests than before.
    #[cfg(feature = "http2")]
    fn serve(&self, origin: &Origin) {
        let left_over = self.hosts().serve(origin, Instant::now());
        // Not under the lock, which it takes.
        drop(left_over);
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        lock(&self.hosts)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
