//! A server that does whatever a test wants.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod h2;
pub mod tls;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cf_transport::{Body, HyperTransport, HyperTransportBuilder, Transport, TransportError};
use http::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Waits until a condition holds, in real time even if the runtime's clock is paused: that clock advances as soon as
/// there is nothing left to do, and on a busy machine what was sent has not arrived by then.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "not {what}");
        tokio::task::yield_now().await;
    }
}

/// What a server does with a connection.
type Serve = Box<dyn Fn(Conn) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A listening server, and what it saw.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<String>,
}

/// One connection to the server, on the server's side.
pub struct Conn {
    pub stream: TcpStream,
    /// How many connections came before this one.
    pub number: usize,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    /// Listens on loopback and handles each connection with `serve`.
    pub async fn start<F, R>(serve: F) -> Self
    where
        F: Fn(Conn) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self::start_boxed(Box::new(move |conn| Box::pin(serve(conn)))).await
    }

    /// The server is compiled once, and not for every test.
    async fn start_boxed(serve: Serve) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let for_server = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let seen = for_server.clone();
                let number = seen.lock().unwrap().connections;
                seen.lock().unwrap().connections += 1;
                tokio::spawn(serve(Conn {
                    stream,
                    number,
                    seen,
                }));
            }
        });
        Self { port, seen }
    }

    /// Answers every request with these bytes, on as many connections as the client opens.
    pub async fn replying(reply: &'static str) -> Self {
        Self::start(move |mut conn| async move {
            while conn.request().await.is_some() {
                conn.write(reply).await;
            }
        })
        .await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// The requests so far: head and body as they came.
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }
}

impl Conn {
    /// Reads one request, with the body its content-length announces; `None` at the end of the connection.
    pub async fn request(&mut self) -> Option<String> {
        let mut text = self.head().await?;
        let len = header(&text, "content-length").map_or(0, |len| len.parse().unwrap());
        let mut body = vec![0; len];
        self.stream.read_exact(&mut body).await.ok()?;
        text.push_str(&String::from_utf8_lossy(&body));
        self.seen.lock().unwrap().requests.push(text.clone());
        Some(text)
    }

    /// Reads to the end of one request's headers.
    pub async fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        Some(String::from_utf8(head).unwrap())
    }

    pub async fn write(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// Ends the connection with a TCP reset.
    pub fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// Keeps the connection open, and neither reads nor writes any more.
    pub async fn hang(self) {
        let _open = self;
        std::future::pending().await
    }

    /// Keeps the connection open and silent until the client goes away.
    pub async fn stall(mut self) {
        let mut sink = [0; 1024];
        while matches!(self.stream.read(&mut sink).await, Ok(1..)) {}
    }
}

/// The value of a header in a request's text.
pub fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

pub fn transport() -> HyperTransport {
    built(HyperTransport::builder())
}

pub fn built(builder: HyperTransportBuilder) -> HyperTransport {
    builder.build().unwrap()
}

pub fn get(url: &str) -> Request<Body> {
    Request::get(url).body(Body::empty()).unwrap()
}

pub fn post(url: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(url).body(body.into()).unwrap()
}

pub async fn text(reply: Response<Body>) -> Result<String, TransportError> {
    let bytes = reply.into_body().bytes(1 << 20).await?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// Sends the request and reads the reply to its end.
pub async fn fetch(
    transport: &dyn Transport,
    request: Request<Body>,
) -> Result<String, TransportError> {
    text(transport.send(request).await?).await
}

/// The address of a third-party program that tests/peers/with-peers started.
pub fn peer(what: &str) -> String {
    let name = format!("CF_PEER_{what}");
    std::env::var(&name)
        .unwrap_or_else(|_| panic!("{name} is not set; run this by tests/peers/with-peers"))
}

/// Runs one test, named by its full path, in its own process, with these variables; returns its success and its output.
pub fn run_with_environment(test: &str, variables: &[(&str, String)]) -> (bool, String) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env("CF_TRANSPORT_CHILD", "1");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    let output = command.envs(variables.iter().cloned()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

/// Whether this is the process started by [`run_with_environment`].
pub fn is_child() -> bool {
    std::env::var_os("CF_TRANSPORT_CHILD").is_some()
}

/// The whole chain of causes as one text.
pub fn chain(error: &TransportError) -> String {
    let mut all = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        all.push_str(" <- ");
        all.push_str(&error.to_string());
        cause = error.source();
    }
    all
}
