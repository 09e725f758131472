//! Dynamic DNS: makes names point to this machine's current address. Run it every few minutes.
//!
//! ```text
//! cargo run -p cf-examples --example dynamic_dns -- home.example.com vpn.example.org
//! ```
//!
//! The address is the one that Cloudflare sees, or that of `--ip`. If the record already has it, nothing
//! is written. The token needs the permissions "Zone Read" and "DNS Write".
//!
//! Without a credential in the environment, this talks to an emulator, and pretends that the address
//! changes.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::net::IpAddr;

use anyhow::{Context as _, bail, ensure};
use cf_client::Client;
use cf_client::transport::{Body, HyperTransport, Transport as _};
use cf_client::types::dns::records::{ARecordParam, AaaaRecordParam, RecordParam};
use clap::Parser;

/// Long enough to be cached, short enough to be followed.
const TTL_SECONDS: i64 = 120;

#[derive(Parser)]
#[command(about = "Makes names point to this machine")]
struct Options {
    /// The names whose records to update; they may be in several zones.
    #[arg(default_value = "home.example.com")]
    hosts: Vec<String>,
    /// The address, IPv4 or IPv6, instead of the one that Cloudflare sees.
    #[arg(long)]
    ip: Option<IpAddr>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    let addresses = match options.ip {
        Some(ip) => vec![ip],
        None if api.emulator.is_some() => ["198.51.100.7", "198.51.100.7", "198.51.100.99"]
            .map(str::parse)
            .into_iter()
            .collect::<Result<_, _>>()?,
        None => vec![
            own_address()
                .await
                .context("cannot find out the address of this machine")?,
        ],
    };
    let mut failed = 0;
    for ip in addresses {
        for host in &options.hosts {
            // One name that fails does not stop the others.
            if let Err(error) = point(&api.client, host, ip).await {
                eprintln!("{host}: {error:#}");
                failed += 1;
            }
        }
    }
    ensure!(failed == 0, "{failed} of the records are not set");
    Ok(())
}

/// Makes `host` point to `ip`, if it does not yet.
async fn point(client: &Client, host: &str, ip: IpAddr) -> anyhow::Result<()> {
    let zone = client.zone_of(host).await?;
    let (kind, record): (_, RecordParam) = match ip {
        IpAddr::V4(ip) => (
            "A",
            ARecordParam::new(host, ip.to_string())
                .ttl(TTL_SECONDS)
                .into(),
        ),
        IpAddr::V6(ip) => (
            "AAAA",
            AaaaRecordParam::new(host, ip.to_string())
                .ttl(TTL_SECONDS)
                .into(),
        ),
    };
    let there = client
        .dns()
        .records()
        .list(&zone)
        .name(host)
        .kind(kind)
        .items()
        .collect_all()
        .await?;
    match &there[..] {
        [] => {
            client.dns().records().create(&zone, record).await?;
            println!("{host}: created, {kind} {ip}");
        }
        [one] if one.content().and_then(|text| text.parse().ok()) == Some(ip) => {
            println!("{host}: unchanged, {kind} {ip}");
        }
        [one] => {
            let id = one.id().context("the record has no ID")?;
            // An edit changes only what it names; whether the record is proxied, comments and tags stay.
            client.dns().records().edit(&zone, id, record).await?;
            let old = one.content().unwrap_or("nothing");
            println!("{host}: changed, {kind} {old} -> {ip}");
        }
        // If a name is spread over several machines, all but one of them must not disappear.
        several => bail!(
            "{host} has {} {kind} records; which one is this machine?",
            several.len()
        ),
    }
    Ok(())
}

/// Asks Cloudflare for the address that it sees, without a credential.
async fn own_address() -> anyhow::Result<IpAddr> {
    let request = http::Request::get("https://1.1.1.1/cdn-cgi/trace").body(Body::empty())?;
    let reply = HyperTransport::new()?.send(request).await?;
    let text = reply.into_body().bytes(64 * 1024).await?;
    let text = str::from_utf8(&text)?;
    let ip = text.lines().find_map(|line| line.strip_prefix("ip="));
    Ok(ip.context("the reply has no address")?.parse()?)
}
