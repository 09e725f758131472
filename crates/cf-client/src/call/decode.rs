//! From a reply to what the caller asked for.

use std::collections::BTreeMap;
use std::task::Poll;

use bytes::Bytes;
use cf_transport::Body;
use cf_types::codec::{self, Drift, RawJson, Watch};
use cf_types::{
    Arguments, Envelope, Meta, Operation, Page, Paged, Reply, ReplyError, ResultKind, check,
    decode, decode_into, decode_watched,
};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, response};
use serde::de::DeserializeOwned;

use super::meta::ResponseMeta;
use crate::download::Download;
use crate::error::{CallContext, Cause, Error, Mismatch};
use crate::retry::retry_after;
use crate::trace;

/// A reply.
pub(crate) struct RawResponse {
    pub(crate) parts: response::Parts,
    /// In memory, unless it streams.
    pub(crate) body: Body,
    pub(crate) context: CallContext,
    pub(crate) strict: bool,
    pub(crate) span: trace::Span,
}

impl RawResponse {
    fn bytes(&self) -> &[u8] {
        self.body.as_bytes().map_or(&[], Bytes::as_ref)
    }

    /// Whether anyone wants to know of drift.
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
        if let Err(error) = decoded {
            if self.is_deleted_already(&error) {
                return nothing::<O>(envelope).map_err(|error| self.error(error));
            }
            return Err(self.error(error));
        }
        self.check_drift(watch.drift(), watch.count())
    }

    fn decode<O: Operation>(&self, watched: bool) -> Result<Reply<O::Output>, Error> {
        let decoded = if watched {
            decode_watched::<O>(&self.parts, self.bytes())
        } else {
            decode::<O>(&self.parts, self.bytes())
        };
        // By reference: values are large.
        match decoded {
            Ok(ref reply) => {
                self.check_drift(reply.drift(), reply.drift_count())?;
                decoded.map_err(|error| self.error(error))
            }
            Err(error) if self.is_deleted_already(&error) => {
                decode::<O>(&no_content(), b"").map_err(|error| self.error(error))
            }
            Err(error) => Err(self.error(error)),
        }
    }

    /// Whether a DELETE was sent again, as an earlier attempt may have been carried out, and the API now says that
    /// there is no such thing: then it was. An unknown path is something else.
    fn is_deleted_already(&self, error: &ReplyError) -> bool {
        let ReplyError::Api(failure) = error else {
            return false;
        };
        self.context.in_doubt
            && self.context.request.method == Method::DELETE
            && matches!(failure.status, StatusCode::NOT_FOUND | StatusCode::GONE)
            && !NO_SUCH_PATH.iter().any(|code| failure.has_code(*code))
    }

    /// The reply to a call to any path.
    fn untyped(&self) -> Result<Reply<RawJson>, Error> {
        if self.context.request.method == Method::DELETE {
            self.decode::<UntypedDelete>(false)
        } else {
            self.decode::<Untyped>(false)
        }
    }

    fn check_drift(&self, drift: &[Drift], count: usize) -> Result<(), Error> {
        if let Some(first) = drift.first() {
            self.span.drift(&self.context.request, first, count);
            if self.strict {
                let first = first.clone();
                return Err(self.error(ReplyError::Drift { first, count }));
            }
        }
        Ok(())
    }

    fn parse<T: DeserializeOwned>(&self, reply: &Reply<RawJson>) -> Result<T, Error> {
        let result = reply.value();
        result.parse().map_err(|error| {
            // What is already deleted has no value; for a caller who wants one, it is not found.
            match decode::<Untyped>(&self.parts, self.bytes()) {
                Err(refusal) => self.error(refusal),
                Ok(_) => self.error(Mismatch::new(&error, result.as_str().as_bytes())),
            }
        })
    }

    fn meta<T>(&mut self, reply: &Reply<T>) -> ResponseMeta {
        let headers = std::mem::take(&mut self.parts.headers);
        ResponseMeta::new(self.parts.status, headers, &self.context, reply)
    }

    fn download(&mut self) -> Download {
        Download::new(
            self.parts.status,
            std::mem::take(&mut self.parts.headers),
            std::mem::take(&mut self.body),
            self.context.clone(),
        )
    }

    fn error(&self, cause: impl Into<Cause>) -> Error {
        let error = Error::new(cause).of(self.context.clone());
        self.span.holds_no_value(error.kind(), &self.context);
        error
    }
}

/// The API's codes for a path that it does not know.
const NO_SUCH_PATH: [i64; 2] = [7000, 7003];

/// The value that comes with no content.
fn nothing<O: Operation>(envelope: &mut Envelope<O::Output>) -> Result<(), ReplyError> {
    *envelope = Envelope::default();
    decode_into::<O>(&no_content(), b"", envelope, &mut Watch::off()).map(drop)
}

fn no_content() -> response::Parts {
    let mut parts = Response::new(()).into_parts().0;
    parts.status = StatusCode::NO_CONTENT;
    parts
}

/// The longest refusal, in bytes.
const LONGEST_REFUSAL: u64 = 64 * 1024;

/// Whether a reply has to be read before it is known to be a success.
pub(crate) fn may_be_refusal(status: StatusCode, headers: &HeaderMap, body: &Body) -> bool {
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_json = media_type.is_some_and(|name| name.windows(4).any(|part| part == b"json"));
    let length = body.content_length();
    let is_short = length.is_some_and(|length| length <= LONGEST_REFUSAL);
    !status.is_success() || (is_json && is_short)
}

/// Why a buffered reply holds no value of this kind.
pub(crate) fn refusal(kind: ResultKind, reply: &Response<Body>) -> Option<ReplyError> {
    let body = reply.body().as_bytes()?;
    let mut parts = Response::new(()).into_parts().0;
    parts.status = reply.status();
    parts.headers = reply.headers().clone();
    match kind {
        ResultKind::Json => decode::<Bare>(&parts, body).err(),
        // What is stored there is the user's, whatever it looks like.
        ResultKind::Binary | ResultKind::Text => check(OPAQUE, &parts, body).err(),
        ResultKind::Empty => decode::<Nothing>(&parts, body).err(),
        _ => decode::<Untyped>(&parts, body).err(),
    }
}

/// The value. Like all that follow, a [`Decode`](super::future::Decode).
pub(crate) fn value<O: Operation>(response: &mut RawResponse) -> Poll<Result<O::Output, Error>> {
    // Values are large: this one is decoded in place, and moved once.
    let mut envelope = Envelope::default();
    response.decode_into::<O>(&mut envelope)?;
    Poll::Ready(Ok(envelope.result))
}

/// The value, and what is known of the call; with it how long the server asks to wait, if it does.
pub(crate) fn value_and_context<O: Operation>(
    response: &mut RawResponse,
) -> Poll<Result<(O::Output, CallContext), Error>> {
    let mut envelope = Envelope::default();
    response.decode_into::<O>(&mut envelope)?;
    let mut context = response.context.clone();
    context.retry_after = retry_after(&response.parts.headers);
    Poll::Ready(Ok((envelope.result, context)))
}

/// The page of a list.
pub(crate) fn page<O: Paged>(response: &mut RawResponse) -> Poll<Result<Page<O::Item>, Error>> {
    let reply = response.decode::<O>(response.is_watched())?;
    Poll::Ready(Ok(O::into_page(reply)))
}

/// The value, and the reply's metadata.
pub(crate) fn value_and_meta<O: Operation>(
    response: &mut RawResponse,
) -> Poll<Result<(O::Output, ResponseMeta), Error>> {
    let reply = response.decode::<O>(true)?;
    let meta = response.meta(&reply);
    Poll::Ready(Ok((reply.into_value(), meta)))
}

/// The reply, not decoded.
pub(crate) fn raw(response: &mut RawResponse) -> Poll<Result<Response<Body>, Error>> {
    let nothing = Response::new(()).into_parts().0;
    let parts = std::mem::replace(&mut response.parts, nothing);
    let body = std::mem::take(&mut response.body);
    Poll::Ready(Ok(Response::from_parts(parts, body)))
}

/// The body of a successful reply, as a stream.
pub(crate) fn stream<O: Operation>(response: &mut RawResponse) -> Poll<Result<Download, Error>> {
    let RawResponse { parts, body, .. } = &*response;
    if may_be_refusal(parts.status, &parts.headers, body) {
        let checked = check(O::META, parts, response.bytes());
        checked.map_err(|error| response.error(error))?;
    }
    Poll::Ready(Ok(response.download()))
}

/// The same, for calls to any path.
pub(crate) fn untyped_stream(response: &mut RawResponse) -> Poll<Result<Download, Error>> {
    stream::<Untyped>(response)
}

/// The envelope's `result` as a type of the caller's.
pub(crate) fn result<T: DeserializeOwned>(response: &mut RawResponse) -> Poll<Result<T, Error>> {
    let reply = response.untyped()?;
    Poll::Ready(response.parse(&reply))
}

/// The same, and the reply's metadata.
pub(crate) fn result_and_meta<T: DeserializeOwned>(
    response: &mut RawResponse,
) -> Poll<Result<(T, ResponseMeta), Error>> {
    let reply = response.untyped()?;
    let value = response.parse(&reply)?;
    Poll::Ready(Ok((value, response.meta(&reply))))
}

/// What a GraphQL query found.
pub(crate) fn data<T: DeserializeOwned>(response: &mut RawResponse) -> Poll<Result<T, Error>> {
    let reply = response.untyped()?;
    let members = codec::from_str::<BTreeMap<String, RawJson>>(reply.value().as_str());
    let data = members
        .unwrap_or_default()
        .remove("data")
        .unwrap_or_default();
    Poll::Ready(data.parse().map_err(|error| {
        let mismatch = Mismatch::new(&error, data.as_str().as_bytes());
        response.error(mismatch)
    }))
}

/// The description of a reply of bytes.
const OPAQUE: &Meta = &Meta::new("", Method::GET, "").with_result(ResultKind::Binary);

/// Stands for an operation of which only the reply is decoded.
macro_rules! untyped {
    ($(#[$doc:meta])* $name:ident, $method:ident $kind:ident) => {
        $(#[$doc])*
        struct $name;

        impl Arguments for $name {
            fn param(&self, _: usize) -> &dyn cf_types::codec::Field {
                &()
            }
        }

        impl Operation for $name {
            const META: &'static Meta =
                &Meta::new("", Method::$method, "").with_result(ResultKind::$kind);
            type Output = RawJson;
        }
    };
}

untyped!(
    /// Whatever a call to any path gets.
    Untyped,
    GET Any
);
untyped!(
    /// The same for deletions, whose reply may be empty.
    UntypedDelete,
    DELETE Any
);
untyped!(Bare, GET Json);
untyped!(Nothing, GET Empty);
