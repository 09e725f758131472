//! Sets the minimum TLS version of all zones, many at a time, and says which ones refused.
//!
//! ```text
//! cargo run -p cf-examples --example harden_zones -- --tls 1.2
//! ```
//!
//! The token needs the permissions "Zone Read" and "Zone Settings Write".
//!
//! Without a credential in the environment, this talks to an emulator with 60 zones, of which two refuse.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use anyhow::ensure;
use cf_client::{Client, Method};
use cf_emulator::Fault;
use clap::Parser;
use indicatif::ProgressBar;
use serde_json::{Value, json};

#[derive(Parser)]
#[command(about = "Sets the minimum TLS version of all zones")]
struct Options {
    /// The version.
    #[arg(long, default_value = "1.2")]
    tls: String,
    /// How many requests are under way at once.
    #[arg(long, default_value_t = 8)]
    concurrency: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    if let Some(emulator) = &api.emulator {
        for number in 0..60 {
            emulator.add_zone(emulator.account_id(), &format!("zone-{number}.example"))?;
        }
        let refused = Fault::error(http::StatusCode::FORBIDDEN, 9109, "Unauthorized");
        emulator.inject(refused.on(Method::PATCH, "/zones/*/settings/*").times(2));
    }
    let refused = harden(&api.client, &options).await?;
    ensure!(
        refused == 0 || api.emulator.is_some(),
        "{refused} zones refused"
    );
    Ok(())
}

async fn harden(client: &Client, options: &Options) -> anyhow::Result<usize> {
    let zones = client
        .zones()
        .list()
        .per_page(50)
        .items()
        .collect_all()
        .await?;
    let bar = ProgressBar::new(zones.len() as u64);
    let value = json!({ "value": options.tls });
    let mut bulk = client
        .bulk(&zones, |client, zone| {
            let path = format!("/zones/{}/settings/min_tls_version", zone.id);
            client
                .request(Method::PATCH, path)
                .json(&value)
                .send::<Value>()
        })
        .concurrency(options.concurrency);
    while let Some(done) = bulk.next().await {
        bar.inc(1);
        if let Err(error) = done.result {
            bar.suspend(|| eprintln!("{}: {error}", zones[done.index].name));
        }
    }
    bar.finish_and_clear();
    println!(
        "{} zones done, {} refused",
        bulk.done() - bulk.failed(),
        bulk.failed()
    );
    Ok(bulk.failed())
}
