//! Uploads a video to Stream in parts, with a progress bar. What is interrupted is continued the next time: the upload
//! is kept in a file beside the video.
//!
//! ```text
//! cargo run -p cf-examples --example upload_video -- film.mp4 --name "Holidays"
//! ```
//!
//! The token needs the permission "Stream Write".
//!
//! Without a credential in the environment, this uploads some bytes to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::{fs, io};

use anyhow::{Context as _, bail};
use cf_client::Client;
use cf_client::types::AccountId;
use cf_client::uploads::{Media, NewVideo, VideoUpload};
use clap::Parser;
use indicatif::ProgressBar;

#[derive(Parser)]
#[command(about = "Uploads a video to Stream")]
struct Options {
    /// The video.
    file: Option<PathBuf>,
    /// What it is called.
    #[arg(long, default_value = "A video")]
    name: String,
    /// Whether it can only be played with signed URLs.
    #[arg(long)]
    signed: bool,
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
    let folder = tempfile::tempdir()?;
    let file = match (&options.file, &api.emulator) {
        (Some(file), _) => file.clone(),
        (None, Some(_)) => {
            let file = folder.path().join("film.mp4");
            fs::write(&file, vec![7; 12 << 20])?;
            file
        }
        (None, None) => bail!("give the video"),
    };
    let film = Media::file(&file).await?;
    let notes = PathBuf::from(format!("{}.upload", file.display()));
    let upload = begin_or_continue(client, &account, &options, &film, &notes).await?;
    let bar = ProgressBar::new(film.len());
    let shown = bar.clone();
    let upload = upload
        .part_size(5 << 20)
        .on_progress(move |sent, _| shown.set_position(sent));
    upload.send(&film).await?;
    bar.finish();
    fs::remove_file(&notes)?;
    println!("The video is {}", upload.video_id());
    Ok(())
}

async fn begin_or_continue(
    client: &Client,
    account: &AccountId,
    options: &Options,
    film: &Media,
    notes: &PathBuf,
) -> anyhow::Result<VideoUpload> {
    match fs::read_to_string(notes) {
        Ok(saved) => {
            let upload = client.resume_video_upload(&saved)?;
            println!("Continuing after {} bytes", upload.offset().await?);
            Ok(upload)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let video = NewVideo::new()
                .name(&options.name)
                .require_signed_urls(options.signed);
            let upload = client
                .start_video_upload(account, video, film.len())
                .await?;
            fs::write(notes, upload.save())
                .with_context(|| format!("cannot write {}", notes.display()))?;
            Ok(upload)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", notes.display())),
    }
}
