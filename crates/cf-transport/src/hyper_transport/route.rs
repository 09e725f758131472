use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use tower_service::Service;

use super::proxy::{Proxies, ProxyStream};
use super::tcp::TcpConnector;
use crate::BoxFuture;
use crate::error::BoxError;

/// Opens a connection to a server, directly or through a proxy. The server's own TLS comes on top.
#[derive(Clone)]
pub(super) struct Route {
    tcp: TcpConnector,
    proxies: Option<Arc<Proxies>>,
    allow_plain_http: bool,
}

impl Route {
    pub(super) fn new(
        tcp: TcpConnector,
        proxies: Option<Arc<Proxies>>,
        allow_plain_http: bool,
    ) -> Self {
        Self {
            tcp,
            proxies,
            allow_plain_http,
        }
    }
}

impl Service<Uri> for Route {
    type Response = ProxyStream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<ProxyStream, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let plain = uri.scheme_str() == Some("http");
        // Of a clone, which goes with this call.
        let mut tcp = self.tcp.clone();
        tcp = tcp.loopback_only(plain && !self.allow_plain_http);
        let proxies = self.proxies.as_ref();
        if let Some(opening) = proxies.and_then(|proxies| proxies.open(&tcp, &uri)) {
            return opening;
        }
        let connecting = tcp.call(uri);
        Box::pin(async move { Ok(ProxyStream::from(connecting.await?)) })
    }
}
