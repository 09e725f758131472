//! Streaming replies.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use cf_transport::{Body, TransportError};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{CallContext, Error};

macro_rules! stream {
    ($name:ident $(<$item:ident>)? => $output:ty) => {
        #[cfg(feature = "futures")]
        impl $(<$item: DeserializeOwned>)? futures_core::Stream for $name $(<$item>)? {
            type Item = Result<$output, Error>;

            fn poll_next(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.poll(cx)
            }
        }
    };
}

#[cfg(feature = "events")]
mod events;
mod lines;
#[cfg(feature = "events")]
mod tokens;

#[cfg(feature = "events")]
pub use events::{Event, Events};
pub use lines::{JsonLines, Lines};
#[cfg(feature = "events")]
pub use tokens::Tokens;

/// The media type of server-sent events.
const EVENT_STREAM: &str = "text/event-stream";

/// Whether a body is a stream of events, by its media type.
pub(crate) fn has_events(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let start = given.and_then(|given| given.get(..EVENT_STREAM.len()));
    start.is_some_and(|start| start.eq_ignore_ascii_case(EVENT_STREAM.as_bytes()))
}

/// The body of a successful reply, piece by piece: what [`send_stream`](cf_types::Call::send_stream) returns. However
/// long it is, only one piece is in memory.
///
/// It is limited by the call's deadline, and each silence in it by the attempt's timeout. With the feature `futures` it
/// is a `futures_core::Stream`, too.
///
/// ```no_run
/// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
/// let logs = client
///     .request(http::Method::GET, "/zones/023e105f4ecef8ad9ca31a8372d0c353/logs/received")
///     .query("start", "2026-11-24T10:00:00Z")
///     .query("end", "2026-11-24T10:01:00Z")
///     .send_stream()
///     .await?;
/// let mut lines = logs.json_lines::<serde_json::Value>();
/// while let Some(line) = lines.next().await {
///     println!("{}", line?["ClientRequestURI"]);
/// }
/// # Ok(()) }
/// ```
#[must_use = "the body is only fetched as it is read"]
pub struct Download {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    context: CallContext,
}

impl Download {
    pub(crate) fn new(
        status: StatusCode,
        headers: HeaderMap,
        body: Body,
        context: CallContext,
    ) -> Self {
        Download {
            status,
            headers,
            body,
            context,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The reply's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The total length in bytes, if the server says so.
    pub fn content_length(&self) -> Option<u64> {
        self.body.content_length()
    }

    /// The next piece, never empty; `None` at the end.
    ///
    /// # Errors
    /// When the body breaks off, or takes too long. After an error comes `None`.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The rest, `limit` bytes at most.
    ///
    /// # Errors
    /// Same as [`chunk`](Self::chunk), and when there is more.
    pub async fn bytes(self, limit: usize) -> Result<Bytes, Error> {
        let Download { body, context, .. } = self;
        let all = body.bytes(limit).await;
        all.map_err(|error| Error::new(error).of(context))
    }

    /// The body line by line, as text: for logs.
    pub fn lines(self) -> Lines {
        Lines::of(self)
    }

    /// The body line by line, each a JSON value: NDJSON, as Logpush and the log APIs have it. Blank lines are skipped.
    pub fn json_lines<T: DeserializeOwned>(self) -> JsonLines<T> {
        JsonLines::of(self.lines())
    }

    /// The body as server-sent events: how models stream their answers.
    ///
    /// A stream that breaks off is an error, and is not resumed: see [`Events`].
    #[cfg(feature = "events")]
    pub fn events(self) -> Events {
        Events::of(self)
    }

    /// The text that a model streams, piece by piece as it is generated: the [`events`](Self::events) without what is
    /// around the text.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// use std::io::Write as _;
    /// let model = "@cf/meta/llama-3.1-8b-instruct";
    /// let mut tokens = client
    ///     .request(http::Method::POST, format!("/accounts/023e105f4ecef8ad9ca31a8372d0c353/ai/run/{model}"))
    ///     .json(&serde_json::json!({ "prompt": "Why is the sky blue?", "stream": true }))
    ///     .send_stream()
    ///     .await?
    ///     .tokens();
    /// while let Some(token) = tokens.next().await {
    ///     print!("{}", token?);
    ///     let _ = std::io::stdout().flush();
    /// }
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "events")]
    pub fn tokens(self) -> Tokens {
        Tokens::of(self.events())
    }

    /// The reply with its body as the transport gave it.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// The body as the transport gave it.
    pub fn into_body(self) -> Body {
        self.body
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            let frame = ready!(http_body::Body::poll_frame(Pin::new(&mut self.body), cx));
            match frame.map(|frame| frame.map(http_body::Frame::into_data)) {
                Some(Ok(Ok(data))) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(self.error(error)))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn error(&self, error: TransportError) -> Error {
        Error::new(error).of(self.context.clone())
    }
}

stream!(Download => Bytes);

/// Shows neither headers nor body.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("status", &self.status)
            .field("content_length", &self.content_length())
            .finish_non_exhaustive()
    }
}
