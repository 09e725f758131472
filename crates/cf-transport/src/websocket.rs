//! WebSockets, for what an API pushes, such as live logs.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Request, Uri, header};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::hyper_transport::default_tls;
use crate::{TransportError, TransportErrorKind};

trait Io: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Io for T {}

/// A WebSocket to a server.
pub struct WebSocket(WebSocketStream<Box<dyn Io>>);

/// What came over a [`WebSocket`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebSocketMessage {
    /// Text, or bytes that may be text.
    Data(Bytes),
    /// The answer to a [ping](WebSocket::ping).
    Pong,
    /// The server ends the connection; `normal` if it says that all is well.
    Close {
        /// Whether the server says that all is well (code 1000).
        normal: bool,
    },
}

impl WebSocket {
    /// Connects to a `wss://` address, with the roots of trust of the default transport; or to a `ws://` address on this
    /// machine. With a subprotocol, if one is given, which the server has to accept. Proxies are not used, and the
    /// caller limits the time.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), cf_transport::TransportError> {
    /// use cf_transport::{WebSocket, WebSocketMessage};
    ///
    /// let mut socket = WebSocket::connect("wss://tail.example.com/1", Some("trace-v1"), "my-program").await?;
    /// while let Some(message) = socket.next().await {
    ///     if let WebSocketMessage::Data(data) = message? {
    ///         println!("{} bytes", data.len());
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the address is no WebSocket's, is unencrypted and on another machine, nobody answers there, or the server
    /// refuses.
    pub async fn connect(
        url: &str,
        protocol: Option<&str>,
        user_agent: &str,
    ) -> Result<Self, TransportError> {
        let wrong = |why: &'static str| TransportError::new(TransportErrorKind::Request, why);
        let uri: Uri = url
            .parse()
            .map_err(|_| wrong("the WebSocket's address is not a URL"))?;
        let host = uri.host().unwrap_or_default();
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let is_secure = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") if is_here(&host) => false,
            Some("ws") => {
                return Err(wrong(
                    "a WebSocket to another machine must be encrypted (wss)",
                ));
            }
            _ => return Err(wrong("the WebSocket's address does not start with wss://")),
        };
        let mut request: Request<()> = url
            .into_client_request()
            .map_err(|_| wrong("the WebSocket's address can't be requested"))?;
        for (name, value) in [
            (header::SEC_WEBSOCKET_PROTOCOL, protocol),
            (header::USER_AGENT, Some(user_agent)),
        ] {
            if let Some(value) = value {
                let value = HeaderValue::try_from(value);
                let value = value.map_err(|_| wrong("a header of the WebSocket is not valid"))?;
                request.headers_mut().insert(name, value);
            }
        }
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let stream = TcpStream::connect((&*host, port)).await.map_err(|error| {
            let message = "the WebSocket's server does not answer";
            TransportError::new(TransportErrorKind::Connect, message).with_source(error)
        })?;
        let stream: Box<dyn Io> = match is_secure {
            false => Box::new(stream),
            true => {
                let name = ServerName::try_from(host);
                let name = name.map_err(|_| wrong("the WebSocket's host is not a name"))?;
                let connector = TlsConnector::from(Arc::new(default_tls().await?));
                let stream = connector.connect(name, stream).await.map_err(|error| {
                    let message = "TLS with the WebSocket's server failed";
                    TransportError::new(TransportErrorKind::Tls, message).with_source(error)
                })?;
                Box::new(stream)
            }
        };
        let (socket, _) = client_async(request, stream).await.map_err(failed)?;
        Ok(WebSocket(socket))
    }

    /// The next message; `None` after the end. Can be dropped without losing one.
    pub async fn next(&mut self) -> Option<Result<WebSocketMessage, TransportError>> {
        loop {
            let message = match self.0.next().await? {
                Ok(Message::Text(text)) => WebSocketMessage::Data(text.into()),
                Ok(Message::Binary(data)) => WebSocketMessage::Data(data),
                Ok(Message::Pong(_)) => WebSocketMessage::Pong,
                Ok(Message::Close(frame)) => WebSocketMessage::Close {
                    normal: frame.is_some_and(|frame| u16::from(frame.code) == 1000),
                },
                // Pings are answered below.
                Ok(_) => continue,
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => return None,
                Err(error) => return Some(Err(failed(error))),
            };
            return Some(Ok(message));
        }
    }

    /// Sends text.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, text: impl Into<String>) -> Result<(), TransportError> {
        self.0
            .send(Message::text(text.into()))
            .await
            .map_err(failed)
    }

    /// Asks whether the server is still there: it answers with [`WebSocketMessage::Pong`].
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn ping(&mut self) -> Result<(), TransportError> {
        self.0
            .send(Message::Ping(Bytes::new()))
            .await
            .map_err(failed)
    }

    /// Says goodbye.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn close(mut self) -> Result<(), TransportError> {
        self.0.close(None).await.map_err(failed)
    }
}

fn is_here(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    address.map_or(host.eq_ignore_ascii_case("localhost"), |address| {
        address.is_loopback()
    })
}

fn failed(error: Error) -> TransportError {
    let message = match &error {
        Error::Http(reply) => format!("the server refuses the WebSocket: {}", reply.status()),
        _ => "the WebSocket was interrupted".to_owned(),
    };
    // A refusal has been quoted; its headers and body are nobody's business.
    match error {
        Error::Http(_) => TransportError::new(TransportErrorKind::Other, message),
        error => TransportError::new(TransportErrorKind::Interrupted, message).with_source(error),
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebSocket")
    }
}
