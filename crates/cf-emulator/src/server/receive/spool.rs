//! Bodies that are streamed to the file where they stay.

use std::io;

use bytes::Bytes;
use hyper::body::Body;
use md5::{Digest, Md5};
use tokio::sync::OwnedSemaphorePermit;

use super::incoming::Incoming;
use super::{Receiver, Stop};
use crate::engine::route::Stream;
use crate::http::content::Upload;
use crate::http::file::{Folder, Writer};

/// A file that a request uploads. If it is dropped, nothing is left.
pub(super) struct Spool {
    writer: Writer,
    md5: Md5,
    size: u64,
}

impl Spool {
    pub(super) fn new(folder: Option<&Folder>) -> io::Result<Self> {
        Ok(Self {
            writer: Writer::new(folder)?,
            md5: Md5::new(),
            size: 0,
        })
    }

    pub(super) fn in_memory(&self) -> bool {
        matches!(self.writer, Writer::Memory { .. })
    }

    /// Bytes so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) async fn push(
        mut self,
        data: impl AsRef<[u8]> + Send + 'static,
    ) -> io::Result<Self> {
        if self.in_memory() {
            self.write(data.as_ref())?;
            return Ok(self);
        }
        // A slow disk must not hold up other requests.
        let written = tokio::task::spawn_blocking(move || {
            self.write(data.as_ref())?;
            io::Result::Ok(self)
        });
        written.await.map_err(io::Error::other)?
    }

    fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.md5.update(data);
        self.size += data.len() as u64;
        self.writer.push(data)
    }

    pub(super) fn finish(self) -> Upload {
        Upload {
            file: self.writer.finish(),
            md5: hex::encode(self.md5.finalize()),
        }
    }
}

/// The whole body as a file, and the room that it takes in memory.
pub(super) async fn upload<B: Body>(
    receiver: Receiver<'_>,
    stream: Stream,
    start: Bytes,
    incoming: &mut Incoming<B>,
) -> Result<(Upload, Option<OwnedSemaphorePermit>), Stop> {
    let most = stream.most.unwrap_or(receiver.limits.longest as u64);
    let announced = start.len() as u64 + incoming.announced();
    if announced > most {
        return Err((stream.too_large)().into());
    }
    let mut spool = Spool::new(receiver.engine.folder.as_ref())?;
    // An incomplete file counts like other bodies, if it is in memory.
    let mut room = receiver.limits.large.room();
    if spool.in_memory() {
        incoming.wait(room.grow_to(announced)).await?;
    }
    spool = incoming.wait(spool.push(start)).await?;
    while let Some(data) = incoming.next().await? {
        let size = spool.size() + data.len() as u64;
        if size > most {
            return Err((stream.too_large)().into());
        }
        if spool.in_memory() {
            incoming.wait(room.grow_to(size)).await?;
        }
        spool = incoming.wait(spool.push(data)).await?;
    }
    Ok((spool.finish(), room.permit()))
}
