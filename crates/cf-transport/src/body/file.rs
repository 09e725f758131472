use std::future::Future;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeekExt as _, ReadBuf, Take};

use super::Body;
use crate::{TransportError, TransportErrorKind};

/// Most bytes read at a time.
const PIECE: usize = 64 * 1024;

impl Body {
    /// The content of a file, read while it is sent: piece by piece, and again each time.
    ///
    /// The length is the file's current one. A file that changes before or while it is sent is an error of the kind
    /// [`Body`](TransportErrorKind::Body) then, never a cut or mixed upload of another length. Reading needs a tokio
    /// runtime.
    ///
    /// # Errors
    /// Kind [`Body`](TransportErrorKind::Body), never sent, if the file does not exist, can't be read, or is not a
    /// regular file (a pipe can be read once: use [`stream`](Self::stream)).
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let body = cf_transport::Body::file("backup.sql").await?;
    /// let request = http::Request::put("https://localhost/workers/scripts/hello").body(body)?;
    /// # Ok(()) }
    /// ```
    pub async fn file(path: impl AsRef<Path>) -> Result<Self, TransportError> {
        let (path, len) = checked(path.as_ref()).await?;
        Ok(part(path, 0, u64::MAX, len))
    }

    /// A part of a file, from the byte `start` on, as [`file`](Self::file) is the whole: for uploads in parts.
    ///
    /// # Errors
    /// As `file`; also if the file ends before the part does.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let second_half = cf_transport::Body::file_part("film.mp4", 1 << 20, 1 << 20).await?;
    /// # Ok(()) }
    /// ```
    pub async fn file_part(
        path: impl AsRef<Path>,
        start: u64,
        len: u64,
    ) -> Result<Self, TransportError> {
        let (path, found) = checked(path.as_ref()).await?;
        if start.checked_add(len).is_none_or(|end| end > found) {
            let what = format!("has {found} bytes, which is less than to the end of the part");
            return Err(failed(&what, &path).with_never_sent(true));
        }
        Ok(part(path, start, len, len))
    }
}

/// A file that can be read, with its length.
async fn checked(path: &Path) -> Result<(Arc<Path>, u64), TransportError> {
    let path: Arc<Path> = path.into();
    // Opened now to find out whether it may be read, before a connection waits for it.
    let opened = async { File::open(&path).await?.metadata().await }.await;
    let found = opened.map_err(|error| failed("can't be read", &path).with_source(error));
    let found = found.map_err(|error| error.with_never_sent(true))?;
    if !found.is_file() {
        return Err(failed("is not a regular file", &path).with_never_sent(true));
    }
    Ok((path, found.len()))
}

/// At most `most` bytes of a file from `start` on, announced as `len` bytes.
fn part(path: Arc<Path>, start: u64, most: u64, len: u64) -> Body {
    Body::replayable(Some(len), move || {
        let file = PathBuf::from(&*path);
        let opening = async move {
            let mut file = File::open(file).await?;
            if start > 0 {
                file.seek(SeekFrom::Start(start)).await?;
            }
            file.set_max_buf_size(PIECE);
            Ok(file.take(most))
        };
        Content::Opening(Box::pin(opening), path.clone())
    })
}

fn failed(what: &str, path: &Path) -> TransportError {
    let message = format!("the file {} {what}", path.display());
    TransportError::new(TransportErrorKind::Body, message)
}

type Opening = Pin<Box<dyn Future<Output = io::Result<Take<File>>> + Send>>;

/// A file being sent.
enum Content {
    Opening(Opening, Arc<Path>),
    Open {
        file: Take<File>,
        buffer: Vec<u8>,
        path: Arc<Path>,
    },
}

impl http_body::Body for Content {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        loop {
            match &mut *self {
                Self::Opening(opening, path) => match ready!(opening.as_mut().poll(cx)) {
                    Ok(file) => {
                        *self = Self::Open {
                            file,
                            buffer: vec![0; PIECE],
                            path: path.clone(),
                        };
                    }
                    Err(error) => {
                        let error = failed("can't be read", path).with_source(error);
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                Self::Open { file, buffer, path } => {
                    let mut read = ReadBuf::new(buffer);
                    let result = ready!(Pin::new(file).poll_read(cx, &mut read));
                    return Poll::Ready(match result {
                        Ok(()) if read.filled().is_empty() => None,
                        Ok(()) => Some(Ok(Frame::data(Bytes::copy_from_slice(read.filled())))),
                        Err(error) => Some(Err(failed("can't be read", path).with_source(error))),
                    });
                }
            }
        }
    }
}
