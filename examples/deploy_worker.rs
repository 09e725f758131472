//! Deploys a Worker: its module, its settings, and its secrets, which come from the environment.
//!
//! ```text
//! API_KEY=… cargo run -p cf-examples --example deploy_worker -- my-worker worker.js --secret API_KEY
//! ```
//!
//! Existing secrets of the Worker that are not named stay as they are. The token needs the permission
//! "Workers Scripts Write".
//!
//! Without a credential in the environment, this deploys a small Worker to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cf_client::Client;
use cf_client::types::AccountId;
use cf_client::types::codec::Blob;
use cf_client::types::workers::scripts::secrets::{SecretBulkUpdate, SecretTextParam};
use cf_client::types::workers::scripts::{Binding, ScriptMetadata, ScriptParam};
use clap::Parser;

/// The Workers runtime's compatibility date; newer behaviour needs a newer date.
const COMPATIBILITY_DATE: &str = "2026-11-01";

const SAMPLE: &str = r#"export default {
  async fetch(request, env) {
    return new Response(`Version ${env.VERSION}`);
  },
};
"#;

#[derive(Parser)]
#[command(about = "Deploys a Worker")]
struct Options {
    /// The name of the Worker.
    #[arg(default_value = "my-worker")]
    name: String,
    /// The JavaScript module.
    module: Option<PathBuf>,
    /// An environment variable that holds a secret of the Worker; the secret gets its name.
    #[arg(long = "secret", value_name = "VARIABLE")]
    secrets: Vec<String>,
    /// What the Worker sees as `env.VERSION`.
    #[arg(long, default_value = "1")]
    version: String,
    /// The name of the account, if the token sees several.
    #[arg(long)]
    account: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let mut secrets = BTreeMap::new();
    for name in &options.secrets {
        // All are read first: a Worker with half of its secrets helps nobody.
        let value = env::var(name).with_context(|| format!("cannot read the secret {name}"))?;
        secrets.insert(name.clone(), value);
    }
    let module = match (&options.module, &api.emulator) {
        (Some(file), _) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?,
        (None, Some(_)) => {
            secrets.insert("API_KEY".to_owned(), "swordfish".to_owned());
            SAMPLE.to_owned()
        }
        (None, None) => bail!("give the JavaScript module, after the name of the Worker"),
    };

    let client = &api.client;
    let account = match &options.account {
        Some(name) => client.account_id(name).await?,
        None => client.only_account_id().await?,
    };
    deploy(client, &account, &options.name, module, &options.version).await?;
    set_secrets(client, &account, &options.name, secrets).await?;

    let secrets = client.workers().scripts().secrets();
    let secrets = secrets.list(&account, &options.name).await?;
    let names: Vec<_> = secrets.iter().filter_map(|secret| secret.name()).collect();
    println!("Its secrets: {}", names.join(", "));
    Ok(())
}

async fn deploy(
    client: &Client,
    account: &AccountId,
    name: &str,
    module: String,
    version: &str,
) -> anyhow::Result<()> {
    let main = "worker.js";
    let metadata = ScriptMetadata::new()
        // The part of the form with the main module.
        .main_module(main)
        .compatibility_date(COMPATIBILITY_DATE)
        .bindings([Binding::plain_text("VERSION", version)])
        // An upload replaces all bindings that it does not keep.
        .keep_bindings(["secret_text", "secret_key"]);
    let file = Blob::from(module)
        .named(main)
        .typed("application/javascript+module");
    let body = ScriptParam::new(metadata).files([file]);
    let deployed = client
        .workers()
        .scripts()
        .update(account, name, body)
        .await?;
    println!(
        "{name} is deployed, its etag is {}",
        deployed.etag.as_deref().unwrap_or("not known")
    );
    Ok(())
}

/// Sets all secrets with one request, and so with one new version of the Worker.
async fn set_secrets(
    client: &Client,
    account: &AccountId,
    name: &str,
    secrets: BTreeMap<String, String>,
) -> anyhow::Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    let count = secrets.len();
    let secrets = secrets.into_iter().map(|(name, value)| {
        let secret = SecretTextParam::new(&name, value);
        (name, Some(secret.into()))
    });
    let body = SecretBulkUpdate::new().secrets(secrets);
    client
        .workers()
        .scripts()
        .secrets()
        .bulk_update(account, name, body)
        .await?;
    println!("{count} secrets are set");
    Ok(())
}
