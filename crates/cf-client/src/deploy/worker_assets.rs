//! Static files of a Worker: a session says which are missing, and its last reply gives the token to deploy with.

use std::sync::Arc;

use cf_auth::Credential;
use cf_types::AccountId;
use cf_types::codec::Blob;
use cf_types::workers::scripts::assets::upload::{Manifest, UploadParam};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::files::{Collected, File, blocking};
use super::hash::media_type;
use super::{CONCURRENCY, Uploaded};
use crate::client::Client;
use crate::error::Error;

/// How often a session is opened before giving up: one can expire, and the reply with its token can be lost. A new one
/// continues where the last one ended.
const SESSIONS: usize = 3;

/// Uploads what is missing: the token to deploy with.
pub(super) async fn upload(
    client: &Client,
    account: &AccountId,
    script: &str,
    files: Collected,
) -> Result<(String, Uploaded), Error> {
    let mut uploaded = Uploaded {
        files: files.files.len(),
        ..Uploaded::default()
    };
    for number in 1.. {
        let manifest = files.files.iter().map(|(path, file)| {
            let size = i64::try_from(file.size).unwrap_or(i64::MAX);
            (path.clone(), Manifest::new(&file.hash, size))
        });
        let session = client.workers().scripts().assets().upload();
        let session = session.create(account, script, UploadParam::new(manifest));
        // Each one is as good as any other.
        let session = session.idempotent(true).await?;
        let jwt = session.jwt.unwrap_or_default();
        let buckets = buckets(&files, session.buckets.unwrap_or_default())?;
        if buckets.is_empty() && !jwt.is_empty() {
            return Ok((jwt, uploaded));
        }
        let credential = Credential::api_token(jwt);
        let credential = credential.map_err(|_| no_token("for the upload of its static files"))?;
        let credential = Arc::new(credential);
        let sent: Vec<_> = stream::iter(buckets)
            .map(|bucket| send(client.clone(), account.clone(), credential.clone(), bucket))
            .buffer_unordered(CONCURRENCY)
            .inspect_ok(|sent| {
                uploaded.uploaded += sent.files;
                uploaded.bytes += sent.bytes;
            })
            .try_collect()
            .await
            .or_else(|error| match error.is_auth() && number < SESSIONS {
                // The session is over.
                true => Ok(Vec::new()),
                false => Err(error),
            })?;
        if let Some(jwt) = sent.into_iter().find_map(|sent| sent.token) {
            return Ok((jwt, uploaded));
        }
        if number >= SESSIONS {
            break;
        }
    }
    Err(no_token("after it was sent all static files"))
}

fn no_token(when: &str) -> Error {
    Error::input(format!("the API gave no token {when}; deploy again"))
}

/// The files that the session asks for, in the portions it wants.
fn buckets(files: &Collected, wanted: Vec<Vec<String>>) -> Result<Vec<Vec<File>>, Error> {
    let known = files.contents();
    let mut buckets = Vec::new();
    for hashes in wanted.into_iter().filter(|hashes| !hashes.is_empty()) {
        let bucket = hashes.iter().map(|hash| {
            let file = known.get(&**hash).copied().cloned();
            file.ok_or_else(|| Error::input("the API asks for a file that is not in the manifest"))
        });
        buckets.push(bucket.collect::<Result<_, Error>>()?);
    }
    Ok(buckets)
}

/// What came of sending a bucket.
struct Sent {
    files: usize,
    bytes: u64,
    /// The token to deploy with, once there is nothing more to upload.
    token: Option<String>,
}

async fn send(
    client: Client,
    account: AccountId,
    credential: Arc<Credential>,
    bucket: Vec<File>,
) -> Result<Sent, Error> {
    let (files, bytes) = (bucket.len(), bucket.iter().map(|file| file.size).sum());
    let form: Vec<(String, Blob)> = blocking(move || bucket.iter().map(part).collect()).await?;
    let upload = client.workers().assets().upload();
    let upload = upload.create(account, form, true).credential(&*credential);
    // The same content under the same hash.
    let reply = upload.idempotent(true).await?;
    Ok(Sent {
        files,
        bytes,
        token: reply.jwt.filter(|jwt| !jwt.is_empty()),
    })
}

/// A file as a part of the form.
fn part(file: &File) -> Result<(String, Blob), Error> {
    let media_type = match media_type(&file.path) {
        Some(text) if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        Some(other) => other.to_owned(),
        // Says that the file is to be served without a type.
        None => "application/null".to_owned(),
    };
    let blob = Blob::from(file.encoded()?)
        .named(&file.hash)
        .typed(media_type);
    Ok((file.hash.clone(), blob))
}
