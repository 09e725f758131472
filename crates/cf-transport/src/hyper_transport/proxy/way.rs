//! The way to a server through a proxy.

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use tower_service::Service;

use super::super::route::Way;
use super::{Protocol, Proxy, tunnel, with_port};
use crate::BoxFuture;
use crate::error::BoxError;

/// `secure` is for proxies that are spoken to by TLS.
pub(super) fn through(
    tcp: HttpConnector,
    mut secure: HttpsConnector<HttpConnector>,
    proxy: &Proxy,
    uri: Uri,
) -> BoxFuture<'static, Result<Way, BoxError>> {
    match proxy.protocol {
        Protocol::Socks5 => {
            let mut socks = SocksV5::new(proxy.uri.clone(), tcp);
            if let Some((user, password)) = proxy.user_and_password() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            // Left alone, the handshake would ask for port 443 whatever the scheme.
            let port = if uri.scheme_str() == Some("http") {
                80
            } else {
                443
            };
            let opening = socks.call(with_port(&uri, port).unwrap_or(uri));
            Box::pin(async move {
                Ok(Way {
                    stream: MaybeHttpsStream::Http(opening.await?),
                    proxied: false,
                })
            })
        }
        Protocol::Http if uri.scheme_str() == Some("https") => {
            let connecting = secure.call(proxy.uri.clone());
            let auth = proxy.basic_auth().cloned();
            Box::pin(async move {
                Ok(Way {
                    stream: tunnel::open(connecting.await?, &uri, auth).await?,
                    proxied: false,
                })
            })
        }
        Protocol::Http => {
            let connecting = secure.call(proxy.uri.clone());
            Box::pin(async move {
                Ok(Way {
                    stream: connecting.await?,
                    proxied: true,
                })
            })
        }
    }
}
