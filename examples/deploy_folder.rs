//! Deploys a folder of static files: as a Worker, with a `fetch` handler of its own if there is one, or to Pages.
//!
//! ```text
//! cargo run -p cf-examples --example deploy_folder -- my-site public
//! cargo run -p cf-examples --example deploy_folder -- my-site public --module worker.js
//! cargo run -p cf-examples --example deploy_folder -- my-site public --pages --branch main
//! ```
//!
//! Only files that Cloudflare does not have are uploaded. The token needs the permission "Workers Scripts Write" or
//! "Pages Write".
//!
//! Without a credential in the environment, this deploys a small site to an emulator, twice.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cf_client::Client;
use cf_client::deploy::{Files, Site, Uploaded, Worker};
use cf_client::types::AccountId;
use cf_client::types::workers::scripts::{Assets, AssetsConfig, Binding, ScriptMetadata};
use clap::Parser;

/// The Workers runtime's compatibility date; newer behaviour needs a newer date.
const COMPATIBILITY_DATE: &str = "2026-11-01";

#[derive(Parser)]
#[command(about = "Deploys a folder of static files")]
struct Options {
    /// The name of the Worker, or of the project of Pages.
    #[arg(default_value = "my-site")]
    name: String,
    /// The folder.
    folder: Option<PathBuf>,
    /// A JavaScript module that answers where no file does; it finds the files as `env.ASSETS`.
    #[arg(long, conflicts_with = "pages")]
    module: Option<PathBuf>,
    /// Deploys to Pages instead of Workers.
    #[arg(long)]
    pages: bool,
    /// The branch, for Pages; any but the production branch is a preview.
    #[arg(long, requires = "pages")]
    branch: Option<String>,
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
    match (&options.folder, &api.emulator) {
        (Some(folder), _) => deploy(client, &account, &options, Files::folder(folder)).await,
        (None, Some(_)) => {
            let site = Files::new()
                .file("index.html", "<h1>Hello</h1>")
                .file("_headers", "/*\n  X-Content-Type-Options: nosniff\n");
            deploy(client, &account, &options, site.clone()).await?;
            let site = site.file("about.html", "<h1>About</h1>");
            deploy(client, &account, &options, site).await
        }
        (None, None) => bail!("give the folder, after the name"),
    }
}

async fn deploy(
    client: &Client,
    account: &AccountId,
    options: &Options,
    files: Files,
) -> anyhow::Result<()> {
    let name = &options.name;
    if options.pages {
        let mut site = Site::new(files);
        if let Some(branch) = &options.branch {
            site = site.branch(branch);
        }
        let deployed = client.deploy_site(account, name, site).await?;
        report(name, deployed.files);
        println!("It is at {}", deployed.deployment.url);
        return Ok(());
    }
    let config = AssetsConfig::new().not_found_handling("404-page");
    let mut metadata = ScriptMetadata::new()
        .compatibility_date(COMPATIBILITY_DATE)
        .assets(Assets::new().config(config));
    if options.module.is_some() {
        metadata = metadata.bindings([Binding::assets("ASSETS")]);
    }
    let mut worker = Worker::new(metadata).assets(files);
    if let Some(module) = &options.module {
        let code = std::fs::read(module);
        let code = code.with_context(|| format!("cannot read {}", module.display()))?;
        worker = worker.module("worker.js", code);
    }
    let deployed = client.deploy_worker(account, name, worker).await?;
    report(name, deployed.assets);
    Ok(())
}

fn report(name: &str, uploaded: Uploaded) {
    println!(
        "{name} is deployed: {} files, {} of them new ({} bytes)",
        uploaded.files, uploaded.uploaded, uploaded.bytes
    );
}
