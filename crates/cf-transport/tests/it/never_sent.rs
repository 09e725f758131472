//! An error that says that nothing was sent is right, whatever happens at the same time.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cf_transport::{HyperTransport, HyperTransportBuilder, Transport};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{built, post};

/// How often each path arrived.
type Arrivals = Arc<Mutex<HashMap<String, u32>>>;

/// Serves HTTP/1.1 or HTTP/2 without TLS, and counts the requests that arrive.
async fn counting(http2: bool) -> (u16, Arrivals) {
    let arrivals = Arrivals::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = arrivals.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tcp.set_nodelay(true).unwrap();
            let count = count.clone();
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let path = request.uri().path().to_owned();
                *count.lock().unwrap().entry(path).or_default() += 1;
                async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("hello")))) }
            });
            tokio::spawn(async move {
                let io = TokioIo::new(tcp);
                if http2 {
                    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .max_pending_accept_reset_streams(100_000)
                        .max_local_error_reset_streams(None)
                        .serve_connection(io, service)
                        .await;
                } else {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(io, service)
                        .await;
                }
            });
        }
    });
    (port, arrivals)
}

/// Sends many requests that time out about when they are sent or answered.
async fn hurried(version: fn(HyperTransportBuilder) -> HyperTransportBuilder, http2: bool) {
    const REQUESTS: usize = 10_000;
    const TASKS: usize = 32;
    let (port, arrivals) = counting(http2).await;
    // Some patient ones keep the connections warm.
    let transports: Vec<HyperTransport> = [20, 50, 100, 200, 400, 800, 1600, 60_000_000]
        .map(|micros| {
            let limit = Duration::from_micros(micros);
            built(version(
                HyperTransport::builder().no_proxy().total_timeout(limit),
            ))
        })
        .into();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let transports = transports.clone();
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            for n in (task..REQUESTS).step_by(TASKS) {
                let path = format!("/{n}");
                let request = post(&format!("http://127.0.0.1:{port}{path}"), "{}");
                let sent = transports[n % transports.len()].send(request).await;
                outcomes.push((path, sent.map(drop).err().map(|error| error.never_sent())));
            }
            outcomes
        });
    }
    let outcomes = tasks.join_all().await.concat();
    // What is still in flight arrives.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let arrivals = arrivals.lock().unwrap();
    let (mut unsent, mut lies, mut twice) = (0, 0, 0);
    for (path, never_sent) in &outcomes {
        let arrived = arrivals.get(path).copied().unwrap_or(0);
        twice += usize::from(arrived > 1);
        unsent += usize::from(*never_sent == Some(true));
        lies += usize::from(*never_sent == Some(true) && arrived > 0);
    }
    assert!(unsent > 0, "no time-out came before the sending");
    assert_eq!((lies, twice), (0, 0), "of {unsent} that were never sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_never_sent_over_http2_did_not_arrive() {
    hurried(HyperTransportBuilder::http2_only, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_never_sent_over_http1_did_not_arrive() {
    hurried(HyperTransportBuilder::http1_only, false).await;
}
