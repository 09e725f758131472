use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
#[cfg(feature = "http2")]
use tokio::time::Instant;

use super::clock::Clock;
use super::pool::{Connection, GRACE, Http1, Origin, Pool, Sent};
#[cfg(feature = "http2")]
use super::pool::{Http2Body, PendingResponse, Reservation};
use super::proxy::Proxy;
use super::reply::{self, ResponseContext};
use super::upload::{Upload, UploadClock};
use super::{Inner, failure, target};
#[cfg(feature = "decompress")]
use crate::decompress;
use crate::{Body, BoxFuture, SendProgress, TransportError, TransportErrorKind, check_headers};

/// A request and the head of its reply.
pub(super) struct Exchange<'a> {
    inner: &'a Inner,
    origin: Origin,
    clock: Clock,
    progress: Option<SendProgress>,
    /// Its permit, if the number of requests is limited.
    place: Option<OwnedSemaphorePermit>,
    /// The proxy that the request is sent to.
    proxy: Option<Box<Proxy>>,
    /// How many bytes the reply may have once decoded, if compression was asked for.
    #[cfg(feature = "decompress")]
    decode_limit: Option<u64>,
}

/// Most bytes of informational replies (1xx) before the reply itself.
const MAX_INFORMATIONAL: usize = 64 * 1024;

/// Why there is no reply over HTTP/1.1.
enum Failure {
    /// The connection gave the request back as it was.
    Returned(Box<(Request<Upload>, hyper::Error)>),
    Final(TransportError),
}

impl<'a> Exchange<'a> {
    /// Checks a request, and prepares it.
    pub(super) fn prepare(
        inner: &'a Inner,
        mut request: Request<Body>,
    ) -> Result<(Self, Request<Upload>), TransportError> {
        let origin = target::check(&request, inner.allow_plain_http, inner.proxies.as_deref())?;
        let body = std::mem::take(request.body_mut());
        let progress = body.send_progress().cloned();
        if let Some(progress) = &progress {
            progress.set_waiting();
        }
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
        let proxies = inner.proxies.as_ref();
        let proxy = proxies.and_then(|proxies| proxies.reading(request.uri()));
        let headers = request.headers_mut();
        #[cfg(feature = "decompress")]
        let decode_limit = inner.decode_limit.filter(|_| decompress::ask(headers));
        if let Some(proxy) = &proxy {
            proxy.authorize(headers);
        }
        let exchange = Self {
            inner,
            origin,
            clock: Clock::new(inner.limits.clone()),
            progress,
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
        // A block: an async function stores its arguments twice.
        Box::pin(async move {
            let Ok(runtime) = Handle::try_current() else {
                let message = "not within a tokio runtime, which HyperTransport needs";
                let kind = TransportErrorKind::Request;
                return Err(TransportError::new(kind, message).with_uri(&self.origin.uri()));
            };
            self.origin.set_runtime(runtime.id());
            drop(runtime);
            self.clock.start();
            if let Some(places) = &self.inner.places {
                let place = Box::pin(places.clone().acquire_owned());
                self.place = self.in_time(place).await?.ok();
            }
            if request.body().is_announced_empty() {
                let checking = Box::pin(request.body_mut().check_empty());
                let checked = self.in_time(checking).await?;
                checked.map_err(|error| error.with_uri(&self.origin.uri()))?;
            }
            loop {
                let connection = match self.inner.pool.checkout(&self.origin) {
                    Some(connection) => connection,
                    None => self.open().await?,
                };
                let mut http1 = match connection {
                    Connection::Http1(http1) => http1,
                    #[cfg(not(feature = "http2"))]
                    Connection::Http2(reservation) => reservation.never(),
                    #[cfg(feature = "http2")]
                    Connection::Http2(reservation) => {
                        self.note_sent();
                        let reply = self.by_http2(reservation, request).await?;
                        return self.received(reply, reply::shared);
                    }
                };
                let reused = http1.is_reused();
                let watched = self.clock.limits_silence() && !request.body().is_short();
                let upload = watched.then(|| Arc::new(UploadClock::default()));
                request.body_mut().set_clock(upload.clone());
                let unsent = self.note_sent();
                let reply = pin!(http1.send(request));
                match self.by_http1(&mut http1, reply, upload).await {
                    Ok(reply) => {
                        let pool = &self.inner.pool;
                        return self.received(reply, |body, context| {
                            reply::single(body, http1, pool, context)
                        });
                    }
                    // The server closed a kept connection, and the request never went out. It may on another one.
                    Err(Failure::Returned(returned)) if reused => {
                        if let Some(progress) = self.progress.as_ref().filter(|_| unsent) {
                            progress.take_back();
                        }
                        request = returned.0;
                        *request.uri_mut() = self.origin.with_path_of(request.uri());
                    }
                    Err(Failure::Returned(returned)) => {
                        let refusal = http1.activity().refusal();
                        let error = failure::of_request(returned.1, &self.origin, false, refusal);
                        return Err(error);
                    }
                    Err(Failure::Final(error)) => return Err(error),
                }
            }
        })
    }

    /// The head is here.
    fn received<B>(
        self,
        reply: Response<B>,
        body: impl FnOnce(B, ResponseContext) -> Body,
    ) -> Result<Response<Body>, TransportError> {
        if let Some(proxy) = &self.proxy
            && reply.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(proxy.auth_required(&self.origin.uri()));
        }
        #[cfg(feature = "decompress")]
        let decoded = self.decode_limit.map(|limit| (limit, self.origin.uri()));
        let context = ResponseContext {
            clock: self.clock,
            place: self.place,
            origin: self.origin,
        };
        let reply = reply.map(|received| body(received, context));
        #[cfg(feature = "decompress")]
        if let Some((limit, uri)) = decoded {
            return decompress::decode(reply, limit, &uri);
        }
        Ok(reply)
    }

    /// From now on, bytes of the request may leave. True if it is certain that none has before.
    fn note_sent(&self) -> bool {
        self.progress.as_ref().is_some_and(|progress| {
            let unsent = progress.never_sent();
            progress.set_sent();
            unsent
        })
    }

    /// Runs a step that precedes the sending, within the time limits.
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
        let (pool, origin) = (self.inner.pool.clone(), self.origin.clone());
        // Boxed, since most requests find an open connection.
        let opening = Box::pin(async move { pool.open(&origin).await });
        let opened = self.in_time(opening).await?;
        opened.map_err(|failure| failure::unconnected(failure, &self.origin))
    }

    /// Waits for the reply on a connection that nobody else drives.
    async fn by_http1(
        &mut self,
        http1: &mut Http1,
        mut reply: Pin<&mut impl Future<Output = Sent>>,
        upload: Option<Arc<UploadClock>>,
    ) -> Result<Response<Incoming>, Failure> {
        let pool = &self.inner.pool;
        let received = http1.activity().received();
        // Before the head is complete, only informational replies and the head itself may come.
        let most = received + (MAX_INFORMATIONAL + self.inner.max_header_bytes) as u64;
        let since = http1.checked_out();
        let mut waiting = Unanswered {
            http1,
            pool,
            received,
            answered: false,
        };
        poll_fn(|cx| {
            waiting.http1.drive(cx);
            // Only driving brings it; a wake-up for it would poll this once more for nothing.
            let nobody = &mut Context::from_waker(Waker::noop());
            if let Poll::Ready(sent) = reply.as_mut().poll(nobody) {
                waiting.answered = true;
                return Poll::Ready(sent.map_err(|mut error| match error.take_message() {
                    Some(request) => Failure::Returned(Box::new((request, error.into_error()))),
                    None => {
                        let refusal = waiting.http1.activity().refusal();
                        let error = error.into_error();
                        Failure::Final(failure::of_request(error, &self.origin, true, refusal))
                    }
                }));
            }
            if waiting.http1.activity().received() > most {
                let error = failure::only_informational(&self.origin);
                return Poll::Ready(Err(Failure::Final(error)));
            }
            let progress = upload.as_ref().and_then(|upload| upload.last());
            let limit = self.clock.poll(cx, Some(progress.unwrap_or(since)));
            limit.map(|limit| {
                let error = failure::timed_out(limit, &self.origin, true);
                Err(Failure::Final(error))
            })
        })
        .await
    }

    /// Sends the request on a connection that several share, and waits for the reply.
    #[cfg(feature = "http2")]
    async fn by_http2(
        &mut self,
        reservation: Reservation,
        request: Request<Upload>,
    ) -> Result<Response<Http2Body>, TransportError> {
        let mut since = Instant::now();
        let mut pieces = 0;
        let mut pending: PendingResponse = reservation
            .send(request, since)
            .map_err(|error| failure::of_stream(error, &self.origin))?;
        poll_fn(|cx| {
            if let Poll::Ready(outcome) = pending.poll(cx, MAX_INFORMATIONAL) {
                return Poll::Ready(
                    outcome.map_err(|error| failure::of_stream(error, &self.origin)),
                );
            }
            if self.clock.limits_silence() && pieces != pending.pieces_sent() {
                pieces = pending.pieces_sent();
                since = Instant::now();
            }
            let limit = self.clock.poll(cx, Some(since));
            limit.map(|limit| Err(failure::timed_out(limit, &self.origin, true)))
        })
        .await
    }
}

/// A request without a reply. When it is given up, the server may be gone.
struct Unanswered<'a> {
    http1: &'a mut Http1,
    pool: &'a Pool,
    received: u64,
    answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        let since = self.http1.checked_out();
        if !self.answered
            && self.http1.activity().received() == self.received
            && since.elapsed() >= GRACE
        {
            self.pool.unanswered(self.http1.origin(), since);
        }
    }
}

/// Whether servers expect a `content-length` even without a body (RFC 9110, 8.6). hyper sends it over HTTP/2 only.
fn announces_length(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
