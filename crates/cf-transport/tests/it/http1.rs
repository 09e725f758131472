//! The hyper transport against correct servers.

use std::time::Duration;

use crate::support::{Server, built, fetch, get, header, is_child, post, text, transport};
use cf_transport::{Body, HyperTransport, Transport, TransportErrorKind as Kind};
use http::{Request, StatusCode, Version};
use tokio::io::AsyncReadExt as _;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test]
async fn a_request_arrives_as_written_and_the_reply_comes_back() {
    let server =
        Server::replying("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\ncf-ray: 8f00\r\n\r\nno")
            .await;
    let request = Request::post(server.url("/zones?name=a%20b"))
        .header("authorization", "Bearer abc")
        .body(Body::from("{}"))
        .unwrap();
    let reply = transport().send(request).await.unwrap();

    assert_eq!(
        reply.status(),
        StatusCode::NOT_FOUND,
        "any status is a reply"
    );
    assert_eq!(reply.version(), Version::HTTP_11);
    assert_eq!(reply.headers()["cf-ray"], "8f00");
    assert_eq!(reply.body().content_length(), Some(2));
    assert_eq!(text(reply).await.unwrap(), "no");

    let seen = &server.requests()[0];
    assert!(
        seen.starts_with("POST /zones?name=a%20b HTTP/1.1\r\n"),
        "{seen}"
    );
    assert_eq!(
        header(seen, "host"),
        Some(&*format!("127.0.0.1:{}", server.port))
    );
    assert_eq!(header(seen, "authorization"), Some("Bearer abc"));
    assert_eq!(header(seen, "content-length"), Some("2"));
    assert!(seen.ends_with("{}"));
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::replying(OK).await;
    let transport = transport();
    for _ in 0..5 {
        assert_eq!(
            fetch(&transport, get(&server.url("/"))).await.unwrap(),
            "hello"
        );
    }
    assert_eq!(
        fetch(&transport.clone(), get(&server.url("/")))
            .await
            .unwrap(),
        "hello",
        "clones share the pool"
    );
    assert_eq!((server.connections(), server.requests().len()), (1, 6));
}

#[tokio::test]
async fn without_a_pool_each_request_connects() {
    let server = Server::replying(OK).await;
    let transport = built(HyperTransport::builder().pool_max_idle_per_host(0));
    for _ in 0..3 {
        fetch(&transport, get(&server.url("/"))).await.unwrap();
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_given_up() {
    let server = Server::replying(OK).await;
    let transport = built(HyperTransport::builder().pool_idle_timeout(Duration::from_secs(5)));
    for (pause, connections) in [(0, 1), (4, 1), (4, 1), (6, 2)] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        fetch(&transport, get(&server.url("/"))).await.unwrap();
        assert_eq!(
            server.connections(),
            connections,
            "after a pause of {pause} s"
        );
    }
}

#[tokio::test]
async fn requests_run_side_by_side() {
    let server = Server::replying(OK).await;
    let transport = transport();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (transport, url) = (transport.clone(), server.url("/"));
        tasks.spawn(async move { fetch(&transport, get(&url)).await });
    }
    while let Some(result) = tasks.join_next().await {
        assert_eq!(result.unwrap().unwrap(), "hello");
    }
    assert_eq!(server.requests().len(), 20);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::replying(OK).await;
    let location = elsewhere.url("/stolen");
    let server = Server::start(move |mut conn| {
        let location = location.clone();
        async move {
            conn.request().await;
            conn.write(&format!(
                "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
            ))
            .await;
        }
    })
    .await;
    let reply = transport().send(get(&server.url("/"))).await.unwrap();
    assert_eq!(reply.status(), StatusCode::FOUND);
    assert_eq!(reply.headers()["location"], *elsewhere.url("/stolen"));
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn streams_of_unknown_length_are_sent_in_chunks() {
    let server = Server::start(|mut conn| async move {
        let head = conn.head().await.unwrap();
        assert_eq!(header(&head, "transfer-encoding"), Some("chunked"));
        let mut rest = vec![0; "3\r\nabc\r\n0\r\n\r\n".len()];
        tokio::io::AsyncReadExt::read_exact(&mut conn.stream, &mut rest)
            .await
            .unwrap();
        assert_eq!(rest, b"3\r\nabc\r\n0\r\n\r\n");
        conn.write(OK).await;
    })
    .await;
    let one_piece =
        http_body_util::StreamBody::new(futures_util::stream::iter([Ok::<_, std::io::Error>(
            http_body::Frame::data(bytes::Bytes::from("abc")),
        )]));
    assert_eq!(
        fetch(
            &transport(),
            post(&server.url("/"), Body::stream(None, one_piece))
        )
        .await
        .unwrap(),
        "hello"
    );
}

#[tokio::test]
async fn a_large_body_in_memory_arrives_whole() {
    let server = Server::replying(OK).await;
    let sent = "0123456789abcdef".repeat(50_000);
    fetch(&transport(), post(&server.url("/"), sent.clone()))
        .await
        .unwrap();
    assert!(server.requests()[0].ends_with(&format!("\r\n\r\n{sent}")));
}

#[tokio::test]
async fn a_chunked_reply_is_put_together_and_its_length_is_unknown() {
    let server = Server::replying(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    )
    .await;
    let reply = transport().send(get(&server.url("/"))).await.unwrap();
    assert_eq!(reply.body().content_length(), None);
    assert_eq!(text(reply).await.unwrap(), "hello");
}

#[tokio::test]
async fn requests_that_must_not_go_out_are_refused_before_connecting() {
    let server = Server::replying(OK).await;
    let transport = transport();
    let port = server.port;
    let wrong_length = Request::post(server.url("/"))
        .header("content-length", "7")
        .body(Body::from("{}"))
        .unwrap();
    let connect = Request::connect(server.url("/"))
        .body(Body::empty())
        .unwrap();
    for (request, expected) in [
        (get("http://api.cloudflare.com/client/v4"), "unencrypted"),
        (
            get(&format!("http://localhost.example.com:{port}/")),
            "unencrypted",
        ),
        (get("http://10.0.0.1/"), "unencrypted"),
        (get("http://[::2]/"), "unencrypted"),
        (get("http://[::]/"), "unencrypted"),
        (get("http://[::ffff:192.0.2.1]/"), "unencrypted"),
        (get(&format!("http://0.0.0.0:{port}/")), "unencrypted"),
        (get(&format!("http://2130706433:{port}/")), "unencrypted"),
        (
            get(&format!("http://127.0.0.1.example.com:{port}/")),
            "unencrypted",
        ),
        (get("/client/v4"), "no scheme"),
        (get(&format!("ftp://127.0.0.1:{port}/")), "ftp://"),
        (
            get(&format!("http://u:hunter2@127.0.0.1:{port}/")),
            "user name",
        ),
        (wrong_length, "content-length"),
        (connect, "CONNECT"),
    ] {
        let shown = request.uri().to_string();
        let error = transport.send(request).await.expect_err(&shown);
        assert_eq!(error.kind(), Kind::Request, "{error}");
        assert!(error.never_sent());
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_and_where_it_is_allowed() {
    let server = Server::replying(OK).await;
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", server.port);
        assert_eq!(
            fetch(&transport(), get(&url)).await.unwrap(),
            "hello",
            "{host}"
        );
    }
    // A port of the reserved network 192.0.2.0/24 is never reached, but it is tried.
    let open = built(
        HyperTransport::builder()
            .allow_plain_http(true)
            .no_proxy()
            .connect_timeout(Duration::from_millis(50)),
    );
    let error = open.send(get("http://192.0.2.1:9/")).await.unwrap_err();
    assert!(
        matches!(error.kind(), Kind::Timeout | Kind::Connect),
        "{error}"
    );
    assert!(error.never_sent());
}

/// Runs itself again with `localhost` as another address of this machine, which stands for another machine.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_localhost_that_is_elsewhere_gets_nothing() {
    const TEST: &str = "http1::a_localhost_that_is_elsewhere_gets_nothing";
    if is_child() {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://localhost:{port}/");
        let transport = built(HyperTransport::builder().no_proxy());
        let error = transport.send(get(&url)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Request, "{error}");
        assert!(
            error.never_sent() && error.to_string().contains("resolved to"),
            "{error}"
        );
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = String::new();
        stream.read_to_string(&mut seen).await.unwrap();
        assert_eq!(
            seen, "",
            "the connection is closed, and nothing was written to it"
        );
        println!("outcome: refused");
        return;
    }
    let own = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let hosts = tempfile::NamedTempFile::new().unwrap();
    match own.connect("192.0.2.1:9").and_then(|()| own.local_addr()) {
        Ok(own) if !own.ip().is_loopback() => {
            std::fs::write(hosts.path(), format!("{} localhost\n", own.ip())).unwrap();
        }
        _ => return eprintln!("skipped: this machine has no address beside loopback"),
    }
    let namespace = format!(
        "mount --bind {} /etc/hosts && exec \"$0\" \"$@\"",
        hosts.path().display()
    );
    let run = |program: &std::path::Path, args: &[&str]| {
        std::process::Command::new("unshare")
            .args(["-rm", "sh", "-c", &namespace])
            .arg(program)
            .args(args)
            .env("CF_TRANSPORT_CHILD", "1")
            .output()
    };
    if !run("true".as_ref(), &[]).is_ok_and(|output| output.status.success()) {
        return eprintln!("skipped: this system allows no mount namespace");
    }
    let output = run(
        &std::env::current_exe().unwrap(),
        &["--exact", TEST, "--nocapture"],
    )
    .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("outcome: refused"), "{text}");
}

#[test]
fn outside_of_a_runtime_there_is_an_error_and_no_panic() {
    let transport = transport();
    let mut sending = transport.send(get("https://localhost/"));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = sending.as_mut().poll(&mut cx) else {
        panic!("must fail at once")
    };
    assert_eq!(error.kind(), Kind::Request);
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let error = HyperTransport::builder()
        .max_header_bytes(100)
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("8192"), "{error}");
    for pem in [
        "",
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let error = HyperTransport::builder()
            .add_root_certificates(pem)
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Tls, "{pem}: {error}");
        let error = HyperTransport::builder()
            .client_certificate(pem)
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Tls, "{pem}: {error}");
    }
}

#[test]
fn debug_tells_settings_and_no_certificate() {
    let builder = HyperTransport::builder().client_certificate("PRIVATE");
    assert!(!format!("{builder:?}").contains("PRIVATE"));
    assert!(format!("{:?}", transport()).contains("limits"));
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn compressed_replies_are_decoded_unless_that_is_off() {
    // "hello hello hello", by gzip(1).
    let coded = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x80\x88\xf9\xe5\x11\x00\x00\x00";
    let server = Server::start(move |mut conn| async move {
        while let Some(request) = conn.request().await {
            if header(&request, "accept-encoding").is_some_and(|asked| asked.contains("gzip")) {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
                    coded.len()
                );
                conn.write(&head).await;
                tokio::io::AsyncWriteExt::write_all(&mut conn.stream, coded)
                    .await
                    .unwrap();
            } else {
                conn.write(OK).await;
            }
        }
    })
    .await;
    assert_eq!(
        fetch(&transport(), get(&server.url("/"))).await.unwrap(),
        "hello hello hello"
    );

    let plain = built(HyperTransport::builder().max_decoded_bytes(None));
    assert_eq!(fetch(&plain, get(&server.url("/"))).await.unwrap(), "hello");

    let strict = built(HyperTransport::builder().max_decoded_bytes(10));
    let error = fetch(&strict, get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::BodyTooLarge);
}

#[tokio::test]
async fn a_host_with_several_addresses_is_reached_by_the_one_that_answers() {
    // If `localhost` is both `::1` and `127.0.0.1`, nobody listens on the first.
    let server = Server::replying("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
    let url = format!("http://localhost:{}/", server.port);
    assert_eq!(fetch(&transport(), get(&url)).await.unwrap(), "hello");
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_their_place() {
    let server = Server::start(|mut conn| async move {
        while conn.request().await.is_some() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            conn.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
                .await;
        }
    })
    .await;
    let transport = built(
        HyperTransport::builder()
            .max_requests(2)
            .total_timeout(Duration::from_secs(60)),
    );
    let started = tokio::time::Instant::now();
    let all = (0..10).map(|_| fetch(&transport, get(&server.url("/"))));
    for text in futures_util::future::join_all(all).await {
        assert_eq!(text.unwrap(), "hello");
    }
    assert_eq!(server.connections(), 2);
    assert_eq!(started.elapsed().as_secs(), 5);

    // Replies that did not come at once hold their places until they are read or dropped.
    let server = Server::start(|mut conn| async move {
        while conn.request().await.is_some() {
            conn.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
                .await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            conn.write("world").await;
        }
    })
    .await;
    let first = transport.send(get(&server.url("/"))).await.unwrap();
    let second = transport.send(get(&server.url("/"))).await.unwrap();
    let error = transport.send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.never_sent());
    drop(first);
    transport.send(get(&server.url("/"))).await.unwrap();
    let body = second.into_body();
    assert_eq!(body.bytes(10).await.unwrap(), "helloworld");
    let (third, fourth) = tokio::join!(
        transport.send(get(&server.url("/"))),
        transport.send(get(&server.url("/")))
    );
    third.unwrap();
    fourth.unwrap();
}
