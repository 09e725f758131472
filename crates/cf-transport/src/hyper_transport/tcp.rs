//! TCP connections that can be checked for unexpected data.

use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use http::{Extensions, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, Take};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tower_service::Service;

use super::address;
use super::connect_failure::ConnectFailure;
use super::connect_failure::Refusal;
use super::tuning::READ_AT_ONCE;
use crate::BoxFuture;
use crate::error::BoxError;

/// Opens TCP connections.
#[derive(Clone)]
pub(super) struct TcpConnector {
    tcp: HttpConnector,
    loopback_only: bool,
}

impl TcpConnector {
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

impl Service<Uri> for TcpConnector {
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
                if !address::is_loopback(peer) {
                    return Err(ConnectFailure::NotLoopback(peer).into());
                }
            }
            Ok(Tcp {
                stream: TokioIo::new(stream.take(READ_AT_ONCE)),
                activity: Activity::default(),
                since_yield: 0,
            })
        })
    }
}

/// After this many bytes the reader yields, and timers get their turn: a peer that sends without pause must not hold
/// up the deadlines of those who wait for it.
const YIELD_EVERY: u64 = 256 * 1024;

/// A TCP connection.
///
/// tokio only learns that a server has sent something, or has closed, when its reactor has had a turn. Between two
/// requests it may have had none.
pub(super) struct Tcp {
    stream: TokioIo<Take<TcpStream>>,
    activity: Activity,
    since_yield: u64,
}

/// The traffic at the bottom of a connection, for the layers above TLS and proxies.
#[derive(Clone, Default)]
pub(super) struct Activity(Arc<Counters>);

#[derive(Default)]
struct Counters {
    /// The next read asks the kernel directly.
    probe: AtomicBool,
    received: AtomicU64,
    sent: AtomicU64,
    /// The kernel takes no more bytes, since the peer does not read.
    blocked: AtomicBool,
    refusal: OnceLock<Refusal>,
}

impl Activity {
    /// Of a stream that has a [`Tcp`] at its bottom.
    pub(super) fn of(stream: &impl Connection) -> Self {
        let mut extras = Extensions::new();
        stream.connected().get_extras(&mut extras);
        extras.remove().unwrap_or_default()
    }

    /// Makes the next read ask the kernel directly for what has arrived.
    pub(super) fn probe(&self) {
        self.0.probe.store(true, Ordering::Relaxed);
    }

    fn takes_probe(&self) -> bool {
        let probe = &self.0.probe;
        probe.load(Ordering::Relaxed) && probe.swap(false, Ordering::Relaxed)
    }

    /// How many bytes have arrived.
    pub(super) fn received(&self) -> u64 {
        self.0.received.load(Ordering::Relaxed)
    }

    /// How many bytes the kernel has taken.
    #[cfg(feature = "http2")]
    pub(super) fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Acquire)
    }

    /// Whether the kernel takes no more bytes for now.
    #[cfg(feature = "http2")]
    pub(super) fn is_blocked(&self) -> bool {
        self.0.blocked.load(Ordering::Relaxed)
    }

    /// The server's refusal of the client certificate.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.0.refusal.get().copied()
    }

    pub(super) fn note_refusal(&self, refusal: Refusal) {
        self.0.refusal.get_or_init(|| refusal);
    }

    // One task at a time reads and one writes, so nobody adds in between.

    fn note_received(&self, bytes: u64) {
        let received = self.received() + bytes;
        self.0.received.store(received, Ordering::Relaxed);
    }

    fn note_write(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &result {
            let sent = self.0.sent.load(Ordering::Relaxed) + *bytes as u64;
            self.0.sent.store(sent, Ordering::Release);
        }
        self.0.blocked.store(result.is_pending(), Ordering::Relaxed);
        result
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
        self.activity.note_received(read as u64);
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
        Connected::new().extra(self.activity.clone())
    }
}

impl Read for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.activity.takes_probe() && !self.is_quiet() {
            return Poll::Ready(self.read_now(buf));
        }
        if self.since_yield >= YIELD_EVERY {
            self.since_yield = 0;
            // Wakes the task once the reactor has had a turn.
            let yielding: Poll<()> = pin!(yield_now()).poll(cx);
            return yielding.map(Ok);
        }
        self.stream.inner_mut().set_limit(READ_AT_ONCE);
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        let bytes = READ_AT_ONCE - self.stream.inner().limit();
        if bytes > 0 {
            self.since_yield += bytes;
            self.activity.note_received(bytes);
        } else if result.is_pending() {
            self.since_yield = 0;
        }
        result
    }
}

impl Write for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = self.writer().poll_write(cx, buf);
        self.activity.note_write(result)
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
        let result = match bufs {
            // For a single piece there is a cheaper system call.
            [only] => self.writer().poll_write(cx, only),
            bufs => self.writer().poll_write_vectored(cx, bufs),
        };
        self.activity.note_write(result)
    }
}
