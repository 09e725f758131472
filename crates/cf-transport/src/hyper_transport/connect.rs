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
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::error::BoxError;

/// Opens connections: name resolution, TCP and TLS, all within one time limit.
#[derive(Clone)]
pub(super) struct Connector {
    secure: HttpsConnector<HttpConnector>,
    /// Why no certificate can be trusted, if so.
    no_roots: Option<Arc<str>>,
    timeout: Option<Duration>,
}

impl Connector {
    pub(super) fn new(tls: super::tls::Tls, timeout: Option<Duration>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        // Shared out among the addresses of a host, so that a dead one leaves time for the next.
        tcp.set_connect_timeout(timeout);
        Self {
            secure: HttpsConnector::from((tcp, tls.config)),
            no_roots: tls.no_roots,
            timeout,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
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
}

impl From<BoxError> for ConnectFailure {
    fn from(error: BoxError) -> Self {
        // The TLS layer gives its errors as `io::Error`, the layers below have types of their own.
        let tls = error.is::<io::Error>() || error.is::<rustls::pki_types::InvalidDnsNameError>();
        if tls {
            Self::Tls(error)
        } else {
            Self::Tcp(error)
        }
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(limit) => write!(f, "no connection within {limit:?}"),
            Self::Tcp(_) => f.write_str("no TCP connection"),
            Self::Tls(_) => f.write_str("TLS handshake failed"),
        }
    }
}

impl Error for ConnectFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Timeout(_) => None,
            Self::Tcp(source) | Self::Tls(source) => Some(&**source),
        }
    }
}
