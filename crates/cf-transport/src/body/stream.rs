use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use pin_project_lite::pin_project;

use crate::error::BoxError;
use crate::{TransportError, TransportErrorKind};

pub(super) type DynStream =
    Pin<Box<dyn http_body::Body<Data = Bytes, Error = TransportError> + Send>>;

/// A stream that is being read, held to its announced length.
pub(super) struct Stream {
    // Never locked: the mutex only makes a body `Sync`, so that a `&Request<Body>` may be held across an await.
    source: Mutex<DynStream>,
    pub(super) len: Option<u64>,
    seen: u64,
    pub(super) ended: bool,
    /// Whether the last announced byte is only passed on once the source is known to have ended. HTTP/1.1 takes that
    /// byte for the end, and asks no further.
    holds_last: bool,
    /// What the source yielded and was not passed on yet.
    held: Option<Frame<Bytes>>,
}

type Polled = Option<Result<Frame<Bytes>, TransportError>>;

impl Stream {
    pub(super) fn new(len: Option<u64>, source: DynStream) -> Self {
        Self {
            source: Mutex::new(source),
            len,
            seen: 0,
            ended: false,
            holds_last: true,
            held: None,
        }
    }

    /// The body of a reply, whose length the connection enforces.
    #[cfg(feature = "hyper")]
    pub(super) fn received(len: Option<u64>, source: DynStream) -> Self {
        Self {
            holds_last: false,
            ..Self::new(len, source)
        }
    }

    pub(super) fn left(&self) -> Option<u64> {
        if self.ended {
            return Some(0);
        }
        let held = self.held.as_ref().map_or(0, data_len);
        self.len.map(|len| len.saturating_sub(self.seen) + held)
    }

    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Polled> {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = ready!(self.poll_checked(cx));
        self.ended |= !matches!(polled, Some(Ok(_)));
        if self.ended {
            self.held = None;
        }
        Poll::Ready(polled)
    }

    fn poll_checked(&mut self, cx: &mut Context<'_>) -> Poll<Polled> {
        if let Some(trailers) = self.held.take_if(|frame| frame.is_trailers()) {
            self.ended = true;
            return Poll::Ready(Some(Ok(trailers)));
        }
        let source = self
            .source
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            let frame = match (ready!(source.as_mut().poll_frame(cx)), self.len) {
                (Some(Ok(frame)), _) => frame,
                (None, Some(len)) if self.seen < len => {
                    return Poll::Ready(Some(Err(wrong_length(len, "fewer"))));
                }
                (None, _) => {
                    self.ended = true;
                    return Poll::Ready(self.held.take().map(Ok));
                }
                (failed, _) => return Poll::Ready(failed),
            };
            self.seen += data_len(&frame);
            if let Some(len) = self.len.filter(|len| self.seen > *len) {
                return Poll::Ready(Some(Err(wrong_length(len, "more"))));
            }
            // A source that knows its end need not be asked again.
            let is_whole = self.len.is_none_or(|len| self.seen == len);
            if is_whole && source.is_end_stream() {
                self.ended = true;
            } else if self.holds_last && self.len.is_some() && is_whole && frame.is_data() {
                self.held.get_or_insert(frame);
                continue;
            }
            return Poll::Ready(Some(Ok(match self.held.take() {
                None => frame,
                Some(last) if frame.is_data() => last,
                Some(last) => {
                    self.held = Some(frame);
                    self.ended = false;
                    last
                }
            })));
        }
    }
}

fn data_len(frame: &Frame<Bytes>) -> u64 {
    frame.data_ref().map_or(0, |data| data.len() as u64)
}

fn wrong_length(len: u64, than: &str) -> TransportError {
    TransportError::new(
        TransportErrorKind::Body,
        format!("the body was announced with {len} bytes, but its source gave {than}"),
    )
}

/// Any body as a stream of [`Bytes`] and [`TransportError`]s.
pub(super) fn adapt<B>(body: B) -> DynStream
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Box::pin(Adapter { body })
}

pin_project! {
    struct Adapter<B> {
        #[pin]
        body: B,
    }
}

impl<B> http_body::Body for Adapter<B>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let frame = ready!(self.project().body.poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map_err(|error| as_transport_error(error.into()))))
    }
}

fn as_transport_error(error: BoxError) -> TransportError {
    match error.downcast::<TransportError>() {
        Ok(error) => *error,
        Err(error) => {
            TransportError::new(TransportErrorKind::Body, "the source of the body failed")
                .with_source(error)
        }
    }
}
