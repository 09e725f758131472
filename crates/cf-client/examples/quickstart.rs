//! The API quickstart: verify the token, find the IDs of accounts and zones, then list, create,
//! change and delete a DNS record.
//!
//! `cargo run --example quickstart`
//!
//! With a credential in the environment (`CLOUDFLARE_API_TOKEN`) this talks to the real API, and
//! leaves nothing behind: it deletes the one record that it creates, a TXT record. Without
//! one it talks to an emulator that it starts itself.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod support;

use cf_client::Client;
use cf_client::types::Page;
use cf_client::types::accounts::Account;
use cf_client::types::dns::records::{Record, TxtRecordParam};
use cf_client::types::zones::Zone;
use comfy_table::{Table, presets};

const SEED: &str = r#"{"accounts":[{"zones":[
    {"name":"example.org"},
    {"name":"example.com","records":[
        {"type":"A","name":"example.com","content":"192.0.2.10"},
        {"type":"AAAA","name":"example.com","content":"2001:db8::10"},
        {"type":"CNAME","name":"www.example.com","content":"example.com"},
        {"type":"TXT","name":"example.com","content":"v=spf1 -all"}]}]}]}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let api = support::connect(SEED).await?;
    tour(&api.client).await
}

async fn tour(client: &Client) -> anyhow::Result<()> {
    heading("The token");
    let token = client.user().tokens().verify().await?;
    let until = token
        .expires_on
        .as_ref()
        .map_or("no end", |date| date.as_str());
    println!("is {}, with {until}.", token.status);

    heading("Accounts");
    show_accounts(&client.accounts().list().await?);

    heading("Zones");
    let zones = client.zones().list().await?;
    show_zones(&zones);

    let Some(zone) = zones
        .items
        .iter()
        .find(|zone| zone.name == "example.com")
        .or(zones.first())
    else {
        println!("There is no zone yet, so there is nothing to put a record into.");
        return Ok(());
    };

    heading(&format!("DNS records of {}", zone.name));
    let records = client
        .dns()
        .records()
        .list(&zone.id)
        .per_page(100)
        .items()
        .collect_all()
        .await?;
    show_records(&records);

    heading("A record comes");
    let name = format!("_quickstart.{}", zone.name);
    let record = TxtRecordParam::new(&name, "\"hello\"").ttl(300);
    let created = client.dns().records().create(&zone.id, record).await?;
    let id = created.id().unwrap_or_default().to_owned();
    show_records(std::slice::from_ref(&created));

    heading("… changes");
    let change = TxtRecordParam::new(&name, "\"hello again\"").ttl(600);
    let changed = client.dns().records().update(&zone.id, &id, change).await;
    if let Ok(changed) = &changed {
        show_records(std::slice::from_ref(changed));
    }

    // Whatever happened to the change, the record must not stay.
    heading("… and goes");
    let deleted = client.dns().records().delete(&zone.id, &id).await?;
    println!("{} is deleted.", deleted.id.as_deref().unwrap_or(&id));
    changed?;
    Ok(())
}

fn heading(text: &str) {
    println!("\n{text}");
}

fn show_accounts(accounts: &Page<Account>) {
    let rows = accounts
        .iter()
        .map(|account| [account.id.to_string(), account.name.clone()]);
    show(["account ID", "name"], rows);
}

fn show_zones(zones: &Page<Zone>) {
    let rows = zones.iter().map(|zone| {
        let status = zone.status.as_ref().map(ToString::to_string);
        let plan = zone.plan.name.clone();
        [
            zone.id.to_string(),
            zone.name.clone(),
            status.unwrap_or_default(),
            plan.unwrap_or_default(),
        ]
    });
    show(["zone ID", "name", "status", "plan"], rows);
}

fn show_records(records: &[Record]) {
    let rows = records.iter().map(|record| {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let ttl = match record.ttl() {
            None | Some(1) => "auto".to_owned(),
            Some(seconds) => format!("{seconds} s"),
        };
        [
            text(record.id()),
            text(record.kind()),
            text(record.name()),
            text(record.content()),
            ttl,
        ]
    });
    show(["record ID", "type", "name", "content", "TTL"], rows);
}

fn show<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_BORDERS_ONLY)
        .set_header(header)
        .add_rows(rows);
    println!("{table}");
}
