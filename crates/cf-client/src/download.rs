//! Streaming replies.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use cf_transport::{Body, TransportError, TransportErrorKind};
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{CallContext, Error, Misfit};

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
        Lines {
            download: self,
            left: BytesMut::new(),
            searched: 0,
            max_line_bytes: Lines::LIMIT,
            ended: false,
        }
    }

    /// The body line by line, each a JSON value: NDJSON, as Logpush and the log APIs have it. Blank lines are skipped.
    pub fn json_lines<T: DeserializeOwned>(self) -> JsonLines<T> {
        JsonLines {
            lines: self.lines(),
            items: PhantomData,
        }
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

/// The lines of a body: what [`Download::lines`] returns.
///
/// Without line ends (`\n` or `\r\n`). Invalid UTF-8 is replaced by `U+FFFD`.
#[must_use = "no line is fetched until one is asked for"]
pub struct Lines {
    download: Download,
    left: BytesMut,
    /// How much of `left` is known to have no line end.
    searched: usize,
    max_line_bytes: usize,
    ended: bool,
}

impl Lines {
    /// The longest line, in bytes, unless [`max_line_bytes`](Self::max_line_bytes) says otherwise: 16 MiB.
    pub const LIMIT: usize = 16 * 1024 * 1024;

    /// Sets the longest line, in bytes; a longer one is an error.
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes;
        self
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// Same as [`Download::chunk`], and when a line is too long. After an error comes `None`.
    pub async fn next(&mut self) -> Option<Result<String, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        loop {
            let line = self.take_line();
            let length = line.as_ref().map_or(self.left.len(), BytesMut::len);
            if length > self.max_line_bytes {
                self.give_up();
                let message = format!(
                    "a line has more than {} bytes; raise max_line_bytes if that is expected",
                    self.max_line_bytes
                );
                let error = TransportError::new(TransportErrorKind::BodyTooLarge, message);
                return Poll::Ready(Some(Err(self.download.error(error))));
            }
            if let Some(line) = line {
                return Poll::Ready(Some(Ok(text(&line))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.download.poll(cx)) {
                Some(Ok(data)) => self.left.extend_from_slice(&data),
                Some(Err(error)) => {
                    // An incomplete line is dropped.
                    self.give_up();
                    return Poll::Ready(Some(Err(error)));
                }
                None => self.ended = true,
            }
        }
    }

    fn take_line(&mut self) -> Option<BytesMut> {
        let unsearched = &self.left[self.searched..];
        let end = unsearched.iter().position(|byte| *byte == b'\n');
        if let Some(end) = end {
            let line = self.left.split_to(self.searched + end);
            self.left.advance(1);
            self.searched = 0;
            return Some(line);
        }
        self.searched = self.left.len();
        // The last line may have no end.
        (self.ended && !self.left.is_empty()).then(|| self.give_up())
    }

    /// Takes the rest, and ends.
    fn give_up(&mut self) -> BytesMut {
        (self.ended, self.searched) = (true, 0);
        self.left.split()
    }
}

fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}

/// The lines of a body as values: what [`Download::json_lines`] returns.
#[must_use = "no line is fetched until one is asked for"]
pub struct JsonLines<T> {
    lines: Lines,
    items: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonLines<T> {
    /// Same as [`Lines::max_line_bytes`].
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.lines = self.lines.max_line_bytes(bytes);
        self
    }

    /// The next value; `None` at the end.
    ///
    /// # Errors
    /// Same as [`Lines::next`]; and when a line is not a `T`; the next line follows.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            let line = match ready!(self.lines.poll(cx)) {
                Some(Ok(line)) if line.trim().is_empty() => continue,
                Some(Ok(line)) => line,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            let misfit = |error| {
                let cause = Misfit::new(&error, line.as_bytes());
                Error::new(cause).of(self.lines.download.context.clone())
            };
            return Poll::Ready(Some(serde_json::from_str(&line).map_err(misfit)));
        }
    }
}

macro_rules! stream {
    ($name:ident $(<$item:ident>)? => $output:ty) => {
        #[cfg(feature = "futures")]
        impl $(<$item: DeserializeOwned>)? futures_core::Stream for $name $(<$item>)? {
            type Item = Result<$output, Error>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.poll(cx)
            }
        }
    };
}

stream!(Download => Bytes);
stream!(Lines => String);
stream!(JsonLines<T> => T);

/// Shows neither headers nor body.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("status", &self.status)
            .field("content_length", &self.content_length())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for JsonLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").finish_non_exhaustive()
    }
}
