//! A connection to a server: direct, or through a proxy.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::client::legacy::connect::{Connected, Connection};
use tower_service::Service;

use super::super::tcp::{Activity, Tcp, TcpConnector};
use super::{Protocol, Proxy, tunnel, with_port};
use crate::BoxFuture;
use crate::error::BoxError;

/// `secure` is for proxies reached over TLS.
pub(super) fn through(
    tcp: TcpConnector,
    mut secure: HttpsConnector<TcpConnector>,
    proxy: &Proxy,
    uri: Uri,
) -> BoxFuture<'static, Result<ProxyStream, BoxError>> {
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
            Box::pin(async move { Ok(ProxyStream::from(opening.await?)) })
        }
        Protocol::Http if uri.scheme_str() == Some("https") => {
            let connecting = secure.call(proxy.uri.clone());
            let auth = proxy.basic_auth().cloned();
            Box::pin(async move {
                let stream = tunnel::open(connecting.await?, &uri, auth).await?;
                Ok(ProxyStream::through(stream, false))
            })
        }
        Protocol::Http => {
            let connecting = secure.call(proxy.uri.clone());
            Box::pin(async move { Ok(ProxyStream::through(connecting.await?, true)) })
        }
    }
}

/// An open connection to a server.
pub(in super::super) enum ProxyStream {
    /// Nobody can read along.
    Direct(Tcp),
    /// Boxed, since TLS within TLS is large and rare.
    Through {
        stream: Box<dyn Duplex>,
        /// The peer is a proxy that reads the requests and wants absolute addresses.
        proxied: bool,
        activity: Activity,
    },
}

pub(in super::super) trait Duplex: Read + Write + Send + Unpin {}

impl<T: Read + Write + Send + Unpin> Duplex for T {}

impl From<Tcp> for ProxyStream {
    fn from(stream: Tcp) -> Self {
        Self::Direct(stream)
    }
}

impl ProxyStream {
    fn through(stream: MaybeHttpsStream<Tcp>, proxied: bool) -> Self {
        let activity = Activity::of(&stream);
        let stream = Box::new(stream);
        Self::Through {
            stream,
            proxied,
            activity,
        }
    }
}

impl Connection for ProxyStream {
    fn connected(&self) -> Connected {
        match self {
            Self::Direct(stream) => stream.connected(),
            Self::Through {
                proxied, activity, ..
            } => Connected::new().proxy(*proxied).extra(activity.clone()),
        }
    }
}

impl Read for ProxyStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Direct(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Through { stream, .. } => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl Write for ProxyStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Direct(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Through { stream, .. } => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Direct(stream) => Pin::new(stream).poll_flush(cx),
            Self::Through { stream, .. } => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Direct(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Through { stream, .. } => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Direct(stream) => stream.is_write_vectored(),
            Self::Through { stream, .. } => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Direct(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Through { stream, .. } => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }
}
