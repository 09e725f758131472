//! Transports of your own: one made of a closure, and one that wraps another and reports what passes.
//!
//! Needs no network: `cargo run -p cf-transport --example custom_transport`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use cf_transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind, transport_fn};
use http::{Request, Response, StatusCode};

/// Reports each request and what became of it, then passes it on.
///
/// Method, path, status and time: never headers, which hold the credentials, and never bodies.
#[derive(Debug)]
struct Logged<T>(T);

impl<T: Transport> Transport for Logged<T> {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let line = format!("{} {}", request.method(), request.uri().path());
            let started = Instant::now();
            let result = self.0.send(request).await;
            let elapsed = started.elapsed();
            match &result {
                Ok(reply) => println!("{line} -> {} in {elapsed:.1?}", reply.status()),
                Err(error) => println!("{line} -> {error}"),
            }
            result
        })
    }
}

/// Answers as the Cloudflare API would, from memory.
fn in_memory() -> impl Transport {
    transport_fn(|request: Request<Body>| async move {
        let (status, json) = match request.uri().path() {
            "/client/v4/ips" => (
                StatusCode::OK,
                r#"{"success":true,"result":{"ipv4_cidrs":["192.0.2.0/24"]}}"#,
            ),
            "/client/v4/offline" => {
                let error = TransportError::new(TransportErrorKind::Connect, "the cable is out");
                return Err(error.with_uri(request.uri()));
            }
            _ => (
                StatusCode::NOT_FOUND,
                r#"{"success":false,"errors":[{"code":7003,"message":"No route"}]}"#,
            ),
        };
        let mut reply = Response::new(Body::from(json));
        *reply.status_mut() = status;
        Ok(reply)
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // What a client holds: which transport it is has become a detail.
    let transport: Arc<dyn Transport> = Arc::new(Logged(in_memory()));

    for path in ["ips", "nowhere", "offline"] {
        let request = Request::get(format!("https://api.cloudflare.com/client/v4/{path}"))
            .body(Body::empty())?;
        match transport.send(request).await {
            Ok(reply) => {
                let body = reply.into_body().bytes(64 * 1024).await?;
                println!("  {}", String::from_utf8_lossy(&body));
            }
            Err(error) => println!("  safe to send again: {}", error.never_sent()),
        }
    }
    Ok(())
}
