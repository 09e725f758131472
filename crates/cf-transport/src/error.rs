use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use http::Uri;

/// Any error that can travel between threads.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// What went wrong, by what it means for sending the request again.
///
/// The kind alone answers the question for whole classes of errors ([`never_sent`](Self::never_sent)); the error
/// itself knows more ([`TransportError::never_sent`]), because a timeout can strike before or after sending.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransportErrorKind {
    /// No connection: the name did not resolve, or the host refused or could not be reached. Nothing was sent.
    Connect,
    /// No agreement on TLS: an untrusted certificate, a wrong name, no common version. Nothing was sent.
    Tls,
    /// The proxy refused or failed before there was a connection to the server. Nothing was sent.
    Proxy,
    /// A time limit passed, while connecting or later: ask [`TransportError::never_sent`].
    Timeout,
    /// The connection broke before the reply was complete. The request may have been carried out.
    Interrupted,
    /// A body failed: the source of the request's body gave an error or another length than announced, or the
    /// reply's body could not be decoded.
    Body,
    /// A body is longer than the limit set for it.
    BodyTooLarge,
    /// The request was rejected on this side, for instance for plain `http://` to a remote host. Nothing was sent.
    Request,
    /// The peer does not speak proper HTTP, or its header section is over the limit.
    Protocol,
    /// None of the above.
    Other,
}

impl TransportErrorKind {
    /// Whether errors of this kind only ever happen before anything of the request is sent.
    #[must_use]
    pub fn never_sent(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::Tls | Self::Proxy | Self::Request
        )
    }
}

/// Why a request got no reply, or a body did not arrive completely.
///
/// The message names the host and the port and says whether the request may have reached the server. It contains no
/// header, no query and no body. Causes are kept as [`source`](Error::source).
///
/// Transports of your own build their errors with [`new`](Self::new) and the `with_…` methods:
///
/// ```
/// use cf_transport::{TransportError, TransportErrorKind};
///
/// let uri = http::Uri::from_static("https://api.cloudflare.com/client/v4/zones");
/// let error = TransportError::new(TransportErrorKind::Connect, "the tunnel is down").with_uri(&uri);
///
/// assert!(error.never_sent());
/// assert_eq!(error.host(), Some("api.cloudflare.com"));
/// assert_eq!(error.to_string(), "the tunnel is down (api.cloudflare.com:443, nothing was sent)");
/// ```
pub struct TransportError(Box<Details>);

struct Details {
    kind: TransportErrorKind,
    message: Cow<'static, str>,
    never_sent: bool,
    target: Option<Target>,
    source: Option<BoxError>,
}

/// The server a request was for.
#[derive(Debug, Clone)]
struct Target {
    host: String,
    port: Option<u16>,
}

impl TransportError {
    /// An error of this kind. The message says what happened, without host and cause.
    pub fn new(kind: TransportErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            never_sent: kind.never_sent(),
            target: None,
            source: None,
        }))
    }

    /// Keeps what caused this error as its [`source`](Error::source).
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Names the server the request was for: host and port, and nothing else of the address.
    #[must_use]
    pub fn with_uri(mut self, uri: &Uri) -> Self {
        self.0.target = uri.host().map(|host| Target {
            host: host.to_owned(),
            port: uri.port_u16().or_else(|| match uri.scheme_str() {
                Some("https") => Some(443),
                Some("http") => Some(80),
                _ => None,
            }),
        });
        self
    }

    /// States whether it is *certain* that the server saw nothing of the request; otherwise the kind decides.
    ///
    /// Say `true` only when sure: a request that was never sent is sent again, whatever its method.
    #[must_use]
    pub fn with_never_sent(mut self, never_sent: bool) -> Self {
        self.0.never_sent = never_sent;
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.0.kind
    }

    /// Whether it is certain that the server did not act on the request. Then sending it again is harmless.
    #[must_use]
    pub fn never_sent(&self) -> bool {
        self.0.never_sent
    }

    /// Whether the request may have reached the server: the opposite of [`never_sent`](Self::never_sent).
    #[must_use]
    pub fn was_sent(&self) -> bool {
        !self.0.never_sent
    }

    /// Whether a time limit passed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == TransportErrorKind::Timeout
    }

    /// The host the request was for, if known. IPv6 addresses are in brackets.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.0.target.as_ref().map(|target| target.host.as_str())
    }

    /// The port the request was for, if known.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.0.target.as_ref().and_then(|target| target.port)
    }

    /// What happened, without host and cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            message,
            target,
            never_sent,
            ..
        } = &*self.0;
        write!(f, "{message} (")?;
        if let Some(Target { host, port }) = target {
            f.write_str(host)?;
            if let Some(port) = port {
                write!(f, ":{port}")?;
            }
            f.write_str(", ")?;
        }
        f.write_str(if *never_sent {
            "nothing was sent)"
        } else {
            "the request may have arrived)"
        })
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            kind,
            message,
            never_sent,
            target,
            source,
        } = &*self.0;
        f.debug_struct("TransportError")
            .field("kind", kind)
            .field("message", message)
            .field("never_sent", never_sent)
            .field("target", target)
            .field("source", source)
            .finish()
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
