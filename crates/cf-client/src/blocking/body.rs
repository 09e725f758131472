//! Replies read piece by piece.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::{Buf as _, Bytes};

use super::runtime::Background;

/// The body of a reply, read as it arrives, until the call's deadline at most.
///
/// ```no_run
/// # fn run(client: cf_client::blocking::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::{BufRead as _, BufReader};
/// let logs = client
///     .request(http::Method::GET, "/zones/023e105f4ecef8ad9ca31a8372d0c353/logs/received")
///     .send_stream()?
///     .into_body();
/// for line in BufReader::new(logs).lines() {
///     println!("{}", line?);
/// }
/// # Ok(()) }
/// ```
pub struct Body {
    /// Absent while it is on the client's thread, and after an error.
    body: Option<cf_transport::Body>,
    buffered: Bytes,
    background: Arc<Background>,
}

impl Body {
    pub(super) fn new(body: cf_transport::Body, background: Arc<Background>) -> Self {
        Body {
            body: Some(body),
            buffered: Bytes::new(),
            background,
        }
    }

    /// The total length in bytes, if the server says so.
    pub fn content_length(&self) -> Option<u64> {
        self.body.as_ref()?.content_length()
    }
}

impl Read for Body {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.buffered.is_empty() && !into.is_empty() {
            let Some(mut body) = self.body.take() else {
                return Ok(0);
            };
            let next = self.background.run(async move {
                let chunk = body.chunk().await;
                (body, chunk)
            });
            let (body, chunk) = next.map_err(io::Error::other)?;
            match chunk {
                Some(chunk) => self.buffered = chunk.map_err(io::Error::other)?,
                None => return Ok(0),
            }
            self.body = Some(body);
        }
        let length = self.buffered.len().min(into.len());
        self.buffered
            .split_to(length)
            .copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}
