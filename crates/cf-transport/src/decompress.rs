use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use compression_codecs::DecodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use http_body::{Body as _, Frame};

use crate::{Body, BoxFuture, Transport, TransportError, TransportErrorKind as Kind};

/// How many bytes a reply may have after decoding, unless told otherwise: 1 GiB.
pub(crate) const DEFAULT_LIMIT: u64 = 1024 * 1024 * 1024;

/// Most bytes decoded at a time.
const PIECE: usize = 32 * 1024;

/// Asks for compressed replies and decodes them, around any transport.
///
/// [`HyperTransport`](crate::HyperTransport) does so by itself; this is for the others. Which codings are asked for
/// depends on the features `gzip`, `brotli` and `zstd`.
///
/// Decoding goes along with reading, a small piece at a time. A decoded reply has neither `content-encoding` nor
/// `content-length`. Requests that say `accept-encoding` or `range` themselves pass unchanged, and so do their
/// replies.
///
/// ```
/// use cf_transport::{Body, Decompress, Transport, transport_fn};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let inner = transport_fn(|request: http::Request<Body>| async move {
///     assert!(request.headers().contains_key("accept-encoding"));
///     Ok(http::Response::new(Body::from("as you like it")))
/// });
/// let transport = Decompress::new(inner).limit(16 * 1024 * 1024);
/// let reply = transport.send(http::Request::get("https://localhost/").body(Body::empty())?).await?;
/// assert_eq!(reply.into_body().bytes(1024).await?, "as you like it");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Decompress<T> {
    inner: T,
    limit: u64,
}

impl<T: Transport> Decompress<T> {
    /// Decodes the replies of `inner`, up to 1 GiB each.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            limit: DEFAULT_LIMIT,
        }
    }

    /// How many bytes a reply may have after decoding; more is an error of the kind
    /// [`BodyTooLarge`](crate::TransportErrorKind::BodyTooLarge).
    #[must_use]
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }
}

impl<T: Transport> Transport for Decompress<T> {
    fn send(
        &self,
        mut request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let asked = ask(request.headers_mut());
        let uri = request.uri().clone();
        Box::pin(async move {
            let reply = self.inner.send(request).await?;
            Ok(if asked {
                decode(reply, self.limit, &uri)
            } else {
                reply
            })
        })
    }
}

/// Asks for compression, unless the request has a wish of its own. Tells whether it did.
pub(crate) fn ask(headers: &mut HeaderMap) -> bool {
    let codings: &[&str] = &[
        #[cfg(feature = "zstd")]
        "zstd",
        #[cfg(feature = "brotli")]
        "br",
        #[cfg(feature = "gzip")]
        "gzip",
    ];
    // A range counts the bytes of the coded form, so that a part of it decodes to nothing.
    let has_a_wish =
        headers.contains_key(header::ACCEPT_ENCODING) || headers.contains_key(header::RANGE);
    if has_a_wish || codings.is_empty() {
        return false;
    }
    if let Ok(value) = HeaderValue::from_str(&codings.join(", ")) {
        headers.insert(header::ACCEPT_ENCODING, value);
    }
    true
}

/// Puts a decoder before the reply's body. A coding that was not asked for stays as it is.
pub(crate) fn decode(mut reply: Response<Body>, limit: u64, uri: &Uri) -> Response<Body> {
    let coding = reply
        .headers()
        .get(header::CONTENT_ENCODING)
        .and_then(|coding| coding.to_str().ok());
    let Some((decoder, coding)) = coding.and_then(decoder) else {
        return reply;
    };
    // A reply to HEAD, or a 304, describes a body that doesn't come.
    if reply.body().is_end_stream() {
        return reply;
    }
    reply.headers_mut().remove(header::CONTENT_ENCODING);
    reply.headers_mut().remove(header::CONTENT_LENGTH);
    reply.map(|body| {
        let source = body;
        let uri = uri.clone();
        let input = Bytes::new();
        Body::stream(
            None,
            Decoded {
                source,
                input,
                decoder,
                at: At::Start,
                more: false,
                seen: 0,
                limit,
                coding,
                uri,
            },
        )
    })
}

type Decoder = Box<dyn DecodeV2 + Send>;

fn decoder(coding: &str) -> Option<(Decoder, &'static str)> {
    match coding.trim().to_ascii_lowercase().as_str() {
        #[cfg(feature = "gzip")]
        "gzip" | "x-gzip" => Some((Box::new(compression_codecs::GzipDecoder::new()), "gzip")),
        #[cfg(feature = "brotli")]
        "br" => Some((Box::new(compression_codecs::BrotliDecoder::new()), "brotli")),
        #[cfg(feature = "zstd")]
        "zstd" => {
            // 8 MiB, the most that RFC 9659 lets a server demand of us.
            let window = compression_codecs::zstd::params::DParameter::window_log_max(23);
            Some((
                Box::new(compression_codecs::ZstdDecoder::new_with_params(&[window])),
                "zstd",
            ))
        }
        _ => None,
    }
}

/// A body, decoded while it comes in.
struct Decoded {
    source: Body,
    input: Bytes,
    decoder: Decoder,
    at: At,
    /// The decoder filled the last piece, and may hold more without further input.
    more: bool,
    seen: u64,
    limit: u64,
    coding: &'static str,
    uri: Uri,
}

/// Where in the coded data the decoder is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Within,
    End,
}

impl Decoded {
    /// Decodes one piece of what is there. An empty one was still a step, unless the input is used up.
    fn piece(&mut self) -> io::Result<Vec<u8>> {
        let idle = self.input.is_empty();
        if idle && !self.more {
            return Ok(Vec::new());
        }
        if self.at == At::End {
            // gzip and zstd data may consist of several members (RFC 1952, 2.2; RFC 8878, 3).
            if self.coding == "brotli" {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "more data after the end",
                ));
            }
            self.decoder.reinit()?;
        }
        let mut piece = vec![0; PIECE];
        let mut output = WriteBuffer::new_initialized(&mut piece);
        let mut input = PartialBuffer::new(&*self.input);
        let result = self.decoder.decode(&mut input, &mut output);
        let (read, written) = (input.written_len(), output.written_len());
        self.input.advance(read);
        piece.truncate(written);

        self.at = match result {
            Ok(true) => At::End,
            Ok(false) if read == 0 && written == 0 && !idle => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the decoder is stuck",
                ));
            }
            Ok(false) => At::Within,
            // Some decoders complain when there is nothing to do. Were something missing, the end would tell.
            Err(_) if idle => At::Within,
            Err(error) => return Err(error),
        };
        self.more = written == PIECE && self.at == At::Within;
        Ok(piece)
    }

    fn error(&self, kind: Kind, message: String) -> TransportError {
        TransportError::new(kind, message).with_uri(&self.uri)
    }
}

impl http_body::Body for Decoded {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        let coding = this.coding;
        let error = loop {
            match this.piece() {
                Ok(piece) if !piece.is_empty() => {
                    this.seen += piece.len() as u64;
                    if this.seen > this.limit {
                        let message =
                            format!("the reply is longer than {} bytes when decoded", this.limit);
                        break this.error(Kind::BodyTooLarge, message);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
                }
                Ok(_) if !this.input.is_empty() => continue,
                Ok(_) => {}
                Err(error) => {
                    let message = format!("the reply's body is not valid {coding} data");
                    break this.error(Kind::Body, message).with_source(error);
                }
            }
            match ready!(Pin::new(&mut this.source).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.input = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => break error,
                None if this.at == At::Within => {
                    break this.error(
                        Kind::Interrupted,
                        format!("the reply ended within its {coding} data"),
                    );
                }
                None => return Poll::Ready(None),
            }
        };
        Poll::Ready(Some(Err(error)))
    }
}
