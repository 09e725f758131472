//! A request that waits for the head of its reply over HTTP/2.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use h2::client::ResponseFuture;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Request, Response};
use http_body::Body as _;
use tokio::time::Instant;

use super::super::super::connect_failure::Refusal;
use super::super::super::upload::Upload;
use super::upload::SendBody;
use super::{Http2Body, Reservation, StreamPermit};
use crate::TransportError;

pub(in super::super::super) struct PendingResponse {
    response: ResponseFuture,
    upload: Option<SendBody>,
    /// Passed on to the body of the reply.
    permit: Option<StreamPermit>,
    sent_at: Instant,
    /// How many bytes the connection had received and sent by then.
    received: u64,
    sent: u64,
    /// The size of the informational replies so far.
    informational: usize,
}

/// Why there is no reply.
#[derive(Debug)]
pub(in super::super::super) enum StreamError {
    H2 {
        error: h2::Error,
        /// Nothing of the request was written, for certain.
        never_sent: bool,
        /// The server refused the client certificate.
        refusal: Option<Refusal>,
    },
    /// The body of the request failed.
    Body(TransportError),
    /// The server gave no sign of life.
    Silent,
    /// Informational replies (1xx), and no other.
    OnlyInformational,
}

impl Reservation {
    /// Hands the request to the connection. From then on it may be sent, even if nobody waits for the reply any more.
    pub(in super::super::super) fn send(
        self,
        request: Request<Upload>,
        now: Instant,
    ) -> Result<PendingResponse, StreamError> {
        let Self {
            mut requests,
            permit,
        } = self;
        let (mut head, body) = request.into_parts();
        if let Some(length) = body.size_hint().exact().filter(|length| *length > 0) {
            let headers = &mut head.headers;
            headers.entry(CONTENT_LENGTH).or_insert(length.into());
        }
        let ends = body.is_end_stream();
        let activity = &permit.connection.state.activity;
        let (received, sent) = (activity.received(), activity.sent());
        if !permit.connection.state.is_fresh(now) {
            // If the server has closed the connection, that is found out before the request is written.
            activity.probe();
        }
        let (response, stream) = requests
            .send_request(Request::from_parts(head, ()), ends)
            .map_err(|error| StreamError::H2 {
                error,
                never_sent: true,
                refusal: permit.connection.refusal(),
            })?;
        let connection = permit.connection.clone();
        Ok(PendingResponse {
            response,
            upload: (!ends).then(|| SendBody::new(body, stream, connection)),
            permit: Some(permit),
            sent_at: now,
            received,
            sent,
            informational: 0,
        })
    }
}

impl PendingResponse {
    /// Sends what can be sent of the body, and looks for the reply. Informational replies may have this many bytes.
    pub(in super::super::super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        max_informational: usize,
    ) -> Poll<Result<Response<Http2Body>, StreamError>> {
        if let Some(upload) = &mut self.upload
            && let Poll::Ready(outcome) = upload.poll(cx)
        {
            self.upload = None;
            if let Err(error) = outcome {
                return self.ended(StreamError::Body(error));
            }
        }
        while let Poll::Ready(Some(Ok(reply))) = self.response.poll_informational(cx) {
            self.informational += size_of_headers(reply.headers());
            if self.informational > max_informational {
                return self.ended(StreamError::OnlyInformational);
            }
        }
        let outcome = ready!(Pin::new(&mut self.response).poll(cx));
        let Some(permit) = self.permit.take() else {
            // It was polled after its end.
            return Poll::Pending;
        };
        let shared = &permit.connection.state;
        Poll::Ready(match outcome {
            Ok(reply) => Ok(Http2Body::of(reply, self.upload.take(), permit)),
            Err(_) if shared.timed_out.load(Ordering::SeqCst) => Err(StreamError::Silent),
            Err(error) => Err(StreamError::H2 {
                never_sent: error.is_io() && shared.ended_before_writing(self.sent),
                refusal: shared.activity.refusal(),
                error,
            }),
        })
    }

    fn ended<T>(&mut self, error: StreamError) -> Poll<Result<T, StreamError>> {
        self.permit = None;
        Poll::Ready(Err(error))
    }

    /// How many pieces of the body the connection has taken.
    pub(in super::super::super) fn pieces_sent(&self) -> u64 {
        self.upload.as_ref().map_or(0, |upload| upload.pieces)
    }
}

/// A request that is given up: the server may be gone.
impl Drop for PendingResponse {
    fn drop(&mut self) {
        if let Some(permit) = &self.permit {
            let shared = &permit.connection.state;
            if shared.activity.received() == self.received {
                shared.unanswered(self.sent_at);
            }
        }
    }
}

/// As HTTP/2 counts it (RFC 9113, 6.5.2), plus something for the status.
fn size_of_headers(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 32);
    32 + sizes.sum::<usize>()
}
