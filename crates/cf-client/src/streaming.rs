//! Bodies that stream to the caller, still bounded in time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cf_transport::{Body, TransportError, TransportErrorKind};
use http_body::{Frame, SizeHint};

use crate::timer::{Sleep, Timer};

/// A body whose every silence lasts `silence` at most, and which lasts `total` in all.
pub(crate) fn bounded(
    body: Body,
    timer: Arc<dyn Timer>,
    silence: Duration,
    total: Duration,
) -> Body {
    if body.as_bytes().is_some() {
        return body;
    }
    let end = timer.sleep(total);
    let bounded = Bounded {
        timer,
        silence,
        silent: None,
        end,
        ended: false,
        body,
    };
    Body::stream(bounded.body.content_length(), bounded)
}

struct Bounded {
    body: Body,
    timer: Arc<dyn Timer>,
    silence: Duration,
    /// Runs while the reader waits.
    silent: Option<Sleep>,
    end: Sleep,
    ended: bool,
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        if this.end.as_mut().poll(cx).is_ready() {
            this.ended = true;
            return Poll::Ready(Some(Err(timeout(
                "the call's deadline passed within the reply's body",
            ))));
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.silent = None;
            return Poll::Ready(frame);
        }
        let silent = this
            .silent
            .get_or_insert_with(|| this.timer.sleep(this.silence));
        if silent.as_mut().poll(cx).is_ready() {
            this.ended = true;
            let message = format!(
                "the server sent nothing for {:?} within the reply's body",
                this.silence
            );
            return Poll::Ready(Some(Err(timeout(message))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn timeout(message: impl Into<std::borrow::Cow<'static, str>>) -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, message)
}
