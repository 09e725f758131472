//! Uploads a file to R2, or downloads an object, with a progress bar. Neither is ever in memory as a
//! whole.
//!
//! ```text
//! cargo run -p cf-examples --example r2_transfer -- upload backup.tar my-bucket/2026/backup.tar
//! cargo run -p cf-examples --example r2_transfer -- download my-bucket/2026/backup.tar backup.tar
//! cargo run -p cf-examples --example r2_transfer -- lend my-bucket
//! ```
//!
//! The REST API takes objects up to about 300 MB; beyond that, use R2's S3 API, for which `lend` creates
//! credentials that are valid for one bucket and one hour. The token needs the
//! permission "Workers R2 Storage Write" (for a download, "Read").
//!
//! Without a credential in the environment a file goes to an emulator and back.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use cf_client::types::AccountId;
use cf_client::types::codec::Blob;
use cf_client::types::r2::buckets::BucketParam;
use cf_client::types::r2::temporary_credentials::TemporaryCredentialParam;
use cf_client::{Body, Client};
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[derive(Parser)]
#[command(about = "Uploads and downloads objects of R2")]
struct Options {
    #[command(subcommand)]
    transfer: Option<Transfer>,
    /// The name of the account, if the token sees several.
    #[arg(long)]
    account: Option<String>,
}

#[derive(Subcommand)]
enum Transfer {
    /// Stores a file in a bucket.
    Upload {
        /// The file.
        file: PathBuf,
        /// The destination.
        object: Object,
    },
    /// Prints credentials for R2's S3 API.
    Lend {
        /// The bucket that they are valid for.
        bucket: String,
    },
    /// Writes an object to a file.
    Download {
        /// The object.
        object: Object,
        /// The file.
        file: PathBuf,
    },
}

/// An object's address, `BUCKET/KEY`.
#[derive(Clone)]
struct Object {
    bucket: String,
    key: String,
}

impl std::str::FromStr for Object {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (bucket, key) = text.split_once('/').ok_or("an object is BUCKET/KEY")?;
        Ok(Object {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }
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
    match (options.transfer, &api.emulator) {
        (Some(Transfer::Upload { file, object }), _) => {
            upload(client, &account, &file, &object).await
        }
        (Some(Transfer::Download { object, file }), _) => {
            download(client, &account, &object, &file).await
        }
        (Some(Transfer::Lend { bucket }), _) => lend(client, &account, &bucket).await,
        (None, Some(_)) => there_and_back(client, &account).await,
        (None, None) => {
            bail!("say what to do: `upload FILE BUCKET/KEY` or `download BUCKET/KEY FILE`")
        }
    }
}

async fn upload(
    client: &Client,
    account: &AccountId,
    file: &Path,
    object: &Object,
) -> anyhow::Result<()> {
    // A file can be read again, so an interrupted upload is retried like any other PUT.
    let body = Body::file(file).await?;
    let bar = progress_bar(body.content_length());
    let shown = bar.clone();
    let objects = client.r2().buckets().objects();
    let stored = objects
        .upload(account, &object.bucket, &object.key, Blob::default())
        // The time limit for an upload starts with its first byte, and connections can be slow.
        .attempt_timeout(Duration::from_secs(20 * 60))
        .deadline(HOUR)
        .send_body(body.with_progress(move |progress| shown.set_position(progress.bytes)))
        .await?;
    bar.finish_and_clear();
    println!(
        "{} is stored as {}/{}: {} bytes",
        file.display(),
        object.bucket,
        object.key,
        bar.position()
    );
    if let Some(etag) = stored.etag {
        println!("Its etag is {etag}");
    }
    Ok(())
}

async fn download(
    client: &Client,
    account: &AccountId,
    object: &Object,
    file: &Path,
) -> anyhow::Result<()> {
    let objects = client.r2().buckets().objects();
    let mut pieces = objects
        .get(account, &object.bucket, &object.key)
        .deadline(HOUR)
        .send_stream()
        .await?;
    let bar = progress_bar(pieces.content_length());
    // An interrupted download leaves no partial file under the name.
    let mut unfinished = file.to_owned();
    unfinished.as_mut_os_string().push(".part");
    let mut out = File::create(&unfinished)
        .await
        .with_context(|| format!("cannot write {}", unfinished.display()))?;
    while let Some(piece) = pieces.chunk().await {
        let piece = piece?;
        out.write_all(&piece).await?;
        bar.inc(piece.len() as u64);
    }
    out.sync_all().await?;
    tokio::fs::rename(&unfinished, file).await?;
    bar.finish_and_clear();
    println!(
        "{}/{} is written to {}: {} bytes",
        object.bucket,
        object.key,
        file.display(),
        bar.position()
    );
    Ok(())
}

async fn lend(client: &Client, account: &AccountId, bucket: &str) -> anyhow::Result<()> {
    // The ID of an API token is its access key ID.
    let own = client.user().tokens().verify().await?;
    let wanted = TemporaryCredentialParam::new(bucket, own.id, "object-read-write", 60 * 60);
    let credential = client
        .r2()
        .temporary_credentials()
        .create(account, wanted)
        .await?;
    // In the form in which S3 programs read them from the environment.
    for (variable, value) in [
        (
            "AWS_ENDPOINT_URL",
            Some(format!("https://{account}.r2.cloudflarestorage.com")),
        ),
        ("AWS_ACCESS_KEY_ID", credential.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", credential.secret_access_key),
        ("AWS_SESSION_TOKEN", credential.session_token),
    ] {
        println!("{variable}={}", value.context("the reply lacks a part")?);
    }
    Ok(())
}

fn progress_bar(bytes: Option<u64>) -> ProgressBar {
    let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
    match ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {binary_bytes_per_sec}")
    {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Moves a file of 50 MiB to a new bucket and back.
async fn there_and_back(client: &Client, account: &AccountId) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (file, copy) = (
        folder.path().join("backup.tar"),
        folder.path().join("copy.tar"),
    );
    let content: Vec<u8> = (0..50_u32 << 20)
        .map(|number| (number % 251) as u8)
        .collect();
    std::fs::write(&file, &content)?;

    let bucket = BucketParam::new("my-bucket");
    client.r2().buckets().create(account, bucket).await?;
    let object = Object {
        bucket: "my-bucket".to_owned(),
        key: "2026/backup.tar".to_owned(),
    };
    upload(client, account, &file, &object).await?;
    download(client, account, &object, &copy).await?;
    ensure!(
        std::fs::read(&copy)? == content,
        "the copy differs from the file"
    );
    println!("The copy matches the file");
    lend(client, account, "my-bucket").await?;
    Ok(())
}
