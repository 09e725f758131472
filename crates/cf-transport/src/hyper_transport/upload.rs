use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::{Body, TransportError};

/// Large bodies in memory go out in pieces, so that a slow upload shows its progress.
const PIECE: usize = 64 * 1024;

/// When something last went out for a request.
pub(super) struct Activity(Mutex<Option<Instant>>);

impl Activity {
    pub(super) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The last sign of progress; the first call counts as one.
    pub(super) fn last(&self) -> Instant {
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(Instant::now)
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Where a body comes back to if its request never got to a connection.
pub(super) type Returned = Arc<Mutex<Option<Body>>>;

/// The body of a request on its way out.
pub(super) struct Upload {
    body: Body,
    rest: Bytes,
    touched: bool,
    returned: Returned,
    activity: Arc<Activity>,
}

impl Upload {
    pub(super) fn new(body: Body, returned: Returned, activity: Arc<Activity>) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            touched: false,
            returned,
            activity,
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.touched {
            let body = std::mem::take(&mut self.body);
            *self.returned.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        self.activity.note();
        self.touched = true;
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
        let piece = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self
            .body
            .size_hint()
            .exact()
            .map(|left| left + self.rest.len() as u64);
        left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
