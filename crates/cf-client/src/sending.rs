//! A request under way.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::client::Client;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::outgoing::Outgoing;
use crate::pipeline::{self, Await};

/// The future of a call: a `Result<T, Error>`.
///
/// It borrows nothing, so it can move to another task. Nothing is sent before it is first polled;
/// dropping it ends the request.
#[must_use = "nothing is sent until this is awaited"]
pub struct Sending<T> {
    arriving: Pin<Box<dyn Future<Output = Result<Incoming, Error>> + Send>>,
    finish: fn(Incoming) -> Result<T, Error>,
}

impl<T> Sending<T> {
    pub(crate) fn new(
        client: &Client,
        outgoing: Result<Outgoing, Error>,
        what: Await,
        finish: fn(Incoming) -> Result<T, Error>,
    ) -> Self {
        Sending {
            arriving: match outgoing {
                Ok(outgoing) => Box::pin(pipeline::send(Arc::clone(&client.0), outgoing, what)),
                Err(error) => Box::pin(std::future::ready(Err(error))),
            },
            finish,
        }
    }
}

impl<T> Future for Sending<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let arrived = ready!(self.arriving.as_mut().poll(cx));
        Poll::Ready(arrived.and_then(self.finish))
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
