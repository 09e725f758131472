//! Bodies that are large, slow, unwanted or unfinished, over raw sockets.

use std::time::Duration;

use cf_emulator::{Emulator, TokenSpec};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Client;

const LARGE: usize = 98 << 20;

/// A connection on which the head of a request was sent.
struct Exchange(TcpStream);

impl Exchange {
    async fn begin(emulator: &Emulator, line: &str, token: &str, headers: &[&str]) -> Self {
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        let mut head = format!("{line} HTTP/1.1\r\nHost: localhost\r\n");
        if !token.is_empty() {
            head += &format!("Authorization: Bearer {token}\r\n");
        }
        for header in headers {
            head += &format!("{header}\r\n");
        }
        head += "\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream)
    }

    /// The status and the first code of the reply, and its head.
    async fn reply(&mut self) -> (u16, u64, String) {
        let mut reply = Vec::new();
        while self.0.read_buf(&mut reply).await.unwrap() > 0 {
            let text = String::from_utf8_lossy(&reply);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            if let Ok(json) = serde_json::from_str::<Value>(body) {
                let code = json["errors"][0]["code"].as_u64();
                return (status, code.unwrap_or_default(), head.to_owned());
            }
            assert!(status != 100, "it asks for the body");
        }
        panic!("no reply in {:?}", String::from_utf8_lossy(&reply));
    }

    /// Reads until the emulator asks for the body.
    async fn asked_for(&mut self) {
        let mut reply = [0; 25];
        self.0.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    /// Whether nothing arrives for a while.
    async fn is_silent(&mut self) -> bool {
        let wait = Duration::from_millis(100);
        tokio::time::timeout(wait, self.0.read_u8()).await.is_err()
    }
}

fn length(bytes: usize) -> String {
    format!("Content-Length: {bytes}")
}

#[tokio::test]
async fn who_may_not_is_told_before_the_body_comes() {
    let emulator = Emulator::start().await.unwrap();
    let account = emulator.account_id().to_owned();
    let reader = emulator.add_token(TokenSpec::new(["Zone Read"])).unwrap();
    let bucket = format!("/client/v4/accounts/{account}/r2/buckets/b/objects/o");
    let values = format!(
        "/client/v4/accounts/{account}/storage/kv/namespaces/{}/values/k",
        "0".repeat(32)
    );
    let good = emulator.token();
    for (line, token, answer) in [
        ("POST /client/v4/zones", "", (401, 9106)),
        ("POST /client/v4/zones", "unknown", (403, 9109)),
        ("POST /client/v4/zones", reader.value.as_str(), (403, 9109)),
        ("POST /client/v4/nowhere", good, (404, 7003)),
        ("PUT /client/v4/zones", good, (405, 10405)),
        ("POST /elsewhere", good, (404, 7003)),
        (&format!("PUT {bucket}"), "", (401, 9106)),
        (&format!("PUT {bucket}"), &reader.value, (403, 10000)),
        (&format!("PUT {values}"), "", (401, 9106)),
        ("PUT /_emulator/d1/unknown", "", (404, 7003)),
    ] {
        for size in [length(LARGE), "Transfer-Encoding: chunked".to_owned()] {
            // A long body is refused by its head; of a chunked one, the start is
            // read.
            let mut exchange = Exchange::begin(&emulator, line, token, &[&size]).await;
            if size.starts_with("Transfer") {
                let chunk = format!("20000\r\n{}\r\n", "x".repeat(0x20000));
                exchange.0.write_all(chunk.as_bytes()).await.unwrap();
            }
            if line.contains("_emulator") {
                // The control routes need no credential, and their bodies are bounded.
                assert!(exchange.is_silent().await, "{line}");
                continue;
            }
            let (status, code, head) = exchange.reply().await;
            assert_eq!((status, code), answer, "{line} {size}");
            assert!(head.contains("connection: close"), "{head}");
        }
        // A client that asks first need not send anything.
        if !line.contains("_emulator") {
            let expect = [&length(10), "Expect: 100-continue"];
            let mut exchange = Exchange::begin(&emulator, line, token, &expect).await;
            let (status, code, _) = exchange.reply().await;
            assert_eq!((status, code), answer, "{line}");
        }
    }
}

#[tokio::test]
async fn a_client_that_sends_everything_first_reads_the_refusal() {
    let emulator = Emulator::start().await.unwrap();
    let line = "POST /client/v4/zones";
    let size = 20 << 20;
    let mut exchange = Exchange::begin(&emulator, line, "unknown", &[&length(size)]).await;
    exchange.0.write_all(&vec![b'x'; size]).await.unwrap();
    let (status, code, _) = exchange.reply().await;
    assert_eq!((status, code), (403, 9109));
}

#[tokio::test]
async fn small_bodies_keep_the_connection() {
    let emulator = Emulator::start().await.unwrap();
    let line = "POST /client/v4/zones";
    let mut exchange = Exchange::begin(&emulator, line, "unknown", &[&length(2)]).await;
    for _ in 0..2 {
        exchange.0.write_all(b"{}").await.unwrap();
        let (status, code, head) = exchange.reply().await;
        assert_eq!((status, code), (403, 9109));
        assert!(!head.contains("connection: close"), "{head}");
        let next = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n\r\n"
        );
        exchange.0.write_all(next.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_too_long_is_refused_by_its_length() {
    let emulator = Emulator::start().await.unwrap();
    let token = emulator.token();
    let line = "POST /client/v4/zones";
    for expect in ["X: y", "Expect: 100-continue"] {
        let headers = [length((100 << 20) + 1), expect.to_owned()];
        let headers = [headers[0].as_str(), headers[1].as_str()];
        let mut exchange = Exchange::begin(&emulator, line, token, &headers).await;
        let (status, code, _) = exchange.reply().await;
        assert_eq!((status, code), (413, 10413));
    }
    // Without a length, what arrives is counted.
    let small = Emulator::builder()
        .body_limit(200_000)
        .start()
        .await
        .unwrap();
    let chunked = ["Transfer-Encoding: chunked"];
    let mut exchange = Exchange::begin(&small, line, small.token(), &chunked).await;
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..4 {
        exchange.0.write_all(chunk.as_bytes()).await.unwrap();
    }
    let (status, code, _) = exchange.reply().await;
    assert_eq!((status, code), (413, 10413));
}

#[tokio::test]
async fn large_bodies_share_their_room() {
    let emulator = Emulator::start().await.unwrap();
    let (token, line) = (emulator.token(), "POST /client/v4/zones");
    let headers = [&length(LARGE), "Expect: 100-continue"];
    // A request whose body was asked for has its memory.
    let mut first = Exchange::begin(&emulator, line, token, &headers).await;
    first.asked_for().await;
    let mut second = Exchange::begin(&emulator, line, token, &headers).await;
    second.asked_for().await;
    let mut third = Exchange::begin(&emulator, line, token, &headers).await;
    assert!(third.is_silent().await);
    // Others are not held up by that.
    let client = Client::new(&emulator);
    let zone = json!({ "name": "example.com" });
    client.post("/zones", zone).await.result();
    drop(first);
    third.asked_for().await;
}

#[tokio::test(start_paused = true)]
async fn slow_bodies_come_to_an_end() {
    let emulator = Emulator::start().await.unwrap();
    let (token, line) = (emulator.token(), "POST /client/v4/zones");
    let object = format!(
        "PUT /client/v4/accounts/{}/r2/buckets/b/objects/o",
        emulator.account_id()
    );
    for (line, token, bytes) in [
        (line, token, 1000),
        (line, "unknown", 1000),
        (line, token, LARGE),
        (&object, token, LARGE),
    ] {
        let mut exchange = Exchange::begin(&emulator, line, token, &[&length(bytes)]).await;
        exchange.0.write_all(b"x").await.unwrap();
        let (status, code, head) = exchange.reply().await;
        assert_eq!((status, code), (408, 10408), "{line} {bytes}");
        assert!(head.contains("connection: close"), "{head}");
        // One byte at a time does not help.
        let mut exchange = Exchange::begin(&emulator, line, token, &[&length(bytes)]).await;
        let (mut read, mut write) = exchange.0.split();
        let trickle = async {
            while write.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        };
        let mut reply = [0; 12];
        tokio::select! {
            () = trickle => panic!("{line} {bytes}: no reply"),
            end = read.read_exact(&mut reply) => {
                end.unwrap();
                assert_eq!(&reply, b"HTTP/1.1 408", "{line} {bytes}");
            }
        }
    }
    // If no head arrives, the connection is closed.
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn a_reply_that_nobody_reads_is_given_up() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let buckets = format!("/accounts/{}/r2/buckets", emulator.account_id());
    client
        .post(&buckets, json!({ "name": "large" }))
        .await
        .result();
    let object = format!("{buckets}/large/objects/o");
    let body = vec![0; 32 << 20];
    let put = client.try_send(Method::PUT, &object, None, body).await;
    put.unwrap().result();
    let line = format!("GET /client/v4{object}");
    let mut exchange = Exchange::begin(&emulator, &line, emulator.token(), &[]).await;
    // Not before: a paused clock jumps whenever both sides wait for the sockets, as they do during an upload.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(70)).await;
    let mut rest = Vec::new();
    let _ = exchange.0.read_to_end(&mut rest).await;
    assert!(rest.len() < 32 << 20, "{}", rest.len());
}

#[tokio::test]
async fn connections_beyond_the_bound_wait() {
    let emulator = Emulator::builder()
        .max_connections(2)
        .start()
        .await
        .unwrap();
    let token = emulator.token();
    let line = "GET /client/v4/zones";
    let mut first = Exchange::begin(&emulator, line, token, &[]).await;
    assert_eq!(first.reply().await.0, 200);
    let mut second = Exchange::begin(&emulator, line, token, &[]).await;
    assert_eq!(second.reply().await.0, 200);
    let mut third = Exchange::begin(&emulator, line, token, &[]).await;
    assert!(third.is_silent().await);
    drop(first);
    assert_eq!(third.reply().await.0, 200);
}

#[tokio::test]
async fn heads_have_a_bound() {
    let emulator = Emulator::start().await.unwrap();
    let token = emulator.token();
    let line = "GET /client/v4/zones";
    for (size, status) in [(60_000, 200), (300_000, 431)] {
        let header = format!("X: {}", "x".repeat(size));
        let mut exchange = Exchange::begin(&emulator, line, token, &[&header]).await;
        let mut reply = [0; 12];
        exchange.0.read_exact(&mut reply).await.unwrap();
        assert_eq!(reply, format!("HTTP/1.1 {status}").as_bytes(), "{size}");
    }
}

/// Values of KV of every size, wherever they are stored.
#[tokio::test]
async fn large_values_of_kv_are_as_small_ones() {
    let emulator = Emulator::start().await.unwrap();
    values(&emulator).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn large_values_of_kv_lie_in_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let start = || Emulator::builder().state(directory.path()).start();
    let emulator = start().await.unwrap();
    let files = || {
        std::fs::read_dir(directory.path().join("objects"))
            .unwrap()
            .count()
    };
    let path = values(&emulator).await;
    assert_eq!(files(), 1);
    emulator.stop().await.unwrap();
    let emulator = start().await.unwrap();
    let client = Client::new(&emulator);
    assert_eq!(
        client.get(&format!("{path}/large")).await.body.len(),
        300_000
    );
    assert_eq!(client.get(&format!("{path}/small")).await.body.len(), 3);
    client.delete(&format!("{path}/large")).await.result();
    emulator.stop().await.unwrap();
    assert_eq!(files(), 0);
}

async fn values(emulator: &Emulator) -> String {
    let client = Client::new(emulator);
    let all = format!("/accounts/{}/storage/kv/namespaces", emulator.account_id());
    let made = client.post(&all, json!({ "title": "t" })).await.result();
    let namespace = format!("{all}/{}", made["id"].as_str().unwrap());
    let path = format!("{namespace}/values");
    let put = async |key: &str, size: usize| {
        let body = vec![b'7'; size];
        let path = format!("{path}/{key}");
        client
            .try_send(Method::PUT, &path, None, body)
            .await
            .unwrap()
    };
    for (key, size) in [
        ("large", 10),
        ("large", 300_000),
        ("small", 300_000),
        ("small", 3),
    ] {
        put(key, size).await.result();
        let read = client.get(&format!("{path}/{key}")).await;
        assert_eq!((read.status, read.body.len()), (StatusCode::OK, size));
    }
    let read = json!({ "keys": ["large", "small"] });
    let read = client
        .post(&format!("{namespace}/bulk/get"), read)
        .await
        .result();
    assert_eq!(read["values"]["large"].as_str().unwrap().len(), 300_000);
    assert_eq!(read["values"]["small"], "777");
    let limit = 25 << 20;
    put("most", limit).await.result();
    assert_eq!(put("most", limit + 1).await.failure(), (413, 10030));
    let read = json!({ "keys": ["most", "small"] });
    let read = client.post(&format!("{namespace}/bulk/get"), read).await;
    assert_eq!(read.failure(), (413, 10030));
    client.delete(&format!("{path}/most")).await.result();
    path
}
