//! A tunnel through an HTTP proxy to a server reached over TLS: CONNECT (RFC 9110, 9.3.6).

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use http::{HeaderValue, StatusCode, Uri};
use hyper::rt::{Read, ReadBuf, Write};

/// Most bytes of a proxy's reply.
const LIMIT: usize = 16 * 1024;
const MAX_HEADERS: usize = 100;

/// Asks the proxy at the other end for a tunnel to the host and port of `uri`.
pub(super) async fn open<T>(
    mut proxy: T,
    uri: &Uri,
    auth: Option<HeaderValue>,
) -> Result<T, TunnelFailure>
where
    T: Read + Write + Unpin,
{
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(443);
    let mut request =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n").into_bytes();
    if let Some(auth) = auth {
        request.extend(b"proxy-authorization: ");
        request.extend(auth.as_bytes());
        request.extend(b"\r\n");
    }
    request.extend(b"\r\n");
    write(&mut proxy, &request)
        .await
        .map_err(TunnelFailure::Io)?;

    let mut seen = Vec::new();
    loop {
        if read(&mut proxy, &mut seen)
            .await
            .map_err(TunnelFailure::Io)?
            == 0
        {
            return Err(TunnelFailure::Closed);
        }
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut reply = httparse::Response::new(&mut headers);
        let parsed = reply.parse(&seen);
        let status = reply.code.and_then(|code| StatusCode::from_u16(code).ok());
        match (parsed, status) {
            (Err(_), _) => return Err(TunnelFailure::NotHttp),
            (Ok(_), Some(status)) if !status.is_success() => {
                return Err(TunnelFailure::Refused(status));
            }
            // The server behind it waits for us; what comes before we have spoken is not from there.
            (Ok(httparse::Status::Complete(end)), _) if end < seen.len() => {
                return Err(TunnelFailure::NotHttp);
            }
            (Ok(httparse::Status::Complete(_)), _) => return Ok(proxy),
            (Ok(httparse::Status::Partial), _) if seen.len() >= LIMIT => {
                return Err(TunnelFailure::TooLong);
            }
            (Ok(httparse::Status::Partial), _) => {}
        }
    }
}

async fn write<T: Write + Unpin>(to: &mut T, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match poll_fn(|cx| Pin::new(&mut *to).poll_write(cx, bytes)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => bytes = &bytes[written..],
        }
    }
    poll_fn(|cx| Pin::new(&mut *to).poll_flush(cx)).await
}

/// Appends what is there; 0 at the end.
async fn read<T: Read + Unpin>(from: &mut T, seen: &mut Vec<u8>) -> io::Result<usize> {
    let mut buffer = [0; 1024];
    let mut buffer = ReadBuf::new(&mut buffer);
    poll_fn(|cx| Pin::new(&mut *from).poll_read(cx, buffer.unfilled())).await?;
    seen.extend(buffer.filled());
    Ok(buffer.filled().len())
}

/// Why there is no tunnel.
#[derive(Debug)]
pub(super) enum TunnelFailure {
    Refused(StatusCode),
    NotHttp,
    TooLong,
    Closed,
    Io(io::Error),
}

impl fmt::Display for TunnelFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status @ StatusCode::PROXY_AUTHENTICATION_REQUIRED) => write!(
                f,
                "it replied {status}; give it a user name and password, as in http://user:password@host:port"
            ),
            Self::Refused(status) => write!(f, "it replied {status}"),
            Self::NotHttp => f.write_str("it does not speak proper HTTP"),
            Self::TooLong => f.write_str("its reply does not end"),
            Self::Closed => f.write_str("it closed the connection"),
            Self::Io(_) => f.write_str("the connection to it broke"),
        }
    }
}

impl std::error::Error for TunnelFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
