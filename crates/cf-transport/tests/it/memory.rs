//! How much memory large bodies take. Takes a while, so it runs only when asked to:
//!
//! `cargo test -p cf-transport --test it -- --ignored memory --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::process::{Child, Command, Stdio};

use crate::support::built;
use crate::support::tls::{Authority, TlsServer};
use bytes::Bytes;
use cf_transport::multipart::{Form, Part};
use cf_transport::{Body, HyperTransport, Transport};
use http::{Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;

const GIB: u64 = 1024 * 1024 * 1024;
const LIMIT_KIB: u64 = 16 * 1024;

/// `GET /<bytes>` returns that many; posted bytes are read and counted.
async fn serve(
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, hyper::Error>>, hyper::Error> {
    let len = request
        .uri()
        .path()
        .trim_start_matches('/')
        .parse::<u64>()
        .ok();
    let mut body = request.into_body();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        seen += frame?.data_ref().map_or(0, Bytes::len) as u64;
    }
    let Some(len) = len else {
        let text = http_body_util::Full::from(seen.to_string());
        return Ok(Response::new(text.map_err(|never| match never {}).boxed()));
    };
    let pieces = futures_util::stream::unfold(len, |left| async move {
        let piece = left.min(64 * 1024);
        let data = Bytes::from_static(&[0x5a; 64 * 1024]).slice(..piece as usize);
        (piece > 0).then(|| (Ok(http_body::Frame::data(data)), left - piece))
    });
    let mut reply = Response::new(BoxBody::new(http_body_util::StreamBody::new(pieces)));
    reply.headers_mut().insert("content-length", len.into());
    Ok(reply)
}

/// The server is a separate process, so its memory is not counted.
struct ServerProcess {
    child: Child,
    certificate: String,
    port: String,
}

impl ServerProcess {
    fn start(alpn: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "memory::server_process",
                "--ignored",
                "--nocapture",
            ])
            .env("CF_TRANSPORT_SERVE", alpn)
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line_after = |mark: &str| loop {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, rest)) = line.split_once(mark) {
                return rest.to_owned();
            }
        };
        let port = line_after("port=");
        let certificate = line_after("certificate=").replace('|', "\n");
        Self {
            child,
            certificate,
            port,
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the other side of the measurement, started by it"]
async fn server_process() {
    let Ok(alpn) = std::env::var("CF_TRANSPORT_SERVE") else {
        return;
    };
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let service = hyper::service::service_fn(serve);
    let server = TlsServer::serving(&identity, &[&alpn], None, service).await;
    println!("port={}", server.port);
    println!("certificate={}", authority.pem().replace('\n', "|"));
    // The end of our input is the end of the parent.
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()))
        .await
        .unwrap()
        .unwrap();
}

fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The most memory in use during the exchange, in KiB.
async fn peak(exchange: impl Future<Output = ()>) -> u64 {
    // Resets the peak; see proc(5).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    exchange.await;
    status("VmHWM:")
}

async fn download(transport: &HyperTransport, url: &str, len: u64) {
    let request = Request::get(format!("{url}/{len}"))
        .body(Body::empty())
        .unwrap();
    let mut body = transport
        .send(request)
        .await
        .unwrap()
        .into_body()
        .with_progress(|_| {});
    let mut seen = 0;
    while let Some(chunk) = body.chunk().await {
        seen += chunk.unwrap().len() as u64;
    }
    assert_eq!(seen, len);
}

async fn upload(transport: &HyperTransport, url: &str, body: Body, at_least: u64) {
    let request = Request::post(url).body(body).unwrap();
    let reply = transport.send(request).await.unwrap().into_body();
    let seen = reply.bytes(64).await.unwrap();
    let seen: u64 = std::str::from_utf8(&seen).unwrap().parse().unwrap();
    assert!((at_least..at_least + 1024).contains(&seen), "{seen}");
}

#[tokio::test]
#[ignore = "moves 6 GiB; see the head of this file"]
async fn a_gibibyte_takes_less_than_16_mib() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.seek(SeekFrom::Start(GIB - 1)).unwrap();
    file.write_all(b"!").unwrap();

    // Would we notice at all?
    let before = status("VmRSS:");
    let greedy = peak(async { drop(std::hint::black_box(vec![1; 64 << 20])) }).await;
    assert!(
        greedy >= before + 60 * 1024,
        "{greedy} KiB, {before} KiB before"
    );

    let mut over = Vec::new();
    for alpn in ["http/1.1", "h2"] {
        let server = ServerProcess::start(alpn);
        let url = format!("https://localhost:{}", server.port);
        let transport = built(HyperTransport::builder().add_root_certificates(&server.certificate));
        // Before the first connection.
        let idle = status("VmRSS:");

        let body = Body::file(file.path()).await.unwrap().with_progress(|_| {});
        let form = Part::new("file", Body::file(file.path()).await.unwrap()).file_name("file");
        let (_, form) = Form::new().part(form).finish();
        for (what, peak) in [
            ("download", peak(download(&transport, &url, GIB)).await),
            (
                "upload of a file",
                peak(upload(&transport, &url, body, GIB)).await,
            ),
            (
                "upload of a form",
                peak(upload(&transport, &url, form, GIB)).await,
            ),
        ] {
            let peak = peak.saturating_sub(idle);
            println!("{alpn}, 1 GiB {what}: {peak} KiB above idle at most");
            if peak >= LIMIT_KIB {
                over.push(format!("{alpn} {what}: {peak} KiB"));
            }
        }
    }
    assert!(over.is_empty(), "over {LIMIT_KIB} KiB: {over:?}");
}
