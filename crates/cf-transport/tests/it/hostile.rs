//! The hyper transport against servers that disconnect, stall, lie and trickle.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Server, built, chain, fetch, get, post, transport};
use cf_transport::{Body, HyperTransport, Transport, TransportError, TransportErrorKind as Kind};
use http::Request;
use tokio::sync::mpsc;
use tokio::time::sleep;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// The error of one request to a server that reads it and then sends `reply` and closes.
async fn error_after(reply: &'static str) -> TransportError {
    let server = Server::start(move |mut conn| async move {
        conn.request().await;
        conn.write(reply).await;
    })
    .await;
    let error = fetch(&transport(), get(&server.url("/")))
        .await
        .expect_err(reply);
    assert_eq!(
        (error.host(), error.port()),
        (Some("127.0.0.1"), Some(server.port))
    );
    assert_eq!(server.connections(), 1, "nothing is sent twice: {error}");
    error
}

#[tokio::test]
async fn nobody_listening_is_a_connect_error() {
    let port = Server::start(|_| async {}).await.port;
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    assert_ne!(port, free);
    let error = transport()
        .send(get(&format!("http://127.0.0.1:{free}/")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Connect);
    assert!(error.never_sent());
    let shown = error.to_string();
    assert!(
        shown.contains(&format!("127.0.0.1:{free}")) && shown.contains("nothing was sent"),
        "{shown}"
    );
    assert!(shown.to_lowercase().contains("refused"), "{shown}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn an_unknown_host_is_a_connect_error() {
    let direct = built(HyperTransport::builder().no_proxy());
    let error = direct
        .send(get("https://no-such-host.invalid/"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Connect, "{}", chain(&error));
    assert!(error.never_sent());
    assert!(
        error.to_string().contains("no-such-host.invalid:443"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_cut_before_the_headers_may_have_worked() {
    for reply in ["", "HTTP/1.1 200 OK\r\ncontent-le"] {
        let error = error_after(reply).await;
        assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
        assert!(error.was_sent());
        assert!(
            error.to_string().contains("before the reply's headers"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_reset_is_an_interruption() {
    for reply in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello",
    ] {
        let server = Server::start(move |mut conn| async move {
            conn.request().await;
            conn.write(reply).await;
            // Lets the client read what came before: a reset may overtake it.
            sleep(Duration::from_millis(50)).await;
            conn.reset();
        })
        .await;
        let error = fetch(&transport(), get(&server.url("/")))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
        assert!(error.was_sent());
    }
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_an_error() {
    let error = error_after("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello").await;
    assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
    assert!(error.was_sent());
    assert!(
        error
            .to_string()
            .contains("before the end of the reply's body"),
        "{error}"
    );
}

#[tokio::test]
async fn a_cut_chunked_body_is_an_error() {
    for cut in ["5\r\nhello\r\n", "5\r\nhel", "5\r\nhello\r\n0\r\n", "5"] {
        let reply = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{cut}");
        let error = error_after(String::leak(reply)).await;
        assert_eq!(
            error.kind(),
            Kind::Interrupted,
            "{cut:?}: {}",
            chain(&error)
        );
    }
}

#[tokio::test]
async fn a_reply_that_is_not_http_is_a_protocol_error() {
    for reply in [
        "<html>hello</html>\r\n\r\n",
        "HTTP/1.1 999999 What\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
    ] {
        let error = error_after(reply).await;
        assert_eq!(error.kind(), Kind::Protocol, "{reply:?}: {}", chain(&error));
        assert!(error.was_sent());
    }
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let one_line = format!(
        "HTTP/1.1 200 OK\r\nx-long: {}\r\ncontent-length: 0\r\n\r\n",
        "a".repeat(20_000)
    );
    let reply: &'static str = String::leak(one_line);
    let server = Server::replying(reply).await;
    let strict = built(HyperTransport::builder().max_header_bytes(8 * 1024));
    let error = strict.send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{}", chain(&error));
    transport()
        .send(get(&server.url("/")))
        .await
        .expect("within the default limit");
}

#[tokio::test]
async fn many_headers_are_no_fault() {
    for (headers, fits) in [(101, true), (1000, true), (10_000, false)] {
        let mut reply = String::from("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n");
        for n in 0..headers {
            reply.push_str(&format!("x-{n}: v\r\n"));
        }
        reply.push_str("\r\nhello");
        let server = Server::replying(String::leak(reply)).await;
        match transport().send(get(&server.url("/"))).await {
            Ok(reply) => {
                assert!(fits, "{headers}");
                assert_eq!(reply.headers().len(), headers + 1);
                assert_eq!(crate::support::text(reply).await.unwrap(), "hello");
            }
            Err(error) => {
                assert!(!fits, "{headers}: {}", chain(&error));
                assert_eq!(error.kind(), Kind::Protocol);
            }
        }
    }
}

#[tokio::test]
async fn endless_headers_are_given_up() {
    let server = Server::start(|mut conn| async move {
        conn.request().await;
        conn.write("HTTP/1.1 200 OK\r\n").await;
        for n in 0..100_000 {
            conn.write(&format!("x-header-{n}: value\r\n")).await;
        }
        conn.stall().await;
    })
    .await;
    let error = transport().send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{}", chain(&error));
}

#[tokio::test]
async fn a_request_body_that_fails_is_reported_as_such() {
    let server = Server::start(|mut conn| async move {
        conn.head().await;
        conn.stall().await;
    })
    .await;
    let broken = futures_util::stream::iter([
        Ok(http_body::Frame::data(bytes::Bytes::from("ab"))),
        Err(std::io::Error::other("the disk is on fire")),
    ]);
    let body = Body::stream(None, http_body_util::StreamBody::new(broken));
    let error = transport()
        .send(post(&server.url("/"), body))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Body, "{}", chain(&error));
    assert!(
        chain(&error).contains("the disk is on fire"),
        "{}",
        chain(&error)
    );

    let short = Body::stream(Some(10), http_body_util::Full::from("hello"));
    let error = transport()
        .send(post(&server.url("/"), short))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Body, "{}", chain(&error));
    assert!(
        error.to_string().contains("announced with 10 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_that_ends_during_the_upload_is_an_interruption() {
    for reset in [false, true] {
        let server = Server::start(move |mut conn| async move {
            conn.head().await.unwrap();
            let mut some = [0; 1024];
            tokio::io::AsyncReadExt::read_exact(&mut conn.stream, &mut some)
                .await
                .unwrap();
            if reset {
                conn.reset();
            }
        })
        .await;
        let transport = transport();
        let request = post(&server.url("/"), vec![0; 16 * 1024 * 1024]);
        let error = transport.send(request).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
        assert!(error.was_sent());
        assert_eq!(server.connections(), 1, "nothing is sent twice");
    }
}

#[tokio::test]
async fn an_answer_during_the_upload_is_not_lost() {
    let server = Server::start(|mut conn| async move {
        conn.head().await;
        conn.write("HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 5\r\n\r\nlarge")
            .await;
        conn.stall().await;
    })
    .await;
    let endless = futures_util::stream::repeat_with(|| {
        Ok::<_, std::io::Error>(http_body::Frame::data(bytes::Bytes::from_static(
            &[0; 1024],
        )))
    });
    let body = Body::stream(None, http_body_util::StreamBody::new(endless));
    let reply = transport()
        .send(post(&server.url("/"), body))
        .await
        .unwrap();
    assert_eq!(reply.status(), 413);
    assert_eq!(crate::support::text(reply).await.unwrap(), "large");
}

#[tokio::test]
async fn a_request_lost_on_a_kept_connection_is_not_sent_twice() {
    let server = Server::start(|mut conn| async move {
        conn.request().await;
        conn.write(OK).await;
        conn.request().await;
    })
    .await;
    let transport = transport();
    fetch(&transport, get(&server.url("/"))).await.unwrap();
    let error = fetch(&transport, post(&server.url("/"), "{}"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
    assert!(error.was_sent());
    assert_eq!((server.connections(), server.requests().len()), (1, 2));
}

/// Answers one request on each connection, closes it when it is told to, and reports that.
async fn closing_when_told() -> (
    Server,
    mpsc::UnboundedSender<()>,
    mpsc::UnboundedReceiver<()>,
) {
    let (close, told) = mpsc::unbounded_channel();
    let (tell, closed) = mpsc::unbounded_channel();
    let told = Arc::new(tokio::sync::Mutex::new(told));
    let server = Server::start(move |mut conn| {
        let (told, tell) = (told.clone(), tell.clone());
        async move {
            conn.request().await;
            conn.write(OK).await;
            told.lock().await.recv().await;
            drop(conn);
            tell.send(()).unwrap();
        }
    })
    .await;
    (server, close, closed)
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_replaced() {
    let (server, close, mut closed) = closing_when_told().await;
    let transport = transport();
    for n in 1..=10 {
        let reply = fetch(&transport, post(&server.url("/"), "{}")).await;
        assert_eq!(reply.unwrap(), "hello");
        assert_eq!((server.connections(), server.requests().len()), (n, n));
        close.send(()).unwrap();
        closed.recv().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_that_is_closed_while_nobody_uses_it_is_replaced() {
    let (server, close, mut closed) = closing_when_told().await;
    let transport = HyperTransport::builder()
        .read_timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    for n in 1..=3 {
        let reply = fetch(&transport, post(&server.url("/"), "{}")).await;
        assert_eq!(reply.unwrap(), "hello");
        assert_eq!((server.connections(), server.requests().len()), (n, n));
        // By now the reply is read, and nobody looks at the connection.
        sleep(Duration::from_millis(100)).await;
        close.send(()).unwrap();
        closed.recv().await.unwrap();
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn errors_show_no_credentials() {
    let server = Server::start(|mut conn| async move {
        conn.request().await;
        conn.write("HTTP/1.1 200 OK\r\nset-cookie: hunter2\r\ncontent-length: 9\r\n\r\nhunter2")
            .await;
    })
    .await;
    let request = Request::get(server.url("/?token=hunter2"))
        .header("authorization", "Bearer hunter2")
        .body(Body::empty())
        .unwrap();
    let error = fetch(&transport(), request).await.unwrap_err();
    let shown = format!("{} {error:?}", chain(&error));
    assert!(!shown.contains("hunter2"), "{shown}");
}
