//! Futures and bodies that are dropped halfway: nothing goes on in the background, no pool is poisoned.
#![cfg(all(feature = "hyper", any(feature = "ring", feature = "aws-lc-rs")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use cf_transport::Transport;
use support::{Server, fetch, get, post, transport};

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
    for _ in 0..1000 {
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
