use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::clock::Clock;
use super::failure;
use super::pool::{Http1, Origin, Pool};
use crate::{Body, TransportError};

/// The body of a reply as it comes in, under the time limits of its exchange.
struct Reply {
    body: Incoming,
    /// What was read of the body already.
    ahead: Option<Frame<Bytes>>,
    /// The connection that the rest comes by, where nobody else drives it.
    lease: Option<Lease>,
    clock: Clock,
    /// Since when the reader waits for bytes; `None` while it doesn't, so that a slow reader harms nobody.
    waiting_since: Option<Instant>,
    /// Given up with the end of the body.
    place: Option<OwnedSemaphorePermit>,
    origin: Origin,
}

/// What the body of a reply needs beside its bytes.
pub(super) struct Surroundings {
    pub(super) clock: Clock,
    pub(super) place: Option<OwnedSemaphorePermit>,
    pub(super) origin: Origin,
}

/// The body of a reply on a shared connection.
pub(super) fn shared(body: Incoming, around: Surroundings) -> Body {
    Body::received(Reply::new(body, around))
}

/// The body of a reply on a connection of its own, which goes back to the pool when the reply is all here.
pub(super) fn single(
    mut body: Incoming,
    http1: Box<Http1>,
    pool: &Arc<Pool>,
    around: Surroundings,
) -> Body {
    if !http1.is_over() {
        let mut reply = Reply::new(body, around);
        let (http1, pool) = (Some(http1), pool.clone());
        reply.lease = Some(Lease { http1, pool });
        return Body::received(reply);
    }
    http1.rest();
    if http1.is_free() {
        pool.put(http1);
    }
    // Short replies come with their head, and need nobody who reads on.
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
    let mut reply = Reply::new(body, around);
    reply.ahead = ahead;
    Body::received(reply)
}

impl Reply {
    fn new(body: Incoming, around: Surroundings) -> Self {
        Self {
            body,
            ahead: None,
            lease: None,
            clock: around.clock,
            waiting_since: None,
            place: around.place,
            origin: around.origin,
        }
    }

    fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(frame) = self.ahead.take() {
            return Poll::Ready(Some(Ok(frame)));
        }
        if let Some(lease) = &mut self.lease
            && lease.drive(cx)
        {
            self.lease = None;
        }
        if self.lease.is_some() {
            // More of it comes of the driving alone; a wake-up for it would only poll this once more.
            let nobody = &mut Context::from_waker(Waker::noop());
            return Pin::new(&mut self.body).poll_frame(nobody);
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

/// A connection that a reply still comes by.
///
/// It is dropped after the body, so that the connection knows that nobody wants the rest. Where that rest is here
/// already, the connection can still be used.
struct Lease {
    http1: Option<Box<Http1>>,
    pool: Arc<Pool>,
}

impl Lease {
    /// Reads and writes what can be, and gives the connection back when all is here. True when nothing is left to do.
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

impl Drop for Lease {
    fn drop(&mut self) {
        self.drive(&mut Context::from_waker(Waker::noop()));
    }
}

impl http_body::Body for Reply {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = this.poll_body(cx) {
            this.waiting_since = None;
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
