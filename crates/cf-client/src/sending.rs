//! A request under way.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::client::Client;
use crate::error::Error;
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
    finish: fn(Incoming) -> Result<T, Error>,
    metrics: Option<Arc<dyn Metrics>>,
}

impl<T> Sending<T> {
    pub(crate) fn new(
        client: &Client,
        arriving: Arriving,
        finish: fn(Incoming) -> Result<T, Error>,
    ) -> Self {
        Sending {
            arriving,
            finish,
            metrics: client.0.metrics.clone(),
        }
    }
}

impl<T> Future for Sending<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let arrived = ready!(self.arriving.as_mut().poll(cx));
        let Some(metrics) = &self.metrics else {
            return Poll::Ready(match arrived {
                Ok(incoming) => (self.finish)(incoming),
                Err(error) => Err(error),
            });
        };
        let trip = arrived.as_ref().ok().map(|incoming| incoming.trip.clone());
        let result = arrived.and_then(self.finish);
        let error = result.as_ref().err();
        if let Some(trip) = trip.as_ref().or_else(|| error?.trip()) {
            metrics.call(&CallReport::new(trip, error.map(Error::kind)));
        }
        Poll::Ready(result)
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
