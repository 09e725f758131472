//! Writes the audit log of an account as NDJSON: one entry per line, as the API sent it.
//!
//! ```text
//! cargo run -p cf-examples --example audit_log -- --hours 24 | jq -r '[.action.time, .actor.email, .action.type] | @tsv'
//! ```
//!
//! The token needs the permission "Account Settings Read". Progress goes to standard error, so that
//! standard output has nothing but the log.
//!
//! Without a credential in the environment, this talks to an emulator, whose log is a sample entry.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::Parser;
use jiff::{SignedDuration, Timestamp};

#[derive(Parser)]
#[command(about = "Writes the audit log of an account as NDJSON")]
struct Options {
    /// How many hours back to start.
    #[arg(long, default_value_t = 24)]
    hours: i64,
    /// The name of the account, if the token sees several.
    #[arg(long)]
    account: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    let client = &api.client;
    let account = match &options.account {
        Some(name) => client.account_id(name).await?,
        None => client.only_account_id().await?,
    };
    let before = Timestamp::now();
    let since = before
        .checked_sub(SignedDuration::from_hours(options.hours))
        .context("that is too long ago")?;

    let mut entries = client
        .accounts()
        .logs()
        .audit()
        .list(&account, since.to_string(), before.to_string())
        .limit(1000)
        .items();
    let mut out = io::stdout().lock();
    let mut count = 0;
    while let Some(entry) = entries.next().await {
        // Fields that this crate does not know are included.
        serde_json::to_writer(&mut out, &entry?)?;
        out.write_all(b"\n")?;
        count += 1;
    }
    out.flush()?;
    eprintln!("{count} entries since {since}");
    Ok(())
}
