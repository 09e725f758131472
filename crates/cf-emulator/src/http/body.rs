//! The body of a reply: bytes, or a stored file in pieces, whole or cut off.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use crate::http::file::{File, Reader};

/// Why a connection ends without a (whole) reply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cut {
    #[error("the connection was cut on purpose")]
    OnPurpose,
    #[error("the client went away")]
    Gone,
    #[error("a stored file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// Large replies are passed on in pieces of this size.
const PIECE: usize = 64 << 10;

pub(crate) struct Body {
    source: Source,
    /// What the head of the reply announces.
    size: u64,
    /// How many bytes are sent before the connection is cut, if it is.
    cut_after: Option<usize>,
    /// Released when the body has been sent or dropped.
    permit: Option<OwnedSemaphorePermit>,
}

enum Source {
    Bytes(Option<Bytes>),
    Pieces(VecDeque<Bytes>),
    Disk(Option<Reader>),
    Reading(JoinHandle<io::Result<(Reader, Bytes)>>),
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self {
            size: bytes.len() as u64,
            source: Source::Bytes(Some(bytes).filter(|bytes| !bytes.is_empty())),
            cut_after: None,
            permit: None,
        }
    }
}

impl Body {
    pub(crate) fn file(file: &File, range: Range<u64>) -> io::Result<Self> {
        Ok(Self {
            size: range.end - range.start,
            source: match file {
                File::Memory(pieces) => Source::Pieces(File::pieces(pieces, range).into()),
                File::Disk(file) => Source::Disk(Some(Reader::open(file, &range)?)),
            },
            cut_after: None,
            permit: None,
        })
    }

    /// Holds a permit until it is sent. It is sent in pieces: a single one would
    /// count as sent as soon as the connection has it.
    pub(crate) fn hold(&mut self, permit: OwnedSemaphorePermit) {
        if let Source::Bytes(Some(bytes)) = &self.source {
            let whole = std::slice::from_ref(bytes);
            let starts = (0..self.size).step_by(PIECE);
            let pieces = starts.flat_map(|at| File::pieces(whole, at..at + PIECE as u64));
            self.source = Source::Pieces(pieces.collect());
        }
        self.permit = Some(permit);
    }

    /// The same body, which announces its full length and is cut off after
    /// `bytes` bytes.
    pub(crate) fn cut_after(self, bytes: usize) -> Self {
        Self {
            cut_after: Some(bytes),
            ..self
        }
    }

    /// The bytes to be sent, for the log. Empty for files.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.source {
            Source::Bytes(Some(bytes)) => bytes,
            _ => &[],
        }
    }
}

impl Source {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match self {
                Self::Bytes(bytes) => return Poll::Ready(bytes.take().map(Ok)),
                Self::Pieces(pieces) => return Poll::Ready(pieces.pop_front().map(Ok)),
                Self::Disk(reader) => {
                    let Some(mut reader) = reader.take() else {
                        return Poll::Ready(None);
                    };
                    *self = Self::Reading(tokio::task::spawn_blocking(move || {
                        let piece = reader.next()?;
                        Ok((reader, piece))
                    }));
                }
                Self::Reading(reading) => {
                    let read = ready!(Pin::new(reading).poll(context));
                    let read = read.map_err(io::Error::other).and_then(|read| read);
                    let (reader, piece) = match read {
                        Ok(read) => read,
                        Err(error) => {
                            *self = Self::Disk(None);
                            return Poll::Ready(Some(Err(error)));
                        }
                    };
                    let last = piece.is_empty();
                    *self = Self::Disk(Some(reader).filter(|_| !last));
                    return Poll::Ready(Some(Ok(piece)).filter(|_| !last));
                }
            }
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.cut_after == Some(0) {
            return Poll::Ready(Some(Err(Cut::OnPurpose)));
        }
        let next = ready!(self.source.poll_next(context));
        let next = match (next, &mut self.cut_after) {
            (Some(Ok(piece)), Some(left)) => {
                let piece = piece.slice(..piece.len().min(*left));
                *left -= piece.len();
                Some(Ok(piece))
            }
            (None, Some(_)) => return Poll::Ready(Some(Err(Cut::OnPurpose))),
            (next, _) => next,
        };
        Poll::Ready(next.map(|piece| piece.map(Frame::data).map_err(Cut::Unreadable)))
    }

    fn is_end_stream(&self) -> bool {
        self.cut_after.is_none() && matches!(self.source, Source::Bytes(None))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size)
    }
}
