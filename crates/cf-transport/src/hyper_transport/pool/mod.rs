//! The connections to servers: kept between requests, shared where HTTP/2 allows it, opened when there is none.
//!
//! An HTTP/1.1 connection has no task of its own. The request that is on it reads and writes by itself, which saves
//! two switches between tasks for each exchange; see [`Line`].

mod hosts;
mod line;
mod opening;
mod origin;
mod sweep;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioExecutor;
use tokio::time::Instant;

use super::connect::Connector;
use super::upload::Upload;
use hosts::Hosts;

pub(super) use line::{Line, Sent};
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
pub(super) enum Lane {
    /// One that takes one request at a time.
    Http1(Box<Line>),
    /// One that several requests share.
    Http2 {
        requests: http2::SendRequest<Upload>,
        /// It was open before.
        reused: bool,
    },
}

pub(super) struct Pool {
    pub(super) connector: Connector,
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
    pub(super) versions: Versions,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    /// For each host; 0 keeps none, and shares none.
    pub(super) max_idle: usize,
    pub(super) hosts: Mutex<Hosts>,
}

impl Pool {
    /// A connection that is open already.
    pub(super) fn at_hand(&self, origin: &Origin) -> Option<Lane> {
        let now = Instant::now();
        self.hosts()
            .at_hand(origin, now, |since| self.is_old(since, now))
    }

    /// Takes a connection back that is free again.
    pub(super) fn put(self: &Arc<Self>, line: Box<Line>) {
        if self.max_idle == 0 {
            return line.close();
        }
        let mut hosts = self.hosts();
        let refused = hosts.put(line, self.max_idle, Instant::now());
        let sweeps = sweep::is_due(&mut hosts);
        drop(hosts);
        if sweeps {
            sweep::start(self);
        }
        if let Some(line) = refused {
            line.close();
        }
    }

    fn is_old(&self, since: Instant, now: Instant) -> bool {
        self.idle_timeout
            .is_some_and(|limit| now.saturating_duration_since(since) >= limit)
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        // Nothing panics while it is held.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
