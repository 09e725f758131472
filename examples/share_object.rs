//! Prints an address from which anybody can download one object of R2 for a while.
//!
//! ```text
//! cargo run -p cf-examples --example share_object -- photos/2026/cat.jpg --minutes 30
//! ```
//!
//! The address is signed for R2's S3 API with keys that are lent for that object and time, so it cannot be made to do more.
//! The crate `rusty-s3` signs; it does no I/O. The credential in the environment needs the permission "Workers R2 Storage
//! Read", or "Workers R2 Storage Bucket Item Read" for the bucket.
//!
//! Without a credential in the environment, this signs with keys of an emulator, which has no S3 API.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::time::Duration;

use anyhow::Context as _;
use cf_client::s3::REGION;
use cf_client::types::r2::temporary_credentials::TemporaryCredentialParam;
use clap::Parser;
use rusty_s3::actions::GetObject;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};

#[derive(Parser)]
#[command(about = "Prints an address of an object of R2 that works for a while")]
struct Options {
    /// The object's address, `BUCKET/KEY`.
    #[arg(default_value = "photos/2026/cat.jpg")]
    object: String,
    /// How long it works; at most seven days.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: u32,
    /// The name of the account, if the token sees several.
    #[arg(long)]
    account: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let (bucket, key) = options
        .object
        .split_once('/')
        .context("an object's address is BUCKET/KEY")?;
    let api = support::connect("{}").await?;
    let account = match &options.account {
        Some(name) => api.client.account_id(name).await?,
        None => api.client.only_account_id().await?,
    };

    if api.emulator.is_some() {
        api.client.r2().buckets().create(&account, bucket).await?;
    }
    let parent = api.client.user_tokens().verify().await?.id;
    let seconds = i64::from(options.minutes) * 60;
    let lent = TemporaryCredentialParam::new(bucket, parent, "object-read-only", seconds);
    let keys = api
        .client
        .temporary_s3_keys(&account, lent.objects([key]))
        .await?;

    let bucket = Bucket::new(
        keys.endpoint().parse()?,
        UrlStyle::Path,
        bucket.to_owned(),
        REGION,
    )?;
    let session = keys
        .session_token()
        .context("lent keys have a session token")?;
    let credentials = Credentials::new_with_token(
        keys.access_key_id(),
        keys.secret_access_key().expose(),
        session.expose(),
    );
    let download = GetObject::new(&bucket, Some(&credentials), key);
    let address = download.sign(Duration::from_secs(u64::from(options.minutes) * 60));
    println!("For {} minutes: {address}", options.minutes);
    Ok(())
}
