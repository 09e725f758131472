//! TLS with real certificates: which are trusted, which protocol is chosen, and what servers see.

use crate::support::tls::{Authority, Identity, TlsServer, acceptor};
use crate::support::{
    Server, built, chain, fetch, get, is_child, post, run_with_environment, transport,
};
use bytes::Bytes;
use cf_transport::{HyperTransport, RootCertificates, Transport, TransportErrorKind as Kind};
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A server that answers with the protocol it used and the request it received.
async fn start(
    identity: &Identity,
    alpn: &[&str],
    clients_signed_by: Option<&Authority>,
) -> TlsServer {
    let service = hyper::service::service_fn(answer);
    TlsServer::serving(identity, alpn, clients_signed_by, service).await
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let line = format!(
        "{:?} {} {}",
        request.version(),
        request.method(),
        request.uri().path()
    );
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(format!("{line} {} bytes", body.len()).into()))
}

#[tokio::test]
async fn http2_is_chosen_where_the_server_offers_it() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    for (alpn, expected) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let server = start(&identity, alpn, None).await;
        let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
        let reply = transport.send(post(&server.url("/a"), "{}")).await.unwrap();
        assert_eq!(reply.version(), expected, "{alpn:?}");
        assert_eq!(
            crate::support::text(reply).await.unwrap(),
            format!("{expected:?} POST /a 2 bytes")
        );
    }
}

#[tokio::test]
async fn the_version_can_be_forced() {
    let authority = Authority::new();
    let server = start(&authority.sign("localhost"), &["h2", "http/1.1"], None).await;
    let builder = || HyperTransport::builder().add_root_certificates(authority.pem());
    for (transport, expected) in [
        (built(builder().http1_only()), Version::HTTP_11),
        (built(builder().http2_only()), Version::HTTP_2),
    ] {
        let reply = transport.send(get(&server.url("/"))).await.unwrap();
        assert_eq!(reply.version(), expected);
    }
}

#[tokio::test]
async fn requests_over_http2_share_one_connection() {
    let authority = Authority::new();
    let server = start(&authority.sign("localhost"), &["h2"], None).await;
    let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
    fetch(&transport, get(&server.url("/first"))).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (transport, url) = (transport.clone(), server.url(&format!("/{n}")));
        tasks.spawn(async move {
            (
                n,
                fetch(&transport, post(&url, vec![0; n * 1000]))
                    .await
                    .unwrap(),
            )
        });
    }
    while let Some(result) = tasks.join_next().await {
        let (n, text) = result.unwrap();
        assert_eq!(text, format!("HTTP/2.0 POST /{n} {} bytes", n * 1000));
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let server = start(&Authority::new().sign("localhost"), &["h2"], None).await;
    let others = built(
        HyperTransport::builder()
            .root_certificates(RootCertificates::Added)
            .add_root_certificates(Authority::new().pem()),
    );
    for transport in [others, transport()] {
        let error = transport
            .send(post(&server.url("/"), "secret"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
        assert!(error.never_sent());
        assert_eq!(
            (error.host(), error.port()),
            (Some("localhost"), Some(server.port))
        );
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = start(&authority.sign("api.example.com"), &["h2"], None).await;
    let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
    let error = transport.send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert!(
        error.to_string().contains("api.example.com"),
        "says which name would do: {error}"
    );
}

#[tokio::test]
async fn an_address_with_a_certificate_for_it_works() {
    let authority = Authority::new();
    let server = start(&authority.sign("127.0.0.1"), &["h2"], None).await;
    let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
    fetch(
        &transport,
        get(&format!("https://127.0.0.1:{}/", server.port)),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn trusting_nobody_is_said_when_tls_is_used() {
    let transport = built(HyperTransport::builder().root_certificates(RootCertificates::Added));
    let plain = crate::support::Server::replying("HTTP/1.1 204 No Content\r\n\r\n").await;
    fetch(&transport, get(&plain.url("/")))
        .await
        .expect("plain http needs no certificates");

    let error = transport
        .send(get(&plain.url("/").replace("http:", "https:")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert!(
        error.to_string().contains("no root certificates"),
        "{error}"
    );
}

#[cfg(feature = "bundled-roots")]
#[tokio::test]
async fn the_bundled_list_does_not_trust_our_own_authority() {
    let server = start(&Authority::new().sign("localhost"), &["h2"], None).await;
    let transport = built(HyperTransport::builder().root_certificates(RootCertificates::Bundled));
    let error = transport.send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert!(
        error.to_string().contains("UnknownIssuer"),
        "the list is not empty: {error}"
    );
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_gets_it() {
    let authority = Authority::new();
    let server = start(&authority.sign("localhost"), &["h2"], Some(&authority)).await;
    let builder = || HyperTransport::builder().add_root_certificates(authority.pem());

    let client = authority.sign("client");
    let pem = client.certificate.pem() + &client.key.serialize_pem();
    fetch(
        &built(builder().client_certificate(pem)),
        get(&server.url("/")),
    )
    .await
    .unwrap();

    let error = fetch(&built(builder()), get(&server.url("/")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert_eq!(
        server.connections(),
        1,
        "only the one with a certificate came through"
    );
}

#[tokio::test]
async fn a_client_certificate_needs_its_own_key() {
    let authority = Authority::new();
    let (one, other) = (authority.sign("client"), authority.sign("client"));
    for pem in [
        one.certificate.pem(),
        one.certificate.pem() + &other.key.serialize_pem(),
    ] {
        let error = HyperTransport::builder()
            .client_certificate(pem)
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Tls);
        assert!(error.to_string().contains("key"), "{error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_error() {
    let plain = crate::support::Server::start(|mut conn| async move {
        conn.write("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let error = transport()
        .send(get(&plain.url("/").replace("http:", "https:")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));

    let closing = crate::support::Server::start(|_| async {}).await;
    let error = transport()
        .send(get(&closing.url("/").replace("http:", "https:")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert!(error.never_sent());
}

#[cfg(feature = "proxy")]
#[tokio::test]
async fn a_proxy_spoken_to_by_tls_is_not_shown_the_client_certificate() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let client = authority.sign("client");
    let pem = client.certificate.pem() + &client.key.serialize_pem();
    // Any server will do as a proxy: it says 200 to CONNECT, too. What follows is not TLS.
    let open = start(&identity, &["http/1.1"], None).await;
    let demanding = start(&identity, &["http/1.1"], Some(&authority)).await;

    for (proxy, expected) in [(&open, Kind::Tls), (&demanding, Kind::Proxy)] {
        let transport = built(
            HyperTransport::builder()
                .add_root_certificates(authority.pem())
                .client_certificate(pem.clone())
                .proxy(proxy.url("")),
        );
        let error = transport
            .send(get("https://api.example.com/"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), expected, "{}", chain(&error));
        assert_eq!(error.host(), Some("api.example.com"));
    }
    assert_eq!((open.connections(), demanding.connections()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn session_keys_are_written_down_where_that_is_wanted() {
    const TEST: &str = "tls::session_keys_are_written_down_where_that_is_wanted";
    if is_child() {
        let authority = Authority::new();
        let server = start(&authority.sign("localhost"), &["h2"], None).await;
        let log = std::env::var_os("CF_KEY_LOG").is_some();
        let builder = HyperTransport::builder().add_root_certificates(authority.pem());
        let transport = built(builder.tls_key_log(log));
        fetch(&transport, get(&server.url("/"))).await.unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for wanted in [false, true] {
        let file = folder.path().join(format!("keys-{wanted}.txt"));
        if wanted {
            // One that others may read.
            std::fs::write(&file, "").unwrap();
        }
        let mut variables = vec![("SSLKEYLOGFILE", file.to_str().unwrap().to_owned())];
        if wanted {
            variables.push(("CF_KEY_LOG", "1".to_owned()));
        }
        let (success, output) =
            tokio::task::spawn_blocking(move || run_with_environment(TEST, &variables))
                .await
                .unwrap();
        assert!(success, "{output}");
        let keys = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(keys.contains("CLIENT_TRAFFIC_SECRET_0 "), wanted, "{keys}");
        #[cfg(unix)]
        if wanted {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_off_is_told_from_one_that_ends() {
    // Neither has a length: only the end of TLS, which nobody in between can forge, says that it is complete.
    let authority = Authority::new();
    for ends in [true, false] {
        let acceptor = acceptor(&authority.sign("localhost"), &["http/1.1"], None);
        let server = Server::start(move |conn| {
            let acceptor = acceptor.clone();
            async move {
                let mut tls = acceptor.accept(conn.stream).await.unwrap();
                assert_ne!(tls.read(&mut [0; 4096]).await.unwrap(), 0);
                tls.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello")
                    .await
                    .unwrap();
                tls.flush().await.unwrap();
                if ends {
                    tls.shutdown().await.unwrap();
                }
            }
        })
        .await;
        let builder = HyperTransport::builder().add_root_certificates(authority.pem());
        let url = format!("https://localhost:{}/", server.port);
        match fetch(&built(builder), get(&url)).await {
            Ok(text) => assert_eq!((ends, text.as_str()), (true, "hello")),
            Err(error) => {
                assert!(!ends, "{}", chain(&error));
                assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
            }
        }
    }
}
