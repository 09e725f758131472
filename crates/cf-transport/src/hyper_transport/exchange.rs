use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::clock::Clock;
use super::pool::{Connection, Http1, Origin, Sent};
use super::proxy::Proxy;
use super::reply::{self, Surroundings};
use super::upload::{Underway, Upload};
use super::{Shared, failure, target};
#[cfg(feature = "decompress")]
use crate::decompress;
use crate::{Body, BoxFuture, TransportError, TransportErrorKind, check_headers};

/// A request and the head of its reply.
pub(super) struct Exchange<'a> {
    shared: &'a Shared,
    origin: Origin,
    clock: Clock,
    /// Among the requests under way, where these are limited.
    place: Option<OwnedSemaphorePermit>,
    /// The proxy that the request is sent to.
    proxy: Option<Box<Proxy>>,
    /// How many bytes the reply may have once it is decoded, where compression was asked for.
    #[cfg(feature = "decompress")]
    decode_limit: Option<u64>,
}

/// Why there is no reply.
enum Failure {
    /// The connection gave the request back as it was.
    Returned(Box<(Request<Upload>, hyper::Error)>),
    Final(TransportError),
}

impl<'a> Exchange<'a> {
    /// Looks at a request, and makes it ready to be sent.
    pub(super) fn prepare(
        shared: &'a Shared,
        mut request: Request<Body>,
    ) -> Result<(Self, Request<Upload>), TransportError> {
        let origin = target::check(&request, shared.allow_plain_http, shared.proxies.as_deref())?;
        let body = std::mem::take(request.body_mut());
        let body = check_headers(request.headers(), body)
            .map_err(|error| error.with_uri(request.uri()))?;
        if body.content_length() == Some(0) && announces_length(request.method()) {
            let none = HeaderValue::from_static("0");
            let headers = request.headers_mut();
            headers.entry(CONTENT_LENGTH).or_insert(none);
        }
        let mut request = request.map(|_| Upload::new(body));
        // The connection decides the version; a request that insists on another one would fail late.
        *request.version_mut() = Version::HTTP_11;
        let proxies = shared.proxies.as_ref();
        let proxy = proxies.and_then(|proxies| proxies.reading(request.uri()));
        let headers = request.headers_mut();
        #[cfg(feature = "decompress")]
        let decode_limit = shared.decode_limit.filter(|_| decompress::ask(headers));
        if let Some(proxy) = &proxy {
            proxy.authorize(headers);
        }
        let exchange = Self {
            shared,
            origin,
            clock: Clock::new(shared.limits.clone()),
            place: None,
            proxy,
            #[cfg(feature = "decompress")]
            decode_limit,
        };
        Ok((exchange, request))
    }

    /// Sends the request on a free connection or a new one.
    pub(super) fn run(
        mut self,
        mut request: Request<Upload>,
    ) -> BoxFuture<'a, Result<Response<Body>, TransportError>> {
        // A block, as an async function holds what it is given twice.
        Box::pin(async move {
            let Ok(runtime) = Handle::try_current() else {
                let message = "not within a tokio runtime, which HyperTransport needs";
                let kind = TransportErrorKind::Request;
                return Err(TransportError::new(kind, message).with_uri(&self.origin.uri()));
            };
            self.origin.set_runtime(runtime.id());
            drop(runtime);
            self.clock.start();
            if let Some(places) = &self.shared.places {
                let place = Box::pin(places.clone().acquire_owned());
                self.place = self.in_time(place).await?.ok();
            }
            if request.body().is_announced_empty() {
                let checking = Box::pin(request.body_mut().check_empty());
                let checked = self.in_time(checking).await?;
                checked.map_err(|error| error.with_uri(&self.origin.uri()))?;
            }
            loop {
                let connection = match self.shared.pool.at_hand(&self.origin) {
                    Some(connection) => connection,
                    None => self.open().await?,
                };
                let watched = self.clock.limits_silence();
                let (reused, failure) = match connection {
                    Connection::Http1(mut http1) => {
                        let reused = http1.is_reused();
                        if http1.is_one_of_many() {
                            give_way().await;
                        }
                        let underway = (watched && !request.body().is_short())
                            .then(|| Arc::new(Underway::new(true)));
                        request.body_mut().tell(underway.clone());
                        let reply = pin!(http1.send(request));
                        match self.by_http1(&mut http1, reply, underway).await {
                            Ok(reply) => return self.received(reply, Some(http1)),
                            Err(failure) => (reused, failure),
                        }
                    }
                    Connection::Http2 {
                        mut requests,
                        reused,
                    } => {
                        let underway = Arc::new(Underway::new(watched));
                        request.body_mut().tell(Some(underway.clone()));
                        let reply = pin!(requests.try_send_request(request));
                        match self.by_http2(reply, underway).await {
                            Ok(reply) => return self.received(reply, None),
                            Err(failure) => (reused, failure),
                        }
                    }
                };
                match failure {
                    // The server closed a kept connection, and the request never went out. It may on another one.
                    Failure::Returned(returned) if reused => {
                        request = returned.0;
                        *request.uri_mut() = self.origin.with_path_of(request.uri());
                    }
                    Failure::Returned(returned) => {
                        return Err(failure::of_request(returned.1, &self.origin, false));
                    }
                    Failure::Final(error) => return Err(error),
                }
            }
        })
    }

    /// The head is here.
    fn received(
        self,
        reply: Response<Incoming>,
        http1: Option<Box<Http1>>,
    ) -> Result<Response<Body>, TransportError> {
        if let Some(proxy) = &self.proxy
            && reply.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(proxy.asks_who_we_are(&self.origin.uri()));
        }
        #[cfg(feature = "decompress")]
        let decoded = self.decode_limit.map(|limit| (limit, self.origin.uri()));
        let around = Surroundings {
            clock: self.clock,
            place: self.place,
            origin: self.origin,
        };
        let reply = reply.map(|body| match http1 {
            Some(http1) => reply::single(body, http1, &self.shared.pool, around),
            None => reply::shared(body, around),
        });
        #[cfg(feature = "decompress")]
        if let Some((limit, uri)) = decoded {
            return decompress::decode(reply, limit, &uri);
        }
        Ok(reply)
    }

    /// Does something that precedes the sending.
    async fn in_time<F: Future>(&mut self, step: F) -> Result<F::Output, TransportError> {
        let mut step = pin!(step);
        poll_fn(|cx| match step.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self
                .clock
                .poll(cx, None)
                .map(|limit| Err(failure::timed_out(limit, &self.origin, false))),
        })
        .await
    }

    #[cold]
    async fn open(&mut self) -> Result<Connection, TransportError> {
        let (pool, origin) = (self.shared.pool.clone(), self.origin.clone());
        // In a box, since most requests find an open connection.
        let opening = Box::pin(async move { pool.open(&origin).await });
        let opened = self.in_time(opening).await?;
        opened.map_err(|failure| failure::unconnected(failure, &self.origin))
    }

    /// Waits for the reply on a connection that nobody else drives.
    async fn by_http1(
        &mut self,
        http1: &mut Http1,
        mut reply: Pin<&mut impl Future<Output = Sent>>,
        underway: Option<Arc<Underway>>,
    ) -> Result<Response<Incoming>, Failure> {
        let since = self.clock.limits_silence().then(Instant::now);
        poll_fn(|cx| {
            http1.drive(cx);
            // It comes of the driving alone; a wake-up for it would only poll this once more.
            let nobody = &mut Context::from_waker(Waker::noop());
            if let Poll::Ready(sent) = reply.as_mut().poll(nobody) {
                return Poll::Ready(sent.map_err(|error| {
                    let broken = underway
                        .as_ref()
                        .and_then(|underway| underway.take_broken());
                    self.failure(error, true, broken)
                }));
            }
            let progress = underway.as_ref().and_then(|way| way.silent_since(cx));
            self.clock.poll(cx, progress.or(since)).map(|limit| {
                Err(Failure::Final(failure::timed_out(
                    limit,
                    &self.origin,
                    true,
                )))
            })
        })
        .await
    }

    /// Waits for the reply on a connection that several requests share.
    async fn by_http2(
        &mut self,
        mut reply: Pin<&mut impl Future<Output = Sent>>,
        underway: Arc<Underway>,
    ) -> Result<Response<Incoming>, Failure> {
        poll_fn(|cx| {
            if let Poll::Ready(sent) = reply.as_mut().poll(cx) {
                let handed_over = underway.handed_over();
                return Poll::Ready(
                    sent.map_err(|error| self.failure(error, handed_over, underway.take_broken())),
                );
            }
            let since = underway.silent_since(cx);
            self.clock.poll(cx, since).map(|limit| {
                let handed_over = underway.handed_over();
                let error = failure::timed_out(limit, &self.origin, handed_over);
                Err(Failure::Final(error))
            })
        })
        .await
    }

    /// `broken`: why the body broke off, if it did.
    fn failure(
        &self,
        mut error: TrySendError<Request<Upload>>,
        handed_over: bool,
        broken: Option<TransportError>,
    ) -> Failure {
        match (error.take_message(), broken) {
            (Some(request), _) => Failure::Returned(Box::new((request, error.into_error()))),
            (None, Some(broken)) => Failure::Final(failure::of_body(broken, &self.origin)),
            (None, None) => {
                let error = failure::of_request(error.into_error(), &self.origin, handed_over);
                Failure::Final(error)
            }
        }
    }
}

/// Whether servers expect to be told the length of a request's body even where it has none (RFC 9110, 8.6). hyper does
/// so over HTTP/2 only.
fn announces_length(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// Lets the tasks that are ready go first, once. tokio's `yield_now` would have the system asked for news before.
fn give_way() -> impl Future<Output = ()> {
    let mut gave = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut gave, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
