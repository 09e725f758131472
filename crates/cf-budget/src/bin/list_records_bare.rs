//! The same as `list_records`, with nothing but hyper, rustls and serde_json: the baseline that it is
//! compared with. No retries, no limits, and a missing field breaks it.
#![allow(clippy::print_stdout)]

use std::error::Error;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

const BASE: &str = "https://api.cloudflare.com/client/v4";

#[derive(Deserialize)]
struct Envelope<T> {
    result: Vec<T>,
    result_info: Option<Info>,
}

#[derive(Deserialize)]
struct Info {
    total_pages: Option<u64>,
}

#[derive(Deserialize)]
struct Zone {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Record {
    r#type: String,
    name: String,
    content: Option<String>,
}

type Https = Client<hyper_rustls::HttpsConnector<HttpConnector>, Empty<Bytes>>;

async fn list<T: for<'de> Deserialize<'de>>(
    client: &Https,
    token: &str,
    path: &str,
) -> Result<Vec<T>, Box<dyn Error>> {
    let mut all = Vec::new();
    for page in 1.. {
        let request = Request::get(format!("{BASE}{path}?page={page}"))
            .header("authorization", format!("Bearer {token}"))
            .body(Empty::new())?;
        let bytes = client
            .request(request)
            .await?
            .into_body()
            .collect()
            .await?
            .to_bytes();
        let envelope: Envelope<T> = serde_json::from_slice(&bytes)?;
        all.extend(envelope.result);
        let pages = envelope
            .result_info
            .and_then(|info| info.total_pages)
            .unwrap_or(1);
        if page >= pages {
            break;
        }
    }
    Ok(all)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let token = std::env::var("CLOUDFLARE_API_TOKEN")?;
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
        .https_only()
        .enable_http1()
        .enable_http2()
        .build();
    let client: Https = Client::builder(TokioExecutor::new()).build(connector);
    for zone in list::<Zone>(&client, &token, "/zones").await? {
        println!("{} {}", zone.id, zone.name);
        let path = format!("/zones/{}/dns_records", zone.id);
        for record in list::<Record>(&client, &token, &path).await? {
            println!(
                "  {} {} {}",
                record.r#type,
                record.name,
                record.content.unwrap_or_default()
            );
        }
    }
    Ok(())
}
