//! What is uploaded.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use cf_transport::Body;
use http::HeaderValue;

use crate::error::Error;

/// A video or an image to upload: a file, or bytes in memory.
#[derive(Clone)]
pub struct Media {
    content: Content,
    name: String,
    len: u64,
    media_type: Option<HeaderValue>,
}

#[derive(Clone)]
enum Content {
    File(PathBuf),
    Bytes(Bytes),
}

impl Media {
    /// A file, which is read while it is sent. Reading needs a tokio runtime.
    ///
    /// # Errors
    /// When there is no such file, it can't be read, or it is something else.
    pub async fn file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let body = Body::file(path).await.map_err(Error::new)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Media {
            content: Content::File(path.to_owned()),
            name: name.into_owned(),
            len: body.content_length().unwrap_or_default(),
            media_type: None,
        })
    }

    /// Bytes in memory, with the name of the file that they are sent as.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Media {
            name: name.into(),
            len: bytes.len() as u64,
            content: Content::Bytes(bytes),
            media_type: None,
        }
    }

    /// Says what it is, such as `image/png`. By default it is `application/octet-stream`; Cloudflare looks into the
    /// content.
    #[must_use]
    pub fn typed(mut self, media_type: HeaderValue) -> Self {
        self.media_type = Some(media_type);
        self
    }

    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn media_type(&self) -> Option<&HeaderValue> {
        self.media_type.as_ref()
    }

    /// A part of it.
    pub(super) async fn part(&self, start: u64, len: u64) -> Result<Body, Error> {
        match &self.content {
            Content::File(path) => Body::file_part(path, start, len).await.map_err(Error::new),
            Content::Bytes(bytes) => {
                let end = start.checked_add(len).filter(|end| *end <= self.len);
                let range = end
                    .and_then(|end| Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?));
                let range = range.ok_or_else(|| Error::input("the part is not in the content"))?;
                Ok(bytes.slice(range).into())
            }
        }
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("name", &self.name)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
