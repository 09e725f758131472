//! Lists the zones that a token can see, and their DNS records.
//!
//! `CLOUDFLARE_API_TOKEN=… cargo run -p cf-budget --no-default-features --features http2 --bin list_records`
#![allow(clippy::print_stdout)]

use cf_client::{Client, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let mut zones = client.zones().list().items();
    while let Some(zone) = zones.next().await {
        let zone = zone?;
        println!("{} {}", zone.id, zone.name);
        let mut records = client.dns().records().list(&zone.id).items();
        while let Some(record) = records.next().await {
            let record = record?;
            let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
            println!(
                "  {} {} {}",
                text(record.kind()),
                text(record.name()),
                text(record.content())
            );
        }
    }
    Ok(())
}
