//! Servers that refuse the client's certificate, or demand one: what is known about the request then.
//!
//! In TLS 1.3 a refusal comes after the client's handshake, when the request may have been sent already.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::tls::{Authority, config};
use crate::support::{Server, built, chain, fetch, get, h2, post};
use cf_transport::{HyperTransport, HyperTransportBuilder, Transport, TransportErrorKind as Kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::cipher::{OutboundChunks, OutboundPlainMessage};
use tokio_rustls::rustls::crypto::ring::cipher_suite::TLS13_AES_256_GCM_SHA384;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    AlertDescription, ConnectionTrafficSecrets, ContentType, ProtocolVersion, ServerConfig,
};
use tokio_rustls::server::TlsStream;

type Tls = TlsStream<TcpStream>;

/// Reads what is in flight, so that closing the connection does not overtake what was written.
async fn drain(mut tcp: TcpStream) {
    let _ = tcp.shutdown().await;
    while matches!(tcp.read(&mut [0; 4096]).await, Ok(1..)) {}
}

/// A server that counts completed handshakes, and answers nobody.
async fn strict(config: ServerConfig) -> (Server, Arc<AtomicUsize>) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    let server = Server::start(move |conn| {
        let (acceptor, count) = (acceptor.clone(), count.clone());
        async move {
            match acceptor.accept(conn.stream).into_fallible().await {
                Ok(_) => drop(count.fetch_add(1, Ordering::SeqCst)),
                Err((_, tcp)) => drain(tcp).await,
            }
        }
    })
    .await;
    (server, accepted)
}

#[tokio::test]
async fn a_refusal_in_the_handshake_means_that_nothing_was_carried_out() {
    let ours = Authority::named("ours");
    let (others, pretended) = (Authority::named("others"), Authority::named("ours"));
    let identity = ours.sign("localhost");
    let shown = [
        (None, "CertificateRequired"),
        (Some(others.sign("client")), "UnknownCA"),
        (Some(pretended.sign("client")), "DecryptError"),
        (Some(ours.sign_expired("client")), "CertificateExpired"),
    ];
    for version in [&TLS12, &TLS13] {
        for alpn in ["http/1.1", "h2"] {
            let config = config(&identity, &[alpn], Some(&ours), &[version]);
            let (server, accepted) = strict(config).await;
            let url = format!("https://localhost:{}/", server.port);
            for (shown, alert) in &shown {
                let mut builder = HyperTransport::builder().add_root_certificates(ours.pem());
                if let Some(identity) = shown {
                    builder = builder.client_certificate(identity.pem());
                }
                let transport = built(builder);
                // The second one opens a connection, too.
                for request in [get(&url), post(&url, "{}"), post(&url, vec![b'x'; 10_000])] {
                    let error = fetch(&transport, request).await.unwrap_err();
                    let case = format!("{version:?} {alpn}: {}", chain(&error));
                    assert_eq!(error.kind(), Kind::Tls, "{case}");
                    assert!(error.never_sent(), "{case}");
                    if *version == TLS13 {
                        let text = error.to_string();
                        assert!(text.contains("refused the client certificate"), "{case}");
                        assert!(text.contains(alert), "{case}");
                        assert!(text.contains("nothing was sent"), "{case}");
                    }
                }
            }
            assert_eq!(accepted.load(Ordering::SeqCst), 0);
        }
    }
}

/// Sends an alert, as only a server can that turns against a connection it has accepted.
async fn alert(tls: Tls, description: AlertDescription) {
    let (mut tcp, connection) = tls.into_inner();
    let (seq, secrets) = connection.dangerous_extract_secrets().unwrap().tx;
    let ConnectionTrafficSecrets::Aes256Gcm { key, iv } = secrets else {
        panic!("another cipher");
    };
    let suite = TLS13_AES_256_GCM_SHA384.tls13().unwrap();
    const FATAL: u8 = 2;
    let payload = [FATAL, u8::from(description)];
    let message = OutboundPlainMessage {
        typ: ContentType::Alert,
        version: ProtocolVersion::TLSv1_3,
        payload: OutboundChunks::Single(&payload),
    };
    let record = suite.aead_alg.encrypter(key, iv).encrypt(message, seq);
    tcp.write_all(&record.unwrap().encode()).await.unwrap();
    drain(tcp).await;
}

/// Reads an HTTP/1.1 request without a body.
async fn head(tls: &mut Tls) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tls.read_u8().await.unwrap());
    }
}

/// Reads HTTP/2 up to the first request.
async fn preface_and_head(tls: &mut Tls) {
    tls.read_exact(&mut [0; 24]).await.unwrap();
    loop {
        let mut frame = [0; 9];
        tls.read_exact(&mut frame).await.unwrap();
        let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]);
        let mut payload = vec![0; length as usize];
        tls.read_exact(&mut payload).await.unwrap();
        if frame[3] == h2::HEADERS {
            return;
        }
    }
}

/// What a server sends before the alert.
#[derive(Debug, Clone, Copy)]
enum Before {
    Reply,
    Informational,
    HalfAHead,
    Settings,
}

#[tokio::test]
async fn a_refusal_after_an_answer_tells_nothing_of_the_request() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    for before in [
        Before::Reply,
        Before::Informational,
        Before::HalfAHead,
        Before::Settings,
    ] {
        let alpn = match before {
            Before::Settings => "h2",
            _ => "http/1.1",
        };
        let mut config = config(&identity, &[alpn], None, &[&TLS13]);
        config.enable_secret_extraction = true;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let server = Server::start(move |conn| {
            let acceptor = acceptor.clone();
            async move {
                let mut tls = acceptor.accept(conn.stream).await.unwrap();
                let spoken: &[u8] = match before {
                    Before::Reply => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                    Before::Informational => b"HTTP/1.1 100 Continue\r\n\r\n",
                    Before::HalfAHead => b"HTTP/1.1 20",
                    Before::Settings => &[0, 0, 0, h2::SETTINGS, 0, 0, 0, 0, 0],
                };
                match before {
                    Before::Settings => preface_and_head(&mut tls).await,
                    _ => head(&mut tls).await,
                }
                tls.write_all(spoken).await.unwrap();
                tls.flush().await.unwrap();
                if matches!(before, Before::Reply) {
                    head(&mut tls).await;
                }
                alert(tls, AlertDescription::CertificateExpired).await;
            }
        })
        .await;
        let url = format!("https://localhost:{}/", server.port);
        let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
        if matches!(before, Before::Reply) {
            assert_eq!(fetch(&transport, get(&url)).await.unwrap(), "hello");
        }
        let error = transport.send(get(&url)).await.unwrap_err();
        let case = format!("{before:?}: {}", chain(&error));
        assert_eq!(error.kind(), Kind::Interrupted, "{case}");
        assert!(!error.never_sent(), "{case}");
        let text = error.to_string();
        assert!(text.contains("CertificateExpired"), "{case}");
        assert!(text.contains("had worked"), "{case}");
        assert!(text.contains("may have arrived"), "{case}");
        assert_eq!(server.connections(), 1, "{case}");
    }
}

/// Whatever else ends a connection does not count as a refused certificate.
#[tokio::test]
async fn other_alerts_tell_nothing_of_the_request() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let version: [fn(HyperTransportBuilder) -> HyperTransportBuilder; 2] = [
        HyperTransportBuilder::http1_only,
        HyperTransportBuilder::http2_only,
    ];
    for (alpn, version) in ["http/1.1", "h2"].into_iter().zip(version) {
        for description in [
            AlertDescription::InternalError,
            AlertDescription::UnexpectedMessage,
            AlertDescription::BadRecordMac,
            AlertDescription::UserCanceled,
        ] {
            let mut config = config(&identity, &[alpn], None, &[&TLS13]);
            config.enable_secret_extraction = true;
            let acceptor = TlsAcceptor::from(Arc::new(config));
            let server = Server::start(move |conn| {
                let acceptor = acceptor.clone();
                async move {
                    let mut tls = acceptor.accept(conn.stream).await.unwrap();
                    match alpn {
                        "h2" => preface_and_head(&mut tls).await,
                        _ => head(&mut tls).await,
                    }
                    alert(tls, description).await;
                }
            })
            .await;
            let url = format!("https://localhost:{}/", server.port);
            let builder = HyperTransport::builder().add_root_certificates(authority.pem());
            let error = built(version(builder)).send(get(&url)).await.unwrap_err();
            let case = format!("{alpn} {description:?}: {}", chain(&error));
            assert_eq!(error.kind(), Kind::Interrupted, "{case}");
            assert!(!error.never_sent(), "{case}");
        }
    }
}
