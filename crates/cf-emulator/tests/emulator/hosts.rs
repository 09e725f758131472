//! Which hosts and pages are answered, over raw sockets: browsers and attackers
//! write what no client library would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cf_emulator::{Builder, Emulator};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The status of the reply to a request with these lines, and its first code.
async fn ask(port: u16, lines: &[&str]) -> (u16, Option<u64>) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n"));
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await.unwrap();
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    (status, body["errors"][0]["code"].as_u64())
}

async fn host(emulator: &Emulator, host: &str) -> (u16, Option<u64>) {
    let line = format!("Host: {host}");
    ask(
        emulator.address().port(),
        &["GET /_emulator/snapshot HTTP/1.1", &line],
    )
    .await
}

const GOOD: (u16, Option<u64>) = (200, None);
const UNKNOWN: (u16, Option<u64>) = (403, Some(10403));
const WRONG: (u16, Option<u64>) = (400, Some(10400));

#[tokio::test]
async fn only_loopback_names_by_default() {
    let emulator = Emulator::start().await.unwrap();
    for name in [
        "localhost",
        "LocalHost:80",
        "localhost.",
        "localhost.:8787",
        "localhost:",
        "api.localhost",
        "127.0.0.1",
        "127.1.2.3:65535",
        "[::1]",
        "[0:0:0:0:0:0:0:1]:8787",
        "[::ffff:127.0.0.1]",
    ] {
        assert_eq!(host(&emulator, name).await, GOOD, "{name}");
    }
    for name in [
        "evil.example",
        "evil.example:8787",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.evil.example",
        "192.0.2.1",
        "0.0.0.0:8787",
        "[::]",
        "[2001:db8::1]:8787",
        "2130706433",
        "0x7f.1",
    ] {
        assert_eq!(host(&emulator, name).await, UNKNOWN, "{name}");
    }
    for name in [
        "",
        ".",
        ":8787",
        "localhost..",
        "localhost:99999",
        "localhost:+80",
        "localhost:80:80",
        "user@localhost",
        "localhost/",
        "localhost, evil.example",
        "[::1",
        "[::1]x",
        "[127.0.0.1]",
        "::1",
        "löcalhost",
    ] {
        assert_eq!(host(&emulator, name).await, WRONG, "{name}");
    }
}

#[tokio::test]
async fn every_route_and_form_of_request() {
    let emulator = Emulator::start().await.unwrap();
    let port = emulator.address().port();
    for path in [
        "/",
        "/products/zones",
        "/_emulator",
        "/_emulator/requests",
        "/_emulator/tails/x",
        "/_emulator/d1/x",
        "/client/v4/zones",
        "/client/v4/ips",
        "/nowhere",
        "*",
    ] {
        let line = format!("OPTIONS {path} HTTP/1.1");
        for line in [&line, &line.replace("OPTIONS", "GET")] {
            if line.starts_with("GET *") {
                continue;
            }
            let asked = ask(port, &[line, "Host: evil.example"]).await;
            assert_eq!(asked, UNKNOWN, "{line}");
        }
    }
    let line = "GET /client/v4/ips HTTP/1.1";
    assert_eq!(ask(port, &[line]).await, WRONG);
    let old = "GET /client/v4/ips HTTP/1.0";
    assert_eq!(ask(port, &[old]).await, WRONG);
    assert_eq!(ask(port, &[old, "Host: localhost"]).await, GOOD);
    for (first, second) in [
        ("localhost", "localhost"),
        ("localhost", "evil.example"),
        ("evil.example", "localhost"),
    ] {
        let hosts = [format!("Host: {first}"), format!("Host: {second}")];
        let asked = ask(port, &[line, &hosts[0], &hosts[1]]).await;
        assert!(asked == WRONG || asked == UNKNOWN, "{first} {second}");
    }
    // Through a proxy.
    for (target, host, answer) in [
        ("http://localhost:1", "localhost:1", GOOD),
        ("http://evil.example", "localhost", UNKNOWN),
        ("http://localhost", "evil.example", UNKNOWN),
        ("http://me@localhost", "localhost", WRONG),
    ] {
        let line = format!("GET {target}/client/v4/ips HTTP/1.1");
        let asked = ask(port, &[&line, &format!("Host: {host}")]).await;
        assert_eq!(asked, answer, "{target} {host}");
    }
    let connect = ["CONNECT evil.example:443 HTTP/1.1", "Host: localhost"];
    assert_eq!(ask(port, &connect).await, UNKNOWN);
    // A refused request changed nothing, and is in the log.
    let reset = ["POST /_emulator/reset HTTP/1.1", "Host: evil.example"];
    let length = emulator.requests().len();
    assert_eq!(ask(port, &reset).await, UNKNOWN);
    assert_eq!(emulator.requests().len(), length + 1);
}

#[tokio::test]
async fn what_it_was_told_and_where_it_listens() {
    let start = |builder: Builder| async { builder.start().await.unwrap() };
    let told = Emulator::builder().allow_host("Emulator.Test.");
    let told = start(told.allow_host("192.0.2.9").allow_host("2001:db8::9")).await;
    for (name, answer) in [
        ("emulator.test:8787", GOOD),
        ("EMULATOR.test.", GOOD),
        ("sub.emulator.test", UNKNOWN),
        ("192.0.2.9", GOOD),
        ("192.0.2.2", UNKNOWN),
        ("[2001:db8::9]:80", GOOD),
        ("localhost", GOOD),
    ] {
        assert_eq!(host(&told, name).await, answer, "{name}");
    }
    let everywhere = start(Emulator::builder().host(Ipv4Addr::UNSPECIFIED)).await;
    for (name, answer) in [
        ("0.0.0.0:8787", GOOD),
        ("192.0.2.2", GOOD),
        ("[2001:db8::1]", GOOD),
        ("localhost", GOOD),
        ("evil.example", UNKNOWN),
    ] {
        assert_eq!(host(&everywhere, name).await, answer, "{name}");
    }
    for bad in ["", "*", "http://x", "x:80", "x/", "a..b", "[::1]:8", "ü"] {
        let error = Emulator::builder().allow_host(bad).start().await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("is not a host"), "{error}");
    }
}

#[tokio::test]
async fn pages_of_others_are_refused() {
    let emulator = Emulator::start().await.unwrap();
    let port = emulator.address().port();
    let (host, own) = (
        format!("Host: localhost:{port}"),
        format!("http://localhost:{port}"),
    );
    let api = "GET /client/v4/ips";
    let reset = "POST /_emulator/reset";
    for (line, origin, answer) in [
        (api, "http://localhost:3000", GOOD),
        (api, "https://127.0.0.1", GOOD),
        (api, "http://evil.example", UNKNOWN),
        (api, "http://localhost.evil.example", UNKNOWN),
        (api, "http://evil.example/localhost", UNKNOWN),
        (api, "null", UNKNOWN),
        (api, "", UNKNOWN),
        (api, "file://localhost", UNKNOWN),
        ("GET /client/v4x", "http://localhost:3000", UNKNOWN),
        (reset, &own, GOOD),
        (reset, "http://localhost:3000", UNKNOWN),
        (reset, "http://localhost", UNKNOWN),
        (reset, "http://evil.example", UNKNOWN),
        (reset, "null", UNKNOWN),
        ("GET /_emulator/tails/x", "http://localhost:3000", UNKNOWN),
        ("GET /", &own, GOOD),
        ("GET /", "http://localhost:3000", UNKNOWN),
    ] {
        let lines = [format!("{line} HTTP/1.1"), format!("Origin: {origin}")];
        let asked = ask(port, &[&lines[0], &host, &lines[1]]).await;
        assert_eq!(asked, answer, "{line} {origin}");
    }
    let line = "GET /client/v4/ips HTTP/1.1";
    let two = [line, &host, "Origin: http://localhost", "Origin: http://x"];
    assert_eq!(ask(port, &two).await, UNKNOWN);
    let told = Emulator::builder().allow_host("app.test").start().await;
    let port = told.as_ref().unwrap().address().port();
    let asked = ask(port, &[line, "Host: localhost", "Origin: https://app.test"]).await;
    assert_eq!(asked, GOOD);
}

/// Requests without a connection have no host.
#[tokio::test]
async fn the_program_itself_needs_no_host() {
    let emulator = Emulator::start().await.unwrap();
    assert!(emulator.address().ip() == IpAddr::V4(Ipv4Addr::LOCALHOST));
    let request = http::Request::get("/client/v4/ips").body("").unwrap();
    assert_eq!(emulator.answer(request).await.unwrap().status(), 200);
}
