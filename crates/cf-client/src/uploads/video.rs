//! The upload of a video in parts, by tus 1.0.0.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cf_types::AccountId;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::address::Address;
use super::{Media, NewVideo};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::retry::jittered;
use crate::timer::Timer as _;

const VERSION: &str = "1.0.0";
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const MEDIA_ID: HeaderName = HeaderName::from_static("stream-media-id");
const PART: HeaderValue = HeaderValue::from_static("application/offset+octet-stream");

/// What Stream takes as a part, unless it is the last one.
const LEAST: u64 = 5 << 20;
const MOST: u64 = 200 << 20;
const MULTIPLE: u64 = 256 << 10;
/// What Stream recommends for connections that are mostly reliable.
const USUAL: u64 = 50 << 20;
/// How often in a row a part may fail before the upload does.
const FAILURES: u32 = 8;

type Report = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// A video that is being uploaded in parts: see [`Client::start_video_upload`](crate::Client::start_video_upload).
#[derive(Clone)]
pub struct VideoUpload {
    client: Client,
    url: String,
    address: Address,
    video: String,
    length: u64,
    part: u64,
    report: Option<Report>,
}

impl Client {
    /// Starts the upload of a video with `length` bytes to Stream, in parts that can be continued: see
    /// [`uploads`](crate::uploads). Needed for videos over 200 MB, and good for any over an unreliable connection.
    ///
    /// The token needs the permission "Stream Write". See Cloudflare's page on
    /// [resumable uploads](https://developers.cloudflare.com/stream/uploading-videos/resumable-uploads/).
    ///
    /// # Errors
    /// When a setting can't be sent, the account's storage is used up, or as any call.
    #[doc(alias = "upload video")]
    pub async fn start_video_upload(
        &self,
        account: impl Into<AccountId>,
        video: NewVideo,
        length: u64,
    ) -> Result<VideoUpload, Error> {
        let metadata = video.header()?;
        let bytes = i64::try_from(length).ok().filter(|length| *length > 0);
        let bytes = bytes.ok_or_else(|| Error::input("a video must have at least one byte"))?;
        let mut call = self.stream().create(account, VERSION, bytes);
        if video.direct_user {
            call = call.direct_user(true);
        }
        if let Some(metadata) = metadata {
            call = call.upload_metadata(metadata);
        }
        if let Some(creator) = video.creator {
            call = call.upload_creator(creator);
        }
        let (_, meta) = call.with_meta().await?;
        let url = text(meta.headers(), &LOCATION);
        let url = url.ok_or_else(|| Error::input("the API gave no address for the upload"))?;
        let id = text(meta.headers(), &MEDIA_ID).unwrap_or_default();
        VideoUpload::new(self, url, id, length)
    }

    /// Continues an upload from what [`VideoUpload::save`] returned, in this process or another.
    ///
    /// # Errors
    /// When `saved` is something else.
    pub fn resume_video_upload(&self, saved: &str) -> Result<VideoUpload, Error> {
        let wrong = || Error::input("this is not what `VideoUpload::save` returns");
        let saved: Value = serde_json::from_str(saved).map_err(|_| wrong())?;
        let url = saved["address"].as_str().ok_or_else(wrong)?;
        let video = saved["video"].as_str().ok_or_else(wrong)?;
        let length = saved["length"].as_u64().ok_or_else(wrong)?;
        VideoUpload::new(self, url, video, length)
    }
}

impl VideoUpload {
    fn new(client: &Client, url: &str, video: &str, length: u64) -> Result<Self, Error> {
        Ok(VideoUpload {
            client: client.clone(),
            url: url.to_owned(),
            address: Address::new(client, url)?,
            video: video.to_owned(),
            length,
            part: USUAL,
            report: None,
        })
    }

    /// The ID of the video.
    pub fn video_id(&self) -> &str {
        &self.video
    }

    /// How many bytes the video has.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Where the parts go. If the upload was started [for somebody else](NewVideo::for_direct_user), whoever has this
    /// can upload, with any client for tus.
    pub fn address(&self) -> &str {
        &self.url
    }

    /// The upload as text to be stored, for [`Client::resume_video_upload`](crate::Client::resume_video_upload). Keep it
    /// to yourself: with it, others could send parts.
    pub fn save(&self) -> String {
        json!({ "address": self.url, "video": self.video, "length": self.length }).to_string()
    }

    /// How many bytes a part has: 5 to 200 MiB in multiples of 256 KiB, 50 MiB by default. What a cut connection costs
    /// is one part, so smaller ones suit unreliable connections.
    #[must_use]
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part = bytes;
        self
    }

    /// Calls `report` with the bytes sent and the bytes of all, often. A part that failed counts anew. It must not
    /// block.
    #[must_use]
    pub fn on_progress(mut self, report: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// How many bytes have arrived.
    ///
    /// # Errors
    /// When the upload is gone (it has expired, or the video was deleted), or as any call.
    pub async fn offset(&self) -> Result<u64, Error> {
        let call = self.address.call(&self.client, Method::HEAD);
        let call = call.header(RESUMABLE, HeaderValue::from_static(VERSION));
        let headers = self
            .address
            .accepted(Method::HEAD, call.send_raw().await?)
            .await?;
        self.offset_in(&headers)
    }

    fn offset_in(&self, headers: &HeaderMap) -> Result<u64, Error> {
        let offset = text(headers, &OFFSET).and_then(|offset| offset.parse().ok());
        let offset = offset.filter(|offset| *offset <= self.length);
        offset.ok_or_else(|| Error::input("the server does not say how much of the video it has"))
    }

    /// Sends what has not arrived yet. Parts that fail are sent again, with growing waits in between; after eight
    /// failures in a row it gives up, and can be called again, then or in another process.
    ///
    /// # Errors
    /// When the file can't be read or has another length than the upload, a part is refused, or the upload is
    /// [gone](Self::offset).
    pub async fn send(&self, media: &Media) -> Result<(), Error> {
        let (found, length) = (media.len(), self.length);
        if found != length {
            return Err(Error::input(format!(
                "{} has {found} bytes, but the upload was started for {length}; it is another file",
                media.name()
            )));
        }
        let fits = (LEAST..=MOST).contains(&self.part) && self.part.is_multiple_of(MULTIPLE);
        if !fits {
            return Err(Error::input(format!(
                "a part can't have {} bytes: it takes 5 to 200 MiB, in multiples of 256 KiB",
                self.part
            )));
        }
        let mut offset = self.offset().await?;
        let mut failures = 0;
        self.report(offset);
        while offset < length {
            let sent = self.send_part(media, offset).await;
            let next = match sent {
                Ok(next) => next,
                Err(error) if may_continue(&error) && failures < FAILURES => {
                    self.client.0.timer.sleep(jittered(failures)).await;
                    // The part may have arrived.
                    self.offset().await?
                }
                Err(error) => return Err(error),
            };
            failures = if next > offset { 0 } else { failures + 1 };
            if failures > FAILURES {
                return Err(Error::input(
                    "the server takes parts of the video, but keeps none",
                ));
            }
            offset = next;
            self.report(offset);
        }
        Ok(())
    }

    /// Sends one part: how many bytes have arrived then.
    async fn send_part(&self, media: &Media, offset: u64) -> Result<u64, Error> {
        let size = self.part.min(self.length - offset);
        let mut body = media.part(offset, size).await?;
        if let Some(report) = &self.report {
            let (report, length) = (Arc::clone(report), self.length);
            body = body.with_progress(move |progress| report(offset + progress.bytes, length));
        }
        let call = self.address.call(&self.client, Method::PATCH);
        let call = call
            .header(RESUMABLE, HeaderValue::from_static(VERSION))
            .header(OFFSET, offset.into())
            .header(CONTENT_TYPE, PART)
            .attempt_timeout(patience(size))
            .deadline(patience(size).saturating_mul(2));
        let reply = call.body(body).send_raw().await?;
        let headers = self.address.accepted(Method::PATCH, reply).await?;
        self.offset_in(&headers)
    }

    fn report(&self, sent: u64) {
        if let Some(report) = &self.report {
            report(sent, self.length);
        }
    }
}

/// How long an upload may take, down to 128 KiB per second.
pub(super) fn patience(bytes: u64) -> Duration {
    Duration::from_secs(60 + bytes / (128 << 10))
}

/// Whether the upload can go on after asking how far it is.
fn may_continue(error: &Error) -> bool {
    match error.status() {
        Some(status) => {
            status.is_server_error()
                || matches!(
                    status,
                    StatusCode::REQUEST_TIMEOUT
                        | StatusCode::CONFLICT
                        | StatusCode::LOCKED
                        | StatusCode::TOO_MANY_REQUESTS
                )
        }
        None => matches!(
            error.kind(),
            ErrorKind::Connect | ErrorKind::Interrupted | ErrorKind::Timeout
        ),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let text = headers.get(name)?.to_str().ok()?;
    (!text.is_empty()).then_some(text)
}

/// Does not show the address, which may be all that it takes to upload.
impl fmt::Debug for VideoUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VideoUpload")
            .field("video_id", &self.video)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
