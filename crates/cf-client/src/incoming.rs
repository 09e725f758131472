//! From the reply that came to what the caller asked for.

use std::task::Poll;

use bytes::Bytes;
use cf_transport::Body;
use cf_types::codec::{Drift, RawJson, Watch};
use cf_types::{
    Arguments, Envelope, Meta, Operation, Page, Paged, Reply, ReplyError, ResultKind, decode,
    decode_into, decode_watched,
};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, response};
use serde::de::DeserializeOwned;

use crate::download::Download;
use crate::error::{Cause, Error, Misfit, Trip};
use crate::meta::ResponseMeta;
use crate::trace;

/// A reply.
pub(crate) struct Incoming {
    pub(crate) parts: response::Parts,
    /// In memory, unless only the head was awaited.
    pub(crate) body: Body,
    pub(crate) trip: Trip,
    pub(crate) strict: bool,
    pub(crate) span: trace::Span,
}

impl Incoming {
    fn bytes(&self) -> &[u8] {
        self.body.as_bytes().map_or(&[], Bytes::as_ref)
    }

    /// Whether someone wants to hear of drift.
    fn is_watched(&self) -> bool {
        self.strict || trace::watches_drift()
    }

    fn decode_into<O: Operation>(&self, envelope: &mut Envelope<O::Output>) -> Result<(), Error> {
        let mut watch = if self.is_watched() {
            Watch::on()
        } else {
            Watch::off()
        };
        let decoded = decode_into::<O>(&self.parts, self.bytes(), envelope, &mut watch);
        decoded.map_err(|error| self.error(error))?;
        self.check(O::META, watch.drift(), watch.count())
    }

    fn decode<O: Operation>(&self, watched: bool) -> Result<Reply<O::Output>, Error> {
        let decoded = if watched {
            decode_watched::<O>(&self.parts, self.bytes())
        } else {
            decode::<O>(&self.parts, self.bytes())
        };
        // It is looked at where it is: values are large.
        if let Ok(reply) = &decoded {
            self.check(O::META, reply.drift(), reply.drift_count())?;
        }
        decoded.map_err(|error| self.error(error))
    }

    fn check(&self, meta: &Meta, drift: &[Drift], count: usize) -> Result<(), Error> {
        if self.lacks_value(meta) {
            let status = self.parts.status;
            return Err(self.error(ReplyError::Empty { status }));
        }
        if let Some(first) = drift.first() {
            self.span.drift(&self.trip.request, first, count);
            if self.strict {
                let first = first.clone();
                return Err(self.error(ReplyError::Drift { first, count }));
            }
        }
        Ok(())
    }

    /// Whether there is nothing (204) where the operation is to get something. After a change,
    /// nothing is a fine answer, and for requests by path it is `null`.
    fn lacks_value(&self, meta: &Meta) -> bool {
        let request = &self.trip.request;
        let is_get = request.operation.is_some() && request.method == Method::GET;
        let is_due = matches!(meta.result, ResultKind::Envelope | ResultKind::Json);
        is_get && is_due && self.bytes().trim_ascii().is_empty()
    }

    fn parse<T: DeserializeOwned>(&self, reply: &Reply<RawJson>) -> Result<T, Error> {
        let result = reply.value();
        let misfit = |error| Misfit::new(&error, result.as_str().as_bytes());
        result.parse().map_err(|error| self.error(misfit(error)))
    }

    fn error(&self, cause: impl Into<Cause>) -> Error {
        let error = Error::new(cause).of(self.trip.clone());
        self.span.holds_no_value(error.kind(), &self.trip);
        error
    }
}

/// Most bytes of a refusal.
const LONGEST_REFUSAL: u64 = 64 * 1024;

/// Whether a reply has to be read before it is known to be a success.
pub(crate) fn may_be_refusal(status: StatusCode, headers: &HeaderMap, body: &Body) -> bool {
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_json = media_type.is_some_and(|name| name.windows(4).any(|part| part == b"json"));
    let length = body.content_length();
    let is_short = length.is_some_and(|length| length <= LONGEST_REFUSAL);
    !status.is_success() || (is_json && is_short)
}

/// The value. As all that follow, it is a [`Finish`](crate::sending::Finish).
pub(crate) fn value<O: Operation>(incoming: &mut Incoming) -> Poll<Result<O::Output, Error>> {
    // Values are large: this one is read where it is, and moved once.
    let mut envelope = Envelope::default();
    incoming.decode_into::<O>(&mut envelope)?;
    Poll::Ready(Ok(envelope.result))
}

/// The page of a list.
pub(crate) fn page<O: Paged>(incoming: &mut Incoming) -> Poll<Result<Page<O::Item>, Error>> {
    let reply = incoming.decode::<O>(incoming.is_watched())?;
    Poll::Ready(Ok(O::into_page(reply)))
}

/// The value, and what is known of the reply.
pub(crate) fn value_and_meta<O: Operation>(
    incoming: &mut Incoming,
) -> Poll<Result<(O::Output, ResponseMeta), Error>> {
    let reply = incoming.decode::<O>(true)?;
    let meta = ResponseMeta::new(incoming, &reply);
    Poll::Ready(Ok((reply.into_value(), meta)))
}

/// The reply as it came.
pub(crate) fn raw(incoming: &mut Incoming) -> Poll<Result<Response<Body>, Error>> {
    let nothing = Response::new(()).into_parts().0;
    let parts = std::mem::replace(&mut incoming.parts, nothing);
    let body = std::mem::take(&mut incoming.body);
    Poll::Ready(Ok(Response::from_parts(parts, body)))
}

/// The body of a successful reply, as a stream.
pub(crate) fn stream<O: Operation>(incoming: &mut Incoming) -> Poll<Result<Download, Error>> {
    let Incoming { parts, body, .. } = &*incoming;
    if may_be_refusal(parts.status, &parts.headers, body) {
        incoming.decode::<O>(false)?;
    }
    Poll::Ready(Ok(Download::new(incoming)))
}

/// The same, for requests by path.
pub(crate) fn untyped_stream(incoming: &mut Incoming) -> Poll<Result<Download, Error>> {
    stream::<Untyped>(incoming)
}

/// The envelope's `result` as a type of the caller's.
pub(crate) fn result<T: DeserializeOwned>(incoming: &mut Incoming) -> Poll<Result<T, Error>> {
    let reply = incoming.decode::<Untyped>(false)?;
    Poll::Ready(incoming.parse(&reply))
}

/// The same, and what is known of the reply.
pub(crate) fn result_and_meta<T: DeserializeOwned>(
    incoming: &mut Incoming,
) -> Poll<Result<(T, ResponseMeta), Error>> {
    let reply = incoming.decode::<Untyped>(false)?;
    let value = incoming.parse(&reply)?;
    Poll::Ready(Ok((value, ResponseMeta::new(incoming, &reply))))
}

/// Stands for whatever operation was asked for by path: only its reply is decoded.
struct Untyped;

impl Arguments for Untyped {
    fn param(&self, _: usize) -> &dyn cf_types::codec::Field {
        &()
    }
}

impl Operation for Untyped {
    const META: &'static Meta = &Meta::new("", Method::GET, "");
    type Output = RawJson;
}
