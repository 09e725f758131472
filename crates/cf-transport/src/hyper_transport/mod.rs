//! The transport over real sockets.

mod builder;
mod clock;
mod connect;
mod failure;
mod proxy;
mod reply;
mod route;
mod target;
mod tls;
mod tunnel;
mod upload;

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response, StatusCode, Version, header};
use hyper_util::client::legacy::{Client, ResponseFuture};
use tokio::sync::Semaphore;
use tokio::time::Instant;

#[cfg(feature = "decompress")]
use crate::decompress;
use crate::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use clock::{Clock, Limits};
use connect::Connector;
use proxy::Proxies;
use reply::Reply;
use upload::{Underway, Upload};

pub use builder::HyperTransportBuilder;
pub use tls::RootCertificates;

/// The transport over real sockets: HTTP/1.1 and HTTP/2 by hyper, TLS by rustls, on a tokio runtime.
///
/// Clones share one pool of connections; make one and keep it. Requests must be sent from within a tokio runtime
/// with I/O and time enabled.
///
/// - `https://` always works; plain `http://` only to this machine (`localhost`, `127.0.0.0/8`, `[::1]`), unless
///   [allowed](HyperTransportBuilder::allow_plain_http).
/// - Redirects are not followed, so that no credential travels to a host that nobody named.
/// - A request is written to a connection once. Only if the server closed a kept connection before anything of the
///   request went out, another connection takes over.
/// - Dropping the future of a request, or the body of its reply, ends the exchange and closes its connection
///   (HTTP/1.1) or stream (HTTP/2).
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
pub struct HyperTransport(Arc<Shared>);

struct Shared {
    client: Client<Connector, Upload>,
    proxies: Option<Arc<Proxies>>,
    limits: Limits,
    connect_timeout: Option<Duration>,
    /// For requests under way, where these are limited.
    places: Option<Arc<Semaphore>>,
    #[cfg(feature = "decompress")]
    decode_limit: Option<u64>,
    allow_plain_http: bool,
}

impl HyperTransport {
    /// A transport with the defaults of [`HyperTransportBuilder`].
    ///
    /// # Errors
    /// As [`HyperTransportBuilder::build`].
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// A transport with settings of your own.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder::default()
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let Shared {
            client,
            limits,
            proxies,
            allow_plain_http,
            connect_timeout,
            places,
            ..
        } = &*self.0;
        target::check(&request, *allow_plain_http)?;
        let uri = request.uri().clone();
        if tokio::runtime::Handle::try_current().is_err() {
            let message = "not within a tokio runtime, which HyperTransport needs";
            return Err(TransportError::new(TransportErrorKind::Request, message).with_uri(&uri));
        }

        let (mut parts, body) = request.into_parts();
        // The connection decides the version; a request that insists on another one would fail late.
        parts.version = Version::HTTP_11;
        #[cfg(feature = "decompress")]
        let decode_limit = self
            .0
            .decode_limit
            .filter(|_| decompress::ask(&mut parts.headers));
        let proxy = proxies.as_ref().and_then(|proxies| proxies.reading(&uri));
        if let Some(auth) = proxy.as_ref().and_then(|proxy| proxy.basic_auth()) {
            let name = header::PROXY_AUTHORIZATION;
            parts.headers.insert(name, auth.clone());
        }

        let mut clock = Clock::start(limits.clone());
        let place = match places {
            None => None,
            Some(places) => {
                let mut free = pin!(places.clone().acquire_owned());
                let place = poll_fn(|cx| match free.as_mut().poll(cx) {
                    Poll::Ready(place) => Poll::Ready(Ok(place.ok())),
                    Poll::Pending => clock
                        .poll(cx, None)
                        .map(|limit| Err(failure::timed_out(limit, &uri, false))),
                });
                place.await?
            }
        };
        let watched = limits.read.is_some();
        let mut exchange = Exchange::start(client, &parts, body, watched);
        let give_up = connect_timeout.map(|limit| Instant::now() + limit);
        let response = poll_fn(|cx| {
            while let Poll::Ready(result) = Pin::new(&mut exchange.response).poll(cx) {
                let error = match result {
                    Ok(response) => return Poll::Ready(Ok(response)),
                    Err(error) => error,
                };
                if failure::is_outwaited(&error)
                    && give_up.is_none_or(|time| Instant::now() < time)
                    && let Some(body) = exchange.underway.take_back()
                {
                    exchange = Exchange::start(client, &parts, body, watched);
                    continue;
                }
                let error = failure::of_request(error, &uri, exchange.underway.handed_over());
                return Poll::Ready(Err(error));
            }
            let idle_since = exchange.underway.silent_since(cx);
            clock.poll(cx, idle_since).map(|limit| {
                let handed_over = exchange.underway.handed_over();
                Err(failure::timed_out(limit, &uri, handed_over))
            })
        })
        .await?;

        if let Some(proxy) = proxy
            && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(failure::unknown_to_proxy(&proxy.uri, &uri));
        }
        let reply = response.map(|body| Reply::body(body, clock, place, uri.clone()));
        #[cfg(feature = "decompress")]
        if let Some(limit) = decode_limit {
            return Ok(decompress::decode(reply, limit, &uri));
        }
        Ok(reply)
    }
}

/// A request that was given to the pool.
struct Exchange {
    response: ResponseFuture,
    underway: Arc<Underway>,
}

impl Exchange {
    fn start(client: &Client<Connector, Upload>, parts: &Parts, body: Body, watched: bool) -> Self {
        let underway = Arc::new(Underway::new(watched));
        let body = Upload::new(body, underway.clone());
        Self {
            response: client.request(Request::from_parts(parts.clone(), body)),
            underway,
        }
    }
}

impl Transport for HyperTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(self.exchange(request))
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
