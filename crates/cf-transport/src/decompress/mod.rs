#[cfg(feature = "brotli")]
mod brotli;
mod coding;
mod decoded;

use http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use http_body::Body as _;

use self::decoded::Decoded;
use crate::{Body, BoxFuture, Transport, TransportError, TransportErrorKind as Kind};

/// How many bytes a reply may have after decoding, unless told otherwise: 1 GiB.
pub(crate) const DEFAULT_LIMIT: u64 = 1024 * 1024 * 1024;

/// Most codings on top of each other; each takes a decoder of its own.
const MAX_CODINGS: usize = 3;

/// Asks for compressed replies and decodes them, around any transport.
///
/// [`HyperTransport`](crate::HyperTransport) does so by itself; this is for the others. Which codings are asked for
/// depends on the features `gzip`, `brotli` and `zstd`.
///
/// Decoding happens while reading, a small piece at a time. A decoded reply has neither `content-encoding` nor
/// `content-length`. Requests that say `accept-encoding` or `range` themselves pass unchanged, and so do their
/// replies.
///
/// What a decoder holds is bounded, whatever the reply asks for: 32 KiB for gzip, 8 MiB for zstd, 16 MiB or twice the
/// [`limit`](Self::limit) for brotli. Larger windows are refused, and so is a reply that is compressed more than three
/// times over.
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
            if asked {
                decode(reply, self.limit, &uri)
            } else {
                Ok(reply)
            }
        })
    }
}

/// Asks for compression, unless the request has its own preference. Returns whether it did.
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

/// Puts a decoder before the reply's body, or several. A coding that was not asked for stays as it is.
pub(crate) fn decode(
    mut reply: Response<Body>,
    limit: u64,
    uri: &Uri,
) -> Result<Response<Body>, TransportError> {
    let Some(codings) = coding::codings(reply.headers()) else {
        return Ok(reply);
    };
    // A reply to HEAD, or a 304, describes a body that doesn't come.
    if reply.body().is_end_stream() {
        return Ok(reply);
    }
    if codings.len() > MAX_CODINGS {
        let message = format!(
            "the reply is compressed {} times over, and {MAX_CODINGS} is the most that is decoded",
            codings.len()
        );
        return Err(TransportError::new(Kind::Body, message).with_uri(uri));
    }
    reply.headers_mut().remove(header::CONTENT_ENCODING);
    reply.headers_mut().remove(header::CONTENT_LENGTH);
    Ok(reply.map(|body| {
        let layers = codings.iter().enumerate().rev();
        layers.fold(body, |source, (layer, coding)| {
            // What is between two decoders is not kept, but it is work. It can be somewhat longer than the
            // data it encodes.
            let limit = match layer {
                0 => limit,
                _ => limit.saturating_mul(2),
            };
            Body::stream(None, Decoded::new(source, *coding, limit, uri.clone()))
        })
    }))
}
