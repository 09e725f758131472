use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;

use super::Body;
use crate::TransportError;

/// Bodies one after the other as one: of known length if all are, and sent again if all can be.
pub(crate) fn concat(parts: Vec<Body>) -> Body {
    let len = parts
        .iter()
        .try_fold(0_u64, |sum, part| sum.checked_add(part.content_length()?));
    if parts.iter().all(|part| part.try_clone().is_some()) {
        let open = move || Concat(parts.iter().filter_map(Body::try_clone).collect());
        Body::replayable(len, open)
    } else {
        Body::stream(len, Concat(parts.into()))
    }
}

struct Concat(VecDeque<Body>);

impl http_body::Body for Concat {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let parts = &mut self.get_mut().0;
        while let Some(part) = parts.front_mut() {
            match ready!(Pin::new(part).poll_frame(cx)) {
                // The trailers of a part would end the whole.
                Some(Ok(frame)) if frame.is_trailers() => {}
                Some(frame) => return Poll::Ready(Some(frame)),
                None => drop(parts.pop_front()),
            }
        }
        Poll::Ready(None)
    }
}
