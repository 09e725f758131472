//! The transport over real sockets.

mod address;
mod builder;
mod clock;
mod connect;
mod connect_failure;
mod exchange;
mod failure;
mod http2_error;
#[cfg(not(feature = "proxy"))]
mod no_proxy;
mod pool;
#[cfg(feature = "proxy")]
mod proxy;
mod reply;
mod roots;
mod route;
mod stream;
mod target;
mod tcp;
mod tls;
mod tuning;
mod upload;

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use http::{Request, Response};
use tokio::sync::Semaphore;

use crate::{Body, BoxFuture, Transport, TransportError};
use clock::Limits;
use exchange::Exchange;
#[cfg(not(feature = "proxy"))]
use no_proxy as proxy;
use pool::Pool;
use proxy::Proxies;

pub use builder::HyperTransportBuilder;
pub use roots::RootCertificates;
#[cfg(feature = "websocket")]
pub(crate) use tls::default_tls;

/// The transport over real sockets: HTTP/1.1 by hyper, HTTP/2 by h2 (feature `http2`), TLS by rustls, on a tokio runtime.
///
/// Clones share one pool of connections, and TLS sessions, which further connections to a host take up again; make one
/// and keep it. Requests must be sent from within a tokio runtime with I/O and time enabled. Several runtimes may use it,
/// such as those of tests: each gets connections of its own.
///
/// - `https://` always works; plain `http://` only to this machine (`localhost`, `127.0.0.0/8`, `[::1]`), unless
///   [allowed](HyperTransportBuilder::allow_plain_http).
/// - Redirects are not followed, so that no credential travels to a host that nobody named.
/// - A request is written to a connection once. Another connection takes over only if the server closed a kept
///   connection before anything of the request went out. What an HTTP/2 server refused unread is an error that says so
///   ([`never_sent`](TransportError::never_sent)).
/// - Requests share an HTTP/2 connection. Replies that nobody reads do not block others, and if the server takes no
///   more requests at a time, those that have waited for 300 ms without any stream coming free open further
///   connections.
/// - After a request that was given up without a sign of life from the server, the next one goes to a new connection.
///   So does one while an HTTP/2 server does not read, or has not answered a ping, which is sent after half a second of
///   silence. Without any sign for 20 s the connection is closed.
/// - An HTTP/1.1 connection has no task of its own: the request on it drives it, and then whoever reads the reply. So
///   the reply's body is received, and the rest of an upload sent, as the body is read. Over HTTP/2, too, the rest of
///   an upload goes as the reply is read.
/// - Dropping the future of a request, or the body of its reply, ends the exchange and closes its connection
///   (HTTP/1.1) or stream (HTTP/2).
/// - Time limits hold whatever the server sends. Informational replies (1xx) may have 64 KiB before each reply.
/// - Idle connections are closed in time even if their runtime no longer runs: while there are any, one thread
///   (`cf-transport-idle`) looks after those of all transports.
///
/// ```no_run
/// use cf_transport::{Body, HyperTransport, Transport};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = HyperTransport::new()?;
/// let request = http::Request::get("https://api.cloudflare.com/client/v4/ips").body(Body::empty())?;
///
/// let reply = transport.send(request).await?;
/// println!("{}: {} bytes", reply.status(), reply.into_body().bytes(1 << 20).await?.len());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HyperTransport(Arc<Inner>);

struct Inner {
    pool: Arc<Pool>,
    proxies: Option<Arc<Proxies>>,
    limits: Limits,
    max_header_bytes: usize,
    /// Permits for requests, if their number is limited.
    places: Option<Arc<Semaphore>>,
    #[cfg(feature = "decompress")]
    decode_limit: Option<u64>,
    allow_plain_http: bool,
}

impl HyperTransport {
    /// A transport with the defaults of [`HyperTransportBuilder`].
    ///
    /// # Errors
    /// Same as [`HyperTransportBuilder::build`].
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// A transport with other settings.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder::default()
    }
}

impl Transport for HyperTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        match Exchange::prepare(&self.0, request) {
            Ok((exchange, request)) => exchange.run(request),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport")
            .field("limits", &self.0.limits)
            .field("allow_plain_http", &self.0.allow_plain_http)
            .finish_non_exhaustive()
    }
}
