//! How connections are kept, shared, and closed.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::h2::{handshake, serve};
use crate::support::tls::{Authority, TlsServer};
use crate::support::{Conn, Server, built, eventually, fetch, get, text, transport};
use cf_transport::{Body, HyperTransport, Transport};
use http::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

async fn answer(mut conn: Conn) {
    while conn.request().await.is_some() {
        conn.write(OK).await;
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// A server of HTTP/1.1 or HTTP/2 over TLS that answers after 50 ms, and the transport that trusts it.
async fn secure(alpn: &[&str]) -> (TlsServer, HyperTransport) {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let service = hyper::service::service_fn(|_| async {
        sleep(Duration::from_millis(50)).await;
        Ok::<_, Infallible>(Response::new(Body::from("hello")))
    });
    let server = TlsServer::serving(&identity, alpn, None, service).await;
    let builder = HyperTransport::builder().add_root_certificates(authority.pem());
    (server, built(builder))
}

#[tokio::test]
async fn a_connection_that_comes_free_serves_who_waits_for_a_new_one() {
    let (server, transport) = secure(&["http/1.1"]).await;
    let port = server.port;
    // The second connection hangs during its TLS handshake.
    let entrance = Server::start(move |mut conn| async move {
        if conn.number == 1 {
            return conn.stall().await;
        }
        let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = copy_bidirectional(&mut conn.stream, &mut target).await;
    })
    .await;
    let url = format!("https://localhost:{}/", entrance.port);
    assert_eq!(fetch(&transport, get(&url)).await.unwrap(), "hello");
    let (first, second) = tokio::join!(
        fetch(&transport, get(&url)),
        timeout(Duration::from_secs(60), fetch(&transport, get(&url)))
    );
    assert_eq!(first.unwrap(), "hello");
    assert_eq!(second.expect("it need not wait").unwrap(), "hello");
    assert_eq!(entrance.connections(), 2);

    // Nobody waits long for the one that hangs, either.
    let all = (0..3).map(|_| fetch(&transport, get(&url)));
    let all = futures_util::future::join_all(all);
    let all = timeout(Duration::from_secs(60), all).await;
    assert!(all.expect("it need not wait").iter().all(Result::is_ok));
}

#[tokio::test]
async fn all_share_the_first_connection_of_http2() {
    let (server, transport) = secure(&["h2"]).await;
    let url = server.url("/");
    let all = (0..50).map(|_| fetch(&transport, get(&url)));
    for text in futures_util::future::join_all(all).await {
        assert_eq!(text.unwrap(), "hello");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn where_there_is_no_http2_each_opens_its_own() {
    let (server, transport) = secure(&["http/1.1"]).await;
    let url = server.url("/");
    for _ in 0..3 {
        let all = (0..20).map(|_| fetch(&transport, get(&url)));
        for text in futures_util::future::join_all(all).await {
            assert_eq!(text.unwrap(), "hello");
        }
    }
    let most = server.connections();
    assert!((2..=20).contains(&most), "{most}: at once, and used again");
}

/// A server that answers once on each connection, closes it if told to, and counts those that the client closed, too.
async fn watched(closes: bool) -> (Server, Arc<AtomicUsize>) {
    let closed = Arc::new(AtomicUsize::new(0));
    let count = closed.clone();
    let server = Server::start(move |mut conn| {
        let count = count.clone();
        async move {
            conn.request().await;
            conn.write(OK).await;
            if closes {
                sleep(Duration::from_millis(10)).await;
                let _ = conn.stream.shutdown().await;
            }
            let mut rest = Vec::new();
            let _ = conn.stream.read_to_end(&mut rest).await;
            assert_eq!(rest, b"", "nothing is sent once it is idle");
            count.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    (server, closed)
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_closed_in_time() {
    let (server, closed) = watched(false).await;
    let transport = built(HyperTransport::builder().pool_idle_timeout(Duration::from_secs(30)));
    fetch(&transport, get(&server.url("/"))).await.unwrap();
    sleep(Duration::from_secs(25)).await;
    assert_eq!(closed.load(Ordering::SeqCst), 0);
    sleep(Duration::from_secs(15)).await;
    eventually("closed without another request", || {
        closed.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_the_server_closes_is_let_go_of() {
    let (server, closed) = watched(true).await;
    let transport = built(HyperTransport::builder().pool_idle_timeout(None));
    for round in 1..=2 {
        fetch(&transport, get(&server.url("/"))).await.unwrap();
        sleep(Duration::from_secs(10)).await;
        eventually("let go of", || closed.load(Ordering::SeqCst) == round).await;
    }
}

#[tokio::test]
async fn nothing_stays_open_without_its_transport() {
    let (server, closed) = watched(false).await;
    let transport = transport();
    fetch(&transport, get(&server.url("/"))).await.unwrap();
    drop(transport);
    let is_closed = async {
        while closed.load(Ordering::SeqCst) == 0 {
            sleep(Duration::from_millis(2)).await;
        }
    };
    let in_time = timeout(Duration::from_secs(60), is_closed).await;
    in_time.expect("the connection is still open");
}

#[test]
fn a_transport_may_be_used_by_one_runtime_after_the_other() {
    let of_server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = of_server.block_on(Server::start(answer));
    let transport = transport();
    for _ in 0..3 {
        let runtime = runtime();
        for _ in 0..2 {
            let text = runtime.block_on(fetch(&transport, get(&server.url("/"))));
            assert_eq!(text.unwrap(), "hello");
        }
    }
    assert_eq!(server.connections(), 3, "each has its own");
}

#[test]
fn a_runtime_that_rests_keeps_nobody_waiting() {
    let of_server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = of_server.block_on(Server::start(answer));
    let transport = transport();
    let (first, second) = (runtime(), runtime());
    for _ in 0..3 {
        for runtime in [&first, &second] {
            let text = runtime.block_on(async {
                let sent = fetch(&transport, get(&server.url("/")));
                timeout(Duration::from_secs(60), sent).await
            });
            assert_eq!(text.expect("it need not wait").unwrap(), "hello");
        }
    }
    assert_eq!(server.connections(), 2);
}

/// The server's open connections, over HTTP/1.1 and HTTP/2.
fn counting_open(http2: bool) -> (tokio::runtime::Runtime, String, Arc<AtomicUsize>) {
    let of_server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let open = Arc::new(AtomicUsize::new(0));
    let count = open.clone();
    let server = of_server.block_on(Server::start(move |mut conn| {
        count.fetch_add(1, Ordering::SeqCst);
        let count = count.clone();
        async move {
            if http2 {
                handshake(&mut conn).await;
                serve(&mut conn).await;
            } else {
                answer(conn).await;
            }
            count.fetch_sub(1, Ordering::SeqCst);
        }
    }));
    (of_server, server.url("/"), open)
}

#[test]
fn idle_connections_are_closed_where_their_runtimes_rest() {
    for http2 in [false, true] {
        let (_server, url, open) = counting_open(http2);
        let builder = HyperTransport::builder().pool_idle_timeout(Duration::from_millis(500));
        let transport = built(match http2 {
            true => builder.http2_only(),
            false => builder.http1_only(),
        });
        let runtimes: Vec<_> = (0..21).map(|_| runtime()).collect();
        for runtime in &runtimes {
            let text = runtime.block_on(fetch(&transport, get(&url)));
            assert_eq!(text.unwrap(), "hello");
        }
        assert!(open.load(Ordering::SeqCst) > 0, "they are kept for a while");
        // From now on all of them are idle.
        for _ in 0..6000 {
            if open.load(Ordering::SeqCst) == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(open.load(Ordering::SeqCst), 0, "HTTP/2: {http2}");
        // And they continue.
        let text = runtimes[3].block_on(fetch(&transport, get(&url)));
        assert_eq!(text.unwrap(), "hello");
    }
}

/// A server on its own thread, which serves one request on each connection. Then it does something with the
/// connection once it is told to, and reports when that is done.
struct OneEach {
    url: String,
    served: Arc<AtomicUsize>,
    go_on: std::sync::mpsc::Sender<()>,
    done: std::sync::mpsc::Receiver<()>,
}

fn one_each(last: fn(&mut std::net::TcpStream)) -> OneEach {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    let (go_on, told) = std::sync::mpsc::channel();
    let (tell, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                seen.extend(byte);
            }
            count.fetch_add(1, Ordering::SeqCst);
            stream.write_all(OK.as_bytes()).unwrap();
            if told.recv().is_err() {
                return;
            }
            last(&mut stream);
            let _ = tell.send(());
        }
    });
    OneEach {
        url,
        served,
        go_on,
        done,
    }
}

/// A closed connection is noticed even if the runtime has had no time to look.
#[tokio::test]
async fn a_connection_is_probed_before_it_is_used_again() {
    let closes = |stream: &mut std::net::TcpStream| {
        stream.shutdown(std::net::Shutdown::Both).unwrap();
    };
    let unasked = |stream: &mut std::net::TcpStream| {
        stream.write_all(OK.as_bytes()).unwrap();
    };
    for server in [one_each(closes), one_each(unasked)] {
        let transport = transport();
        for n in 1..=5 {
            let reply = fetch(&transport, get(&server.url)).await;
            assert_eq!(reply.unwrap(), "hello");
            assert_eq!(server.served.load(Ordering::SeqCst), n);
            // Blocks the runtime on purpose.
            server.go_on.send(()).unwrap();
            server.done.recv().unwrap();
            // A busy kernel may take a moment to deliver it.
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[tokio::test]
async fn a_reply_that_is_here_already_can_be_dropped_at_no_loss() {
    let (go_on, may_go_on) = mpsc::unbounded_channel();
    let may_go_on = Arc::new(tokio::sync::Mutex::new(may_go_on));
    let (tell, mut written) = mpsc::unbounded_channel();
    let server = Server::start(move |mut conn| {
        let (may_go_on, tell) = (may_go_on.clone(), tell.clone());
        async move {
            while conn.request().await.is_some() {
                conn.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
                    .await;
                may_go_on.lock().await.recv().await;
                conn.write("world").await;
                tell.send(()).unwrap();
            }
        }
    })
    .await;
    let transport = transport();
    for (is_here, connections) in [(true, 1), (true, 1), (false, 1), (true, 2)] {
        let reply = transport.send(get(&server.url("/"))).await.unwrap();
        let mut body = reply.into_body();
        assert_eq!(body.chunk().await.unwrap().unwrap(), "hello");
        if is_here {
            go_on.send(()).unwrap();
            written.recv().await.unwrap();
            drop(body);
        } else {
            drop(body);
            go_on.send(()).unwrap();
            written.recv().await.unwrap();
        }
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reply_may_be_read_anywhere() {
    let server = Server::start(|mut conn| async move {
        while conn.request().await.is_some() {
            conn.write("HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n")
                .await;
            for _ in 0..300 {
                conn.write(&"x".repeat(1000)).await;
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
    let transport = transport();
    for round in 0..30 {
        let reply = transport.send(get(&server.url("/"))).await.unwrap();
        let read = async move { text(reply).await.unwrap().len() };
        let len = match round % 3 {
            0 => tokio::spawn(read).await.unwrap(),
            1 => std::thread::spawn(|| runtime().block_on(read))
                .join()
                .unwrap(),
            _ => read.await,
        };
        assert_eq!(len, 300_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_share_the_pool() {
    let server = Server::start(answer).await;
    let transport = transport();
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let (transport, url) = (transport.clone(), server.url("/"));
        tasks.spawn(async move {
            for _ in 0..100 {
                assert_eq!(fetch(&transport, get(&url)).await.unwrap(), "hello");
            }
        });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    assert_eq!(server.requests().len(), 6400);
    // Somewhat more than there are tasks, if connections are slow to open.
    assert!(server.connections() < 100, "{}", server.connections());
}
