//! Prints what a Worker does: its requests, logs and exceptions, until Ctrl-C.
//!
//! ```text
//! cargo run -p cf-examples --example tail_worker -- my-worker --outcome exception
//! ```
//!
//! The token needs the permission "Workers Tail Read".
//!
//! Without a credential in the environment, this deploys a Worker to an emulator, and prints one event.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_client::deploy::Worker;
use cf_client::tail::TailEvent;
use cf_client::types::workers::scripts::ScriptMetadata;
use cf_client::types::workers::scripts::tail::{Filter, TailParam};
use clap::Parser;
use serde_json::json;

#[derive(Parser)]
#[command(about = "Prints what a Worker does")]
struct Options {
    /// The name of the Worker.
    #[arg(default_value = "my-worker")]
    name: String,
    /// Only events that ended so: ok, exception, canceled, exceededCpu …
    #[arg(long = "outcome", value_name = "OUTCOME")]
    outcomes: Vec<String>,
    /// Only events with this text in their logs.
    #[arg(long)]
    search: Option<String>,
    /// The name of the account, if the token sees several.
    #[arg(long)]
    account: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let client = &api.client;
    let account = match &options.account {
        Some(name) => client.account_id(name).await?,
        None => client.only_account_id().await?,
    };
    if api.emulator.is_some() {
        let worker = Worker::new(ScriptMetadata::new()).module("worker.js", "export default {}");
        client
            .deploy_worker(&account, &options.name, worker)
            .await?;
    }
    let mut filters = Vec::new();
    if !options.outcomes.is_empty() {
        filters.push(Filter::new().outcome(&options.outcomes));
    }
    if let Some(text) = &options.search {
        filters.push(Filter::new().query(text));
    }
    let filters = TailParam::new().filters(filters);
    let mut tail = client.tail_worker(&account, &options.name, filters).await?;
    eprintln!("Listening to {}", options.name);
    if let Some(emulator) = &api.emulator {
        let logs = json!([{ "level": "log", "message": ["hello", { "n": 1 }], "timestamp": 0 }]);
        emulator.trace(&options.name, json!({ "logs": logs }));
        if let Some(event) = tail.next().await {
            print(&event?);
        }
        return Ok(tail.close().await?);
    }
    loop {
        tokio::select! {
            event = tail.next() => match event {
                Some(event) => print(&event?),
                None => break,
            },
            stop = tokio::signal::ctrl_c() => {
                stop?;
                break;
            }
        }
    }
    Ok(tail.close().await?)
}

fn print(event: &TailEvent) {
    match event.request() {
        Some((method, url)) => println!("{method} {url} – {}", event.outcome()),
        None => println!("{}", event.outcome()),
    }
    for log in event.logs() {
        println!("  {}: {}", log.level(), log.message());
    }
    for exception in event.exceptions() {
        println!("  {}: {}", exception.name(), exception.message());
    }
}
