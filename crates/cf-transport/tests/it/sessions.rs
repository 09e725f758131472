//! TLS sessions: who shares them, and when root certificates are read.

use std::sync::{Arc, Mutex};

use cf_transport::{HyperTransport, Transport, TransportErrorKind as Kind};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{HandshakeKind, SupportedProtocolVersion};

use crate::support::tls::{Authority, config};
use crate::support::{built, chain, fetch, get, is_child, run_with_environment};

/// A server that notes how each of its connections shook hands.
struct Server {
    port: u16,
    handshakes: Arc<Mutex<Vec<HandshakeKind>>>,
}

impl Server {
    async fn start(
        authority: &Authority,
        alpn: &[&str],
        version: &'static SupportedProtocolVersion,
    ) -> Self {
        let config = config(&authority.sign("localhost"), alpn, None, &[version]);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let handshakes = Arc::new(Mutex::new(Vec::new()));
        let noted = handshakes.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, noted) = (acceptor.clone(), noted.clone());
                tokio::spawn(async move {
                    let Ok(tls) = acceptor.accept(tcp).await else {
                        return;
                    };
                    let kind = tls.get_ref().1.handshake_kind().unwrap();
                    noted.lock().unwrap().push(kind);
                    let answer = hyper::service::service_fn(|_| async {
                        Ok::<_, hyper::Error>(http::Response::new("yes".to_owned()))
                    });
                    let builder = auto::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(tls), answer).await;
                });
            }
        });
        Self { port, handshakes }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }

    fn handshakes(&self) -> Vec<HandshakeKind> {
        self.handshakes.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn clones_share_a_connection_and_its_session() {
    use HandshakeKind::{Full, Resumed};
    let authority = Authority::new();
    for version in [&TLS12, &TLS13] {
        for alpn in [&["h2"][..], &["http/1.1"], &[]] {
            let server = Server::start(&authority, alpn, version).await;
            let builder = || HyperTransport::builder().add_root_certificates(authority.pem());

            // One that keeps its connection: its clones use that one.
            let keeping = built(builder());
            for transport in [&keeping, &keeping.clone()] {
                assert_eq!(fetch(transport, get(&server.url())).await.unwrap(), "yes");
            }
            assert_eq!(server.handshakes().len(), 1, "{version:?} {alpn:?}");

            // One that keeps none: each clone opens another, and takes the session up again.
            let closing = built(builder().pool_max_idle_per_host(0));
            for transport in [&closing.clone(), &closing, &closing.clone()] {
                assert_eq!(fetch(transport, get(&server.url())).await.unwrap(), "yes");
            }
            let handshakes = server.handshakes();
            assert_eq!(
                handshakes[1..],
                [Full, Resumed, Resumed],
                "{version:?} {alpn:?}"
            );
        }
    }
}

#[tokio::test]
async fn transports_built_apart_share_no_session() {
    let authority = Authority::new();
    let server = Server::start(&authority, &["h2"], &TLS13).await;
    for _ in 0..2 {
        let builder = HyperTransport::builder().add_root_certificates(authority.pem());
        fetch(&built(builder), get(&server.url())).await.unwrap();
    }
    assert_eq!(server.handshakes(), [HandshakeKind::Full; 2]);
}

/// The system's store is read when it is needed, off the runtime's thread, and then never again.
#[tokio::test]
async fn the_store_of_the_system_is_read_once_and_late() {
    const TEST: &str = "sessions::the_store_of_the_system_is_read_once_and_late";
    if !is_child() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.pem");
        let file = store.to_str().unwrap().to_owned();
        let variables = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", String::new())];
        let child = move || run_with_environment(TEST, &variables);
        let (success, output) = tokio::task::spawn_blocking(child).await.unwrap();
        assert!(success, "{output}");
        return;
    }
    let store = std::env::var_os("SSL_CERT_FILE").unwrap();
    let authority = Authority::new();
    let server = Server::start(&authority, &["h2"], &TLS13).await;

    // Built before the store is there.
    let early = HyperTransport::new().unwrap();
    let error = early.send(get(&server.url())).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{}", chain(&error));
    assert!(
        error.to_string().contains("no root certificates"),
        "{error}"
    );
    assert!(error.never_sent());
    std::fs::write(&store, authority.pem()).unwrap();
    fetch(&early, get(&server.url())).await.unwrap();

    // Others do without the file, also those that trust further authorities.
    std::fs::remove_file(&store).unwrap();
    let other = Authority::named("another");
    for builder in [
        HyperTransport::builder(),
        HyperTransport::builder().add_root_certificates(other.pem()),
    ] {
        fetch(&built(builder), get(&server.url())).await.unwrap();
    }
}
