//! Imports DNS records from a CSV file, hundreds per request, with a progress bar.
//!
//! ```text
//! cargo run -p cf-examples --example import_zone -- example.com records.csv
//! ```
//!
//! The file's columns are `type`, `name`, `content`, `ttl`, `priority` and `proxied`; the last three
//! may be empty. Records that already exist are skipped, so an interrupted import can simply be
//! restarted. The token needs the permissions "Zone Read" and "DNS Write".
//!
//! Without a credential in the environment, this fills a zone of an emulator, twice.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cf_client::Client;
use cf_client::types::dns::records::{
    ARecordParam, AaaaRecordParam, CnameRecordParam, MxRecordParam, NsRecordParam, RecordBatch,
    RecordParam, TxtRecordParam,
};
use clap::Parser;
use indicatif::ProgressBar;
use serde::Deserialize;

/// The most changes of one batch on every plan.
const BATCH: usize = 200;

#[derive(Parser)]
#[command(about = "Imports DNS records from a CSV file")]
struct Options {
    /// The zone's name.
    #[arg(default_value = "example.com")]
    zone: String,
    /// The CSV file.
    file: Option<PathBuf>,
}

/// A line of the file.
#[derive(Deserialize)]
struct Row {
    r#type: String,
    name: String,
    content: String,
    ttl: Option<i64>,
    priority: Option<i64>,
    proxied: Option<bool>,
}

/// The identity of a record.
type Identity = (String, String, String);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let seed = r#"{"accounts":[{"zones":[{"name":"example.com","records":[
        {"type":"A","name":"host-7","content":"192.0.2.7"}]}]}]}"#;
    let api = support::connect(seed).await?;
    match (&options.file, &api.emulator) {
        (Some(file), _) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            import(&api.client, &options.zone, &text).await
        }
        (None, Some(_)) => {
            for _ in 0..2 {
                import(&api.client, &options.zone, &sample()?).await?;
            }
            Ok(())
        }
        (None, None) => bail!("give the CSV file, after the name of the zone"),
    }
}

async fn import(client: &Client, zone: &str, text: &str) -> anyhow::Result<()> {
    // The whole file is checked before the first record is written.
    let mut wanted = Vec::new();
    for (number, row) in csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .enumerate()
    {
        let row: Row = row?;
        let identity = identity(&row.r#type, &full_name(&row.name, zone), &row.content);
        let record = record(row, zone).with_context(|| format!("record {}", number + 1))?;
        wanted.push((identity, record));
    }

    let zone_id = client.zone_id(zone).await?;
    let mut there = HashSet::new();
    let mut records = client.dns().records().list(&zone_id).per_page(1000).items();
    while let Some(record) = records.next().await {
        let record = record?;
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        there.insert(identity(
            &text(record.kind()),
            &text(record.name()),
            &text(record.content()),
        ));
    }

    let all = wanted.len();
    // `insert` also finds duplicates in the file.
    let new: Vec<_> = wanted
        .into_iter()
        .filter_map(|(identity, record)| there.insert(identity).then_some(record))
        .collect();
    let bar = ProgressBar::new(new.len() as u64);
    for batch in new.chunks(BATCH) {
        // A batch is carried out as a whole or not at all.
        let body = RecordBatch::new().posts(batch.iter().cloned());
        let done = client.dns().records().batch(&zone_id, body).await;
        let done = done.with_context(|| {
            format!("{} of {} records were imported", bar.position(), new.len())
        })?;
        bar.inc(done.posts.map_or(0, |records| records.len() as u64));
    }
    bar.finish_and_clear();
    println!(
        "{zone}: {} records imported, {} were there already",
        bar.position(),
        all - new.len()
    );
    Ok(())
}

/// The record that a line describes.
fn record(row: Row, zone: &str) -> anyhow::Result<RecordParam> {
    let name = full_name(&row.name, zone);
    let ttl = row.ttl.unwrap_or(1); // 1 is "automatic"
    let proxied = row.proxied.unwrap_or(false);
    Ok(match row.r#type.as_str() {
        "A" => ARecordParam::new(name, row.content)
            .ttl(ttl)
            .proxied(proxied)
            .into(),
        "AAAA" => AaaaRecordParam::new(name, row.content)
            .ttl(ttl)
            .proxied(proxied)
            .into(),
        "CNAME" => CnameRecordParam::new(name, row.content)
            .ttl(ttl)
            .proxied(proxied)
            .into(),
        "MX" => {
            let priority = row.priority.context("an MX record needs a priority")?;
            MxRecordParam::new(name, row.content, priority)
                .ttl(ttl)
                .into()
        }
        "NS" => NsRecordParam::new(name, row.content).ttl(ttl).into(),
        // The API requires the quotation marks of zone files.
        "TXT" => TxtRecordParam::new(name, quoted(&row.content))
            .ttl(ttl)
            .into(),
        other => bail!("records of type {other:?} are not imported"),
    })
}

fn full_name(name: &str, zone: &str) -> String {
    let name = name.trim_end_matches('.');
    if name == "@" || name == zone {
        zone.to_owned()
    } else if name.ends_with(&format!(".{zone}")) {
        name.to_owned()
    } else {
        format!("{name}.{zone}")
    }
}

fn quoted(text: &str) -> String {
    if text.starts_with('"') {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

fn identity(kind: &str, name: &str, content: &str) -> Identity {
    let content = match kind {
        "TXT" => quoted(content),
        // One address can be written in several ways.
        "A" | "AAAA" => match content.parse::<IpAddr>() {
            Ok(ip) => ip.to_string(),
            Err(_) => content.to_owned(),
        },
        // Names are case-insensitive.
        _ => content.trim_end_matches('.').to_lowercase(),
    };
    (kind.to_owned(), name.to_lowercase(), content)
}

/// A file of 1,003 records.
fn sample() -> anyhow::Result<String> {
    let mut text = String::from("type,name,content,ttl,priority,proxied\n");
    text +=
        "MX,@,mail.example.com,,10,\nTXT,@,v=spf1 mx -all,3600,,\nCNAME,www,example.com,,,true\n";
    for host in 0..1000 {
        writeln!(text, "A,host-{host},192.0.2.{},,,", host % 256)?;
    }
    Ok(text)
}
