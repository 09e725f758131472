//! Peers: different ways to do the same work.

mod floor;
mod ours;
mod reqwest;

use std::any::Any;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::Failure;

pub use floor::Floor;
pub use ours::Ours;
pub use reqwest::Reqwest;

/// The credential of every request; the server ignores it.
pub const TOKEN: &str = "cfut_0123456789abcdef0123456789abcdef01234567";

/// An open reply.
pub type Held = Box<dyn Any + Send>;

/// One way to use the API.
pub trait Peer: Clone + Send + Sync + 'static {
    /// A client of the API at `base`.
    ///
    /// # Errors
    /// If it cannot be set up.
    fn new(base: &str) -> Result<Self, Failure>;

    /// Gets a zone.
    fn get_zone(&self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Creates a DNS record.
    fn create_record(&self, n: usize) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Lists all DNS records, a hundred per page and `concurrency` pages at a time; returns their number.
    fn list(&self, concurrency: usize) -> impl Future<Output = Result<usize, Failure>> + Send;

    /// Gets a reply whose body never ends; it is open until this is dropped.
    fn hold(&self) -> impl Future<Output = Result<Held, Failure>> + Send;

    /// Sends this many bytes as a stream.
    fn upload(&self, bytes: usize) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Receives this many bytes as a stream; returns how many came.
    fn download(&self, bytes: usize) -> impl Future<Output = Result<usize, Failure>> + Send;
}

/// A body that comes in pieces of 64 KiB.
#[derive(Debug, Clone)]
pub struct Pieces {
    piece: Bytes,
    left: usize,
}

impl Pieces {
    /// A body of this many bytes.
    pub fn new(bytes: usize) -> Self {
        Pieces {
            piece: Bytes::from_static(&[b'x'; 64 * 1024]),
            left: bytes,
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let len = self.left.min(self.piece.len());
        self.left -= len;
        let piece = (len > 0).then(|| self.piece.slice(..len));
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left as u64)
    }
}
