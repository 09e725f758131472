//! Futures and bodies that are dropped halfway: nothing goes on in the background, and the pool stays usable.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use std::time::Duration;

use crate::support::tls::{Authority, TlsServer};
use crate::support::{Server, built, fetch, get, post, transport};
use bytes::Bytes;
use cf_transport::{HyperTransport, HyperTransportBuilder, Transport, TransportErrorKind};
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};

/// Polls the future at most `polls` times; `None` if it was not ready by then.
async fn at_most<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

#[tokio::test]
async fn dropping_at_any_point_leaves_the_transport_sound() {
    let open = Arc::new(AtomicUsize::new(0));
    let count = open.clone();
    let server = Server::start(move |mut conn| {
        let open = count.clone();
        async move {
            open.fetch_add(1, Ordering::SeqCst);
            while let Some(request) = conn.request().await {
                tokio::task::yield_now().await;
                let path = request.split(' ').nth(1).unwrap();
                conn.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                    .await;
                tokio::task::yield_now().await;
                conn.write(&format!("{:x}\r\n{path}\r\n", path.len())).await;
                tokio::task::yield_now().await;
                conn.write("0\r\n\r\n").await;
            }
            open.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;

    let transport = transport();
    let mut finished = 0;
    for polls in 0..40 {
        let dropped = fetch(
            &transport,
            post(&server.url(&format!("/dropped/{polls}")), vec![0; 300_000]),
        );
        finished += usize::from(at_most(polls, dropped).await.is_some());
        // Every reply belongs to its request, whatever was left on the connections.
        let path = format!("/whole/{polls}");
        assert_eq!(
            fetch(&transport, get(&server.url(&path))).await.unwrap(),
            path
        );
    }
    assert!(
        (1..40).contains(&finished),
        "some were dropped and some came to their end: {finished}"
    );

    drop(transport);
    for _ in 0..12_000 {
        if open.load(Ordering::SeqCst) == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("{} connections are left open", open.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_dropped_request_closes_its_connection() {
    let (told, mut tell) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut conn| {
        let told = told.clone();
        async move {
            conn.request().await;
            told.send("request").unwrap();
            conn.stall().await;
            told.send("closed").unwrap();
        }
    })
    .await;
    let transport = transport();
    tokio::select! {
        reply = transport.send(get(&server.url("/"))) => panic!("no reply was sent: {reply:?}"),
        told = tell.recv() => assert_eq!(told, Some("request")),
    }
    assert_eq!(tell.recv().await, Some("closed"));
}

#[tokio::test]
async fn a_dropped_reply_stops_the_download() {
    let (told, mut tell) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut conn| {
        let told = told.clone();
        async move {
            conn.request().await;
            conn.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
            while tokio::io::AsyncWriteExt::write_all(&mut conn.stream, chunk.as_bytes())
                .await
                .is_ok()
            {}
            told.send("closed").unwrap();
        }
    })
    .await;
    let transport = transport();
    let mut body = transport
        .send(get(&server.url("/")))
        .await
        .unwrap()
        .into_body();
    body.chunk().await.unwrap().unwrap();
    drop(body);
    assert_eq!(tell.recv().await, Some("closed"));
}

/// Answers with the path, a byte at a time, after reading the request.
async fn drip(
    request: Request<Incoming>,
) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = hyper::Error>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    body.collect().await?;
    let path = parts.uri.path().to_owned().into_bytes();
    let bytes = futures_util::stream::unfold(path.into_iter(), |mut left| async move {
        tokio::task::yield_now().await;
        let frame = Frame::data(Bytes::from(vec![left.next()?]));
        Some((Ok(frame), left))
    });
    Ok(Response::new(StreamBody::new(bytes)))
}

/// A server that trickles its replies over TLS, and a transport for each version of HTTP.
async fn dripping() -> Vec<(TlsServer, HyperTransport)> {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let mut all = Vec::new();
    for version in [
        HyperTransportBuilder::http1_only,
        HyperTransportBuilder::http2_only,
    ] {
        let service = hyper::service::service_fn(drip);
        let server = TlsServer::serving(&identity, &["h2", "http/1.1"], None, service).await;
        let builder = HyperTransport::builder().add_root_certificates(authority.pem());
        all.push((server, built(version(builder))));
    }
    all
}

/// Waits until the server has no more connections than this.
async fn settled(server: &TlsServer, most: usize) {
    for _ in 0..12_000 {
        if server.open() <= most {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{} connections are left open", server.open());
}

#[tokio::test]
async fn dropping_at_any_await_over_tls_leaks_nothing() {
    for (server, transport) in dripping().await {
        let (mut finished, mut polls) = (0, 0);
        // A fresh pool now and then, so that handshakes are cancelled as well as exchanges.
        while finished < 20 {
            polls += 1;
            assert!(polls < 2000, "no request ever comes to its end");
            let path = format!("/dropped/{polls}");
            let dropped = fetch(&transport, post(&server.url(&path), vec![0; 300_000]));
            finished += usize::from(at_most(polls, dropped).await.is_some());
            if polls % 7 == 0 {
                let path = format!("/whole/{polls}");
                let whole = fetch(&transport, get(&server.url(&path))).await.unwrap();
                assert_eq!(whole, path);
            }
        }
        settled(&server, 3).await;
        drop(transport);
        settled(&server, 0).await;
    }
}

#[tokio::test]
async fn dropping_while_connecting_leaks_nothing() {
    let strangers = Authority::new().pem();
    for (server, transport) in dripping().await {
        for polls in 0..60 {
            // Each transport opens its own connection, and is gone right after.
            let fresh = built(HyperTransport::builder().add_root_certificates(&strangers));
            at_most(polls % 20, fresh.send(get(&server.url("/")))).await;
            at_most(polls, transport.send(get(&server.url("/")))).await;
        }
        assert_eq!(
            fetch(&transport, get(&server.url("/whole"))).await.unwrap(),
            "/whole"
        );
        settled(&server, 3).await;
        drop(transport);
        settled(&server, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dropping_at_any_time_with_many_threads_leaks_nothing() {
    for (server, transport) in dripping().await {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..300_u64 {
            let transport = transport.clone();
            let url = server.url(&format!("/{n}"));
            tasks.spawn(async move {
                let exchange = fetch(&transport, post(&url, vec![0; 100_000]));
                let limit = match n {
                    280.. => Duration::from_secs(60),
                    _ => Duration::from_micros(n * n * 10),
                };
                match tokio::time::timeout(limit, exchange).await {
                    Ok(reply) => assert_eq!(reply.unwrap(), format!("/{n}")),
                    Err(_) => return false,
                }
                true
            });
        }
        let finished = tasks
            .join_all()
            .await
            .into_iter()
            .filter(|done| *done)
            .count();
        assert!((1..300).contains(&finished), "{finished}");
        assert_eq!(
            fetch(&transport, get(&server.url("/whole"))).await.unwrap(),
            "/whole"
        );
        drop(transport);
        settled(&server, 0).await;
    }
}

#[tokio::test]
async fn whoever_opens_the_shared_connection_may_leave() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let service = hyper::service::service_fn(drip);
    let server = TlsServer::serving(&identity, &["h2"], None, service).await;
    let port = server.port;
    // The first connection hangs during its TLS handshake.
    let entrance = Server::start(move |mut conn| async move {
        if conn.number == 0 {
            return conn.stall().await;
        }
        let mut target = tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .unwrap();
        let _ = tokio::io::copy_bidirectional(&mut conn.stream, &mut target).await;
    })
    .await;
    let builder = HyperTransport::builder().add_root_certificates(authority.pem());
    let transport = built(builder.http2_only());
    let url = format!("https://localhost:{}/whole", entrance.port);

    let first = tokio::spawn({
        let (transport, request) = (transport.clone(), get(&url));
        async move { transport.send(request).await }
    });
    while entrance.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let waiting = [post(&url, vec![0; 1000]), get(&url), get(&url)].map(|request| {
        let transport = transport.clone();
        tokio::spawn(async move { fetch(&transport, request).await })
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.abort();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().unwrap(), "/whole");
    }
    assert_eq!(entrance.connections(), 2, "the others share one connection");
}

#[tokio::test]
async fn those_who_wait_for_a_connection_are_told_why_there_is_none() {
    let (server, _) = dripping().await.remove(1);
    let stranger = HyperTransport::builder().add_root_certificates(Authority::new().pem());
    let transport = built(stranger.http2_only());
    let url = server.url("/");
    let requests = (0..20).map(|_| transport.send(get(&url)));
    for result in futures_util::future::join_all(requests).await {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Tls, "{error}");
        assert!(error.never_sent());
    }
}
