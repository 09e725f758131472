//! Makes a list of IP addresses for firewall rules match a file, with the fewest changes.
//!
//! ```text
//! cargo run -p cf-examples --example sync_firewall_list -- office_addresses addresses.txt
//! ```
//!
//! The file has one address or range per line; what follows a `#` becomes its comment. Rules use the
//! list as `ip.src in $office_addresses`. It is created if it does not exist. The token needs the
//! permission "Account Rule Lists Write", called "Account Filter Lists" in the dashboard.
//!
//! Without a credential in the environment, this syncs a list of an emulator three times.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use cf_client::Client;
use cf_client::types::AccountId;
use cf_client::types::rules::lists::bulk_operations::BulkOperation;
use cf_client::types::rules::lists::items::{
    IpItemParam, Item, ItemDeleteParam, ItemParam, ItemRef,
};
use cf_client::types::rules::lists::{ListParam, ListType};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Makes a list of IP addresses have what a file says")]
struct Options {
    /// The name of the list: lower-case letters, digits and underscores.
    #[arg(default_value = "office_addresses")]
    list: String,
    /// The file.
    file: Option<PathBuf>,
    /// The name of the account, if the token sees several.
    #[arg(long)]
    account: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let files = match (&options.file, &api.emulator) {
        (Some(file), _) => vec![
            std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?,
        ],
        (None, Some(_)) => {
            let first = "192.0.2.1 # router\n198.51.100.0/24\n2001:db8::/32 # office\n";
            let second = "192.0.2.1 # router\n203.0.113.9\n2001:db8::/32 # new office\n";
            [first, first, second].map(str::to_owned).to_vec()
        }
        (None, None) => bail!("give the file, after the name of the list"),
    };
    let client = &api.client;
    let account = match &options.account {
        Some(name) => client.account_id(name).await?,
        None => client.only_account_id().await?,
    };
    for file in files {
        let wanted = read(&file)?;
        // A file that was truncated to nothing must not open or close every door.
        ensure!(!wanted.is_empty(), "the file has no addresses");
        sync(client, &account, &options.list, wanted).await?;
    }
    Ok(())
}

/// The addresses of the file with their comments.
fn read(file: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut wanted = BTreeMap::new();
    for (number, line) in file.lines().enumerate() {
        let (address, comment) = line.split_once('#').unwrap_or((line, ""));
        let address = address.trim();
        if address.is_empty() {
            continue;
        }
        let (ip, length) = match address.split_once('/') {
            Some((ip, length)) => (ip, format!("/{length}")),
            None => (address, String::new()),
        };
        let ip: IpAddr = ip
            .parse()
            .with_context(|| format!("line {}: {address:?} is not an address", number + 1))?;
        // The API stores addresses in their shortest form, so they are shown that way here, too.
        wanted.insert(format!("{ip}{length}"), comment.trim().to_owned());
    }
    Ok(wanted)
}

async fn sync(
    client: &Client,
    account: &AccountId,
    name: &str,
    mut wanted: BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let list = list(client, account, name).await?;
    let items = || client.rules().lists().items();

    let mut surplus = Vec::new();
    let mut there = items().list(account, &list).per_page(500).items();
    while let Some(item) = there.next().await {
        let Item::Ip(item) = item? else {
            bail!("{name} has items that are not IP addresses");
        };
        match wanted.get(&item.ip) {
            // What already matches needs no call.
            Some(comment) if item.comment.as_deref().unwrap_or_default() == comment => {
                wanted.remove(&item.ip);
            }
            // It is written again, with its new comment.
            Some(_) => {}
            None => surplus.push(ItemRef::new(item.id)),
        }
    }

    println!(
        "{name}: {} to write, {} to delete",
        wanted.len(),
        surplus.len()
    );
    if !wanted.is_empty() {
        let new = wanted
            .into_iter()
            .map(|(ip, comment)| match comment.is_empty() {
                true => ItemParam::ip(ip),
                false => IpItemParam::new(ip).comment(comment).into(),
            });
        let operation = items().create(account, &list, new).await?;
        finished(client, account, &operation.operation_id).await?;
    }
    if !surplus.is_empty() {
        let body = ItemDeleteParam::new().items(surplus);
        let operation = items().delete(account, &list, body).await?;
        finished(client, account, &operation.operation_id).await?;
    }
    Ok(())
}

/// The ID of the list with this name.
async fn list(client: &Client, account: &AccountId, name: &str) -> anyhow::Result<String> {
    let lists = client.rules().lists().list(account).await?;
    if let Some(list) = lists.iter().find(|list| list.name == name) {
        ensure!(
            list.kind == ListType::Ip,
            "{name} is a list of kind {}",
            list.kind
        );
        return Ok(list.id.clone());
    }
    let list = ListParam::new(name, ListType::Ip);
    let list = client.rules().lists().create(account, list).await?;
    println!("{name} is new");
    Ok(list.id)
}

/// Waits until the API has finished the operation. An account has only one at a time.
async fn finished(client: &Client, account: &AccountId, operation: &str) -> anyhow::Result<()> {
    loop {
        let state = client
            .rules()
            .lists()
            .bulk_operations()
            .get(account, operation)
            .await?;
        match state {
            BulkOperation::Completed(_) => return Ok(()),
            BulkOperation::Failed(failed) => {
                bail!("the API could not change the list: {}", failed.error)
            }
            _ => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}
