//! A server over a real socket that answers whatever a test wants, byte for byte.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod h2;
pub mod lists;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cf_client::{Client, ClientBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Looks like a token; its inner part must not show up anywhere.
pub const TOKEN: &str = "cfut_s3cr3t0123456789abcdef0123456789abcdef0123";
pub const SECRET: &str = "s3cr3t";
pub const ZONE: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// What the server does with a request.
pub enum Answer {
    /// Sends these bytes.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Cut(Vec<u8>),
    /// Sends these bytes, then one byte of `x` each second, endlessly.
    Drip(Vec<u8>),
    /// Sends nothing and keeps the connection.
    Silence,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value)
    }
}

type Handler = dyn Fn(usize, &Received) -> Answer + Send + Sync;

pub struct Server {
    pub base_url: String,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers each request with `handler`, called with its number, from 0, and the request.
    pub async fn start(
        handler: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_boxed(Arc::new(handler)).await
    }

    /// The server is compiled once, and not for every test.
    async fn start_boxed(handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/client/v4", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&received);
        let task = tokio::spawn(async move {
            // Connections end with the server.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&handler), Arc::clone(&seen)));
            }
        });
        Server {
            base_url,
            received,
            task,
        }
    }

    /// Answers every request the same way.
    pub async fn always(reply: Vec<u8>) -> Self {
        Server::start(move |_, _| Answer::Bytes(reply.clone())).await
    }

    /// Answers the requests one by one; the last answer is repeated.
    pub async fn scripted(replies: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let replies: Vec<_> = replies.into_iter().collect();
        Server::start(move |number, _| {
            Answer::Bytes(replies[number.min(replies.len() - 1)].clone())
        })
        .await
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder().api_token(TOKEN).base_url(&self.base_url)
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// Ready when this many requests have come. A paused clock stands still meanwhile.
    pub async fn until_received(&self, count: usize) {
        while self.count() < count {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Received>>>) {
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        match handler(number, &request) {
            Answer::Bytes(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Answer::Cut(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Answer::Drip(bytes) => {
                let _ = stream.write_all(&bytes).await;
                while stream.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                return;
            }
            Answer::Silence => {
                let mut rest = [0; 64];
                while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                return;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received {
        method,
        target,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

/// A complete reply.
pub fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!(
        "HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// A reply in JSON, with a ray ID.
pub fn json(status: u16, body: &str) -> Vec<u8> {
    reply(
        status,
        &[
            ("content-type", "application/json"),
            ("cf-ray", "8f00ba7-FRA"),
        ],
        body,
    )
}

/// A successful reply with this result.
pub fn success(result: &str) -> Vec<u8> {
    json(
        200,
        &format!(r#"{{"success":true,"errors":[],"messages":[],"result":{result}}}"#),
    )
}

/// An error of the API.
pub fn failure(status: u16, code: i64, message: &str) -> Vec<u8> {
    json(
        status,
        &format!(
            r#"{{"success":false,"errors":[{{"code":{code},"message":"{message}"}}],"messages":[],"result":null}}"#
        ),
    )
}
