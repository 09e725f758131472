//! The body of a reply over HTTP/2.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http::{Response, header};
use http_body::{Body, Frame, SizeHint};
use tokio::task::coop;

use super::upload::SendBody;
use super::{STREAM_WINDOW, StreamPermit};

/// What was read is given back to the server in halves of the window, less what frames of odd sizes leave over. Given
/// back frame by frame, h2 would claim two thirds of a burst, and the rest when the next one comes, a round trip later.
const SHARE: usize = STREAM_WINDOW as usize / 2 - 32 * 1024;

/// The rest of the request's body goes as this is read. Dropped before its end, it resets the stream.
pub(in super::super::super) struct Http2Body {
    upload: Option<SendBody>,
    stream: RecvStream,
    /// How much is to come, if the server said so.
    left: Option<u64>,
    has_ended: bool,
    /// Bytes that were read, and not yet given back.
    unreturned: usize,
    permit: Option<StreamPermit>,
}

impl Http2Body {
    pub(super) fn of(
        reply: Response<RecvStream>,
        upload: Option<SendBody>,
        permit: StreamPermit,
    ) -> Response<Self> {
        let (head, stream) = reply.into_parts();
        let is_empty = stream.is_end_stream();
        // h2 has compared several of them, and holds the server to what it says.
        let length = head.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let mut body = Self {
            upload,
            stream,
            left: if is_empty { Some(0) } else { length },
            has_ended: false,
            unreturned: 0,
            permit: Some(permit),
        };
        if is_empty {
            body.end();
        }
        Response::from_parts(head, body)
    }

    /// Nothing more comes. What the server has not read of the request's body by now, it does not want.
    fn end(&mut self) {
        self.has_ended = true;
        // The connection has a window, too, and this reply may be kept for long.
        self.give_back();
        self.upload = None;
        self.permit = None;
    }

    fn give_back(&mut self) {
        let share = std::mem::take(&mut self.unreturned);
        if share > 0 {
            // It fails if the stream is gone, and then it does not matter.
            let _ = self.stream.flow_control().release_capacity(share);
        }
    }

    fn poll_stream(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        // However fast frames arrive, others get their turn.
        let budget = ready!(coop::poll_proceed(cx));
        let data = ready!(self.stream.poll_data(cx));
        budget.made_progress();
        match data {
            Some(Ok(data)) => {
                self.unreturned += data.len();
                if self.unreturned >= SHARE {
                    self.give_back();
                }
                self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            // With this, a server that is done asks for no more of the request's body.
            Some(Err(error)) if error.reason() == Some(Reason::NO_ERROR) && error.is_reset() => {
                return Poll::Ready(None);
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => {}
        }
        let trailers = ready!(self.stream.poll_trailers(cx)).transpose();
        Poll::Ready(trailers.map(|trailers| trailers.map(Frame::trailers)))
    }
}

impl Body for Http2Body {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        let this = self.get_mut();
        if this.has_ended {
            return Poll::Ready(None);
        }
        if let Some(upload) = &mut this.upload
            && upload.poll(cx).is_ready()
        {
            // If it failed, the stream was reset, and the reply says so.
            this.upload = None;
        }
        let frame = ready!(this.poll_stream(cx));
        let is_more = matches!(&frame, Some(Ok(frame)) if frame.is_data());
        if !is_more || this.stream.is_end_stream() {
            this.end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
