use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

use super::connect_failure::ConnectFailure;
use super::proxy::Proxies;
use super::roots::Roots;
use super::route::Route;
use super::stream::Stream;
use super::tcp::TcpConnector;
use super::tls::Tls;

/// Opens connections: name resolution, TCP, proxy and TLS.
pub(super) struct Connector {
    secure: HttpsConnector<Route>,
    roots: Arc<Roots>,
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
            roots: tls.roots,
        }
    }

    /// Opens a connection to the host of `uri`.
    pub(super) async fn open(&self, uri: Uri) -> Result<Stream, ConnectFailure> {
        if uri.scheme_str() == Some("https") {
            let ready = self.roots.ready().await;
            ready.map_err(|why| ConnectFailure::Tls(why.into()))?;
        }
        Ok(Stream::new(self.secure.clone().call(uri).await?))
    }
}
