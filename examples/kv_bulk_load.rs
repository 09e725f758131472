//! Loads a file of keys and values into a KV namespace, thousands per request.
//!
//! ```text
//! cargo run -p cf-examples --example kv_bulk_load -- redirects redirects.csv --ttl 86400
//! ```
//!
//! The file's columns are `key` and `value`; any others become the key's metadata. The namespace is created if it does
//! not exist. The token needs the permission "Workers KV Storage Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cf_client::Client;
use cf_client::types::AccountId;
use cf_client::types::kv::namespaces::NamespaceParam;
use cf_client::types::kv::namespaces::keys::KeyValuePair as Pair;
use clap::Parser;
use indicatif::ProgressBar;
use serde::Deserialize;

/// The most pairs in one request.
const PAIRS: usize = 10_000;
/// A request may have at most 100 MiB; this leaves room for JSON.
const BYTES: usize = 50 << 20;
/// The most rounds for keys that the API could not write at once.
const ROUNDS: usize = 3;

#[derive(Parser)]
#[command(about = "Loads a CSV file into a KV namespace")]
struct Options {
    /// The title of the namespace.
    #[arg(default_value = "redirects")]
    namespace: String,
    /// The CSV file.
    file: Option<PathBuf>,
    /// The name of the account, if the token sees several.
    #[arg(long)]
    account: Option<String>,
    /// After how many seconds (60 or more) the keys expire.
    #[arg(long)]
    ttl: Option<i64>,
}

#[derive(Deserialize)]
struct Row {
    key: String,
    value: String,
    #[serde(flatten)]
    metadata: BTreeMap<String, String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let text = match (&options.file, &api.emulator) {
        (Some(file), _) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?,
        (None, Some(_)) => sample()?,
        (None, None) => bail!("give the CSV file, after the title of the namespace"),
    };
    let mut pairs = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        let Row {
            key,
            value,
            metadata,
        } = row?;
        let pair = Pair::new(key, value);
        let pair = match metadata.is_empty() {
            true => pair,
            false => pair.metadata(serde_json::to_value(metadata)?),
        };
        pairs.push(match options.ttl {
            Some(seconds) => pair.expiration_ttl(seconds),
            None => pair,
        });
    }

    let client = &api.client;
    let account = match &options.account {
        Some(name) => client.account_id(name).await?,
        None => client.only_account_id().await?,
    };
    let namespace = namespace(client, &account, &options.namespace).await?;
    load(client, &account, &namespace, pairs).await?;

    let keys = client.kv().namespaces().keys().list(&account, &namespace);
    let keys = keys.items().collect_all().await?;
    println!("{} has {} keys now", options.namespace, keys.len());
    Ok(())
}

/// The ID of the namespace with this title.
async fn namespace(client: &Client, account: &AccountId, title: &str) -> anyhow::Result<String> {
    let mut all = client.kv().namespaces().list(account).items();
    while let Some(namespace) = all.next().await {
        let namespace = namespace?;
        if namespace.title == title {
            return Ok(namespace.id);
        }
    }
    let new = NamespaceParam::new(title);
    let new = client.kv().namespaces().create(account, new).await?;
    println!("Namespace {title} is new");
    Ok(new.id)
}

async fn load(
    client: &Client,
    account: &AccountId,
    namespace: &str,
    mut pairs: Vec<Pair>,
) -> anyhow::Result<()> {
    let bar = ProgressBar::new(pairs.len() as u64);
    let mut requests = 0;
    for _ in 0..ROUNDS {
        let mut left = Vec::new();
        for some in portions(&pairs) {
            let reply = client
                .kv()
                .namespaces()
                .bulk_update(account, namespace, some.iter().cloned())
                .await?;
            requests += 1;
            // A request can succeed for only some of its keys.
            let failed = reply.unsuccessful_keys.unwrap_or_default();
            bar.inc((some.len() - failed.len()) as u64);
            left.extend(
                some.iter()
                    .filter(|pair| pair.key.as_ref().is_some_and(|key| failed.contains(key)))
                    .cloned(),
            );
        }
        pairs = left;
        if pairs.is_empty() {
            break;
        }
    }
    bar.finish_and_clear();
    if let Some(pair) = pairs.first() {
        bail!(
            "{} keys could not be written, {:?} among them; try again later",
            pairs.len(),
            pair.key.as_deref().unwrap_or_default()
        );
    }
    println!("{} pairs written with {requests} requests", bar.position());
    Ok(())
}

/// Splits the pairs into portions for one request each.
fn portions(mut pairs: &[Pair]) -> impl Iterator<Item = &[Pair]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = pairs.iter().take(PAIRS).take_while(|pair| {
            bytes += [&pair.key, &pair.value]
                .into_iter()
                .flatten()
                .map(String::len)
                .sum::<usize>();
            bytes <= BYTES
        });
        // A pair that is too large is sent alone, and the API says what is wrong with it.
        let portion;
        (portion, pairs) = pairs.split_at(fits.count().max(1).min(pairs.len()));
        (!portion.is_empty()).then_some(portion)
    })
}

/// A file of 25,000 pairs.
fn sample() -> anyhow::Result<String> {
    let mut text = String::from("key,value,since\n");
    for number in 0..25_000 {
        writeln!(
            text,
            "/old/{number},https://www.example.com/new/{number},2026-11-01"
        )?;
    }
    Ok(text)
}
