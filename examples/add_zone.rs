//! Adds a zone, says which name servers to set, and waits until it is active.
//!
//! ```text
//! cargo run -p cf-examples --example add_zone -- example.com
//! ```
//!
//! A zone that is there already is waited for, too. The token needs the permission "Zone Write".
//!
//! Without a credential in the environment, this talks to an emulator, which takes a moment.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::time::Duration;

use cf_client::types::zones::{Account, ZoneParam};
use cf_client::{Client, ErrorKind};
use cf_emulator::Pending;
use clap::Parser;

#[derive(Parser)]
#[command(about = "Adds a zone and waits until it is active")]
struct Options {
    /// The zone's name.
    #[arg(default_value = "example.com")]
    zone: String,
    /// How many hours to wait.
    #[arg(long, default_value_t = 24)]
    hours: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    if let Some(emulator) = &api.emulator {
        emulator.set_pending(Pending::polls(2));
    }
    add(&api.client, &options).await
}

async fn add(client: &Client, options: &Options) -> anyhow::Result<()> {
    let known = client.zones().list().name(&*options.zone).first().await?;
    let zone = match known {
        Some(zone) => zone,
        None => {
            let account = Account::new().id(client.only_account_id().await?);
            let param = ZoneParam::new(&options.zone, account);
            client.zones().create(param).await?
        }
    };
    println!("{}: set these name servers at the registrar:", zone.name);
    for server in &zone.name_servers {
        println!("  {server}");
    }
    // Cloudflare also looks by itself, but less often. It may look once per hour.
    if let Err(error) = client.zones().activation_check().trigger(&zone.id).await {
        eprintln!("it is not checked right away: {error}");
    }
    let wait = client
        .zones()
        .get(&zone.id)
        .wait()
        .deadline(Duration::from_secs(options.hours * 3600))
        .on_progress(|progress| println!("{}", progress.state()));
    match wait.await {
        Ok(zone) => println!("{} is active", zone.name),
        Err(error) if error.kind() == ErrorKind::Timeout => println!("not yet: {error}"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
