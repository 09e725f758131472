//! Deploys a Worker with everything it uses: a KV namespace, a D1 database, an R2 bucket, a secret and a cron trigger.
//!
//! ```text
//! API_KEY=… cargo run -p cf-examples --example worker_with_bindings -- shop
//! ```
//!
//! The token needs the permissions "Workers Scripts Write", "Workers KV Storage
//! Write", "Workers R2 Storage Write" and "D1 Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::env;

use anyhow::Context as _;
use cf_client::types::codec::Blob;
use cf_client::types::workers::scripts::{Binding, ScriptMetadata, ScriptParam};
use clap::Parser;

const MODULE: &str = r#"export default {
  async fetch(request, env) {
    const { results } = await env.DB.prepare("SELECT 1 AS one").all();
    return Response.json({ cached: await env.CACHE.get("one"), results });
  },
  async scheduled(event, env) {
    await env.FILES.put(`reports/${event.scheduledTime}`, "done");
  },
};
"#;

#[derive(Parser)]
#[command(about = "Deploys a Worker and what it uses")]
struct Options {
    /// The name of the Worker; what it uses is named after it.
    #[arg(default_value = "shop")]
    name: String,
    /// When `scheduled` runs.
    #[arg(long, default_value = "*/30 * * * *")]
    cron: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let client = &api.client;
    let account = client.only_account_id().await?;
    let name = &options.name;
    let secret = match env::var("API_KEY") {
        Err(_) if api.emulator.is_some() => "swordfish".to_owned(),
        secret => secret.context("the Worker needs a secret: set API_KEY")?,
    };

    let namespace = client
        .kv()
        .namespaces()
        .create(&account, format!("{name}-cache"))
        .await?;
    let database = client
        .d1()
        .database()
        .create(&account, name.as_str())
        .await?;
    let files = format!("{name}-files");
    client
        .r2()
        .buckets()
        .create(&account, files.as_str())
        .await?;

    let metadata = ScriptMetadata::new()
        .main_module("worker.js")
        .compatibility_date("2026-11-01")
        .bindings([
            Binding::kv_namespace("CACHE", namespace.id),
            Binding::d1("DB", database.uuid),
            Binding::r2_bucket("FILES", files),
            Binding::secret_text("API_KEY", secret),
        ]);
    let module = Blob::from(MODULE)
        .named("worker.js")
        .typed("application/javascript+module");
    client
        .workers()
        .scripts()
        .update(&account, name, ScriptParam::new(metadata).files([module]))
        .await?;
    client
        .workers()
        .scripts()
        .schedules()
        .update(&account, name, [options.cron])
        .await?;

    let settings = client.workers().scripts().script_and_version_settings();
    for binding in settings
        .get(&account, name)
        .await?
        .bindings
        .unwrap_or_default()
    {
        let (name, kind) = (binding.name(), binding.kind());
        println!(
            "{} is a {}",
            name.unwrap_or_default(),
            kind.unwrap_or_default()
        );
    }
    let schedules = client
        .workers()
        .scripts()
        .schedules()
        .get(&account, name)
        .await?;
    for schedule in schedules.schedules {
        println!("runs at {}", schedule.cron);
    }
    Ok(())
}
