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
use tokio::net::TcpStream;
use tower_service::Service;

use crate::BoxFuture;
use crate::error::BoxError;

/// Opens TCP connections.
#[derive(Clone)]
pub(super) struct Dialer(pub(super) HttpConnector);

impl Service<Uri> for Dialer {
    type Response = Tcp;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Tcp, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move {
            let stream = connecting.await?;
            let glance = Glance::default();
            Ok(Tcp { stream, glance })
        })
    }
}

/// A TCP connection.
///
/// Of what a server has sent, or that it has closed, tokio knows nothing before its reactor has had a turn. Between
/// two requests it may have had none.
pub(super) struct Tcp {
    stream: TokioIo<TcpStream>,
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
    /// Reads what [is here](Self::is_quiet), whatever tokio knows.
    #[cold]
    fn read_now(&self, mut buf: ReadBufCursor<'_>) -> io::Result<()> {
        let mut bytes = [0; 4096];
        let most = bytes.len().min(buf.remaining());
        let read = (&*SockRef::from(self.stream.inner())).read(&mut bytes[..most])?;
        buf.put_slice(&bytes[..read]);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        let peeked = SockRef::from(self.stream.inner()).peek(&mut [MaybeUninit::uninit()]);
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
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Tcp {
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
        match bufs {
            // For one piece the system has a shorter way.
            [only] => Pin::new(&mut self.stream).poll_write(cx, only),
            bufs => Pin::new(&mut self.stream).poll_write_vectored(cx, bufs),
        }
    }
}
