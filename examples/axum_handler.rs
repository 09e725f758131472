//! A web service on axum whose handlers use the client: it lists zones and puts records into them.
//!
//! ```text
//! cargo run -p cf-examples --example axum_handler -- --listen 127.0.0.1:3000
//! curl http://127.0.0.1:3000/zones
//! curl -d '{"name":"www","ip":"192.0.2.1"}' -H 'content-type: application/json' \
//!     http://127.0.0.1:3000/zones/example.com/addresses
//! ```
//!
//! Without `--listen` it asks itself a few questions and ends. Without a credential in the environment
//! it talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cf_client::transport::{Body, HyperTransport, Transport as _};
use cf_client::types::dns::records::{ARecordParam, AaaaRecordParam, RecordParam};
use cf_client::{Client, ErrorKind};
use clap::Parser;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[derive(Parser)]
#[command(about = "A web service that uses the Cloudflare API")]
struct Options {
    /// The address to listen on.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    // All handlers share the client, and with it its connections and its rate limit.
    let app = Router::new()
        .route("/zones", get(zones))
        .route("/zones/{zone}/addresses", post(add_address))
        .with_state(api.client.clone());

    let address = options.listen.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    println!("Listening on http://{address}");
    let serving = axum::serve(listener, app);
    tokio::select! {
        result = serving => Ok(result?),
        result = ask(address), if options.listen.is_none() => result,
    }
}

/// `GET /zones`.
async fn zones(State(client): State<Client>) -> Result<Json<Value>, Failure> {
    let zones = client.zones().list().items().collect_all().await?;
    let names: Vec<_> = zones.iter().map(|zone| &zone.name).collect();
    Ok(Json(json!({ "zones": names })))
}

#[derive(Deserialize)]
struct Address {
    name: String,
    ip: IpAddr,
}

/// `POST /zones/{zone}/addresses`.
async fn add_address(
    State(client): State<Client>,
    Path(zone): Path<String>,
    Json(Address { name, ip }): Json<Address>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let zone = client.zone_id(&zone).await?;
    let record: RecordParam = match ip {
        IpAddr::V4(ip) => ARecordParam::new(name, ip.to_string()).into(),
        IpAddr::V6(ip) => AaaaRecordParam::new(name, ip.to_string()).into(),
    };
    let record = client.dns().records().create(&zone, record).await?;
    let reply = json!({ "name": record.name(), "content": record.content() });
    Ok((StatusCode::CREATED, Json(reply)))
}

/// An error of the client as a reply of this service.
struct Failure(cf_client::Error);

impl From<cf_client::Error> for Failure {
    fn from(error: cf_client::Error) -> Self {
        Failure(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Failure(error) = self;
        let status = match error.kind() {
            ErrorKind::Lookup => StatusCode::NOT_FOUND,
            _ if error.is_not_found() => StatusCode::NOT_FOUND,
            _ if error.is_rate_limited() => StatusCode::SERVICE_UNAVAILABLE,
            _ if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
            // What the API says about the request is for its sender …
            _ if error
                .status()
                .is_some_and(|status| status.is_client_error())
                && !error.is_auth() =>
            {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            // … and the rest, including an invalid token, is for whoever runs this service.
            _ => StatusCode::BAD_GATEWAY,
        };
        eprintln!("{status}: {error}");
        let said: Vec<_> = error
            .api_errors()
            .iter()
            .map(|said| said.message())
            .collect();
        (status, Json(json!({ "errors": said }))).into_response()
    }
}

/// What a user of this service would do.
async fn ask(address: SocketAddr) -> anyhow::Result<()> {
    let web = HyperTransport::new()?;
    let www = r#"{"name":"www","ip":"192.0.2.1"}"#;
    for (method, path, body) in [
        ("GET", "/zones", ""),
        ("POST", "/zones/example.com/addresses", www),
        ("POST", "/zones/example.com/addresses", www),
        ("POST", "/zones/nobody.example/addresses", www),
    ] {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://{address}{path}"))
            .header("content-type", "application/json")
            .body(Body::from(body))?;
        let reply = web.send(request).await?;
        let status = reply.status();
        let body = reply.into_body().bytes(64 * 1024).await?;
        println!(
            "{method} {path} -> {status} {}",
            String::from_utf8_lossy(&body)
        );
    }
    Ok(())
}
