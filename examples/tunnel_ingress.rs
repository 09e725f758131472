//! Publishes a service of a tunnel under a host name; the rest of the tunnel's configuration stays.
//!
//! ```text
//! cargo run -p cf-examples --example tunnel_ingress -- home wiki.example.com http://localhost:8080
//! ```
//!
//! The token needs the permissions "Cloudflare One Connector: cloudflared Write" and, for the DNS record, "Zone Read" and "DNS
//! Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_client::types::dns::records::CnameRecordParam;
use cf_client::types::zero_trust::tunnels::cloudflared::CloudflaredParam;
use cf_client::types::zero_trust::tunnels::cloudflared::configurations::IngressRule;
use clap::Parser;

#[derive(Parser)]
#[command(about = "Publishes a service of a tunnel")]
struct Options {
    /// The tunnel's name; it is created if it does not exist.
    #[arg(default_value = "home")]
    tunnel: String,
    /// The host name.
    #[arg(default_value = "wiki.example.com")]
    host: String,
    /// The service, as the connector sees it.
    #[arg(default_value = "http://localhost:8080")]
    service: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    let client = &api.client;
    let account = client.only_account_id().await?;
    let tunnels = || client.zero_trust().tunnels().cloudflared();

    let there = tunnels()
        .list(&account)
        .name(&options.tunnel)
        .is_deleted(false)
        .items()
        .collect_all()
        .await?;
    let tunnel = match there.into_iter().next() {
        Some(tunnel) => tunnel,
        None => {
            tunnels()
                .create(
                    &account,
                    CloudflaredParam::new(&options.tunnel).config_src("cloudflare"),
                )
                .await?
        }
    };

    let mut configuration = tunnels().configurations().get(&account, &tunnel.id).await?;
    let config = configuration.config.get_or_insert_default();
    let ingress = config.ingress.get_or_insert_default();
    ingress.retain(|rule| rule.hostname.as_ref() != Some(&options.host));
    // The last rule takes whatever no other takes.
    if ingress.is_empty() {
        ingress.push(IngressRule::catch_all("http_status:404"));
    }
    let last = ingress.len() - 1;
    ingress.insert(last, IngressRule::new(&options.host, &options.service));
    tunnels()
        .configurations()
        .update(&account, &tunnel.id, configuration)
        .await?;

    let zone = client.zone_of(&options.host).await?;
    let records = || client.dns().records();
    let mut there = records().list(&zone).name(options.host.as_str()).items();
    if there.next().await.transpose()?.is_none() {
        let target = format!("{}.cfargotunnel.com", tunnel.id);
        let record = CnameRecordParam::new(&options.host, target).proxied(true);
        records().create(&zone, record).await?;
    }

    let configuration = tunnels().configurations().get(&account, &tunnel.id).await?;
    let config = configuration.config.unwrap_or_default();
    for rule in config.ingress.unwrap_or_default() {
        let host = rule.hostname.unwrap_or_default();
        let host = if host.is_empty() { "all else" } else { &host };
        println!("{host} -> {}", rule.service.unwrap_or_default());
    }
    Ok(())
}
