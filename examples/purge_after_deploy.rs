//! Purges what a deployment changed from the cache, by its cache tags.
//!
//! ```text
//! cargo run -p cf-examples --example purge_after_deploy -- example.com article-17 article-18
//! ```
//!
//! The origin marks its replies with the header `Cache-Tag`; whoever deploys knows which tags changed.
//! With `-` the tags are read from standard input, one per line. The token needs the permissions
//! "Zone Read" and "Cache Purge".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, ensure};
use cf_client::Client;
use cf_client::types::cache::PurgeByTags;
use clap::Parser;

/// The most tags in one request.
const PER_REQUEST: usize = 100;
/// The maximum length of a tag.
const LONGEST: usize = 1024;

#[derive(Parser)]
#[command(about = "Purges cache tags")]
struct Options {
    /// The zone's name.
    #[arg(default_value = "example.com")]
    zone: String,
    /// The tags; `-` reads them from standard input.
    tags: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    let tags = match (&options.tags[..], &api.emulator) {
        ([dash], _) if dash == "-" => io::stdin().lines().collect::<Result<_, _>>()?,
        ([], Some(_)) => (1..=250)
            .map(|number| format!("article-{number}"))
            .collect(),
        (tags, _) => tags.to_vec(),
    };
    purge(&api.client, &options.zone, &tags).await
}

async fn purge(client: &Client, zone: &str, tags: &[String]) -> anyhow::Result<()> {
    // Tags are case-insensitive, and none need be sent twice.
    let tags: BTreeSet<_> = tags.iter().map(|tag| tag.trim().to_lowercase()).collect();
    let tags: Vec<_> = tags.into_iter().filter(|tag| !tag.is_empty()).collect();
    ensure!(!tags.is_empty(), "there is no tag to purge");
    for tag in &tags {
        let right = tag.len() <= LONGEST && tag.is_ascii() && !tag.contains([' ', ',']);
        ensure!(
            right,
            "{tag:?} is not a cache tag: ASCII without spaces and commas, {LONGEST} bytes at most"
        );
    }
    let zone_id = client.zone_id(zone).await?;
    for (index, some) in tags.chunks(PER_REQUEST).enumerate() {
        client
            .cache()
            .purge(&zone_id, PurgeByTags::new(some))
            // Purging twice does no harm, so a request whose reply was lost may be sent again.
            .idempotent(true)
            .await
            .with_context(|| {
                format!("{} of {} tags were purged", index * PER_REQUEST, tags.len())
            })?;
    }
    let requests = tags.len().div_ceil(PER_REQUEST);
    println!(
        "{zone}: {} tags purged with {requests} requests",
        tags.len()
    );
    Ok(())
}
