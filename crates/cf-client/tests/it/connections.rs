//! Connections that are dead, busy, closed or hostile, and what happens to calls meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::h2::{self, Conn};
use crate::support::{TOKEN, ZONE, success};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, Error, ErrorKind};
use cf_transport::HyperTransport;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

const RECORD: &str = r#"{"id":"1","type":"A","name":"www","content":"192.0.2.1","ttl":1}"#;
const ZONE_1: &str = r#"{"id":"1","name":"example.com"}"#;
const MAX_CONCURRENT_STREAMS: u16 = 3;

async fn create(client: &Client, name: &str) -> Result<(), Error> {
    let records = client.dns().records();
    let record = ARecordParam::new(name, "192.0.2.1");
    records.create(ZONE, record).await.map(drop)
}

/// Serves this many requests on each connection, refuses those beyond, and counts what it did, by body.
async fn ending_its_connections(each: usize) -> (h2::Server, Arc<Mutex<HashMap<Vec<u8>, usize>>>) {
    let done = Arc::new(Mutex::new(HashMap::new()));
    let count = Arc::clone(&done);
    let server = h2::Server::start(&[], move |mut conn: Conn| {
        let count = Arc::clone(&count);
        async move {
            let mut last = 0_u32;
            for served in 0.. {
                let Some((stream, body)) = conn.request_with_body().await else {
                    return;
                };
                if served >= each {
                    if served == each {
                        let payload = [last.to_be_bytes(), [0; 4]].concat();
                        conn.send(h2::GOAWAY, 0, 0, &payload).await;
                    }
                    continue;
                }
                last = stream;
                *count.lock().unwrap().entry(body).or_default() += 1;
                conn.answer(stream, RECORD).await;
            }
        }
    })
    .await;
    (server, done)
}

#[tokio::test]
async fn what_a_closing_connection_refuses_is_sent_again_at_once() {
    const TASKS: usize = 64;
    const EACH: usize = 40;
    let (server, done) = ending_its_connections(100).await;
    let client = server.builder().build().unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let client = client.clone();
        tasks.spawn(async move {
            for n in 0..EACH {
                create(&client, &format!("www-{task}-{n}")).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let done = done.lock().unwrap();
    assert_eq!(done.len(), TASKS * EACH, "each was done");
    assert!(done.values().all(|times| *times == 1), "once");
}

#[tokio::test(start_paused = true)]
async fn refused_streams_are_sent_again_at_once_and_not_without_end() {
    // How many of the first requests the server refuses, and whether the call succeeds.
    for (refused, succeeds) in [(1, true), (8, true), (usize::MAX, false)] {
        let server = h2::Server::start(&[], move |mut conn: Conn| async move {
            let mut left = refused;
            while let Some(stream) = conn.request().await {
                if left == 0 {
                    conn.answer(stream, RECORD).await;
                } else {
                    left -= 1;
                    let reason = h2::REFUSED_STREAM.to_be_bytes();
                    conn.send(h2::RST_STREAM, 0, stream, &reason).await;
                }
            }
        })
        .await;
        let client = server.builder().build().unwrap();
        match create(&client, "www").await {
            Ok(()) => assert!(succeeds),
            Err(error) => {
                assert!(!succeeds, "{error}");
                assert!(error.to_string().contains("nothing was sent"), "{error}");
                assert!(error.is_retryable());
            }
        }
        assert_eq!(server.connections(), 1);
    }
}

/// A SOCKS proxy whose first connection hangs during the handshake. The others lead to a server that answers.
async fn hanging_proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("socks5://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if connections.is_empty() {
                connections.push(stream);
                continue;
            }
            tokio::spawn(async move { through(&mut stream).await });
        }
    });
    address
}

async fn through(stream: &mut TcpStream) -> Option<()> {
    let mut greeting = [0; 3];
    stream.read_exact(&mut greeting).await.ok()?;
    stream.write_all(&[5, 0]).await.ok()?;
    // CONNECT to an address or a name.
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.ok()?;
    let length = match head[3] {
        1 => 4,
        _ => stream.read_u8().await.ok()?.into(),
    };
    let mut address = vec![0; length + 2];
    stream.read_exact(&mut address).await.ok()?;
    stream
        .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .ok()?;
    // One request at a time, as long as they are small.
    let mut request = [0; 4096];
    while stream.read(&mut request).await.ok()? > 0 {
        stream.write_all(&success(RECORD)).await.ok()?;
    }
    Some(())
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_hangs_has_sent_nothing_and_is_repeated_for_a_post() {
    let client = |retries, proxy: &str| {
        let transport = HyperTransport::builder().proxy(proxy).read_timeout(None);
        let builder = Client::builder()
            .api_token(TOKEN)
            .base_url("http://127.0.0.1:1/client/v4")
            .transport(transport.build().unwrap());
        let builder = builder.retries(retries).timeout(Duration::from_secs(1));
        builder.build().unwrap()
    };
    create(&client(1, &hanging_proxy().await), "www")
        .await
        .unwrap();

    let error = create(&client(0, &hanging_proxy().await), "www").await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    assert!(error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_post_that_waits_for_a_stream_has_sent_nothing() {
    // A first connection whose only stream is taken; the second hangs before it accepts any.
    let server = h2::Server::start(
        &[(MAX_CONCURRENT_STREAMS, 1)],
        |mut conn: Conn| async move {
            conn.request().await;
            conn.hang().await;
        },
    )
    .await;
    let client = server
        .builder()
        .timeout(Duration::from_millis(200))
        .retries(0);
    let client = client.build().unwrap();
    let held = tokio::spawn({
        let client = client.clone();
        async move {
            let patient = client
                .zones()
                .get(ZONE)
                .attempt_timeout(Duration::from_secs(60));
            patient.await
        }
    });
    while server.connections() == 0 {
        tokio::task::yield_now().await;
    }
    let error = create(&client, "www").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    held.abort();
}

/// What hostile servers send first, and then without pause.
fn floods() -> [(&'static str, &'static str); 4] {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    [
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
        (chunked, "1\r\n \r\n"),
        (chunked, "0"),
        ("HTTP/1.1 200 OK\r\n\r\n", " "),
    ]
}

/// Serves each connection on a thread, so that nothing of the client's slows it down.
fn flooding(first: &'static str, forever: &'static str) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/client/v4", listener.local_addr().unwrap());
    let many = forever.repeat(65_536 / forever.len());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let many = many.clone();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(first.as_bytes());
                while stream.write_all(many.as_bytes()).is_ok() {}
            });
        }
    });
    base_url
}

#[tokio::test]
async fn time_limits_hold_whatever_the_server_sends() {
    for (first, forever) in floods() {
        let client = Client::builder()
            .api_token(TOKEN)
            .base_url(flooding(first, forever))
            .timeout(Duration::from_millis(500))
            .deadline(Duration::from_millis(1200));
        let client = client.build().unwrap();
        let started = Instant::now();
        client.zones().get(ZONE).await.expect_err(forever);
        // Generous, since other tests run at the same time; without a bound it would be a minute.
        let took = started.elapsed();
        assert!(took < Duration::from_secs(6), "{forever}: {took:?}");
    }
}

/// The first connection answers once and is dead from then on. Later ones work.
async fn dying(http2: bool) -> (Client, Arc<Mutex<usize>>) {
    let connections = Arc::new(Mutex::new(0));
    let count = Arc::clone(&connections);
    let next = move || {
        let mut count = count.lock().unwrap();
        *count += 1;
        *count
    };
    if http2 {
        let server = h2::Server::start(&[], move |mut conn: Conn| {
            let number = next();
            async move {
                if number == 1 {
                    let stream = conn.request().await.unwrap();
                    conn.answer(stream, ZONE_1).await;
                    conn.hang().await;
                } else {
                    conn.serve(ZONE_1).await;
                }
            }
        })
        .await;
        let client = server.builder().timeout(Duration::from_millis(700));
        return (client.build().unwrap(), connections);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/client/v4", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let number = next();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(&success(ZONE_1)).await;
                    if number == 1 {
                        std::future::pending::<()>().await;
                    }
                }
            });
        }
    });
    let client = Client::builder().api_token(TOKEN).base_url(base_url);
    let client = client.timeout(Duration::from_millis(700));
    (client.build().unwrap(), connections)
}

#[tokio::test(start_paused = true)]
async fn after_a_silence_the_next_attempt_goes_to_a_new_connection() {
    for http2 in [false, true] {
        let (client, connections) = dying(http2).await;
        client.zones().get(ZONE).await.unwrap();
        let (_, meta) = client.zones().get(ZONE).with_meta().await.unwrap();
        assert_eq!(meta.retries(), 1, "HTTP/2: {http2}");
        assert_eq!(*connections.lock().unwrap(), 2, "HTTP/2: {http2}");
    }
}

#[tokio::test(start_paused = true)]
async fn replies_that_nobody_reads_stop_no_other_call() {
    const HELD: usize = 5;
    // As many as the server accepts, and one at a time.
    for settings in [&[][..], &[(MAX_CONCURRENT_STREAMS, 1)]] {
        let taken = Arc::new(Mutex::new(0));
        let server = h2::Server::start(settings, move |mut conn: Conn| {
            let taken = Arc::clone(&taken);
            async move {
                while let Some(stream) = conn.request().await {
                    let number = {
                        let mut taken = taken.lock().unwrap();
                        *taken += 1;
                        *taken
                    };
                    if number > HELD {
                        conn.answer(stream, ZONE_1).await;
                        continue;
                    }
                    // As much as fits into the stream's window; the rest would have to wait.
                    conn.send(h2::HEADERS, h2::END_HEADERS, stream, h2::STATUS_200)
                        .await;
                    for _ in 0..128 {
                        conn.send(h2::DATA, 0, stream, &[b' '; 16_384]).await;
                    }
                }
            }
        })
        .await;
        let client = server.builder().build().unwrap();
        let mut held = Vec::new();
        for _ in 0..HELD {
            held.push(
                client
                    .request(http::Method::GET, "/large")
                    .send_stream()
                    .await
                    .unwrap(),
            );
        }
        for _ in 0..3 {
            let small = timeout(Duration::from_secs(10), client.zones().get(ZONE)).await;
            small.expect("it does not wait for them").unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_peer_stops_reading_gets_no_new_calls() {
    let server = h2::Server::start(&[], |mut conn: Conn| async move {
        if conn.number == 0 {
            while conn
                .next()
                .await
                .is_some_and(|frame| frame.kind != h2::DATA)
            {}
            conn.hang().await;
        } else {
            conn.serve(RECORD).await;
        }
    })
    .await;
    let client = server
        .builder()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let upload = tokio::spawn({
        let client = client.clone();
        let body = vec![b' '; 8 << 20];
        async move {
            client
                .request(http::Method::PUT, "/large")
                .body(body)
                .send_raw()
                .await
        }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    for n in 0..5 {
        let name = format!("www-{n}");
        let created = timeout(Duration::from_secs(10), create(&client, &name)).await;
        created.expect("it does not wait").unwrap();
    }
    assert_eq!(server.connections(), 2);
    upload.abort();
}
