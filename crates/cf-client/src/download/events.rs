//! Bodies event by event: what models stream.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use cf_transport::{TransportError, TransportErrorKind};
use futures_core::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use sse_stream::{Sse, SseByteStream};

use super::{Download, EVENT_STREAM};
use crate::error::{CallContext, Cause, Error, Mismatch};

/// The data with which APIs in OpenAI's style say that there is no more.
const DONE: &str = "[DONE]";

/// A server-sent event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What kind of event it is: `message` unless the server says otherwise.
    pub event: String,
    /// What it says; lines are separated by `\n`.
    pub data: String,
    /// The last ID that the server has given, with this event or an earlier one.
    pub id: Option<String>,
}

impl Event {
    /// The data as a `T`.
    ///
    /// # Errors
    /// When the data is not a `T` as JSON. [`Error::body`] has its start.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.data)
            .map_err(|error| Error::new(Mismatch::new(&error, self.data.as_bytes())))
    }
}

/// The server-sent events of a body: what [`Download::events`] returns.
///
/// Comments and events without data are skipped, and so is all that follows an event whose data is `[DONE]`: it ends the
/// events. The format is [that of HTML](https://html.spec.whatwg.org/multipage/server-sent-events.html).
///
/// Nothing here reconnects. The API streams events as replies to POSTs that run a model, and a second POST would run it,
/// and be charged, again; a stream that breaks off is an [error](Self::next). Where the events are those of a GET,
/// repeating the call with [`last_event_id`](Self::last_event_id) in the header `last-event-id`, after the pause in
/// [`retry`](Self::retry), does no harm.
///
/// ```no_run
/// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
/// let body = serde_json::json!({
///     "model": "@cf/openai/gpt-oss-20b",
///     "input": "Why is the sky blue?",
///     "stream": true,
/// });
/// let mut events = client
///     .request(http::Method::POST, "/accounts/023e105f4ecef8ad9ca31a8372d0c353/ai/v1/responses")
///     .json(&body)
///     .send_stream()
///     .await?
///     .events();
/// while let Some(event) = events.next().await {
///     let event = event?;
///     let data: serde_json::Value = event.json()?;
///     println!("{}: {}", event.event, data["delta"]);
/// }
/// # Ok(()) }
/// ```
#[must_use = "no event is fetched until one is asked for"]
pub struct Events {
    /// `None` after the end.
    blocks: Option<SseByteStream<Chunks>>,
    context: CallContext,
    /// Why there are no events, if the head of the reply says so.
    refusal: Option<Cause>,
    size: Arc<EventSize>,
    last_id: Option<String>,
    retry: Option<Duration>,
}

impl Events {
    /// The longest event, in bytes, unless [`max_event_bytes`](Self::max_event_bytes) says otherwise: 16 MiB.
    pub const LIMIT: usize = 16 * 1024 * 1024;

    pub(super) fn of(download: Download) -> Self {
        let size = Arc::new(EventSize {
            pending: AtomicUsize::new(0),
            max: AtomicUsize::new(Events::LIMIT),
        });
        let context = download.context.clone();
        let refusal = other_media_type(&download.headers);
        let chunks = Chunks {
            download,
            size: Arc::clone(&size),
        };
        Events {
            blocks: refusal.is_none().then(|| SseByteStream::new(chunks)),
            context,
            refusal,
            size,
            last_id: None,
            retry: None,
        }
    }

    /// Sets the longest event, in bytes; a longer one is an error.
    pub fn max_event_bytes(self, bytes: usize) -> Self {
        self.size.max.store(bytes, Ordering::Relaxed);
        self
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// When the reply is not a stream of events, breaks off or takes too long, when an event is too long, and when it is
    /// not UTF-8. After an error comes `None`.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The last ID that the server has given to an event.
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// How long to wait before asking again, as the server has said.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// An error about this stream.
    pub(super) fn error(&self, cause: impl Into<Cause>) -> Error {
        Error::new(cause).of(self.context.clone())
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        if let Some(refusal) = self.refusal.take() {
            return Poll::Ready(Some(Err(self.error(refusal))));
        }
        loop {
            let Some(blocks) = &mut self.blocks else {
                return Poll::Ready(None);
            };
            match ready!(Pin::new(&mut *blocks).poll_next(cx)) {
                Some(Ok(block)) => {
                    self.size.pending.store(0, Ordering::Relaxed);
                    if block.data.as_deref() == Some(DONE) {
                        // If the end of the body is here already, its connection can be used again.
                        let _ = Pin::new(blocks).poll_next(cx);
                        self.blocks = None;
                    } else if let Some(event) = self.event(block) {
                        return Poll::Ready(Some(self.checked(event)));
                    }
                }
                Some(Err(error)) => {
                    self.blocks = None;
                    return Poll::Ready(Some(Err(self.failure(error))));
                }
                None => self.blocks = None,
            }
        }
    }

    /// A block is an event if it has data. What else it says holds for the events that follow.
    fn event(&mut self, block: Sse) -> Option<Event> {
        if let Some(id) = block.id {
            self.last_id = Some(id).filter(|id| !id.is_empty());
        }
        if let Some(retry) = block.retry {
            self.retry = Some(Duration::from_millis(retry));
        }
        let event = block.event.filter(|event| !event.is_empty());
        Some(Event {
            data: block.data?,
            event: event.unwrap_or_else(|| "message".to_owned()),
            id: self.last_id.clone(),
        })
    }

    /// An event that came in one piece may be too long, too.
    fn checked(&mut self, event: Event) -> Result<Event, Error> {
        let max = self.size.max.load(Ordering::Relaxed);
        if event.data.len() > max {
            self.blocks = None;
            return Err(self.error(too_long(max)));
        }
        Ok(event)
    }

    fn failure(&self, error: sse_stream::Error) -> Error {
        match error {
            sse_stream::Error::Body(source) => match source.downcast::<Error>() {
                Ok(error) => *error,
                Err(source) => self.error(unreadable(&*source)),
            },
            other => self.error(unreadable(&other)),
        }
    }
}

fn unreadable(error: &dyn std::error::Error) -> TransportError {
    let message = format!("the reply's events cannot be read: {error}");
    TransportError::new(TransportErrorKind::Body, message)
}

fn too_long(max: usize) -> TransportError {
    let message =
        format!("an event has more than {max} bytes; raise max_event_bytes if that is expected");
    TransportError::new(TransportErrorKind::BodyTooLarge, message)
}

/// Why a reply of this media type holds no events. A reply that has none is taken for what is expected.
fn other_media_type(headers: &HeaderMap) -> Option<Cause> {
    let given = headers.get(CONTENT_TYPE)?;
    let name = given.to_str().unwrap_or("unknown");
    let essence = name.split(';').next().unwrap_or_default().trim();
    let is_other = !essence.eq_ignore_ascii_case(EVENT_STREAM);
    is_other.then(|| Cause::NoEvents(essence.to_owned()))
}

/// How many bytes an event may have.
struct EventSize {
    /// Those that have come since the last event.
    pending: AtomicUsize,
    max: AtomicUsize,
}

/// The body, for the parser.
struct Chunks {
    download: Download,
    size: Arc<EventSize>,
}

impl Stream for Chunks {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let max = self.size.max.load(Ordering::Relaxed);
        if self.size.pending.load(Ordering::Relaxed) > max {
            return Poll::Ready(Some(Err(self.download.error(too_long(max)))));
        }
        let next = ready!(self.download.poll(cx));
        if let Some(Ok(chunk)) = &next {
            let pending = &self.size.pending;
            pending.fetch_add(chunk.len(), Ordering::Relaxed);
        }
        Poll::Ready(next)
    }
}

stream!(Events => Event);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
