//! Bytes that belong to no reply: they are never taken for the next one.

use std::time::Duration;

use crate::support::{Server, chain, fetch, get, post, text, transport};
use cf_transport::TransportErrorKind as Kind;
use http::Request;
use tokio::time::sleep;

const EVIL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";

/// Replies with more bytes than they announce.
const REPLIES: [(&str, &str); 5] = [
    ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "hello"),
    (
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "hello",
    ),
    ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", ""),
    ("HTTP/1.1 204 No Content\r\n\r\n", ""),
    ("HTTP/1.1 304 Not Modified\r\n\r\n", ""),
];

#[tokio::test]
async fn garbage_with_the_reply_costs_the_connection() {
    for (reply, body) in REPLIES {
        for garbage in [EVIL, "x", "\r\n\r\n", "0\r\n\r\n"] {
            let all: &'static str = String::leak(format!("{reply}{garbage}"));
            let server = Server::replying(all).await;
            let transport = transport();
            for n in 1..=5 {
                let got = fetch(&transport, post(&server.url("/"), "{}")).await;
                let got = got.unwrap_or_else(|error| panic!("{all:?}: {}", chain(&error)));
                assert_eq!(got, body, "{all:?}");
                assert_eq!(server.connections(), n, "{all:?}: never used again");
            }
        }
    }
}

#[tokio::test]
async fn garbage_after_a_while_costs_the_connection_too() {
    let server = Server::start(|mut conn| async move {
        while conn.request().await.is_some() {
            conn.write(REPLIES[0].0).await;
            sleep(Duration::from_millis(10)).await;
            conn.write(EVIL).await;
        }
    })
    .await;
    let transport = transport();
    for n in 1..=3 {
        let got = fetch(&transport, get(&server.url("/"))).await.unwrap();
        assert_eq!(got, "hello");
        sleep(Duration::from_millis(60)).await;
        assert_eq!(server.connections(), n);
    }
}

#[tokio::test]
async fn garbage_just_before_the_next_request_is_never_its_reply() {
    // It has arrived, but the runtime has had only one turn since the last reply. What arrives after a request
    // was sent cannot be told from its reply.
    let server = Server::start(|mut conn| async move {
        while conn.request().await.is_some() {
            conn.write(REPLIES[0].0).await;
            tokio::task::yield_now().await;
            conn.write(EVIL).await;
        }
    })
    .await;
    let transport = transport();
    for _ in 0..200 {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        match fetch(&transport, get(&server.url("/"))).await {
            Ok(text) => assert_eq!(text, "hello"),
            Err(error) => assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error)),
        }
    }
}

#[tokio::test]
async fn a_reply_to_head_has_no_body_whatever_is_sent() {
    let server = Server::replying(REPLIES[0].0).await;
    let transport = transport();
    for n in 1..=3 {
        let head = Request::head(server.url("/"))
            .body(Default::default())
            .unwrap();
        assert_eq!(fetch(&transport, head).await.unwrap(), "");
        let got = fetch(&transport, get(&server.url("/"))).await.unwrap();
        assert_eq!((got.as_str(), server.connections()), ("hello", 2 * n));
        // The connection of the GET is fine; the next HEAD corrupts it.
        let head = Request::head(server.url("/"))
            .body(Default::default())
            .unwrap();
        fetch(&transport, head).await.unwrap();
    }
}

#[tokio::test]
async fn an_unasked_reply_is_never_used() {
    let server = Server::start(|mut conn| async move {
        if conn.number == 0 {
            // Before any request.
            conn.write(EVIL).await;
        }
        while conn.request().await.is_some() {
            conn.write(REPLIES[0].0).await;
        }
    })
    .await;
    let transport = transport();
    for _ in 0..3 {
        match fetch(&transport, get(&server.url("/"))).await {
            Ok(text) => assert_eq!(text, "hello"),
            Err(error) => assert!(
                matches!(error.kind(), Kind::Interrupted | Kind::Protocol),
                "{}",
                chain(&error)
            ),
        }
    }
}

#[tokio::test]
async fn a_reply_without_length_ends_with_its_connection() {
    let server = Server::start(|mut conn| async move {
        conn.request().await;
        conn.write("HTTP/1.1 200 OK\r\n\r\nhello").await;
    })
    .await;
    let transport = transport();
    for n in 1..=3 {
        let reply = cf_transport::Transport::send(&transport, get(&server.url("/")))
            .await
            .unwrap();
        assert_eq!(reply.body().content_length(), None);
        assert_eq!(text(reply).await.unwrap(), "hello");
        assert_eq!(server.connections(), n);
    }
}
