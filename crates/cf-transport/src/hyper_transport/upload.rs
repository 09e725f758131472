use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::{Body, TransportError};

/// Large bodies in memory go out in pieces, so that a slow upload shows its progress.
const PIECE: usize = 64 * 1024;

/// What is known of a request that a connection was given.
#[derive(Default)]
pub(super) struct Underway {
    /// The connection has taken the request. As long as it has not, nothing was sent.
    handed_over: AtomicBool,
    /// Kept only where silence is limited.
    silence: Option<Mutex<Silence>>,
    /// Why the body broke off. Of that, an HTTP/2 connection only says that it was our doing.
    broken: Mutex<Option<TransportError>>,
}

#[derive(Default)]
struct Silence {
    /// When something last went out.
    since: Option<Instant>,
    /// Who wants to know that the connection has taken the request.
    waiting: Option<Waker>,
}

impl Underway {
    /// `watched`: whether anyone will ask for [`silent_since`](Self::silent_since).
    pub(super) fn new(watched: bool) -> Self {
        Self {
            silence: watched.then(Mutex::default),
            ..Self::default()
        }
    }

    pub(super) fn handed_over(&self) -> bool {
        self.handed_over.load(Ordering::Acquire)
    }

    /// Why the body broke off, if it did.
    pub(super) fn take_broken(&self) -> Option<TransportError> {
        locked(&self.broken).take()
    }

    /// Keeps an error of the body, and gives one of the same kind for the connection.
    fn note_broken(&self, error: TransportError) -> TransportError {
        let for_connection = TransportError::new(error.kind(), error.message().to_owned());
        *locked(&self.broken) = Some(error);
        for_connection
    }

    /// The last sign of progress; the task of `cx` is woken when the first one comes.
    pub(super) fn silent_since(&self, cx: &mut Context<'_>) -> Option<Instant> {
        let mut silence = locked(self.silence.as_ref()?);
        if silence.since.is_none() {
            silence.waiting = Some(cx.waker().clone());
        }
        silence.since
    }

    /// The connection asks for the body, or for what is known of it.
    fn asked(&self, is_progress: bool) {
        let first = !self.handed_over.swap(true, Ordering::AcqRel);
        let Some(silence) = self.silence.as_ref().filter(|_| first || is_progress) else {
            return;
        };
        let mut silence = locked(silence);
        silence.since = Some(Instant::now());
        if let Some(waiting) = silence.waiting.take() {
            waiting.wake();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The body of a request on its way out. Small, since requests are moved about; most have none.
pub(super) struct Upload {
    sending: Option<Box<Sending>>,
    underway: Option<Arc<Underway>>,
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
            underway: None,
        }
    }

    /// Whether it goes out at once, in one piece.
    pub(super) fn is_short(&self) -> bool {
        self.sending.as_ref().is_none_or(|sending| {
            let bytes = sending.body.as_bytes();
            bytes.is_some_and(|bytes| bytes.len() <= PIECE)
        })
    }

    /// Whether it is a stream that is said to have no bytes.
    pub(super) fn is_announced_empty(&self) -> bool {
        let sending = self.sending.as_ref();
        sending.is_some_and(|sending| sending.body.content_length() == Some(0))
    }

    /// Makes sure that such a stream has none. A connection would not ask it.
    pub(super) async fn check_empty(&mut self) -> Result<(), TransportError> {
        if let Some(sending) = &mut self.sending
            && let Some(read) = sending.body.chunk().await
        {
            read.map_err(|error| error.with_never_sent(true))?;
        }
        self.sending = None;
        Ok(())
    }

    /// Tells of the progress from now on.
    pub(super) fn tell(&mut self, underway: Option<Arc<Underway>>) {
        self.underway = underway;
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if let Some(underway) = &self.underway {
            underway.asked(true);
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
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(match &self.underway {
                        Some(underway) => underway.note_broken(error),
                        None => error,
                    })));
                }
                None => return Poll::Ready(None),
            }
        }
        let piece = sending.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(sending.rest.split_to(piece)))))
    }

    /// The first thing that a connection asks when it takes a request, whatever its body.
    fn is_end_stream(&self) -> bool {
        if let Some(underway) = &self.underway {
            underway.asked(false);
        }
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
