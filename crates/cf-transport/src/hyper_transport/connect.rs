use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::InvalidDnsNameError;
use tower_service::Service;

use super::proxy::Proxies;
use super::route::Route;
use super::stream::{Refusal, Stream};
use super::tcp::TcpConnector;
use super::tls::Tls;
use crate::error::BoxError;

/// Opens connections: name resolution, TCP, proxy and TLS.
pub(super) struct Connector {
    secure: HttpsConnector<Route>,
    /// Why no certificate can be trusted, if so.
    no_roots: Option<Arc<str>>,
}

impl Connector {
    /// `allow_plain_http`: to any host, not only to this machine.
    pub(super) fn new(
        tls: Tls,
        proxies: Option<Arc<Proxies>>,
        timeout: Option<Duration>,
        allow_plain_http: bool,
    ) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        // Shared among the addresses of a host, so that a dead one leaves time for the next.
        tcp.set_connect_timeout(timeout);
        let route = Route::new(TcpConnector::new(tcp), proxies, allow_plain_http);
        Self {
            secure: HttpsConnector::from((route, tls.config)),
            no_roots: tls.no_roots,
        }
    }

    /// Opens a connection to the host of `uri`.
    pub(super) async fn open(&self, uri: Uri) -> Result<Stream, ConnectFailure> {
        if let (Some(reason), Some("https")) = (&self.no_roots, uri.scheme_str()) {
            return Err(ConnectFailure::Tls(reason.to_string().into()));
        }
        Ok(Stream::new(self.secure.clone().call(uri).await?))
    }
}

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
    Http2(h2::Error),
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
            Self::Proxy { proxy, .. } => write!(f, "no way through the proxy {proxy}"),
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
