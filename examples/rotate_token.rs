//! Gives an API token a new secret and writes it to a file that only its owner can read.
//!
//! ```text
//! cargo run -p cf-examples --example rotate_token -- deploy /etc/deploy/cloudflare-token
//! ```
//!
//! The old secret becomes invalid at once, so the program that uses the token should read the file again
//! when it is refused: `cf_client::auth::CredentialFile` with `Cached` does. The credential in the
//! environment needs the permission "API Tokens Write" (`--account`: "Account API Tokens Write").
//!
//! Without a credential in the environment, this rotates a token of an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use cf_client::Client;
use cf_client::auth::CredentialFile;
use cf_client::tokens::Tokens;
use clap::Parser;

#[derive(Parser)]
#[command(about = "Gives an API token a new secret")]
struct Options {
    /// The name of the token.
    #[arg(default_value = "deploy")]
    token: String,
    /// The file.
    file: Option<PathBuf>,
    /// The name of the account that owns the token, if it is not the user's.
    #[arg(long)]
    account: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let seed = r#"{"tokens":[{"name":"deploy","value":"cfut_old","permissions":["DNS Write"]}]}"#;
    let api = support::connect(seed).await?;
    let tokens = match &options.account {
        Some(name) => api
            .client
            .account_tokens(api.client.account_id(name).await?),
        None => api.client.user_tokens(),
    };
    match (&options.file, &api.emulator) {
        (Some(file), _) => rotate(&api.client, &tokens, &options.token, file).await,
        (None, Some(_)) => {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("cloudflare-token");
            rotate(&api.client, &tokens, &options.token, &file).await?;
            let old = Client::builder()
                .base_url(api.client.base_url())
                .api_token("cfut_old")
                .build()?;
            match old.user_tokens().verify().await {
                Err(error) if error.is_auth() => println!("The old secret is invalid"),
                other => bail!("the old secret is still valid: {other:?}"),
            }
            Ok(())
        }
        (None, None) => bail!("give the file, after the name of the token"),
    }
}

async fn rotate(client: &Client, tokens: &Tokens, name: &str, file: &Path) -> anyhow::Result<()> {
    let mut found = Vec::new();
    let mut all = tokens.list();
    while let Some(token) = all.next().await {
        let token = token?;
        if token.name.as_deref() == Some(name) {
            found.push(token.id);
        }
    }
    let id = match &found[..] {
        [id] => id,
        [] => bail!("there is no token {name:?}"),
        several => bail!("{} tokens are called {name:?}", several.len()),
    };
    // The next call cannot be undone, so what may fail here should fail before it.
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    tempfile::tempfile_in(folder)
        .with_context(|| format!("cannot write to {}", folder.display()))?;

    let new = tokens.roll(id).await?;
    let file = CredentialFile::token(file);
    file.write(&new).with_context(|| {
        format!("token {name:?} has a new secret, but it could not be saved; rotate it again")
    })?;

    // What counts is the content of the file.
    let rotated = Client::builder()
        .base_url(client.base_url())
        .credential(file.read()?)
        .build()?;
    let verified = rotated.user_tokens().verify().await?;
    ensure!(
        verified.is_active(),
        "token {name:?} is {}",
        verified.status
    );
    println!(
        "Token {name:?} has a new secret; it is in {}",
        file.path().display()
    );
    println!("It works: {verified}");
    Ok(())
}
