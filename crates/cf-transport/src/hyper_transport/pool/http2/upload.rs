//! The body of a request on its way out over HTTP/2.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};
use http_body::Body as _;

use super::super::super::upload::Upload;
use super::Http2;
use crate::TransportError;

/// Passes a body on to its stream, as fast as the server takes it.
pub(super) struct SendBody {
    body: Upload,
    stream: SendStream<Bytes>,
    /// Taken from the body, and waiting for the server to take it. The flag marks the last one.
    next: Option<(Bytes, bool)>,
    connection: Arc<Http2>,
    /// How many pieces the connection has taken.
    pub(super) pieces: u64,
}

impl SendBody {
    pub(super) fn new(body: Upload, stream: SendStream<Bytes>, connection: Arc<Http2>) -> Self {
        connection.state.uploads.fetch_add(1, Ordering::Relaxed);
        Self {
            body,
            stream,
            next: None,
            connection,
            pieces: 0,
        }
    }

    /// Ready when all is sent, or the server wants no more. An error comes from the body.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        loop {
            // The response says what became of the stream.
            if self.stream.poll_reset(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            if self.next.is_some() {
                while self.stream.capacity() == 0 {
                    match ready!(self.stream.poll_capacity(cx)) {
                        Some(Ok(_)) => {}
                        Some(Err(_)) | None => return Poll::Ready(Ok(())),
                    }
                }
            }
            if let Some((data, is_last)) = self.next.take() {
                self.pieces += 1;
                if self.stream.send_data(data, is_last).is_err() || is_last {
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        let is_last = self.body.is_end_stream();
                        if data.is_empty() {
                            if is_last {
                                let _ = self.stream.send_data(data, true);
                                return Poll::Ready(Ok(()));
                            }
                            continue;
                        }
                        // The smallest claim on a window that all streams share.
                        self.stream.reserve_capacity(1);
                        self.next = Some((data, is_last));
                    }
                    Err(frame) => {
                        if let Ok(trailers) = frame.into_trailers() {
                            let _ = self.stream.send_trailers(trailers);
                            return Poll::Ready(Ok(()));
                        }
                    }
                },
                Some(Err(error)) => {
                    self.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(Err(error));
                }
                None => {
                    let _ = self.stream.send_data(Bytes::new(), true);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl Drop for SendBody {
    fn drop(&mut self) {
        self.connection
            .state
            .uploads
            .fetch_sub(1, Ordering::Relaxed);
    }
}
