//! The HTTP side: connections, bodies, and the path of a request through faults
//! and checks to its operation and back.

mod connection;
mod dispatch;
mod hosts;
mod listen;
mod receive;
mod write_timeout;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::http::request::Request;
#[cfg(feature = "tls")]
use crate::tls::Tls;
pub(crate) use dispatch::dispatch;
pub(crate) use hosts::Hosts;
pub(crate) use listen::serve;
pub(crate) use receive::BodyLimits;
use receive::Receiver;

/// What all connections share.
pub(crate) struct Server {
    pub(crate) engine: Arc<Engine>,
    /// The hosts for which requests over a connection are answered.
    pub(crate) hosts: Hosts,
    pub(crate) bodies: BodyLimits,
    /// How many connections are served at a time.
    pub(crate) connections: Arc<Semaphore>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

impl Server {
    /// Whether it serves HTTPS.
    pub(crate) fn is_secure(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    /// A request that came over it, without its body.
    fn request(&self, peer: IpAddr, head: http::request::Parts) -> Request {
        Request {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body: Bytes::new(),
            upload: None,
            form: None,
            room: None,
            peer,
            secure: self.is_secure(),
        }
    }

    fn receiver(&self) -> Receiver<'_> {
        Receiver {
            engine: &self.engine,
            limits: &self.bodies,
        }
    }
}
