//! An open connection, on which a server's refusal of the client certificate is noticed.
//!
//! In TLS 1.3 the client's handshake ends before the server has checked its certificate. So a refusal comes when a
//! request may already be on its way, as an alert instead of a reply.

use std::io::{self, Read as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection};
use rustls::{AlertDescription, ProtocolVersion};

use super::connect_failure::Refusal;
use super::proxy::ProxyStream;
use super::tcp::Activity;

/// An open connection, with TLS or without.
pub(super) struct Stream {
    inner: MaybeHttpsStream<ProxyStream>,
    activity: Activity,
    /// The server may still be within its handshake: of TLS 1.3, and it has sent no data.
    in_handshake: bool,
}

/// Most bytes of the first read.
const FIRST_READ: usize = 1024;

impl Stream {
    pub(super) fn new(inner: MaybeHttpsStream<ProxyStream>) -> Self {
        let version = match &inner {
            MaybeHttpsStream::Http(_) => None,
            MaybeHttpsStream::Https(tls) => tls.inner().get_ref().1.protocol_version(),
        };
        Self {
            activity: Activity::of(&inner),
            inner,
            in_handshake: version == Some(ProtocolVersion::TLSv1_3),
        }
    }

    /// Reads the first data, if this is it.
    #[cold]
    fn poll_first(
        &mut self,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; FIRST_READ];
        let most = FIRST_READ.min(buf.remaining());
        let mut first = ReadBuf::new(&mut bytes[..most]);
        ready!(self.poll_inner(cx, first.unfilled()))?;
        self.in_handshake = first.filled().is_empty();
        buf.put_slice(first.filled());
        Poll::Ready(Ok(()))
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        if let Err(error) = &result
            && let Some(alert) = refusal(error)
        {
            let in_handshake = self.in_handshake && !self.has_data();
            self.activity.note_refusal(Refusal {
                alert,
                in_handshake,
            });
        }
        Poll::Ready(result)
    }

    /// Whether data came together with the error, and was not passed on.
    fn has_data(&mut self) -> bool {
        match &mut self.inner {
            MaybeHttpsStream::Http(_) => false,
            MaybeHttpsStream::Https(tls) => {
                let (_, tls) = tls.inner_mut().get_mut();
                matches!(tls.reader().read(&mut [0]), Ok(1..))
            }
        }
    }
}

/// The alert by which a server refuses a certificate (RFC 8446, 6.2). By definition, these come from a handshake.
fn refusal(error: &io::Error) -> Option<AlertDescription> {
    use AlertDescription as Alert;
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(
            alert @ (Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError
            | Alert::HandshakeFailure
            | Alert::CertificateRequired),
        ) => Some(*alert),
        _ => None,
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.in_handshake {
            return self.poll_first(cx, buf);
        }
        self.poll_inner(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
}
