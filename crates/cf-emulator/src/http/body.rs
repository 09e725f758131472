//! The body of a reply: bytes, or what is read piece by piece while it is sent,
//! whole or cut.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use crate::http::file::{AnyReader, File, Reader};
use crate::http::text::Text;

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

/// What is read is handed on in pieces of this size.
const PIECE: usize = 64 << 10;

pub(crate) struct Body {
    source: Source,
    /// What the head of the reply announces, if it is known.
    size: Option<u64>,
    /// How many bytes are sent before the connection is cut, if it is.
    cut_after: Option<usize>,
    /// Whether what comes before the cut had time to go out.
    flushed: bool,
    /// Released when the body has been sent or dropped.
    permit: Option<OwnedSemaphorePermit>,
}

enum Source {
    Bytes(Option<Bytes>),
    Pieces(VecDeque<Bytes>),
    /// What was read already, and the rest.
    Begun(Bytes, AnyReader),
    Reader(AnyReader),
    Reading(JoinHandle<io::Result<(AnyReader, Bytes)>>),
    Ended,
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self {
            size: Some(bytes.len() as u64),
            source: Source::Bytes(Some(bytes).filter(|bytes| !bytes.is_empty())),
            cut_after: None,
            flushed: false,
            permit: None,
        }
    }
}

impl Body {
    pub(crate) fn file(file: &File, range: Range<u64>) -> io::Result<Self> {
        Ok(Self {
            size: Some(range.end - range.start),
            source: match file {
                File::Memory(pieces) => Source::Pieces(File::pieces(pieces, range).into()),
                File::Disk(file) => Source::Reader(Box::new(Reader::open(file, &range)?)),
            },
            cut_after: None,
            flushed: false,
            permit: None,
        })
    }

    /// Pieces whose total size is not announced.
    pub(crate) fn pieces(pieces: Vec<Bytes>) -> Self {
        Self {
            size: None,
            source: Source::Pieces(pieces.into()),
            cut_after: None,
            flushed: false,
            permit: None,
        }
    }

    /// A text; a short one is read at once.
    pub(crate) fn text(text: &Text) -> io::Result<Self> {
        let mut reader = text.reader();
        let start = piece(&mut reader)?;
        if start.len() < PIECE {
            return Ok(start.into());
        }
        Ok(Self {
            size: text.size(),
            source: Source::Begun(start, reader),
            cut_after: None,
            flushed: false,
            permit: None,
        })
    }

    /// Holds a permit until its last piece is sent.
    pub(crate) fn hold(&mut self, permit: OwnedSemaphorePermit) {
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

    /// The bytes that are to be sent, or the first of them, for the log. Files
    /// have none.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.source {
            Source::Bytes(Some(bytes)) | Source::Begun(bytes, _) => bytes,
            _ => &[],
        }
    }
}

impl Source {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match std::mem::replace(self, Self::Ended) {
                Self::Bytes(bytes) => return Poll::Ready(bytes.map(Ok)),
                Self::Pieces(mut pieces) => {
                    let next = pieces.pop_front();
                    *self = Self::Pieces(pieces);
                    return Poll::Ready(next.map(Ok));
                }
                Self::Begun(start, reader) => {
                    *self = Self::Reader(reader);
                    return Poll::Ready(Some(Ok(start)));
                }
                Self::Reader(mut reader) => {
                    *self = Self::Reading(tokio::task::spawn_blocking(move || {
                        let piece = piece(&mut reader)?;
                        Ok((reader, piece))
                    }));
                }
                Self::Reading(mut reading) => {
                    let Poll::Ready(read) = Pin::new(&mut reading).poll(context) else {
                        *self = Self::Reading(reading);
                        return Poll::Pending;
                    };
                    let read = read.map_err(io::Error::other).and_then(|read| read);
                    return Poll::Ready(match read {
                        Ok((_, piece)) if piece.is_empty() => None,
                        Ok((reader, piece)) => {
                            *self = Self::Reader(reader);
                            Some(Ok(piece))
                        }
                        Err(error) => Some(Err(error)),
                    });
                }
                Self::Ended => return Poll::Ready(None),
            }
        }
    }
}

/// The next piece; an empty one at the end.
fn piece(reader: &mut AnyReader) -> io::Result<Bytes> {
    let mut piece = Vec::new();
    reader.take(PIECE as u64).read_to_end(&mut piece)?;
    Ok(piece.into())
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.cut_after == Some(0) {
            // hyper drops what it has not sent when a body fails.
            if !std::mem::replace(&mut self.flushed, true) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
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
        self.cut_after.is_none() && matches!(self.source, Source::Bytes(None) | Source::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        self.size.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
