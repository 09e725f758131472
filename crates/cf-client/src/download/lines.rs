//! Bodies line by line: logs.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use cf_transport::{TransportError, TransportErrorKind};
use serde::de::DeserializeOwned;

use super::Download;
use crate::error::{Error, Mismatch};

/// The lines of a body: what [`Download::lines`] returns.
///
/// Without line ends (`\n` or `\r\n`). Invalid UTF-8 is replaced by `U+FFFD`.
#[must_use = "no line is fetched until one is asked for"]
pub struct Lines {
    download: Download,
    left: BytesMut,
    /// How much of `left` is known to have no line end.
    searched: usize,
    max_line_bytes: usize,
    ended: bool,
}

impl Lines {
    pub(super) fn of(download: Download) -> Self {
        Lines {
            download,
            left: BytesMut::new(),
            searched: 0,
            max_line_bytes: Lines::LIMIT,
            ended: false,
        }
    }

    /// The longest line, in bytes, unless [`max_line_bytes`](Self::max_line_bytes) says otherwise: 16 MiB.
    pub const LIMIT: usize = 16 * 1024 * 1024;

    /// Sets the longest line, in bytes; a longer one is an error.
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes;
        self
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// Same as [`Download::chunk`], and when a line is too long. After an error comes `None`.
    pub async fn next(&mut self) -> Option<Result<String, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        loop {
            let line = self.take_line();
            let length = line.as_ref().map_or(self.left.len(), BytesMut::len);
            if length > self.max_line_bytes {
                self.give_up();
                let message = format!(
                    "a line has more than {} bytes; raise max_line_bytes if that is expected",
                    self.max_line_bytes
                );
                let error = TransportError::new(TransportErrorKind::BodyTooLarge, message);
                return Poll::Ready(Some(Err(self.download.error(error))));
            }
            if let Some(line) = line {
                return Poll::Ready(Some(Ok(text(&line))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.download.poll(cx)) {
                Some(Ok(data)) => self.left.extend_from_slice(&data),
                Some(Err(error)) => {
                    // An incomplete line is dropped.
                    self.give_up();
                    return Poll::Ready(Some(Err(error)));
                }
                None => self.ended = true,
            }
        }
    }

    fn take_line(&mut self) -> Option<BytesMut> {
        let unsearched = &self.left[self.searched..];
        let end = unsearched.iter().position(|byte| *byte == b'\n');
        if let Some(end) = end {
            let line = self.left.split_to(self.searched + end);
            self.left.advance(1);
            self.searched = 0;
            return Some(line);
        }
        self.searched = self.left.len();
        // The last line may have no end.
        (self.ended && !self.left.is_empty()).then(|| self.give_up())
    }

    /// Takes the rest, and ends.
    fn give_up(&mut self) -> BytesMut {
        (self.ended, self.searched) = (true, 0);
        self.left.split()
    }
}

fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}

/// The lines of a body as values: what [`Download::json_lines`] returns.
#[must_use = "no line is fetched until one is asked for"]
pub struct JsonLines<T> {
    lines: Lines,
    items: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonLines<T> {
    pub(super) fn of(lines: Lines) -> Self {
        JsonLines {
            lines,
            items: PhantomData,
        }
    }

    /// Same as [`Lines::max_line_bytes`].
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.lines = self.lines.max_line_bytes(bytes);
        self
    }

    /// The next value; `None` at the end.
    ///
    /// # Errors
    /// Same as [`Lines::next`]; and when a line is not a `T`; the next line follows.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            let line = match ready!(self.lines.poll(cx)) {
                Some(Ok(line)) if line.trim().is_empty() => continue,
                Some(Ok(line)) => line,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            let mismatch = |error| {
                let cause = Mismatch::new(&error, line.as_bytes());
                Error::new(cause).of(self.lines.download.context.clone())
            };
            return Poll::Ready(Some(serde_json::from_str(&line).map_err(mismatch)));
        }
    }
}

stream!(Lines => String);
stream!(JsonLines<T> => T);

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for JsonLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").finish_non_exhaustive()
    }
}
