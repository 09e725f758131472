//! Servers that send without pause: time limits still hold, and nonsense is bounded.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::support::h2::*;
use crate::support::{built, get};
use cf_transport::{HyperTransport, HyperTransportBuilder, Transport, TransportError};

/// What a server sends: once, and then again and again.
struct Flood {
    name: &'static str,
    first: Vec<u8>,
    forever: Vec<u8>,
}

fn flood(name: &'static str, first: impl Into<Vec<u8>>, forever: impl Into<Vec<u8>>) -> Flood {
    Flood {
        name,
        first: first.into(),
        forever: forever.into(),
    }
}

fn over_http1() -> Vec<Flood> {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    vec![
        flood("103", "", "HTTP/1.1 103 Early Hints\r\n\r\n"),
        flood("100", "", "HTTP/1.1 100 Continue\r\nx-a: b\r\n\r\n"),
        flood("blank lines", "", "\r\n"),
        flood("headers", "HTTP/1.1 200 OK\r\n", "x-header: value\r\n"),
        flood("a header", "HTTP/1.1 200 OK\r\nx-header: ", "value"),
        flood("a reason", "HTTP/1.1 200 ", "OK"),
        flood("chunks", CHUNKED, "1\r\nx\r\n"),
        flood("a chunk's size", CHUNKED, "0"),
        flood("an extension", format!("{CHUNKED}1;a="), "b"),
        flood(
            "trailers",
            format!("{CHUNKED}0\r\n"),
            "x-trailer: value\r\n",
        ),
        flood("a body", "HTTP/1.1 200 OK\r\n\r\n", "xxxx"),
    ]
}

fn h2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

fn over_http2() -> Vec<Flood> {
    const PRIORITY: u8 = 2;
    const UNKNOWN: u8 = 0x42;
    // `:status: 103`, by the name's index in the static table of HPACK.
    let status_103 = [0x08, 3, b'1', b'0', b'3'];
    let head = || h2_frame(HEADERS, END_HEADERS, 1, STATUS_200);
    vec![
        flood("103", [], h2_frame(HEADERS, END_HEADERS, 1, &status_103)),
        flood("PING", [], h2_frame(PING, 0, 0, &[0; 8])),
        flood("PING's answers", [], h2_frame(PING, ACK, 0, &[0; 8])),
        flood("SETTINGS", [], h2_frame(SETTINGS, 0, 0, &[])),
        flood(
            "WINDOW_UPDATE",
            [],
            h2_frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]),
        ),
        flood("PRIORITY", [], h2_frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 1])),
        flood("unknown frames", [], h2_frame(UNKNOWN, 0, 0, b"whatever")),
        flood("resets", [], h2_frame(RST_STREAM, 0, 3, &[0; 4])),
        flood(
            "CONTINUATION",
            h2_frame(HEADERS, 0, 1, STATUS_200),
            h2_frame(CONTINUATION, 0, 1, &[0, 1, b'x', 1, b'y']),
        ),
        flood(
            "empty CONTINUATION",
            h2_frame(HEADERS, 0, 1, STATUS_200),
            h2_frame(CONTINUATION, 0, 1, &[]),
        ),
        flood("empty DATA", head(), h2_frame(DATA, 0, 1, &[])),
        flood("tiny DATA", head(), h2_frame(DATA, 0, 1, b"x")),
        flood("padding", head(), h2_frame(DATA, 8, 1, &[3, 0, 0, 0])),
        flood(
            "trailers",
            head(),
            h2_frame(HEADERS, END_HEADERS, 1, STATUS_200),
        ),
    ]
}

/// A server on its own threads, so that nothing of the client's slows it down.
fn start(flood: &Flood, http2: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let first = flood.first.clone();
    let many = flood.forever.repeat(65_536 / flood.forever.len() + 1);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            if http2 {
                let _ = stream.write_all(&h2_frame(SETTINGS, 0, 0, &[]));
                until_request(&mut stream);
            } else {
                let _ = stream.read(&mut [0; 4096]);
            }
            let mut reading = stream.try_clone().unwrap();
            std::thread::spawn(
                move || while reading.read(&mut [0; 65_536]).is_ok_and(|read| read > 0) {},
            );
            let _ = stream.write_all(&first);
            while stream.write_all(&many).is_ok() {}
        }
    });
    port
}

fn until_request(stream: &mut TcpStream) -> Option<()> {
    stream.read_exact(&mut [0; 24]).ok()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).ok()?;
        if head[3] == HEADERS {
            return Some(());
        }
    }
}

/// Sends a request and reads the reply to its end, without keeping it.
async fn read_all(transport: &HyperTransport, port: u16) -> Result<(), TransportError> {
    let request = get(&format!("http://127.0.0.1:{port}/"));
    let mut body = transport.send(request).await?.into_body();
    while let Some(chunk) = body.chunk().await {
        chunk?;
    }
    Ok(())
}

const LIMIT: Duration = Duration::from_millis(500);
/// Generous, since the machine may be busy; without a bound it would be forever.
const SOON: Duration = Duration::from_secs(60);

async fn limits_hold(
    version: fn(HyperTransportBuilder) -> HyperTransportBuilder,
    floods: Vec<Flood>,
    http2: bool,
) {
    for flood in floods {
        let port = start(&flood, http2);
        let name = flood.name;
        let builder = || version(HyperTransport::builder().no_proxy());

        let transport = built(builder().total_timeout(LIMIT));
        let started = Instant::now();
        read_all(&transport, port).await.expect_err(name);
        assert!(started.elapsed() < SOON, "{name}: {:?}", started.elapsed());

        let transport = built(builder());
        let started = Instant::now();
        let limited = tokio::time::timeout(LIMIT, read_all(&transport, port)).await;
        assert!(!matches!(limited, Ok(Ok(()))), "{name}");
        assert!(started.elapsed() < SOON, "{name}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn time_limits_hold_over_http1_whatever_the_server_sends() {
    limits_hold(HyperTransportBuilder::http1_only, over_http1(), false).await;
}

#[tokio::test]
async fn time_limits_hold_over_http2_whatever_the_server_sends() {
    limits_hold(HyperTransportBuilder::http2_only, over_http2(), true).await;
}

#[tokio::test]
async fn informational_replies_are_bounded() {
    for http2 in [false, true] {
        let flood = match http2 {
            false => over_http1().remove(0),
            true => over_http2().remove(0),
        };
        let port = start(&flood, http2);
        let builder = HyperTransport::builder().no_proxy();
        let transport = built(match http2 {
            false => builder.http1_only(),
            true => builder.http2_only(),
        });
        let error = read_all(&transport, port).await.unwrap_err();
        assert_eq!(error.kind(), cf_transport::TransportErrorKind::Protocol);
        assert!(error.to_string().contains("1xx"), "{error}");
        assert!(error.was_sent());
    }
}
