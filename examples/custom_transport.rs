//! A client over transports of your own: one that wraps another and reports each request, and one that
//! is just a closure, for tests.
//!
//! `cargo run -p cf-examples --example custom_transport`
//!
//! A transport gets requests with their credential and sends them as they are; retries, limits and decoding
//! are up to the client. With a credential in the environment this talks to the real API, without
//! one to an emulator that it starts itself.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::time::Instant;

use cf_client::Client;
use cf_client::transport::{
    Body, BoxFuture, HyperTransport, Transport, TransportError, TransportErrorKind, transport_fn,
};
use http::{Request, Response};

/// Passes each request on and reports it with its outcome.
///
/// Method, path, status and time: never headers, which hold the credential, and never bodies.
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
                Ok(reply) => println!("  {line} -> {} in {elapsed:.1?}", reply.status()),
                Err(error) => println!("  {line} -> {error}"),
            }
            result
        })
    }
}

/// Answers from memory, after being unreachable once.
fn in_memory() -> impl Transport {
    let mut failures = 1;
    let failures = std::sync::Mutex::new(move || {
        failures -= 1;
        failures >= 0
    });
    transport_fn(move |request: Request<Body>| {
        let fails = failures.lock().is_ok_and(|mut fails| fails());
        async move {
            if fails {
                // The kind says whether a retry is safe: this request reached nobody.
                let error = TransportError::new(TransportErrorKind::Connect, "the cable is out");
                return Err(error.with_uri(request.uri()));
            }
            let zone = r#"{"success":true,"result":{"id":"1","name":"example.com"}}"#;
            Ok(Response::new(Body::from(zone)))
        }
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    println!("Over sockets, and reported:");
    let seed = r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#;
    let (settings, _emulator) = support::settings(seed).await?;
    let client = settings.transport(Logged(HyperTransport::new()?)).build()?;
    let zones = client.zones().list().await?;
    println!("{} zones", zones.len());

    println!("From memory:");
    let client = Client::builder()
        .api_token("cfut_test")
        .transport(Logged(in_memory()))
        .build()?;
    println!("zone {}", client.zones().get("1").await?.name);
    Ok(())
}
