//! A body that is being received, which must not be too slow.

use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::Instant;

use super::Stop;
use crate::http::body::Cut;
use crate::http::error::ApiError;

/// How long a body may pause, and how far it may fall behind [`MIN_RATE`].
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The minimum average rate in bytes per second.
const MIN_RATE: u64 = 32 << 10;
/// How many bytes of a refused body are read and discarded, for clients that
/// read the reply only after sending everything.
const MOST_DRAINED: u64 = 1 << 30;
const LONGEST_DRAIN: Duration = Duration::from_secs(10);

/// A body that is being received.
pub(super) struct Incoming<B> {
    body: Pin<Box<B>>,
    since: Instant,
    received: u64,
    ended: bool,
}

impl<B: Body> Incoming<B> {
    pub(super) fn new(body: B) -> Self {
        Self {
            body: Box::pin(body),
            since: Instant::now(),
            received: 0,
            ended: false,
        }
    }

    /// How much is still to come, at least.
    pub(super) fn announced(&self) -> u64 {
        self.body.size_hint().lower()
    }

    /// Bytes so far.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Whether all of it was read.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Waits for something else; the time does not count against the sender.
    pub(super) async fn wait<F: Future>(&mut self, other: F) -> F::Output {
        let before = Instant::now();
        let output = other.await;
        self.since += before.elapsed();
        output
    }

    /// The next data, if any.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Stop> {
        if self.ended {
            return Ok(None);
        }
        let pace = Duration::from_secs(self.received / MIN_RATE);
        let end = (self.since + LONGEST_PAUSE + pace).min(Instant::now() + LONGEST_PAUSE);
        loop {
            let frame = tokio::time::timeout_at(end, self.body.frame()).await;
            match frame.map_err(|_| too_slow())? {
                None => {
                    self.ended = true;
                    return Ok(None);
                }
                Some(Err(_)) => return Err(Stop::Cut(Cut::Gone)),
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        let data = data.copy_to_bytes(data.remaining());
                        self.received += data.len() as u64;
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Reads and discards the rest, if it comes soon.
    pub(super) async fn drain(mut self) {
        let drained = async {
            while self.received < MOST_DRAINED
                && let Ok(Some(_)) = self.next().await
            {}
        };
        let _ = tokio::time::timeout(LONGEST_DRAIN, drained).await;
    }
}

fn too_slow() -> Stop {
    Stop::Refused(ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        10408,
        "The request body did not come in time",
    ))
}
