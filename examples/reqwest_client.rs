//! A `reqwest::Client` as transport: for programs that already have one, with its proxies, certificates and pool.
//!
//! Needs no network: `cargo run -p cf-examples --example reqwest_client`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;

use cf_transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use http::{Request, Response, Uri};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends with reqwest.
#[derive(Debug, Clone)]
struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    fn new(builder: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        // By default reqwest follows redirects and retries some requests. A transport must do neither.
        let builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        Ok(Self(builder.build()?))
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let uri = request.uri().clone();
            let request = request.map(|body| match body.as_bytes() {
                // Bytes in memory keep their length, and reqwest can handle them its own way.
                Some(bytes) => reqwest::Body::from(bytes.clone()),
                None => reqwest::Body::wrap(body),
            });
            let request = reqwest::Request::try_from(request).map_err(|error| {
                TransportError::new(TransportErrorKind::Request, "reqwest refuses the request")
                    .with_source(error)
                    .with_uri(&uri)
            })?;
            let reply = self.0.execute(request).await;
            let reply = reply.map_err(|error| failure(error, &uri))?;
            let reply: Response<reqwest::Body> = reply.into();
            Ok(reply.map(|body| {
                let uri = uri.clone();
                let body =
                    http_body_util::BodyExt::map_err(body, move |error| failure(error, &uri));
                Body::stream(None, body)
            }))
        })
    }
}

/// What reqwest knows about an error, in terms of whether a retry is safe.
fn failure(error: reqwest::Error, uri: &Uri) -> TransportError {
    let kind = if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_builder() {
        TransportErrorKind::Request
    } else if error.is_request() || error.is_body() {
        TransportErrorKind::Interrupted
    } else {
        TransportErrorKind::Other
    };
    // Only an error while connecting certainly precedes the request; a timeout can be either.
    let never_sent = error.is_connect() || error.is_builder();
    TransportError::new(kind, "reqwest failed")
        .with_never_sent(never_sent)
        // The URL may contain something private.
        .with_source(error.without_url())
        .with_uri(uri)
}

/// Answers one request, so that the example has somebody to talk to.
async fn server() -> std::io::Result<String> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/client/v4/ips", listener.local_addr()?);
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await?;
        let _ = connection.read(&mut [0; 4096]).await?;
        let json = r#"{"success":true,"result":{"ipv4_cidrs":["192.0.2.0/24"]}}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", json.len());
        connection.write_all(head.as_bytes()).await?;
        connection.write_all(json.as_bytes()).await
    });
    Ok(url)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // With reqwest's feature `rustls-no-provider`, the process chooses the cryptography for TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Your client's settings go here.
    let builder = reqwest::Client::builder().no_proxy();
    let transport: Arc<dyn Transport> = Arc::new(ReqwestTransport::new(builder)?);

    let url = server().await?;
    let request = Request::get(&url).body(Body::empty())?;
    let reply = transport.send(request).await?;
    println!("{}", reply.status());
    let text = reply.into_body().bytes(64 * 1024).await?;
    println!("{}", String::from_utf8_lossy(&text));

    // The server is gone by now.
    let request = Request::get(&url).body(Body::empty())?;
    match transport.send(request).await {
        Ok(reply) => println!("{}", reply.status()),
        Err(error) => println!("{error}; safe to send again: {}", error.never_sent()),
    }
    Ok(())
}
