//! Selects the API that an example talks to. This is not part of what an example shows: your own program
//! has `Client::from_env()?`.
#![allow(dead_code)] // No example uses all of it.

use std::env;

use anyhow::Context as _;
use cf_client::auth::CredentialError;
use cf_client::{BASE_URL_VAR, Client, ClientBuilder, Credential};
use cf_emulator::Emulator;

/// A client, and the emulator behind it, if any, which stops when this is dropped.
pub(crate) struct Api {
    pub(crate) client: Client,
    /// There is one if the environment names no API.
    pub(crate) emulator: Option<Emulator>,
}

/// The real API, with the credential from the environment (`CLOUDFLARE_API_TOKEN`). Without one, an
/// emulator that starts with what `seed` describes, as JSON.
pub(crate) async fn connect(seed: &str) -> anyhow::Result<Api> {
    let (settings, emulator) = settings(seed).await?;
    Ok(Api {
        client: settings.build()?,
        emulator,
    })
}

/// Like [`connect`], for examples that add something to the client.
pub(crate) async fn settings(seed: &str) -> anyhow::Result<(ClientBuilder, Option<Emulator>)> {
    let elsewhere = env::var_os(BASE_URL_VAR).is_some_and(|url| !url.is_empty());
    match Credential::from_env() {
        Err(CredentialError::Missing { .. }) if !elsewhere => {
            eprintln!("No CLOUDFLARE_API_TOKEN in the environment: talking to an emulator.");
            let emulator = Emulator::builder().seed(seed).start().await?;
            let settings = Client::builder()
                .api_token(emulator.token())
                .base_url(emulator.base_url());
            Ok((settings, Some(emulator)))
        }
        credential => {
            let kind = credential.context("cannot take the credential")?.kind();
            eprintln!("Talking to the Cloudflare API with the {kind} of the environment.");
            Ok((Client::builder().env(), None))
        }
    }
}
