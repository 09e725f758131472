use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Uri;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::clock::Clock;
use super::failure;
use crate::{Body, TransportError};

/// The body of a reply as it comes in, under the time limits of its exchange.
pub(super) struct Reply {
    body: Incoming,
    clock: Clock,
    /// Since when the reader waits for bytes; `None` while it doesn't, so that a slow reader harms nobody.
    waiting_since: Option<Instant>,
    /// Given up with the end of the body.
    place: Option<OwnedSemaphorePermit>,
    uri: Uri,
}

impl Reply {
    pub(super) fn body(
        body: Incoming,
        clock: Clock,
        place: Option<OwnedSemaphorePermit>,
        uri: Uri,
    ) -> Body {
        Body::received(Self {
            body,
            clock,
            waiting_since: None,
            place,
            uri,
        })
    }
}

impl http_body::Body for Reply {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let Self {
            body,
            clock,
            waiting_since,
            place,
            uri,
        } = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
            *waiting_since = None;
            if !matches!(frame, Some(Ok(_))) || body.is_end_stream() {
                *place = None;
            }
            return Poll::Ready(
                frame.map(|frame| frame.map_err(|error| failure::of_reply(error, uri))),
            );
        }
        if clock.limits_silence() {
            waiting_since.get_or_insert_with(Instant::now);
        }
        clock
            .poll(cx, *waiting_since)
            .map(|limit| Some(Err(failure::timed_out(limit, uri, true))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
