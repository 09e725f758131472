//! Makes the DNS records of a zone as a JSON file has them: shows what would change, and changes it with `--apply`.
//!
//! ```text
//! cargo run -p cf-examples --example plan_dns -- example.com records.json
//! cargo run -p cf-examples --example plan_dns -- example.com records.json --apply
//! ```
//!
//! The file is a list of records as the API has them:
//! `[{"type": "A", "name": "www", "content": "192.0.2.1", "proxied": true}]`. Only records with the comment
//! "managed by plan_dns" are changed and deleted; new ones get it. The token needs the permissions "Zone Read" and
//! "DNS Write".
//!
//! Without a credential in the environment, this plans, applies and plans again in an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cf_client::Client;
use cf_client::dns::Owned;
use cf_client::types::codec;
use cf_client::types::dns::records::RecordParam;
use clap::Parser;

#[derive(Parser)]
#[command(about = "Makes the records of a zone as a file has them")]
struct Options {
    /// The zone's name.
    #[arg(default_value = "example.com")]
    zone: String,
    /// The file.
    file: Option<PathBuf>,
    /// Changes what is shown.
    #[arg(long)]
    apply: bool,
}

const SEED: &str = r#"{"accounts":[{"zones":[{"name":"example.com","records":[
    {"type":"A","name":"www","content":"192.0.2.7","comment":"managed by plan_dns"},
    {"type":"A","name":"old","content":"192.0.2.8","comment":"managed by plan_dns"},
    {"type":"A","name":"manual","content":"192.0.2.9"}]}]}]}"#;

const SAMPLE: &str = r#"[
    {"type":"A","name":"www","content":"192.0.2.1","proxied":true},
    {"type":"MX","name":"@","content":"mail.example.com","priority":10},
    {"type":"CAA","name":"@","data":{"flags":0,"tag":"issue","value":"letsencrypt.org"}}]"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(SEED).await?;
    match (&options.file, &api.emulator) {
        (Some(file), _) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            plan(&api.client, &options.zone, &text, options.apply).await
        }
        (None, Some(_)) => {
            plan(&api.client, &options.zone, SAMPLE, true).await?;
            plan(&api.client, &options.zone, SAMPLE, true).await
        }
        (None, None) => bail!("give the file with the records, after the name of the zone"),
    }
}

async fn plan(client: &Client, zone: &str, text: &str, apply: bool) -> anyhow::Result<()> {
    let wanted: Vec<RecordParam> =
        codec::from_str(text).context("the file is no list of records")?;
    let zone_id = client.zone_id(zone).await?;
    let records = client
        .zone_records(zone_id)
        .zone_name(zone)
        .owning(Owned::comment("managed by plan_dns"));
    let plan = records.plan(wanted).await?;
    print!("{plan}");
    if apply && !plan.is_empty() {
        let applied = records.apply(plan).await?;
        println!("{} changes in {} batches", applied.changes, applied.batches);
    }
    Ok(())
}
