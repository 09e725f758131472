use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use super::connect::ConnectFailure;
use super::proxy::{Protocol, Proxies, Proxy, with_port};
use super::tunnel;
use crate::error::BoxError;

type Tcp = TokioIo<TcpStream>;

/// Opens the way to a server, directly or through a proxy. The TLS to the server itself comes on top.
#[derive(Clone)]
pub(super) struct Route {
    tcp: HttpConnector,
    /// For proxies that are spoken to by TLS.
    secure: HttpsConnector<HttpConnector>,
    proxies: Option<Arc<Proxies>>,
}

impl Route {
    pub(super) fn new(
        tcp: HttpConnector,
        to_proxy: ClientConfig,
        proxies: Option<Arc<Proxies>>,
    ) -> Self {
        Self {
            secure: HttpsConnector::from((tcp.clone(), to_proxy)),
            tcp,
            proxies,
        }
    }
}

impl Service<Uri> for Route {
    type Response = Way;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Way, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self
            .proxies
            .as_ref()
            .and_then(|proxies| proxies.for_uri(&uri))
        {
            Some(proxy) => {
                let opening = through(self.tcp.clone(), self.secure.clone(), &proxy, uri);
                let proxy = proxy.uri;
                Box::pin(async move {
                    Ok(opening
                        .await
                        .map_err(|source| ConnectFailure::Proxy { proxy, source })?)
                })
            }
            None => {
                let connecting = self.tcp.call(uri);
                Box::pin(async move {
                    Ok(Way {
                        stream: MaybeHttpsStream::Http(connecting.await?),
                        proxied: false,
                    })
                })
            }
        }
    }
}

fn through(
    tcp: HttpConnector,
    mut secure: HttpsConnector<HttpConnector>,
    proxy: &Proxy,
    uri: Uri,
) -> Pin<Box<dyn Future<Output = Result<Way, BoxError>> + Send>> {
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

/// An open way to a server.
pub(super) struct Way {
    stream: MaybeHttpsStream<Tcp>,
    /// The peer is a proxy that reads the requests, and wants whole addresses in them.
    proxied: bool,
}

impl Connection for Way {
    fn connected(&self) -> Connected {
        let connected = match &self.stream {
            MaybeHttpsStream::Http(tcp) => tcp.connected(),
            MaybeHttpsStream::Https(tls) => tls.inner().get_ref().0.connected(),
        };
        connected.proxy(self.proxied)
    }
}

impl Read for Way {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Way {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}
