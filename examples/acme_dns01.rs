//! Puts the TXT records of ACME's DNS-01 challenge into a zone, and removes them again.
//!
//! It works with certbot, which passes the domain and the token in the environment:
//!
//! ```text
//! certbot certonly --manual --preferred-challenges dns -d example.com -d '*.example.com' \
//!     --manual-auth-hook "acme_dns01 present" --manual-cleanup-hook "acme_dns01 cleanup"
//! ```
//!
//! Other ACME clients call `acme_dns01 present DOMAIN VALUE` and `acme_dns01 cleanup DOMAIN VALUE`.
//! The token needs the permissions "Zone Read" and "DNS Write".
//!
//! Without a credential in the environment, this goes through a whole challenge with an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::time::Duration;

use anyhow::{Context as _, bail};
use cf_client::Client;
use cf_client::types::ZoneId;
use cf_client::types::dns::records::{Record, TxtRecordParam};
use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(about = "The DNS-01 challenge with Cloudflare DNS")]
struct Options {
    #[command(subcommand)]
    action: Option<Action>,
    /// How many seconds to wait until the name servers have a new record.
    #[arg(long, default_value_t = 10)]
    wait: u64,
}

#[derive(Subcommand)]
enum Action {
    /// Puts the record into the zone.
    Present(Challenge),
    /// Removes the record from the zone.
    Cleanup(Challenge),
}

#[derive(Args)]
struct Challenge {
    /// The domain that the certificate is for.
    #[arg(env = "CERTBOT_DOMAIN")]
    domain: String,
    /// The content of the record.
    #[arg(env = "CERTBOT_VALIDATION")]
    value: String,
}

impl Challenge {
    /// The record's name: for `*.example.com` it is the same as for `example.com`.
    fn record_name(&self) -> String {
        let domain = self.domain.strip_prefix("*.").unwrap_or(&self.domain);
        format!("_acme-challenge.{domain}")
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    match (options.action, &api.emulator) {
        (Some(Action::Present(challenge)), _) => {
            if present(&api.client, &challenge).await? {
                tokio::time::sleep(Duration::from_secs(options.wait)).await;
            }
            Ok(())
        }
        (Some(Action::Cleanup(challenge)), _) => cleanup(&api.client, &challenge).await,
        (None, Some(_)) => demonstrate(&api.client).await,
        (None, None) => bail!("say what to do: `present DOMAIN VALUE` or `cleanup DOMAIN VALUE`"),
    }
}

/// Puts the record there; returns whether it is new.
async fn present(client: &Client, challenge: &Challenge) -> anyhow::Result<bool> {
    let name = challenge.record_name();
    let (zone, records) = records(client, &name).await?;
    if records.iter().any(|record| says(record, &challenge.value)) {
        println!("{name} has the value already");
        return Ok(false);
    }
    // A domain and its wildcard are proven by two records of one name, so other records stay.
    let record = TxtRecordParam::new(&name, format!("\"{}\"", challenge.value))
        .ttl(60)
        .comment("ACME challenge");
    client.dns().records().create(&zone, record).await?;
    println!("{name} has the value now");
    Ok(true)
}

/// Removes the record of this challenge, and no other.
async fn cleanup(client: &Client, challenge: &Challenge) -> anyhow::Result<()> {
    let name = challenge.record_name();
    let (zone, records) = records(client, &name).await?;
    for record in records
        .iter()
        .filter(|record| says(record, &challenge.value))
    {
        let id = record.id().context("the record has no ID")?;
        match client.dns().records().delete(&zone, id).await {
            Ok(_) => println!("{name} no longer has the value"),
            // Somebody else was faster.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The zone of `name`, and its TXT records of that name.
async fn records(client: &Client, name: &str) -> anyhow::Result<(ZoneId, Vec<Record>)> {
    let zone = client.zone_of(name).await?;
    let records = client
        .dns()
        .records()
        .list(&zone)
        .name(name)
        .kind("TXT")
        .items()
        .collect_all()
        .await?;
    Ok((zone, records))
}

fn says(record: &Record, value: &str) -> bool {
    let content = record.content().unwrap_or_default();
    content.trim_matches('"') == value
}

/// A certificate for a domain and its wildcard.
async fn demonstrate(client: &Client) -> anyhow::Result<()> {
    let challenge = |domain: &str, value: &str| Challenge {
        domain: domain.to_owned(),
        value: value.to_owned(),
    };
    let both = [
        challenge(
            "shop.example.com",
            "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA",
        ),
        challenge(
            "*.shop.example.com",
            "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0",
        ),
    ];
    for challenge in &both {
        present(client, challenge).await?;
    }
    // ACME clients try again; that must do no harm.
    present(client, &both[0]).await?;
    let (_, records) = records(client, &both[0].record_name()).await?;
    println!("The name servers show {} values", records.len());
    for challenge in &both {
        cleanup(client, challenge).await?;
    }
    Ok(())
}
