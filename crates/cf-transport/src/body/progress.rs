use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;

use super::Body;
use crate::TransportError;

/// Most bytes between two reports, even for bodies that are entirely in memory.
const PIECE: usize = 64 * 1024;

/// How far a body has got; see [`Body::with_progress`].
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The bytes so far.
    pub bytes: u64,
    /// The length of the whole body in bytes, if known.
    pub total: Option<u64>,
}

type Report = Arc<dyn Fn(Progress) + Send + Sync>;

impl Body {
    /// The same body from its start, reporting to `report` after each piece.
    ///
    /// For an upload, wrap the body of the request: a piece counts when it is handed to the connection, which may hold
    /// a few hundred KiB that are not on the wire yet. A body that is sent again counts from 0 again. For a download,
    /// wrap the body of the reply; a reply that was compressed counts decoded, with no known total.
    ///
    /// `report` is called from the task that sends or reads, every 64 KiB at least; it must not block.
    ///
    /// ```
    /// use cf_transport::Body;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let body = Body::from(vec![0; 100_000]).with_progress(|progress| {
    ///     println!("{} of {:?} bytes", progress.bytes, progress.total);
    /// });
    /// assert_eq!(body.bytes(1 << 20).await?.len(), 100_000);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_progress(self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        let total = self.content_length();
        let tracker = self.tracker.clone();
        let report: Report = Arc::new(report);
        let counted = if self.try_clone().is_none() {
            Self::stream(total, Counted::new(self, total, report))
        } else {
            Self::replayable(total, move || {
                let body = self.try_clone().unwrap_or_default();
                Counted::new(body, total, report.clone())
            })
        };
        Self { tracker, ..counted }
    }
}

/// A body that reports what passes.
struct Counted {
    body: Body,
    rest: Bytes,
    progress: Progress,
    report: Report,
}

impl Counted {
    fn new(body: Body, total: Option<u64>, report: Report) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            progress: Progress { bytes: 0, total },
            report,
        }
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
        let piece = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(piece);
        self.progress.bytes += piece.len() as u64;
        (self.report)(self.progress);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }
}
