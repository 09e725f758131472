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
    // Never locked: the mutex only makes a body `Sync`, so that a `&Request<Body>` may live across an await.
    source: Mutex<DynStream>,
    pub(super) len: Option<u64>,
    seen: u64,
    pub(super) ended: bool,
}

impl Stream {
    pub(super) fn new(len: Option<u64>, source: DynStream) -> Self {
        Self {
            source: Mutex::new(source),
            len,
            seen: 0,
            ended: false,
        }
    }

    pub(super) fn left(&self) -> Option<u64> {
        if self.ended {
            Some(0)
        } else {
            self.len.map(|len| len.saturating_sub(self.seen))
        }
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let source = self
            .source
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let checked = match ready!(source.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => {
                self.seen += frame.data_ref().map_or(0, |data| data.len() as u64);
                match self.len {
                    Some(len) if self.seen > len => Some(Err(wrong_length(len, "more"))),
                    _ => Some(Ok(frame)),
                }
            }
            None => match self.len {
                Some(len) if self.seen < len => Some(Err(wrong_length(len, "fewer"))),
                _ => None,
            },
            failed => failed,
        };
        // A source that knows its end need not be asked once more.
        let is_last = self.len.is_none_or(|len| self.seen == len) && source.is_end_stream();
        self.ended = is_last || !matches!(checked, Some(Ok(_)));
        Poll::Ready(checked)
    }
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
