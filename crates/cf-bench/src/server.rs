//! A server with prepared replies. It runs in a process of its own, so that its work is not
//! counted as that of its clients.
//!
//! Base URLs select the replies: `https://localhost:PORT/10000/20/client/v4` is a zone of 10,000
//! records, with each reply 20 ms late. The third address leads to the second by way of [`relay`].

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::peers::Pieces;
use crate::{Failure, fixtures, relay};

type Reply = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// From the far address to the server, and back again.
const DISTANCE: Duration = Duration::from_millis(25);
/// Most bytes of an upload on their way to the server. With 50 ms there and back, 80 MB/s.
const UPLOAD_WINDOW: u32 = 4 * 1024 * 1024;

/// Where the server listens.
pub struct Server {
    http: TcpListener,
    https: TcpListener,
    far: TcpListener,
    tls: TlsAcceptor,
}

/// Replies that are generated once.
type Kept = Arc<Mutex<HashMap<String, Bytes>>>;

impl Server {
    /// Opens its ports. Writes to `roots`, as PEM, all root certificates of this system and its own.
    ///
    /// # Errors
    /// If ports cannot be opened, or the file cannot be written.
    pub async fn open(roots: &Path) -> Result<Self, Failure> {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(roots, system_roots() + &signed.cert.pem())?;
        let key = PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.into()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Server {
            http: TcpListener::bind("127.0.0.1:0").await?,
            https: TcpListener::bind("127.0.0.1:0").await?,
            far: TcpListener::bind("127.0.0.1:0").await?,
            tls: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// The addresses: `http://…`, `https://…`, and the latter from far away.
    ///
    /// # Errors
    /// If the system does not tell the ports.
    pub fn addresses(&self) -> Result<[String; 3], Failure> {
        let http = self.http.local_addr()?;
        let https = self.https.local_addr()?.port();
        let far = self.far.local_addr()?.port();
        Ok([
            format!("http://{http}"),
            format!("https://localhost:{https}"),
            format!("https://localhost:{far}"),
        ])
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// If a port fails.
    pub async fn run(self) -> Result<(), Failure> {
        tokio::spawn(relay::run(self.far, self.https.local_addr()?, DISTANCE));
        let kept = Kept::default();
        loop {
            tokio::select! {
                accepted = self.http.accept() => {
                    let stream = accepted?.0;
                    stream.set_nodelay(true)?;
                    tokio::spawn(serve(stream, kept.clone()));
                }
                accepted = self.https.accept() => {
                    let stream = accepted?.0;
                    stream.set_nodelay(true)?;
                    let (tls, kept) = (self.tls.clone(), kept.clone());
                    tokio::spawn(async move {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, kept).await;
                        }
                    });
                }
            }
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, kept: Kept) {
    let service = hyper::service::service_fn(move |request| answer(request, kept.clone()));
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .initial_stream_window_size(UPLOAD_WINDOW)
        .initial_connection_window_size(2 * UPLOAD_WINDOW);
    // A client that goes away does not matter.
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, kept: Kept) -> Result<Reply, hyper::Error> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    let (Some(total), Some(late)) = (number(), number()) else {
        return Ok(status(StatusCode::NOT_FOUND));
    };
    let asked = parts.next().unwrap_or_default();
    let asked = asked.trim_start_matches("client/v4");
    drain(body).await?;
    if late > 0 {
        tokio::time::sleep(Duration::from_millis(late as u64)).await;
    }
    let zone = format!("/zones/{}", fixtures::ZONE_ID);
    let records = format!("{zone}/dns_records");
    Ok(if let Some(bytes) = asked.strip_prefix("/down/") {
        binary(Pieces::new(bytes.parse().unwrap_or(0)))
    } else if asked == "/held" {
        binary(Silence)
    } else if asked == "/up" {
        json(Bytes::from_static(
            br#"{"result":null,"success":true,"errors":[],"messages":[]}"#,
        ))
    } else if asked == zone {
        json(keep(&kept, "zone".to_owned(), fixtures::zone))
    } else if asked == records && head.method == Method::POST {
        json(keep(&kept, "record".to_owned(), || fixtures::one_record(4)))
    } else if asked == records {
        let query = head.uri.query().unwrap_or_default();
        let page = query_number(query, "page").unwrap_or(1).max(1);
        let size = query_number(query, "per_page").unwrap_or(100).max(1);
        let name = format!("{total}/{page}/{size}");
        json(keep(&kept, name, || fixtures::records(page, size, total)))
    } else {
        status(StatusCode::NOT_FOUND)
    })
}

async fn drain(mut body: Incoming) -> Result<(), hyper::Error> {
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

fn keep(kept: &Kept, name: String, make: impl FnOnce() -> Vec<u8>) -> Bytes {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(name).or_insert_with(|| make().into()).clone()
}

fn query_number(query: &str, name: &str) -> Option<usize> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(given, _)| *given == name)?.1.parse().ok()
}

/// The body of a reply that stays open, and in which nothing comes.
struct Silence;

impl Body for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn binary(body: impl Body<Data = Bytes, Error = Infallible> + Send + 'static) -> Reply {
    let mut reply = Response::new(UnsyncBoxBody::new(body));
    let bytes = header::HeaderValue::from_static("application/octet-stream");
    reply.headers_mut().insert(header::CONTENT_TYPE, bytes);
    reply
}

/// With the headers of the API's replies, and a rate limit that nobody reaches.
fn json(body: Bytes) -> Reply {
    let mut reply = Response::new(UnsyncBoxBody::new(Full::new(body)));
    let headers = reply.headers_mut();
    for (name, value) in [
        ("content-type", "application/json"),
        ("cf-ray", "8f1c2d3e4f5a6b7c-AMS"),
        ("cf-cache-status", "DYNAMIC"),
        ("server", "cloudflare"),
        ("api-version", "2026-01-01"),
        ("ratelimit", "\"default\";r=1000000000;t=300"),
        ("ratelimit-policy", "\"default\";q=1000000000;w=300"),
        ("strict-transport-security", "max-age=31536000"),
        ("vary", "accept-encoding"),
    ] {
        let name = header::HeaderName::from_static(name);
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    reply
}

fn status(status: StatusCode) -> Reply {
    let mut reply = json(Bytes::new());
    *reply.status_mut() = status;
    reply
}

/// As a program finds them that reads them all.
fn system_roots() -> String {
    let roots = rustls_native_certs::load_native_certs().certs;
    let roots = roots
        .iter()
        .map(|root| pem::Pem::new("CERTIFICATE", root.to_vec()));
    pem::encode_many(&roots.collect::<Vec<_>>())
}
