use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use tower_service::Service;

use super::proxy::{Proxies, Way};
use super::tcp::Dialer;
use crate::BoxFuture;
use crate::error::BoxError;

/// Opens the way to a server, directly or through a proxy. The TLS to the server itself comes on top.
#[derive(Clone)]
pub(super) struct Route {
    tcp: Dialer,
    proxies: Option<Arc<Proxies>>,
}

impl Route {
    pub(super) fn new(tcp: Dialer, proxies: Option<Arc<Proxies>>) -> Self {
        Self { tcp, proxies }
    }
}

impl Service<Uri> for Route {
    type Response = Way;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Way, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let proxies = self.proxies.as_ref();
        if let Some(opening) = proxies.and_then(|proxies| proxies.open(&self.tcp, &uri)) {
            return opening;
        }
        let connecting = self.tcp.call(uri);
        Box::pin(async move { Ok(Way::from(connecting.await?)) })
    }
}
