//! Time limits of bodies that stream to the caller.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cf_transport::{Body, TransportError, TransportErrorKind};
use http_body::{Frame, SizeHint};

use crate::timer::{ClientTimer, Sleep, Timer};

/// Limits each silence in a body to `silence`, and the whole of it to `total`.
pub(crate) fn bounded(body: Body, timer: ClientTimer, silence: Duration, total: Duration) -> Body {
    if body.as_bytes().is_some() {
        return body;
    }
    let bounded = Bounded {
        end: timer.now().checked_add(total),
        timer,
        silence,
        waits_since: None,
        alarm: None,
        ended: false,
        body,
    };
    Body::stream(bounded.body.content_length(), bounded)
}

struct Bounded {
    body: Body,
    timer: ClientTimer,
    silence: Duration,
    /// `None` if no clock reaches so far.
    end: Option<Instant>,
    waits_since: Option<Instant>,
    /// Wakes the reader at or before the next limit. Kept running when data arrives: a new timer for each wait would
    /// cost more than the waits.
    alarm: Option<(Sleep, Instant)>,
    ended: bool,
}

impl Bounded {
    /// Ready with the limit that has passed.
    fn poll_limits(&mut self, cx: &mut Context<'_>, mut now: Instant) -> Poll<TransportError> {
        let since = *self.waits_since.get_or_insert(now);
        let silent = since.checked_add(self.silence);
        loop {
            if has_passed(self.end, now) {
                return Poll::Ready(timeout(
                    "the call's deadline passed during the reply's body",
                ));
            }
            if has_passed(silent, now) {
                return Poll::Ready(timeout(format!(
                    "the server sent nothing for {:?} during the reply's body",
                    self.silence
                )));
            }
            let Some(due) = self.end.into_iter().chain(silent).min() else {
                return Poll::Pending;
            };
            let make = || (self.timer.sleep(due.saturating_duration_since(now)), due);
            let (sleep, set_to) = self.alarm.get_or_insert_with(make);
            ready!(sleep.as_mut().poll(cx));
            // It may have been set for an earlier wait.
            now = self.timer.now().max(*set_to);
            self.alarm = None;
        }
    }
}

fn has_passed(limit: Option<Instant>, now: Instant) -> bool {
    limit.is_some_and(|limit| limit <= now)
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
        let now = this.timer.now();
        if !has_passed(this.end, now)
            && let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx)
        {
            this.waits_since = None;
            return Poll::Ready(frame);
        }
        let passed = ready!(this.poll_limits(cx, now));
        this.ended = true;
        Poll::Ready(Some(Err(passed)))
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
