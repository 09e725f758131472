//! Why there is no connection.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

#[cfg(feature = "proxy")]
use http::Uri;
use rustls::AlertDescription;
use rustls::pki_types::InvalidDnsNameError;

use super::http2_error::Http2Error;
use crate::error::BoxError;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum ConnectFailure {
    Timeout(Duration),
    /// A plain http:// connection would have led to another machine.
    NotLoopback(IpAddr),
    Tcp(BoxError),
    Tls(BoxError),
    #[cfg(feature = "proxy")]
    Proxy {
        proxy: Uri,
        source: BoxError,
    },
    Http1(hyper::Error),
    Http2(Http2Error),
    /// The server closed it at once.
    Closed,
    /// The server refused the client certificate at once.
    Refused(Refusal),
}

impl From<BoxError> for ConnectFailure {
    fn from(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            // The TLS layer reports its errors as `io::Error`; the layers below have their own types.
            Err(error) if error.is::<io::Error>() || error.is::<InvalidDnsNameError>() => {
                Self::Tls(error)
            }
            Err(error) => Self::Tcp(error),
        }
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(limit) => write!(f, "no connection within {limit:?}"),
            Self::NotLoopback(ip) => write!(f, "the host resolved to {ip}, another machine"),
            Self::Tcp(_) => f.write_str("no TCP connection"),
            Self::Tls(_) => f.write_str("TLS handshake failed"),
            #[cfg(feature = "proxy")]
            Self::Proxy { proxy, .. } => write!(f, "cannot connect through the proxy {proxy}"),
            Self::Http1(_) | Self::Http2(_) => f.write_str("HTTP handshake failed"),
            Self::Closed => f.write_str("closed at once"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl Error for ConnectFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Timeout(_) | Self::NotLoopback(_) | Self::Closed | Self::Refused(_) => None,
            Self::Tcp(source) | Self::Tls(source) => Some(&**source),
            #[cfg(feature = "proxy")]
            Self::Proxy { source, .. } => Some(&**source),
            Self::Http1(source) => Some(source),
            Self::Http2(source) => Some(source),
        }
    }
}

/// The server does not accept the client's certificate, or the lack of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) alert: AlertDescription,
    /// The server has read nothing but the handshake.
    pub(super) in_handshake: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server refused the client certificate, or wants one ({:?})",
            self.alert
        )
    }
}
