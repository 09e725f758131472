//! Time limits, on paused clocks: what counts as silence, and what had been sent when they expire.

use std::time::Duration;

use crate::support::{Conn, Server, built, chain, fetch, get, post};
use cf_transport::{HyperTransport, Transport, TransportErrorKind as Kind};
use tokio::time::sleep;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_a_timeout_after_sending() {
    let server = Server::start(|mut conn| async move {
        conn.request().await;
        conn.stall().await;
    })
    .await;
    let transport = built(HyperTransport::builder().read_timeout(Duration::from_secs(7)));
    let started = tokio::time::Instant::now();
    let error = transport
        .send(post(&server.url("/"), "{}"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{}", chain(&error));
    assert!(error.was_sent());
    assert!(error.to_string().contains("7s"), "{error}");
    assert_eq!(started.elapsed().as_secs(), 7);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_hangs_is_a_timeout_before_sending() {
    let server = Server::start(Conn::stall).await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let by_connect = HyperTransport::builder()
        .connect_timeout(Duration::from_secs(3))
        .total_timeout(None);
    let by_total = HyperTransport::builder()
        .connect_timeout(None)
        .total_timeout(Duration::from_secs(3));
    for builder in [by_connect, by_total] {
        let started = tokio::time::Instant::now();
        let error = built(trusting_nobody(builder))
            .send(get(&url))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout, "{}", chain(&error));
        assert!(error.never_sent(), "{error}");
        assert!(error.to_string().contains("3s"), "{error}");
        assert_eq!(started.elapsed().as_secs(), 3);
    }
}

/// A certificate that no server of these tests has, so that TLS gets as far as a handshake.
fn trusting_nobody(
    builder: cf_transport::HyperTransportBuilder,
) -> cf_transport::HyperTransportBuilder {
    let certificate =
        rcgen::generate_simple_self_signed(vec!["nobody.invalid".to_owned()]).unwrap();
    builder.add_root_certificates(certificate.cert.pem())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_a_timeout() {
    let server = Server::start(|mut conn| async move {
        conn.request().await;
        conn.write("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello")
            .await;
        conn.stall().await;
    })
    .await;
    let transport = built(HyperTransport::builder().read_timeout(Duration::from_secs(7)));
    let mut body = transport
        .send(get(&server.url("/")))
        .await
        .unwrap()
        .into_body();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "hello");
    let error = body.chunk().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{}", chain(&error));
    assert!(error.was_sent());
    assert!(body.chunk().await.is_none());
}

/// Sends a body of five bytes, one each second.
async fn drip(mut conn: Conn) {
    conn.request().await;
    conn.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
        .await;
    for byte in ["h", "e", "l", "l", "o"] {
        sleep(Duration::from_secs(1)).await;
        conn.write(byte).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_dripping_body_passes_the_read_timeout_but_not_the_total_one() {
    let server = Server::start(drip).await;
    let patient = built(HyperTransport::builder().read_timeout(Duration::from_secs(2)));
    assert_eq!(
        fetch(&patient, get(&server.url("/"))).await.unwrap(),
        "hello"
    );

    let hurried = built(HyperTransport::builder().total_timeout(Duration::from_secs(3)));
    let error = fetch(&hurried, get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{}", chain(&error));
    assert!(
        error.to_string().contains("not complete within 3s"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_not_a_silent_server() {
    let server = Server::replying(OK).await;
    let transport = built(HyperTransport::builder().read_timeout(Duration::from_secs(2)));
    let reply = transport.send(get(&server.url("/"))).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(crate::support::text(reply).await.unwrap(), "hello");
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_is_not_a_silent_server() {
    // Far more than the kernel buffers on its own.
    const SIZE: usize = 48 * 1024 * 1024;
    let server = Server::start(|mut conn| async move {
        conn.head().await.unwrap();
        let mut left = SIZE;
        let mut buffer = vec![0; 1024 * 1024];
        while left > 0 {
            sleep(Duration::from_secs(1)).await;
            let want = left.min(buffer.len());
            left -= tokio::io::AsyncReadExt::read_exact(&mut conn.stream, &mut buffer[..want])
                .await
                .unwrap();
        }
        conn.write(OK).await;
    })
    .await;
    let transport = built(HyperTransport::builder().read_timeout(Duration::from_secs(20)));
    let started = tokio::time::Instant::now();
    assert_eq!(
        fetch(&transport, post(&server.url("/"), vec![0; SIZE]))
            .await
            .unwrap(),
        "hello"
    );
    assert!(
        started.elapsed() > Duration::from_secs(40),
        "slower than the read timeout"
    );
}
