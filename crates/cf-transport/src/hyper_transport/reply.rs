//! The bodies of replies, received under the time limits of their exchange.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::clock::Clock;
use super::failure;
#[cfg(feature = "http2")]
use super::pool::Http2Body;
use super::pool::{Http1, Origin, Pool};
use crate::error::BoxError;
use crate::{Body, TransportError};

/// What the body of a reply needs besides its bytes.
pub(super) struct ResponseContext {
    pub(super) clock: Clock,
    /// Released at the end of the body.
    pub(super) place: Option<OwnedSemaphorePermit>,
    pub(super) origin: Origin,
}

/// The body of a reply on a shared connection.
#[cfg(feature = "http2")]
pub(super) fn shared(body: Http2Body, context: ResponseContext) -> Body {
    Body::received(TimedBody::new(body, context))
}

/// The body of a reply on a connection of its own, which goes back to the pool when the reply is all here.
pub(super) fn single(
    mut body: Incoming,
    http1: Box<Http1>,
    pool: &Arc<Pool>,
    context: ResponseContext,
) -> Body {
    if !http1.is_over() {
        let connection = Some(ConnectionGuard {
            http1: Some(http1),
            pool: pool.clone(),
        });
        let ahead = None;
        let body = Http1Body {
            body,
            ahead,
            connection,
        };
        return Body::received(TimedBody::new(body, context));
    }
    http1.rest();
    if http1.is_free() {
        pool.put(http1);
    }
    // Short replies come with their head, and need no further reading.
    let mut ahead = None;
    let cx = &mut Context::from_waker(Waker::noop());
    if body.size_hint().exact().is_some_and(|length| length > 0)
        && let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(cx)
    {
        match frame.into_data() {
            Ok(data) if body.is_end_stream() => return Body::from(data),
            Ok(data) => ahead = Some(Frame::data(data)),
            Err(other) => ahead = Some(other),
        }
    }
    let connection = None;
    let body = Http1Body {
        body,
        ahead,
        connection,
    };
    Body::received(TimedBody::new(body, context))
}

/// How many bytes are passed on after the time is up: about as many as were here by then.
const MAX_LATE: u64 = 256 * 1024;

/// A body under time limits.
struct TimedBody<B> {
    body: B,
    clock: Clock,
    /// How many bytes were passed on after the time was up.
    late: u64,
    /// Since when the reader waits for bytes; `None` while it doesn't, so that a slow reader does not count.
    waiting_since: Option<Instant>,
    place: Option<OwnedSemaphorePermit>,
    origin: Origin,
}

impl<B> TimedBody<B> {
    fn new(body: B, context: ResponseContext) -> Self {
        Self {
            body,
            clock: context.clock,
            late: 0,
            waiting_since: None,
            place: context.place,
            origin: context.origin,
        }
    }
}

impl<B> HttpBody for TimedBody<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        if this.late > MAX_LATE
            && let Some(limit) = this.clock.total_passed()
        {
            return Poll::Ready(Some(Err(failure::timed_out(limit, &this.origin, true))));
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.waiting_since = None;
            if this.clock.total_passed().is_some() {
                let data = frame
                    .as_ref()
                    .and_then(|frame| frame.as_ref().ok()?.data_ref());
                // Empty frames count, too: they must not come without end.
                this.late += data.map_or(1, |data| data.len().max(1) as u64);
            }
            if !matches!(frame, Some(Ok(_))) || this.body.is_end_stream() {
                this.place = None;
            }
            return Poll::Ready(
                frame.map(|frame| frame.map_err(|error| failure::of_reply(error, &this.origin))),
            );
        }
        if this.clock.limits_silence() {
            this.waiting_since.get_or_insert_with(Instant::now);
        }
        this.clock
            .poll(cx, this.waiting_since)
            .map(|limit| Some(Err(failure::timed_out(limit, &this.origin, true))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body over HTTP/1.1. Whoever reads it drives the connection that it comes by.
struct Http1Body {
    body: Incoming,
    /// What was read of the body already.
    ahead: Option<Frame<Bytes>>,
    /// The connection that the rest comes by.
    connection: Option<ConnectionGuard>,
}

impl HttpBody for Http1Body {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(frame) = self.ahead.take() {
            return Poll::Ready(Some(Ok(frame)));
        }
        if let Some(connection) = &mut self.connection
            && connection.drive(cx)
        {
            self.connection = None;
        }
        if self.connection.is_some() {
            // Only driving brings more; a wake-up for it would poll this once more for nothing.
            let nobody = &mut Context::from_waker(Waker::noop());
            return Pin::new(&mut self.body).poll_frame(nobody);
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.ahead.as_ref().and_then(Frame::data_ref);
        match (self.body.size_hint().exact(), ahead) {
            (Some(rest), Some(data)) => SizeHint::with_exact(rest + data.len() as u64),
            _ => self.body.size_hint(),
        }
    }
}

/// A connection that a reply still comes by.
///
/// It is dropped after the body, so that the connection knows that nobody wants the rest. If the rest is here already,
/// the connection can still be reused.
struct ConnectionGuard {
    http1: Option<Box<Http1>>,
    pool: Arc<Pool>,
}

impl ConnectionGuard {
    /// Reads and writes as far as possible, and returns the connection when all is here. True when nothing is left to
    /// do.
    fn drive(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(http1) = &mut self.http1 else {
            return true;
        };
        http1.drive(cx);
        if let Some(http1) = self.http1.take_if(|http1| http1.is_free()) {
            self.pool.put(http1);
        }
        self.http1.as_ref().is_none_or(|http1| http1.is_over())
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        if let Some(http1) = &self.http1 {
            http1.activity().probe();
        }
        self.drive(&mut Context::from_waker(Waker::noop()));
    }
}
