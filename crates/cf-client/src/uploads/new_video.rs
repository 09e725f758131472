//! What applies to a video that is uploaded in parts.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::Error;

/// The longest that a video may last, in seconds: ten hours.
const LONGEST: u64 = 36_000;

/// Settings of a video to upload with [`Client::start_video_upload`](crate::Client::start_video_upload). All are
/// optional.
#[derive(Debug, Clone, Default)]
#[must_use = "settings count once an upload is started with them"]
pub struct NewVideo {
    metadata: Vec<(String, String)>,
    pub(super) creator: Option<String>,
    pub(super) direct_user: bool,
}

impl NewVideo {
    /// No settings yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the video is called.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.metadata("name", name)
    }

    /// Whether it can only be played with signed URLs.
    pub fn require_signed_urls(mut self, required: bool) -> Self {
        self.metadata.retain(|(key, _)| key != "requiresignedurls");
        match required {
            true => self.metadata("requiresignedurls", "true"),
            false => self,
        }
    }

    /// The domains on whose pages it can be played, with `*` for subdomains.
    pub fn allowed_origins(self, origins: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let origins: Vec<_> = origins.into_iter().collect();
        let origins: Vec<_> = origins.iter().map(AsRef::as_ref).collect();
        self.metadata("allowedorigins", origins.join(","))
    }

    /// How long it may last, in whole seconds, up to ten hours. Longer ones fail. Required for an address for somebody
    /// else.
    pub fn max_duration(self, duration: Duration) -> Self {
        self.metadata("maxDurationSeconds", duration.as_secs().to_string())
    }

    /// Until when it can be uploaded, as RFC 3339, like `2026-12-01T12:00:00Z`.
    pub fn expiry(self, time: impl Into<String>) -> Self {
        self.metadata("expiry", time)
    }

    /// The ID of a watermark to put over it.
    pub fn watermark(self, id: impl Into<String>) -> Self {
        self.metadata("watermark", id)
    }

    /// Your own ID for the user whom it belongs to.
    pub fn creator(mut self, id: impl Into<String>) -> Self {
        self.creator = Some(id.into());
        self
    }

    /// Anything else that is stored with it, as a member of its `meta`.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        self.metadata.retain(|(other, _)| *other != key);
        self.metadata.push((key, value));
        self
    }

    /// Makes an [address](super::VideoUpload::address) that somebody without an API token can upload to, by tus: for a
    /// browser, for example. Set [`max_duration`](Self::max_duration), which is reserved until the video is there.
    pub fn for_direct_user(mut self) -> Self {
        self.direct_user = true;
        self
    }

    /// The header `Upload-Metadata`: keys with values in Base64.
    pub(super) fn header(&self) -> Result<Option<String>, Error> {
        let mut pairs = Vec::new();
        for (key, value) in &self.metadata {
            let is_odd = |byte: u8| !byte.is_ascii_graphic() || byte == b',';
            if key.is_empty() || key.bytes().any(is_odd) {
                return Err(Error::input(format!(
                    "{key:?} can't be a key of a video's metadata: keys are ASCII without spaces and commas"
                )));
            }
            let seconds = (key == "maxDurationSeconds").then(|| value.parse::<u64>());
            if seconds.is_some_and(|seconds| !seconds.is_ok_and(|s| (1..=LONGEST).contains(&s))) {
                return Err(Error::input(
                    "the longest duration of a video must be between 1 second and 10 hours",
                ));
            }
            pairs.push(format!("{key} {}", STANDARD.encode(value)));
        }
        let has_duration = self
            .metadata
            .iter()
            .any(|(key, _)| key == "maxDurationSeconds");
        if self.direct_user && !has_duration {
            return Err(Error::input(
                "an address for somebody else needs `max_duration`, the longest that the video may last",
            ));
        }
        Ok((!pairs.is_empty()).then(|| pairs.join(",")))
    }
}
