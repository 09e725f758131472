use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::InvalidDnsNameError;
use tower_service::Service;

use super::proxy::Proxies;
use super::route::{Route, Way};
use super::tls::Tls;
use crate::error::BoxError;

/// Opens connections: name resolution, TCP, proxy and TLS, all within one time limit.
#[derive(Clone)]
pub(super) struct Connector {
    secure: HttpsConnector<Route>,
    /// Why no certificate can be trusted, if so.
    no_roots: Option<Arc<str>>,
    timeout: Option<Duration>,
}

impl Connector {
    pub(super) fn new(tls: Tls, proxies: Option<Arc<Proxies>>, timeout: Option<Duration>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        // Shared out among the addresses of a host, so that a dead one leaves time for the next.
        tcp.set_connect_timeout(timeout);
        let route = Route::new(tcp, tls.to_proxy, proxies);
        Self {
            secure: HttpsConnector::from((route, tls.config)),
            no_roots: tls.no_roots,
            timeout,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Way>;
    type Error = ConnectFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFailure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        self.secure.poll_ready(cx).map_err(ConnectFailure::from)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if let (Some(reason), Some("https")) = (&self.no_roots, uri.scheme_str()) {
            let failure = ConnectFailure::Tls(reason.to_string().into());
            return Box::pin(async { Err(failure) });
        }
        let connecting = self.secure.call(uri);
        let Some(limit) = self.timeout else {
            return Box::pin(async move { Ok(connecting.await?) });
        };
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(connected) => Ok(connected?),
                Err(_) => Err(ConnectFailure::Timeout(limit)),
            }
        })
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum ConnectFailure {
    Timeout(Duration),
    Tcp(BoxError),
    Tls(BoxError),
    Proxy { proxy: Uri, source: BoxError },
}

impl From<BoxError> for ConnectFailure {
    fn from(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            // The TLS layer gives its errors as `io::Error`, the layers below have types of their own.
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
            Self::Tcp(_) => f.write_str("no TCP connection"),
            Self::Tls(_) => f.write_str("TLS handshake failed"),
            Self::Proxy { proxy, .. } => write!(f, "no way through the proxy {proxy}"),
        }
    }
}

impl Error for ConnectFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Timeout(_) => None,
            Self::Tcp(source) | Self::Tls(source) | Self::Proxy { source, .. } => Some(&**source),
        }
    }
}
