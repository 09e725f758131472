//! Counts a zone's firewall events by action, however many pages of them there are.
//!
//! ```text
//! cargo run -p cf-examples --example graphql_analytics -- example.com 2026-11-24T10:00:00Z
//! ```
//!
//! The token takes the permissions "Zone Read" and "Analytics Read".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use clap::Parser;
use serde::Deserialize;
use serde_json::json;

const SEED: &str = r#"{ "accounts": [{ "zones": [{ "name": "example.com", "analytics": {
    "firewallEventsAdaptive": [
        { "datetime": "2026-11-24T10:00:01Z", "action": "block", "rayName": "1" },
        { "datetime": "2026-11-24T10:00:01Z", "action": "managed_challenge", "rayName": "2" },
        { "datetime": "2026-11-24T10:03:20Z", "action": "block", "rayName": "3" },
        { "datetime": "2026-11-24T10:41:07Z", "action": "block", "rayName": "4" }
    ]
} }] }] }"#;

const QUERY: &str = "query ($zone: string!, $since: Time!, $limit: uint64!) {
  viewer { zones(filter: { zoneTag: $zone }) {
    firewallEventsAdaptive(filter: { datetime_geq: $since }, limit: $limit, orderBy: [datetime_ASC]) {
      datetime
      action
      rayName
    }
  } }
}";

#[derive(Parser)]
#[command(about = "Counts a zone's firewall events by action")]
struct Options {
    /// The zone's name.
    #[arg(default_value = "example.com")]
    zone: String,
    /// The time to start at.
    #[arg(default_value = "2026-11-24T10:00:00Z")]
    since: String,
    /// How many events a page has.
    #[arg(long, default_value_t = 1000)]
    limit: u64,
}

#[derive(Deserialize)]
struct Event {
    action: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(SEED).await?;
    let zone = api.client.zone_id(&options.zone).await?;

    let variables =
        json!({ "zone": zone.as_str(), "since": options.since, "limit": options.limit });
    let rows = "/viewer/zones/0/firewallEventsAdaptive";
    let mut pages = api.client.graphql_pages::<Event>(QUERY, &variables, rows);
    let mut counts = BTreeMap::<String, u64>::new();
    while let Some(page) = pages.next().await {
        for event in page? {
            *counts.entry(event.action).or_default() += 1;
        }
    }
    for (action, count) in counts {
        println!("{count:>6} {action}");
    }
    Ok(())
}
