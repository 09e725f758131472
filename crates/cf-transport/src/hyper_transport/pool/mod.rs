//! The connections to servers: kept between requests, shared where HTTP/2 allows it, opened when there is none.
//!
//! An HTTP/1.1 connection has no task of its own. The request that is on it reads and writes by itself, which saves
//! two switches between tasks for each exchange; see [`Http1`].

mod hosts;
mod http1;
mod opening;
mod origin;
mod relay;
mod sweep;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn;
use hyper_util::rt::TokioExecutor;
use tokio::time::Instant;

use super::connect::Connector;
use super::upload::Upload;

pub(super) use hosts::Hosts;
pub(super) use http1::{Http1, Sent};
pub(super) use origin::Origin;

/// Which versions of HTTP are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// One that several requests share.
    Http2 {
        requests: conn::http2::SendRequest<Upload>,
        /// It was open before.
        reused: bool,
    },
}

pub(super) struct Pool {
    pub(super) connector: Connector,
    pub(super) http1: conn::http1::Builder,
    pub(super) http2: conn::http2::Builder<TokioExecutor>,
    pub(super) versions: Versions,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) hosts: Mutex<Hosts>,
    /// A task looks after the connections that nobody uses.
    pub(super) swept: AtomicBool,
}

impl Pool {
    /// A connection that is open already.
    pub(super) fn at_hand(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut connection = self.hosts().at_hand(origin, Instant::now())?;
            if let Connection::Http1(http1) = &mut connection
                && http1.has_rested()
                && http1.is_dead()
            {
                continue;
            }
            return Some(connection);
        }
    }

    /// Takes a connection back that is free again.
    pub(super) fn put(self: &Arc<Self>, http1: Box<Http1>) {
        let refused = self.hosts().put(http1, Instant::now());
        match refused {
            None => sweep::ensure(self),
            Some(http1) => http1.close(),
        }
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        // Nothing panics while it is held.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
