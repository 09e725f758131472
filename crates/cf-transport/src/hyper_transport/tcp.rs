//! TCP connections that can be asked for what has come unasked.

use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::{Extensions, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, Take};
use tokio::net::TcpStream;
use tower_service::Service;

use super::connect::ConnectFailure;
use super::target;
use crate::BoxFuture;
use crate::error::BoxError;

/// Opens TCP connections.
#[derive(Clone)]
pub(super) struct Dialer {
    tcp: HttpConnector,
    loopback_only: bool,
}

impl Dialer {
    pub(super) fn new(tcp: HttpConnector) -> Self {
        Self {
            tcp,
            loopback_only: false,
        }
    }

    /// Refuses connections to other machines from now on, whatever the name resolves to.
    pub(super) fn loopback_only(mut self, only: bool) -> Self {
        self.loopback_only = only;
        self
    }
}

impl Service<Uri> for Dialer {
    type Response = Tcp;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Tcp, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.tcp.call(uri);
        let loopback_only = self.loopback_only;
        Box::pin(async move {
            let stream = connecting.await?.into_inner();
            if loopback_only {
                let peer = stream.peer_addr()?.ip();
                if !target::is_loopback(peer) {
                    return Err(ConnectFailure::NotLoopback(peer).into());
                }
            }
            let stream = TokioIo::new(stream.take(AT_ONCE));
            let glance = Glance::default();
            Ok(Tcp { stream, glance })
        })
    }
}

/// Most bytes that are read at once. hyper would take up to 408 KiB, which the processor's nearer caches do not hold:
/// measured with bodies of 10 MB, that costs 5 to 15 % more.
const AT_ONCE: u64 = 64 * 1024;

/// A TCP connection.
///
/// Of what a server has sent, or that it has closed, tokio knows nothing before its reactor has had a turn. Between
/// two requests it may have had none.
pub(super) struct Tcp {
    stream: TokioIo<Take<TcpStream>>,
    glance: Glance,
}

/// Makes a [`Tcp`] look afresh at what the kernel has for it.
#[derive(Clone, Default)]
pub(super) struct Glance(Arc<AtomicBool>);

impl Glance {
    /// Of a stream that has a [`Tcp`] at its bottom.
    pub(super) fn of(stream: &impl Connection) -> Self {
        let mut extras = Extensions::new();
        stream.connected().get_extras(&mut extras);
        extras.remove().unwrap_or_default()
    }

    /// The next time it is read, it asks the kernel itself.
    pub(super) fn demand(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_due(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

impl Tcp {
    fn socket(&self) -> &TcpStream {
        self.stream.inner().get_ref()
    }

    fn writer(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.inner_mut().get_mut())
    }

    /// Reads what [is here](Self::is_quiet), whatever tokio knows.
    #[cold]
    fn read_now(&self, mut buf: ReadBufCursor<'_>) -> io::Result<()> {
        let mut bytes = [0; 4096];
        let most = bytes.len().min(buf.remaining());
        let read = (&*SockRef::from(self.socket())).read(&mut bytes[..most])?;
        buf.put_slice(&bytes[..read]);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        let peeked = SockRef::from(self.socket()).peek(&mut [MaybeUninit::uninit()]);
        peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Connection for Tcp {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.glance.clone())
    }
}

impl Read for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.glance.is_due() && !self.is_quiet() {
            return Poll::Ready(self.read_now(buf));
        }
        self.stream.inner_mut().set_limit(AT_ONCE);
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writer().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket().is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match bufs {
            // For one piece the system has a shorter way.
            [only] => self.writer().poll_write(cx, only),
            bufs => self.writer().poll_write_vectored(cx, bufs),
        }
    }
}
