//! A request under way.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::client::Client;
use crate::error::{Error, Trip};
use crate::incoming::Incoming;
use crate::metrics::{CallReport, Metrics};
use crate::pipeline::Arriving;

/// The future of a call: a `Result<T, Error>`.
///
/// It borrows nothing, so it can move to another task. Nothing is sent before it is first polled;
/// dropping it ends the request.
#[must_use = "nothing is sent until this is awaited"]
pub struct Sending<T> {
    arriving: Arriving,
    finish: Finish<T>,
    metrics: Option<Arc<dyn Metrics>>,
}

/// From a reply to what was asked for. Always ready; with the result in a `Poll` already, a large value is not moved
/// into one.
pub(crate) type Finish<T> = fn(&mut Incoming) -> Poll<Result<T, Error>>;

impl<T> Sending<T> {
    pub(crate) fn new(client: &Client, arriving: Arriving, finish: Finish<T>) -> Self {
        Sending {
            arriving,
            finish,
            metrics: client.0.metrics.clone(),
        }
    }
}

impl<T> Future for Sending<T> {
    type Output = Result<T, Error>;

    // Once for each type, not at each place where one is awaited.
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Replies and values are large, and so they are looked at where they are.
        let mut arrived = self.arriving.as_mut().poll(cx);
        let metrics = self.metrics.as_deref();
        match arrived {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(ref mut incoming)) if metrics.is_none() => (self.finish)(incoming),
            Poll::Ready(Ok(ref mut incoming)) => {
                let result = (self.finish)(incoming);
                let error = match &result {
                    Poll::Ready(Err(error)) => Some(error),
                    _ => None,
                };
                report(metrics, Some(&incoming.trip), error);
                result
            }
            Poll::Ready(Err(error)) => {
                report(metrics, error.trip(), Some(&error));
                Poll::Ready(Err(error))
            }
        }
    }
}

/// Tells of a call that is over.
fn report(metrics: Option<&dyn Metrics>, trip: Option<&Trip>, error: Option<&Error>) {
    if let (Some(metrics), Some(trip)) = (metrics, trip) {
        metrics.call(&CallReport::new(trip, error.map(Error::kind)));
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
