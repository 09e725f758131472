//! Connections whose peer is gone, or does not read: they get no further requests.

use std::sync::Arc;
use std::time::Duration;

use crate::support::h2::*;
use crate::support::{Conn, Server, built, fetch, get, post};
use cf_transport::{HyperTransport, HyperTransportBuilder, Transport, TransportErrorKind as Kind};
use tokio::sync::{Barrier, mpsc};
use tokio::time::{sleep, timeout};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
const SOON: Duration = Duration::from_secs(10);

/// The first connections answer one request each, all at the same time, and are dead from then on. Later ones work.
async fn dying(version: Version, first: usize) -> Server {
    let together = Arc::new(Barrier::new(first));
    Server::start(move |mut conn| {
        let together = together.clone();
        async move {
            let dies = conn.number < first;
            match version {
                Version::Http1 => {
                    while conn.request().await.is_some() {
                        if dies {
                            together.wait().await;
                        }
                        conn.write(OK).await;
                        if dies {
                            conn.hang().await;
                            return;
                        }
                    }
                }
                Version::Http2 => {
                    handshake_with(&mut conn, &[(MAX_CONCURRENT_STREAMS, 1)]).await;
                    if dies {
                        let stream = next_request(&mut conn).await.unwrap();
                        together.wait().await;
                        answer(&mut conn, stream).await;
                        conn.hang().await;
                    } else {
                        serve(&mut conn).await;
                    }
                }
            }
        }
    })
    .await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

impl Version {
    fn builder(self) -> HyperTransportBuilder {
        match self {
            Self::Http1 => HyperTransport::builder().http1_only(),
            Self::Http2 => HyperTransport::builder().http2_only(),
        }
    }
}

/// How a request ends early.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// By the transport.
    Own,
    /// By dropping its future.
    Dropped,
}

#[tokio::test(start_paused = true)]
async fn after_a_silence_the_next_request_goes_to_a_new_connection() {
    for version in [Version::Http1, Version::Http2] {
        for limit in [Limit::Own, Limit::Dropped] {
            for dead in [1, 4] {
                let server = dying(version, dead).await;
                let time = Duration::from_secs(2);
                let builder = version.builder();
                let transport = built(match limit {
                    Limit::Own => builder.total_timeout(time),
                    Limit::Dropped => builder,
                });
                let url = server.url("/");
                let all = (0..dead).map(|_| fetch(&transport, get(&url)));
                for text in futures_util::future::join_all(all).await {
                    assert_eq!(text.unwrap(), "hello");
                }
                assert_eq!(server.connections(), dead);

                let sent = fetch(&transport, get(&url));
                match limit {
                    Limit::Own => assert_eq!(sent.await.unwrap_err().kind(), Kind::Timeout),
                    Limit::Dropped => drop(timeout(time, sent).await.unwrap_err()),
                }
                let case = format!("{version:?} {limit:?} {dead}");
                let text = timeout(SOON, fetch(&transport, post(&url, "{}"))).await;
                assert_eq!(text.expect(&case).expect(&case), "hello");
                assert_eq!(server.connections(), dead + 1, "{case}");
            }
        }
    }
}

/// A server that answers only after this time, but its pings at once.
async fn slow(time: Duration) -> Server {
    Server::start(move |mut conn| async move {
        handshake(&mut conn).await;
        let (answered, mut due) = mpsc::unbounded_channel();
        loop {
            tokio::select! {
                frame = next_frame(&mut conn) => match frame {
                    Some((HEADERS, stream)) => {
                        let answered = answered.clone();
                        tokio::spawn(async move {
                            sleep(time).await;
                            let _ = answered.send(stream);
                        });
                    }
                    Some(_) => {}
                    None => return,
                },
                Some(stream) = due.recv() => answer(&mut conn, stream).await,
            }
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_that_gives_signs_of_life_keeps_its_connection() {
    let server = slow(Duration::from_millis(1500)).await;
    let transport = built(HyperTransport::builder().http2_only());
    let url = server.url("/");
    let given_up = timeout(Duration::from_millis(300), fetch(&transport, get(&url))).await;
    assert!(given_up.is_err());
    // By now it has answered the ping.
    sleep(Duration::from_millis(200)).await;
    let waiting = tokio::spawn({
        let (transport, request) = (transport.clone(), get(&url));
        async move { fetch(&transport, request).await }
    });
    sleep(Duration::from_millis(1000)).await;
    assert_eq!(fetch(&transport, get(&url)).await.unwrap(), "hello");
    assert_eq!(waiting.await.unwrap().unwrap(), "hello");
    assert_eq!(server.connections(), 1);
}

/// The first connection takes a request and stops reading until it is told to continue. Others work.
async fn not_reading(
    settings: &'static [(u16, u32)],
    window: Option<u32>,
) -> (Server, mpsc::UnboundedSender<()>) {
    let (tell, told) = mpsc::unbounded_channel();
    let told = Arc::new(tokio::sync::Mutex::new(told));
    let server = Server::start(move |mut conn: Conn| {
        let told = told.clone();
        async move {
            handshake_with(&mut conn, settings).await;
            if let Some(window) = window {
                frame(&mut conn, WINDOW_UPDATE, 0, 0, &window.to_be_bytes()).await;
            }
            if conn.number == 0 {
                next_request(&mut conn).await.unwrap();
                told.lock().await.recv().await;
            }
            serve(&mut conn).await;
        }
    })
    .await;
    (server, tell)
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_peer_stops_reading_gets_no_new_requests() {
    let without_end = (1 << 31) - 1;
    let no_settings: &'static [(u16, u32)] = &[];
    let windows = [
        // The window is used up.
        (no_settings, None),
        // The window is not, but the kernel takes no more.
        (
            &[(INITIAL_WINDOW_SIZE, (1 << 31) - 1)],
            Some(without_end - 65_535),
        ),
    ];
    for (settings, window) in windows {
        let (server, resume) = not_reading(settings, window).await;
        let transport = built(HyperTransport::builder().http2_only());
        let url = server.url("/");
        let upload = tokio::spawn({
            let (transport, request) = (transport.clone(), post(&url, vec![0; 64 << 20]));
            async move { transport.send(request).await }
        });
        sleep(Duration::from_millis(700)).await;
        for _ in 0..5 {
            let text = timeout(Duration::from_secs(1), fetch(&transport, post(&url, "{}"))).await;
            assert_eq!(text.expect("it does not wait").unwrap(), "hello");
        }
        assert_eq!(server.connections(), 2, "one new one for all");
        upload.abort();

        // Once it reads again, it is used again.
        resume.send(()).unwrap();
        sleep(Duration::from_millis(300)).await;
        for _ in 0..5 {
            assert_eq!(fetch(&transport, get(&url)).await.unwrap(), "hello");
        }
        assert_eq!(server.connections(), 2);
    }
}
