//! HTTP/2 frame by frame, on the server's side.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cf_client::{Client, ClientBuilder};
use cf_transport::HyperTransport;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::TOKEN;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;

pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const REFUSED_STREAM: u32 = 7;

/// `:status: 200` and `:status: 103`, in HPACK.
pub const STATUS_200: &[u8] = &[0x88];
pub const STATUS_103: &[u8] = &[0x08, 3, b'1', b'0', b'3'];

/// A server that speaks HTTP/2 as the test wants.
pub struct Server {
    pub base_url: String,
    connections: Arc<AtomicUsize>,
}

/// A frame from the client.
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// A connection, on the server's side.
pub struct Conn {
    /// How many came before it.
    pub number: usize,
    stream: TcpStream,
}

impl Server {
    /// Handles each connection with `serve`, after the handshake.
    pub async fn start<F, R>(settings: &'static [(u16, u32)], serve: F) -> Self
    where
        F: Fn(Conn) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/client/v4", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let serve = Arc::new(serve);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let mut conn = Conn { number, stream };
                let serve = Arc::clone(&serve);
                tokio::spawn(async move {
                    conn.handshake(settings).await;
                    serve(conn).await;
                });
            }
        });
        Server {
            base_url,
            connections,
        }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn builder(&self) -> ClientBuilder {
        let transport = HyperTransport::builder().http2_only().read_timeout(None);
        Client::builder()
            .api_token(TOKEN)
            .base_url(&self.base_url)
            .transport(transport.build().unwrap())
            .no_rate_limit()
    }
}

impl Conn {
    async fn handshake(&mut self, settings: &[(u16, u32)]) {
        let mut preface = [0; 24];
        if self.stream.read_exact(&mut preface).await.is_err() {
            return;
        }
        assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend(name.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        self.send(SETTINGS, 0, 0, &payload).await;
    }

    /// Sends a frame. Returns whether the client is still there.
    pub async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        self.send_raw(&bytes).await
    }

    pub async fn send_raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// The next frame, after answering pings; `None` when the client is gone.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload).await.ok()?;
        let frame = Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
            payload,
        };
        if frame.kind == PING && frame.flags == 0 {
            self.send(PING, ACK, 0, &frame.payload).await;
        }
        Some(frame)
    }

    /// The stream of the next request, once its body is complete.
    pub async fn request(&mut self) -> Option<u32> {
        Some(self.request_with_body().await?.0)
    }

    /// The next complete request, and its body. Of several that come at once, only the last one's body is correct.
    pub async fn request_with_body(&mut self) -> Option<(u32, Vec<u8>)> {
        loop {
            let frame = self.next().await?;
            if matches!(frame.kind, HEADERS | DATA) && frame.flags & END_STREAM != 0 {
                let body = match frame.kind {
                    DATA => frame.payload,
                    _ => Vec::new(),
                };
                return Some((frame.stream, body));
            }
        }
    }

    pub async fn answer(&mut self, stream: u32, result: &str) -> bool {
        let body = format!(r#"{{"success":true,"errors":[],"messages":[],"result":{result}}}"#);
        self.send(HEADERS, END_HEADERS, stream, STATUS_200).await
            && self.send(DATA, END_STREAM, stream, body.as_bytes()).await
    }

    /// Answers every request the same way.
    pub async fn serve(&mut self, result: &str) {
        while let Some(stream) = self.request().await {
            self.answer(stream, result).await;
        }
    }

    /// Keeps the connection open, and neither reads nor writes any more.
    pub async fn hang(self) {
        let _open = self;
        std::future::pending().await
    }
}
