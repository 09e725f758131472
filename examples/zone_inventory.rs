//! All zones of an account with their state and number of DNS records, as a table or CSV.
//!
//! ```text
//! cargo run -p cf-examples --example zone_inventory -- --csv zones.csv
//! ```
//!
//! The token needs the permissions "Zone Read" and "DNS Read" for all zones. Without `--account`, it lists
//! the zones of all accounts that the token can see.
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::path::PathBuf;

use anyhow::Context as _;
use cf_client::Client;
use cf_client::types::zones::{Account, Zone};
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use futures_util::{StreamExt as _, TryStreamExt as _};

/// How many zones are asked about at a time.
const AT_A_TIME: usize = 8;
const COLUMNS: [&str; 6] = [
    "zone",
    "account",
    "status",
    "plan",
    "records",
    "name servers",
];

const SEED: &str = r#"{"accounts":[
    {"zones":[
        {"name":"example.com","records":[
            {"type":"A","name":"@","content":"192.0.2.1"},
            {"type":"CNAME","name":"www","content":"example.com","proxied":true}]},
        {"name":"example.net"}]},
    {"name":"Acme","zones":[{"name":"example.org","records":[
        {"type":"TXT","name":"@","content":"\"v=spf1 -all\""}]}]}
]}"#;

#[derive(Parser)]
#[command(about = "Lists zones")]
struct Options {
    /// The name of the account whose zones to list, instead of all.
    #[arg(long)]
    account: Option<String>,
    /// A file to write them to, as CSV; the table is shown anyway.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(SEED).await?;
    let client = &api.client;

    let mut zones = client.zones().list().per_page(50);
    if let Some(name) = &options.account {
        let id = client.account_id(name).await?;
        zones = zones.account(Account::new().id(&id));
    }
    // Rows come in the order of the zones, however long each one takes.
    let rows: Vec<_> = zones
        .items()
        .map(|zone| async { row(client, zone?).await })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;

    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_BORDERS_ONLY)
        .set_header(COLUMNS)
        .add_rows(&rows);
    if let Some(column) = table.column_mut(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!("{} zones", rows.len());

    if let Some(file) = &options.csv {
        let mut csv = csv::Writer::from_path(file)
            .with_context(|| format!("cannot write {}", file.display()))?;
        csv.write_record(COLUMNS)?;
        for row in &rows {
            csv.write_record(row)?;
        }
        csv.flush()?;
        println!("They are written to {}", file.display());
    }
    Ok(())
}

async fn row(client: &Client, zone: Zone) -> anyhow::Result<[String; COLUMNS.len()]> {
    // One page of one record says how many there are.
    let records = client.dns().records().list(&zone.id).per_page(1).await?;
    let count = records.info.total_count.unwrap_or_default();
    let status = zone.status.as_ref().map(ToString::to_string);
    Ok([
        zone.name,
        zone.account.name.unwrap_or_default(),
        status.unwrap_or_default(),
        zone.plan.name.unwrap_or_default(),
        count.to_string(),
        zone.name_servers.join(" "),
    ])
}
