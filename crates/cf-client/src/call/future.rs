//! The future of a call.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::body_mode::BodyMode;
use super::decode::RawResponse;
use super::pipeline::{self, ResponseFuture};
use super::prepare::PreparedCall;
use crate::error::{CallContext, Error};
use crate::inner::Inner;
use crate::metrics::{CallReport, Metrics};

/// The future of a call: a `Result<T, Error>`.
///
/// It borrows nothing, so it can move to another task. Nothing is sent before it is first polled;
/// dropping it ends the request.
#[must_use = "nothing is sent until this is awaited"]
pub struct SendFuture<T> {
    response: ResponseFuture,
    decode: Decode<T>,
    metrics: Option<Arc<dyn Metrics>>,
}

/// Decodes a reply. Always ready: a large value need not be moved into a `Poll` afterwards.
pub(crate) type Decode<T> = fn(&mut RawResponse) -> Poll<Result<T, Error>>;

impl<T> SendFuture<T> {
    pub(crate) fn new(
        inner: &Arc<Inner>,
        call: Result<Box<PreparedCall>, Error>,
        mode: BodyMode,
        decode: Decode<T>,
    ) -> Self {
        SendFuture {
            response: pipeline::send(inner, call, mode),
            decode,
            metrics: inner.metrics.clone(),
        }
    }
}

impl<T> Future for SendFuture<T> {
    type Output = Result<T, Error>;

    // Compiled once per type, not at each `.await`.
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // By reference: replies and values are large.
        let mut arrived = self.response.as_mut().poll(cx);
        let metrics = self.metrics.as_deref();
        match arrived {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(ref mut response)) if metrics.is_none() => (self.decode)(response),
            Poll::Ready(Ok(ref mut response)) => {
                let result = (self.decode)(response);
                let error = match &result {
                    Poll::Ready(Err(error)) => Some(error),
                    _ => None,
                };
                report(metrics, Some(&response.context), error);
                result
            }
            Poll::Ready(Err(error)) => {
                report(metrics, error.context(), Some(&error));
                Poll::Ready(Err(error))
            }
        }
    }
}

/// Reports a finished call.
fn report(metrics: Option<&dyn Metrics>, context: Option<&CallContext>, error: Option<&Error>) {
    if let (Some(metrics), Some(context)) = (metrics, context) {
        metrics.call(&CallReport::new(context, error.map(Error::kind)));
    }
}

impl<T> fmt::Debug for SendFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture").finish_non_exhaustive()
    }
}
