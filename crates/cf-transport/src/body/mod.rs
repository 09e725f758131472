mod concat;
#[cfg(feature = "hyper")]
mod file;
mod progress;
mod sent;
mod stream;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use crate::headers::refused;
use crate::{TransportError, TransportErrorKind};
use stream::{DynStream, Stream, adapt};

pub(crate) use concat::concat;
pub use progress::Progress;
pub use sent::SendProgress;

type Factory = Arc<dyn Fn() -> DynStream + Send + Sync>;

/// Most bytes reserved because of a `content-length`, which may lie.
const RESERVED_AHEAD: u64 = 256 * 1024;

/// The body of a request or a reply: bytes, a stream, or a stream that can be opened again.
///
/// Which of the three decides whether a request can be sent a second time ([`try_clone`](Self::try_clone)):
///
/// | | memory | can be sent again |
/// |---|---|---|
/// | [`Body::from`] bytes or text | all of it | yes |
/// | [`Body::stream`] | a chunk at a time | no |
/// | [`Body::replayable`] | a chunk at a time | yes, the factory opens it again |
/// | `Body::file` (feature `hyper`) | a chunk at a time | yes |
///
/// Read it with [`bytes`](Self::bytes) or [`chunk`](Self::chunk), or as an [`http_body::Body`].
///
/// A stream with an announced length is held to it: more or fewer bytes are an error of the kind
/// [`Body`](TransportErrorKind::Body), never a silently cut upload. So the piece with its last byte is only passed on
/// once the source has ended.
#[derive(Default)]
pub struct Body {
    inner: Inner,
    tracker: Option<SendProgress>,
}

/// Small, since bodies are moved around, and most are bytes.
enum Inner {
    Bytes { data: Bytes, read: bool },
    Stream(Box<Stream>),
    Replayable(Box<Replayable>),
}

struct Replayable {
    open: Factory,
    len: Option<u64>,
    stream: Option<Stream>,
}

impl Replayable {
    fn unread(open: Factory, len: Option<u64>) -> Inner {
        let stream = None;
        Inner::Replayable(Box::new(Self { open, len, stream }))
    }
}

impl Default for Inner {
    fn default() -> Self {
        Self::Bytes {
            data: Bytes::new(),
            read: false,
        }
    }
}

impl From<Inner> for Body {
    fn from(inner: Inner) -> Self {
        let tracker = None;
        Self { inner, tracker }
    }
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that comes piece by piece and can be sent once.
    ///
    /// `len` is its length in bytes; with `None` the body's own [`size_hint`](http_body::Body::size_hint) counts if it
    /// is exact, otherwise the length is unknown (HTTP/1.1 then sends chunks).
    ///
    /// ```
    /// use cf_transport::Body;
    ///
    /// let body = Body::stream(Some(5), http_body_util::Full::from("hello"));
    /// assert_eq!(body.content_length(), Some(5));
    /// assert!(body.try_clone().is_none());
    /// ```
    pub fn stream<B>(len: Option<u64>, body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let len = len.or_else(|| body.size_hint().exact());
        Inner::Stream(Box::new(Stream::new(len, adapt(body)))).into()
    }

    /// The body of a reply: it has the right type already, so it needs no adapter.
    #[cfg(feature = "hyper")]
    pub(crate) fn received<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error = TransportError> + Send + 'static,
    {
        let len = body.size_hint().exact();
        let stream = Stream::received(len, Box::pin(body));
        Inner::Stream(Box::new(stream)).into()
    }

    /// A body that comes piece by piece and can be sent again: `open` is called for each sending.
    ///
    /// `len` is its length in bytes; `None` if unknown. An `open` that fails returns a body that yields the error.
    ///
    /// ```
    /// use cf_transport::Body;
    ///
    /// let body = Body::replayable(Some(5), || http_body_util::Full::from("hello"));
    /// assert!(body.try_clone().is_some());
    /// ```
    pub fn replayable<F, B>(len: Option<u64>, open: F) -> Self
    where
        F: Fn() -> B + Send + Sync + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Replayable::unread(Arc::new(move || adapt(open())), len).into()
    }

    /// The same body from its start, however much of this one was read; `None` for a one-shot stream.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        match &self.inner {
            Inner::Bytes { data, .. } => Some(Self::from(data.clone())),
            Inner::Stream(_) => None,
            Inner::Replayable(body) => Some(Replayable::unread(body.open.clone(), body.len).into()),
        }
    }

    /// The length of the whole body in bytes, if known.
    ///
    /// For a reply this is what the server announced; a reply that was compressed on the way has no known length.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        match &self.inner {
            Inner::Bytes { data, .. } => Some(data.len() as u64),
            Inner::Stream(stream) => stream.len,
            Inner::Replayable(body) => body.len,
        }
    }

    /// The same body, announced with this length and held to it: for a stream whose length is known from elsewhere, so
    /// that HTTP/1.1 does not send chunks.
    ///
    /// # Errors
    /// Of the kind [`Request`](TransportErrorKind::Request), if the body is known to have another length.
    ///
    /// ```
    /// use cf_transport::Body;
    ///
    /// let stream = Body::stream(None, Body::from("hello").with_progress(|_| ()));
    /// assert_eq!(stream.with_content_length(5)?.content_length(), Some(5));
    /// assert!(Body::from("hello").with_content_length(8).is_err());
    /// # Ok::<(), cf_transport::TransportError>(())
    /// ```
    pub fn with_content_length(mut self, len: u64) -> Result<Self, TransportError> {
        match (self.content_length(), &mut self.inner) {
            (Some(known), _) if known != len => {
                return Err(refused(format!(
                    "the content-length is given as {len} bytes, but the body has {known}; leave it out, or \
                     correct it"
                )));
            }
            (None, Inner::Stream(stream)) => stream.len = Some(len),
            (None, Inner::Replayable(body)) => body.len = Some(len),
            _ => {}
        }
        Ok(self)
    }

    /// The whole body, if it is held in memory.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.inner {
            Inner::Bytes { data, .. } => Some(data),
            Inner::Stream(_) | Inner::Replayable(_) => None,
        }
    }

    /// The next piece of the body, never empty; `None` at the end. Trailers are skipped.
    ///
    /// # Errors
    /// When the body breaks off. After an error comes `None`.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, TransportError>> {
        loop {
            match poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut *self), cx)).await? {
                Ok(frame) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Some(Ok(data)),
                    _ => {}
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Reads the whole body into memory, `limit` bytes at most.
    ///
    /// # Errors
    /// [`BodyTooLarge`](TransportErrorKind::BodyTooLarge) if the body is longer than `limit`: at once if the announced
    /// length says so, else as soon as the limit is passed. Otherwise the body's own error.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, TransportError> {
        if self.content_length().is_some_and(|len| len > limit as u64) {
            return Err(too_large(limit));
        }
        let Some(first) = self.chunk().await.transpose()? else {
            return Ok(Bytes::new());
        };
        if http_body::Body::is_end_stream(&self) {
            return within(first, limit);
        }
        let Some(second) = self.chunk().await.transpose()? else {
            return within(first, limit);
        };

        let ahead = self.content_length().unwrap_or(0).min(RESERVED_AHEAD) as usize;
        let mut all = BytesMut::with_capacity(ahead.max(first.len() + second.len()));
        all.extend_from_slice(&first);
        let mut next = second;
        loop {
            if next.len() > limit.saturating_sub(all.len()) {
                return Err(too_large(limit));
            }
            all.extend_from_slice(&next);
            match self.chunk().await.transpose()? {
                Some(chunk) => next = chunk,
                None => return Ok(all.freeze()),
            }
        }
    }
}

fn within(data: Bytes, limit: usize) -> Result<Bytes, TransportError> {
    if data.len() > limit {
        Err(too_large(limit))
    } else {
        Ok(data)
    }
}

fn too_large(limit: usize) -> TransportError {
    TransportError::new(
        TransportErrorKind::BodyTooLarge,
        format!(
            "the body is longer than the {limit} bytes allowed; raise the limit, or read it in chunks"
        ),
    )
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        match &mut self.get_mut().inner {
            Inner::Bytes { read: true, .. } => Poll::Ready(None),
            Inner::Bytes { data, read } => {
                *read = true;
                Poll::Ready((!data.is_empty()).then(|| Ok(Frame::data(data.clone()))))
            }
            Inner::Stream(stream) => stream.poll_frame(cx),
            Inner::Replayable(body) => {
                let Replayable { open, len, stream } = &mut **body;
                let stream = stream.get_or_insert_with(|| Stream::new(*len, open()));
                stream.poll_frame(cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Bytes { data, read } => *read || data.is_empty(),
            Inner::Stream(stream) => stream.ended,
            Inner::Replayable(body) => body.stream.as_ref().is_some_and(|stream| stream.ended),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let left = match &self.inner {
            Inner::Bytes { read: true, .. } => Some(0),
            Inner::Bytes { data, .. } => Some(data.len() as u64),
            Inner::Stream(stream) => stream.left(),
            Inner::Replayable(body) => body.stream.as_ref().map_or(body.len, Stream::left),
        };
        left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = match &self.inner {
            Inner::Bytes { .. } => "Bytes",
            Inner::Stream(_) => "Stream",
            Inner::Replayable(_) => "Replayable",
        };
        match self.content_length() {
            Some(len) => write!(f, "Body::{variant}({len} bytes)"),
            None => write!(f, "Body::{variant}(unknown length)"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(data: Bytes) -> Self {
        Inner::Bytes { data, read: false }.into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(data: Vec<u8>) -> Self {
        Bytes::from(data).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(data: &'static [u8]) -> Self {
        Bytes::from_static(data).into()
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}
