use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::{Body, TransportError};

/// Large bodies in memory are sent in pieces, so that a slow upload shows its progress.
const PIECE: usize = 64 * 1024;

/// When a connection last asked for a piece of an upload.
#[derive(Default)]
pub(super) struct UploadClock(Mutex<Option<Instant>>);

impl UploadClock {
    pub(super) fn last(&self) -> Option<Instant> {
        *self.lock()
    }

    fn note(&self) {
        *self.lock() = Some(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a request being sent. Small, since requests are moved around, and most have none.
pub(super) struct Upload {
    sending: Option<Box<Sending>>,
    clock: Option<Arc<UploadClock>>,
}

struct Sending {
    body: Body,
    rest: Bytes,
}

impl Upload {
    pub(super) fn new(body: Body) -> Self {
        let is_empty = body.as_bytes().is_some_and(Bytes::is_empty);
        let rest = Bytes::new();
        Self {
            sending: (!is_empty).then(|| Box::new(Sending { body, rest })),
            clock: None,
        }
    }

    /// Whether it goes out at once, in one piece.
    pub(super) fn is_short(&self) -> bool {
        self.sending.as_ref().is_none_or(|sending| {
            let bytes = sending.body.as_bytes();
            bytes.is_some_and(|bytes| bytes.len() <= PIECE)
        })
    }

    /// Whether it is a stream announced as empty.
    pub(super) fn is_announced_empty(&self) -> bool {
        let sending = self.sending.as_ref();
        sending.is_some_and(|sending| sending.body.content_length() == Some(0))
    }

    /// Makes sure that such a stream is empty. A connection would not ask it.
    pub(super) async fn check_empty(&mut self) -> Result<(), TransportError> {
        if let Some(sending) = &mut self.sending
            && let Some(read) = sending.body.chunk().await
        {
            read.map_err(|error| error.with_never_sent(true))?;
        }
        self.sending = None;
        Ok(())
    }

    /// Records its progress there from now on.
    pub(super) fn set_clock(&mut self, clock: Option<Arc<UploadClock>>) {
        self.clock = clock;
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if let Some(clock) = &self.clock {
            clock.note();
        }
        let Some(sending) = &mut self.sending else {
            return Poll::Ready(None);
        };
        if sending.rest.is_empty() {
            match ready!(Pin::new(&mut sending.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => sending.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
        let piece = sending.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(sending.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        let sending = self.sending.as_ref();
        sending.is_none_or(|sending| sending.rest.is_empty() && sending.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let Some(sending) = &self.sending else {
            return SizeHint::with_exact(0);
        };
        let left = sending.body.size_hint().exact();
        let left = left.map(|left| left + sending.rest.len() as u64);
        left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
