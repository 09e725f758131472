//! Proxies: which requests use them, what the proxy sees, and how it fails.

use crate::support::{
    Conn, Server, built, chain, fetch, get, header, is_child, run_with_environment,
};
use cf_transport::{HyperTransport, Transport, TransportErrorKind as Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// A proxy that answers CONNECT with `reply` and then connects to `port`, whatever host was asked for.
async fn connect_proxy(reply: &'static str, port: u16) -> Server {
    Server::start(move |mut conn| async move {
        conn.request().await;
        conn.write(reply).await;
        if reply.ends_with("200 Connection established\r\n\r\n") {
            let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = copy_bidirectional(&mut conn.stream, &mut target).await;
        }
    })
    .await
}

/// The first request line a proxy saw.
fn first_line(proxy: &Server) -> String {
    proxy.requests()[0].lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    // There is no TLS at the end: it is enough that the handshake gets there.
    let target = Server::start(|mut conn| async move {
        assert_eq!(
            conn.stream.read_u8().await.unwrap(),
            0x16,
            "a TLS handshake"
        );
    })
    .await;
    let proxy = connect_proxy("HTTP/1.1 200 Connection established\r\n\r\n", target.port).await;
    let transport = built(
        HyperTransport::builder().proxy(format!("http://us%40er:pass@127.0.0.1:{}", proxy.port)),
    );

    let error = transport
        .send(get("https://api.example.com/secret"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert_eq!(
        error.host(),
        Some("api.example.com"),
        "the error names the server, not the proxy"
    );
    assert_eq!(target.connections(), 1);
    assert_eq!(first_line(&proxy), "CONNECT api.example.com:443 HTTP/1.1");
    let seen = &proxy.requests()[0];
    assert_eq!(
        header(seen, "proxy-authorization"),
        Some("Basic dXNAZXI6cGFzcw==")
    );
    assert!(!seen.contains("secret"));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_a_proxy_error() {
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(20_000));
    for (reply, expected) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "407 Proxy Authentication Required; give it a user name and password",
        ),
        ("HTTP/1.0 403 Forbidden\r\n\r\n", "it replied 403 Forbidden"),
        (
            "HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n",
            "it replied 302",
        ),
        ("garbage\r\n\r\n", "does not speak proper HTTP"),
        ("HTTP/1.1 200 OK\r\n\r\nmore", "does not speak proper HTTP"),
        ("HTTP/1.1 200 OK\r\nx: y", "closed the connection"),
        (String::leak(endless), "does not end"),
        ("", "closed the connection"),
    ] {
        let proxy = connect_proxy(reply, 0).await;
        let address = format!("http://user:hunter2@127.0.0.1:{}", proxy.port);
        let error = built(HyperTransport::builder().proxy(address))
            .send(get("https://api.example.com/"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Proxy, "{}", chain(&error));
        assert!(error.never_sent());
        let shown = format!("{} {error:?}", chain(&error));
        assert!(shown.contains(expected), "{shown}");
        assert!(
            shown.contains(&format!("127.0.0.1:{}", proxy.port)),
            "names the proxy: {shown}"
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_a_proxy_error() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for scheme in ["http", "https", "socks5"] {
        let transport =
            built(HyperTransport::builder().proxy(format!("{scheme}://127.0.0.1:{free}")));
        let error = transport
            .send(get("https://api.example.com/"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Proxy, "{scheme}: {}", chain(&error));
        assert!(error.never_sent());
    }
}

#[tokio::test]
async fn plain_http_names_the_whole_address_to_the_proxy() {
    let proxy = Server::replying(OK).await;
    let transport = built(
        HyperTransport::builder()
            .allow_plain_http(true)
            .proxy(format!("http://user:pass@127.0.0.1:{}", proxy.port)),
    );
    assert_eq!(
        fetch(&transport, get("http://plain.example.com/a?b"))
            .await
            .unwrap(),
        "hello"
    );
    assert_eq!(
        first_line(&proxy),
        "GET http://plain.example.com/a?b HTTP/1.1"
    );
    let seen = &proxy.requests()[0];
    assert_eq!(header(seen, "host"), Some("plain.example.com"));
    assert_eq!(
        header(seen, "proxy-authorization"),
        Some("Basic dXNlcjpwYXNz")
    );
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_for_plain_http_is_a_proxy_error() {
    let reply = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let proxy = Server::replying(reply).await;
    let address = format!("http://user:hunter2@127.0.0.1:{}", proxy.port);
    let builder = HyperTransport::builder().allow_plain_http(true);
    let error = built(builder.proxy(address))
        .send(get("http://api.example.com/"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Proxy, "{}", chain(&error));
    assert!(error.never_sent());
    let shown = format!("{} {error:?}", chain(&error));
    assert!(
        shown.contains("407") && shown.contains("user name and password"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"), "{shown}");

    // From another server it is a reply like any other.
    let direct = built(HyperTransport::builder());
    let reply = direct.send(get(&proxy.url("/"))).await.unwrap();
    assert_eq!(reply.status(), 407);
}

#[tokio::test]
async fn exceptions_go_directly_and_tell_nothing_of_the_proxy() {
    let server = Server::replying(OK).await;
    let proxy = Server::replying(OK).await;
    let address = format!("http://user:pass@127.0.0.1:{}", proxy.port);
    let transport =
        built(HyperTransport::builder().proxy_except(address, "example.org, 127.0.0.0/8"));
    fetch(&transport, get(&server.url("/"))).await.unwrap();
    assert_eq!((server.requests().len(), proxy.connections()), (1, 0));
    assert_eq!(header(&server.requests()[0], "proxy-authorization"), None);
}

#[tokio::test]
async fn plain_http_takes_no_proxy_on_another_machine() {
    let bases = [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]:9/",
        "http://[::ffff:127.0.0.1]:9/",
    ];
    for proxy in [
        "http://user:hunter2@192.0.2.1:3128",
        "https://user:hunter2@192.0.2.1:3128",
        "socks5://user:hunter2@192.0.2.1:1080",
        "socks5h://user:hunter2@proxy.example.com",
        "user:hunter2@proxy.example.com:3128",
        "http://user:hunter2@0.0.0.0:3128",
        "http://user:hunter2@[::ffff:192.0.2.1]:3128",
        "http://user:hunter2@127.0.0.1.example.com:3128",
    ] {
        let transport = built(HyperTransport::builder().proxy_except(proxy, "example.org"));
        for base in bases {
            let error = transport.send(get(base)).await.unwrap_err();
            let shown = format!("{} {error:?}", chain(&error));
            assert_eq!(error.kind(), Kind::Request, "{proxy} {base}: {shown}");
            assert!(error.never_sent());
            for part in [
                "unencrypted to the proxy",
                "https://",
                "proxy_except",
                "allow_plain_http",
            ] {
                assert!(shown.contains(part), "{shown}");
            }
            let host = proxy.rsplit_once('@').unwrap().1;
            assert!(shown.contains(host), "names the proxy: {shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}

#[tokio::test]
async fn plain_http_takes_a_proxy_on_this_machine_an_exception_or_leave() {
    let server = Server::replying(OK).await;
    let proxy = Server::replying(OK).await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let address = format!("http://{host}:{}", proxy.port);
        let transport = built(HyperTransport::builder().proxy(address));
        fetch(&transport, get(&server.url("/"))).await.unwrap();
    }
    assert_eq!((proxy.connections(), server.connections()), (3, 0));

    let elsewhere = "http://192.0.2.1:3128";
    let excepted = HyperTransport::builder().proxy_except(elsewhere, "127.0.0.1");
    fetch(&built(excepted), get(&server.url("/")))
        .await
        .unwrap();
    assert_eq!(server.connections(), 1);

    // TLS passes it end to end, and so it is tried.
    let quick = || HyperTransport::builder().connect_timeout(std::time::Duration::from_millis(50));
    let error = built(quick().proxy(elsewhere))
        .send(get("https://127.0.0.1/"))
        .await
        .unwrap_err();
    assert_ne!(error.kind(), Kind::Request, "{error}");
    let allowed = quick().allow_plain_http(true).proxy(elsewhere);
    let error = built(allowed)
        .send(get(&server.url("/")))
        .await
        .unwrap_err();
    assert_ne!(error.kind(), Kind::Request, "it is tried: {error}");
}

/// Speaks SOCKS5 with user name and password, and returns the host and port asked for.
async fn socks_handshake(conn: &mut Conn) -> (String, u16) {
    let stream = &mut conn.stream;
    let mut hello = [0; 3];
    stream.read_exact(&mut hello).await.unwrap();
    assert_eq!(
        hello,
        [5, 1, 2],
        "version 5, one method: user name and password"
    );
    stream.write_all(&[5, 2]).await.unwrap();
    let mut login = [0; 11];
    stream.read_exact(&mut login).await.unwrap();
    assert_eq!(&login, b"\x01\x04user\x04pass");
    stream.write_all(&[1, 0]).await.unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(
        head[..4],
        [5, 1, 0, 3],
        "connect to a name: it is resolved by the proxy"
    );
    let mut name = vec![0; head[4].into()];
    stream.read_exact(&mut name).await.unwrap();
    let port = stream.read_u16().await.unwrap();
    stream
        .write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80])
        .await
        .unwrap();
    (String::from_utf8(name).unwrap(), port)
}

#[tokio::test]
async fn a_socks_proxy_leads_to_the_server() {
    let proxy = Server::start(|mut conn| async move {
        let (host, port) = socks_handshake(&mut conn).await;
        conn.request().await;
        let body = format!("{host}:{port}");
        conn.write(&format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
        conn.stall().await;
    })
    .await;
    let address = format!("socks5h://user:pass@127.0.0.1:{}", proxy.port);
    let transport = built(
        HyperTransport::builder()
            .allow_plain_http(true)
            .proxy(address),
    );
    for (url, expected) in [
        ("http://a.example.com/x", "a.example.com:80"),
        ("http://b.example.com:8080/x", "b.example.com:8080"),
    ] {
        assert_eq!(fetch(&transport, get(url)).await.unwrap(), expected);
    }
    let seen = &proxy.requests()[0];
    assert!(
        seen.starts_with("GET /x HTTP/1.1"),
        "as if there were no proxy: {seen}"
    );
    assert_eq!(header(seen, "proxy-authorization"), None);
}

#[test]
fn an_address_that_is_none_is_refused_without_showing_it() {
    for address in [
        "",
        "://hunter2",
        "socks4://hunter2@host:1",
        "ftp://hunter2@host",
        "http://user:hunter2@",
    ] {
        let error = HyperTransport::builder()
            .proxy(address)
            .build()
            .expect_err(address);
        assert_eq!(error.kind(), Kind::Proxy, "{address}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_names_the_proxy() {
    const TEST: &str = "proxy::the_environment_names_the_proxy";
    if is_child() {
        let local = Server::replying(OK).await;
        fetch(&crate::support::transport(), get(&local.url("/")))
            .await
            .expect("this machine is reached directly");
        let error = crate::support::transport()
            .send(get("https://api.example.invalid/"))
            .await
            .unwrap_err();
        println!("outcome: {:?}", error.kind());
        return;
    }
    for (name, except, expected) in [
        ("HTTPS_PROXY", "", Kind::Proxy),
        ("https_proxy", "other.invalid", Kind::Proxy),
        ("ALL_PROXY", "", Kind::Proxy),
        ("HTTP_PROXY", "", Kind::Connect),
        ("HTTPS_PROXY", "example.invalid", Kind::Connect),
        ("HTTPS_PROXY", "*", Kind::Connect),
    ] {
        let proxy = connect_proxy("HTTP/1.1 403 Forbidden\r\n\r\n", 0).await;
        let address = format!("http://127.0.0.1:{}", proxy.port);
        let variables = [(name, address), ("NO_PROXY", except.to_owned())];
        let (success, output) =
            tokio::task::spawn_blocking(move || run_with_environment(TEST, &variables))
                .await
                .unwrap();
        assert!(success, "{output}");
        assert!(
            output.contains(&format!("outcome: {expected:?}")),
            "{name} except {except:?}: {output}"
        );
        assert_eq!(proxy.connections(), usize::from(expected == Kind::Proxy));
    }
}

#[test]
fn an_environment_that_makes_no_sense_is_an_error() {
    const TEST: &str = "proxy::an_environment_that_makes_no_sense_is_an_error";
    if is_child() {
        let error = HyperTransport::new().unwrap_err();
        assert_eq!(error.kind(), Kind::Proxy);
        println!("outcome: {error}");
        HyperTransport::builder()
            .no_proxy()
            .build()
            .expect("the environment is not looked at");
        return;
    }
    let (success, output) =
        run_with_environment(TEST, &[("HTTPS_PROXY", "socks4://hunter2:1".to_owned())]);
    assert!(success, "{output}");
    assert!(
        output.contains("outcome: the environment variable HTTPS_PROXY"),
        "{output}"
    );
    assert!(!output.contains("hunter2"), "{output}");
}
