//! Replies that are held and not read do not stop other requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{built, fetch, get};
use bytes::Bytes;
use cf_transport::{HyperTransport, Transport};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::time::timeout;

const LARGE: usize = 20_000_000;

/// Serves 20 MB at `/large`, and little elsewhere.
async fn server(max_streams: u32) -> (u16, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = connections.clone();
    let large = Bytes::from(vec![0; LARGE]);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let body = match request.uri().path() {
            "/large" => large.clone(),
            _ => Bytes::from("hello"),
        };
        async { Ok::<_, Infallible>(Response::new(Full::new(body))) }
    });
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            builder.max_concurrent_streams(max_streams);
            tokio::spawn(builder.serve_connection(TokioIo::new(tcp), service.clone()));
        }
    });
    (port, connections)
}

#[tokio::test(start_paused = true)]
async fn replies_that_nobody_reads_stop_no_other() {
    // How many streams the server accepts, how many replies are held, and the connections for them and one more.
    for (max_streams, held, connections) in [(100, 3, 1), (100, 60, 1), (1, 3, 4), (2, 5, 3)] {
        let (port, count) = server(max_streams).await;
        let transport = built(HyperTransport::builder().http2_only());
        let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
        let mut replies = Vec::new();
        for _ in 0..held {
            replies.push(transport.send(get(&url("/large"))).await.unwrap());
        }
        for _ in 0..3 {
            let small = timeout(Duration::from_secs(5), fetch(&transport, get(&url("/")))).await;
            assert_eq!(small.expect("it does not wait for them").unwrap(), "hello");
        }
        assert_eq!(
            count.load(Ordering::SeqCst),
            connections,
            "{max_streams} {held}"
        );
        // They are complete all the same.
        for reply in replies {
            assert_eq!(reply.into_body().bytes(LARGE).await.unwrap().len(), LARGE);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_a_stream_where_the_server_takes_few() {
    let (port, count) = server(2).await;
    let transport = built(HyperTransport::builder().http2_only());
    let url = format!("http://127.0.0.1:{port}/");
    let all = (0..200).map(|_| fetch(&transport, get(&url)));
    for text in futures_util::future::join_all(all).await {
        assert_eq!(text.unwrap(), "hello");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
