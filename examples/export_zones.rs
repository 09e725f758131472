//! Writes the records of all zones that the token can see, in all accounts, to BIND zone files.
//!
//! ```text
//! cargo run -p cf-examples --example export_zones -- backup
//! ```
//!
//! Each file is `FOLDER/ACCOUNT/ZONE.zone`. The token needs the permissions "Zone Read" and "DNS Read".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cf_client::Client;
use cf_client::types::zones::Zone;
use clap::Parser;
use futures_util::{StreamExt as _, TryStreamExt as _};

const SEED: &str = r#"{"accounts": [
    {"name": "Shop", "zones": [
        {"name": "example.com", "records": [{"type": "A", "name": "www", "content": "192.0.2.1"}]},
        {"name": "example.net", "records": [{"type": "MX", "name": "@", "content": "mail.example.net", "priority": 10}]}
    ]},
    {"name": "Blog", "zones": [
        {"name": "example.org", "records": [{"type": "TXT", "name": "@", "content": "\"v=spf1 -all\""}]}
    ]}
]}"#;

/// How many zones are exported at a time.
const AT_A_TIME: usize = 8;

#[derive(Parser)]
#[command(about = "Writes all zones to zone files")]
struct Options {
    /// Where the files go; a temporary folder if it is not given.
    folder: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(SEED).await?;
    let client = &api.client;
    let temporary = tempfile::tempdir()?;
    let folder = options
        .folder
        .unwrap_or_else(|| temporary.path().to_owned());

    let folder = &folder;
    let files: Vec<PathBuf> = client
        .zones()
        .list()
        .items()
        .map(|zone| async { export(client, &zone?, folder).await })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    for file in &files {
        println!("{}", file.strip_prefix(folder).unwrap_or(file).display());
    }
    println!("{} zones exported", files.len());
    Ok(())
}

/// Writes the zone's records to a file, and returns its path.
async fn export(client: &Client, zone: &Zone, folder: &Path) -> anyhow::Result<PathBuf> {
    let records = client.dns().records().export(&zone.id).await?;
    let account = zone.account.name.as_deref().unwrap_or("other");
    // The account's name can be anything.
    let account = account.replace(|c: char| !c.is_alphanumeric(), "_");
    let file = folder.join(account).join(format!("{}.zone", zone.name));
    let say = || format!("cannot write {}", file.display());
    fs::create_dir_all(file.parent().unwrap_or(folder)).with_context(say)?;
    fs::write(&file, records).with_context(say)?;
    Ok(file)
}
