use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use http::Uri;
use http_body::Frame;

use super::coding::{Coding, Decoder};
use crate::{Body, TransportError, TransportErrorKind as Kind};

/// Most bytes decoded at a time.
const PIECE: usize = 32 * 1024;

/// Steps without output before other tasks get a turn: empty members cost work and yield nothing.
const IDLE_STEPS: usize = 64;

/// A body, decoded while it comes in.
pub(super) struct Decoded {
    source: Body,
    input: Bytes,
    coding: Coding,
    decoder: Decoder,
    at: At,
    /// The decoder filled the last piece, and may hold more without further input.
    more: bool,
    /// What the decoder writes to; empty when it was given away.
    buffer: Vec<u8>,
    seen: u64,
    limit: u64,
    uri: Uri,
}

/// Where in the coded data the decoder is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Within,
    End,
}

impl Decoded {
    pub(super) fn new(source: Body, coding: Coding, limit: u64, uri: Uri) -> Self {
        Self {
            source,
            input: Bytes::new(),
            coding,
            decoder: coding.decoder(limit),
            at: At::Start,
            more: false,
            buffer: Vec::new(),
            seen: 0,
            limit,
            uri,
        }
    }

    /// Decodes one piece of what is there. An empty one was still a step, unless the input is used up.
    fn piece(&mut self) -> io::Result<Bytes> {
        let invalid = |why| Err(io::Error::new(io::ErrorKind::InvalidData, why));
        let idle = self.input.is_empty();
        if idle && !self.more {
            return Ok(Bytes::new());
        }
        if self.at == At::End {
            if !self.coding.has_members() {
                return invalid("more data after the end");
            }
            self.decoder.reinit()?;
        }
        if self.at != At::Within
            && let Some(first) = self.input.first()
        {
            self.coding.check_start(*first)?;
        }
        if self.buffer.is_empty() {
            self.buffer.resize(PIECE, 0);
        }
        let mut output = WriteBuffer::new_initialized(&mut self.buffer);
        let mut input = PartialBuffer::new(&*self.input);
        let result = self.decoder.decode(&mut input, &mut output);
        let (read, written) = (input.written_len(), output.written_len());
        self.input.advance(read);

        self.at = match result {
            Ok(true) => At::End,
            Ok(false) if read == 0 && written == 0 && !idle => {
                return invalid("the decoder is stuck");
            }
            Ok(false) => At::Within,
            // Some decoders complain when there is nothing to do. If something were missing, the end would show it.
            Err(_) if idle => At::Within,
            Err(error) => return Err(error),
        };
        self.more = written == PIECE && self.at == At::Within;
        Ok(self.take(written))
    }

    /// The first bytes of the buffer, in memory of about that size: a reader may keep many small pieces.
    fn take(&mut self, len: usize) -> Bytes {
        if len < PIECE / 2 {
            return Bytes::copy_from_slice(&self.buffer[..len]);
        }
        let mut piece = std::mem::take(&mut self.buffer);
        piece.truncate(len);
        piece.into()
    }

    fn too_large(&self) -> TransportError {
        let message = format!("the reply is longer than {} bytes when decoded", self.limit);
        self.error(Kind::BodyTooLarge, message)
    }

    fn error(&self, kind: Kind, message: String) -> TransportError {
        TransportError::new(kind, message).with_uri(&self.uri)
    }
}

impl http_body::Body for Decoded {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        let coding = this.coding.name();
        let mut idle_steps = 0;
        let error = loop {
            match this.piece() {
                Ok(piece) if !piece.is_empty() => {
                    this.seen += piece.len() as u64;
                    if this.seen > this.limit {
                        break this.too_large();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
                Ok(_) if !this.input.is_empty() => {
                    idle_steps += 1;
                    if idle_steps == IDLE_STEPS {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    continue;
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    break this.too_large();
                }
                Err(error) => {
                    let message = format!("the reply's body is not valid {coding} data");
                    break this.error(Kind::Body, message).with_source(error);
                }
            }
            match ready!(Pin::new(&mut this.source).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.input = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => break error,
                None if this.at == At::Within => {
                    break this.error(
                        Kind::Interrupted,
                        format!("the reply ended in the middle of its {coding} data"),
                    );
                }
                None => return Poll::Ready(None),
            }
        };
        Poll::Ready(Some(Err(error)))
    }
}
