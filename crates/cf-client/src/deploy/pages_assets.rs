//! Files of a site on Pages: missing ones are uploaded by their hashes, with a token that is valid for minutes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cf_auth::Credential;
use cf_types::AccountId;
use cf_types::pages::assets::{AssetCheckMissing, AssetUpload};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::files::{Collected, File, blocking};
use super::hash::media_type;
use super::{CONCURRENCY, Uploaded};
use crate::client::Client;
use crate::error::Error;

/// The most files of a site, unless the token says otherwise.
const MOST_FILES: u64 = 20_000;
/// The most bytes of files in one request, before encoding.
const LARGEST_BUCKET: u64 = 40 << 20;
/// The most files in one request.
const MOST_IN_BUCKET: usize = 2000;

/// Uploads for one project.
#[derive(Clone)]
struct Upload {
    client: Client,
    account: AccountId,
    project: String,
}

/// Uploads what is missing.
pub(super) async fn upload(
    client: &Client,
    account: &AccountId,
    project: &str,
    files: &Collected,
) -> Result<Uploaded, Error> {
    let upload = Upload {
        client: client.clone(),
        account: account.clone(),
        project: project.to_owned(),
    };
    let (token, most) = upload.token().await?;
    let count = files.files.len();
    if count as u64 > most {
        return Err(Error::input(format!(
            "the site has {count} files; at most {most} can be deployed to the project {project}"
        )));
    }
    let known = files.contents();
    let hashes = || AssetCheckMissing::new(known.keys().copied());
    let missing = client.pages().assets().check_missing(hashes());
    let missing = missing.credential(token).await?;
    let mut wanted = Vec::new();
    for hash in &*missing {
        // A hash that nobody asked about is of no interest.
        wanted.extend(known.get(hash.as_str()).copied().cloned());
    }
    let uploaded = Uploaded {
        files: count,
        uploaded: wanted.len(),
        bytes: wanted.iter().map(|file| file.size).sum(),
    };
    let buckets = stream::iter(buckets(wanted)).map(|bucket| upload.clone().send(bucket));
    let sent = buckets.buffer_unordered(CONCURRENCY);
    sent.try_collect::<Vec<()>>().await?;
    // Makes Pages keep the files for the next deployment, which uploads them again otherwise: no reason to fail.
    if let Ok((token, _)) = upload.token().await {
        let kept = client.pages().assets().upsert_hashes(hashes());
        let _ = kept.credential(token).idempotent(true).await;
    }
    Ok(uploaded)
}

/// Portions of files, each small enough for a request.
fn buckets(files: Vec<File>) -> Vec<Vec<File>> {
    let mut buckets = Vec::new();
    let (mut bucket, mut bytes) = (Vec::new(), 0);
    for file in files {
        if !bucket.is_empty()
            && (bytes + file.size > LARGEST_BUCKET || bucket.len() >= MOST_IN_BUCKET)
        {
            buckets.push(std::mem::take(&mut bucket));
            bytes = 0;
        }
        bytes += file.size;
        bucket.push(file);
    }
    if !bucket.is_empty() {
        buckets.push(bucket);
    }
    buckets
}

impl Upload {
    /// A new token, and how many files a deployment may have.
    async fn token(&self) -> Result<(Credential, u64), Error> {
        let projects = self.client.pages().projects();
        let token = projects.upload_token(&self.account, &self.project).await?;
        let most = most_files(&token.jwt).unwrap_or(MOST_FILES);
        let token = Credential::api_token(token.jwt);
        let token = token.map_err(|_| Error::input("the API gave no token for the upload"))?;
        Ok((token, most))
    }

    /// Sends a portion of files with a token of its own, since those before may have taken longer than one is valid.
    async fn send(self, bucket: Vec<File>) -> Result<(), Error> {
        let (token, _) = self.token().await?;
        let files: Vec<AssetUpload> = blocking(move || bucket.iter().map(part).collect()).await?;
        let upload = self.client.pages().assets().upload(files);
        // The same content under the same hash.
        upload.credential(token).idempotent(true).await.map(drop)
    }
}

fn part(file: &File) -> Result<AssetUpload, Error> {
    let media_type = media_type(&file.path).unwrap_or("application/octet-stream");
    let encoded = file.encoded()?;
    Ok(AssetUpload::new(&file.hash, encoded, media_type, true))
}

/// The limit in the token's claims. It is not verified: the server holds to its own.
fn most_files(jwt: &str) -> Option<u64> {
    let claims = jwt.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("max_file_count_allowed")?.as_u64()
}
