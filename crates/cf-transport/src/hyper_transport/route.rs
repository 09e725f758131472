use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::Proxies;
use crate::BoxFuture;
use crate::error::BoxError;

type Tcp = TokioIo<TcpStream>;

/// Opens the way to a server, directly or through a proxy. The TLS to the server itself comes on top.
#[derive(Clone)]
pub(super) struct Route {
    tcp: HttpConnector,
    proxies: Option<Arc<Proxies>>,
}

impl Route {
    pub(super) fn new(tcp: HttpConnector, proxies: Option<Arc<Proxies>>) -> Self {
        Self { tcp, proxies }
    }
}

impl Service<Uri> for Route {
    type Response = Way;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Way, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let proxies = self.proxies.as_ref();
        if let Some(opening) = proxies.and_then(|proxies| proxies.open(&self.tcp, &uri)) {
            return opening;
        }
        let connecting = self.tcp.call(uri);
        Box::pin(async move {
            Ok(Way {
                stream: MaybeHttpsStream::Http(connecting.await?),
                proxied: false,
            })
        })
    }
}

/// An open way to a server.
pub(super) struct Way {
    pub(super) stream: MaybeHttpsStream<Tcp>,
    /// The peer is a proxy that reads the requests, and wants whole addresses in them.
    pub(super) proxied: bool,
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
