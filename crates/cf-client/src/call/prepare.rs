//! A request that can be sent as often as needed.

use std::borrow::Cow;
use std::time::Duration;

use cf_auth::Credential;
use cf_transport::Body;
use cf_types::codec::Field;
use cf_types::codec::field::View;
use cf_types::{
    Arguments, BaseUrl, BodyKind, Call, Meta, Operation, Options, PreparedRequest, ResultKind,
    Untyped, is_idempotent,
};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use super::body_mode::BodyMode;
use super::headers;
use crate::error::{CallContext, Error, RequestInfo, STREAMS};
use crate::inner::Inner;

/// A request without the client's credential, and its limits.
///
/// Boxed, as it is large: a call's future is allocated fast up to 1 KiB.
pub(crate) struct PreparedCall {
    pub(crate) context: CallContext,
    uri: Uri,
    accept: HeaderValue,
    content_type: Option<HeaderValue>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The call's own credential, in place of the client's.
    credential: Option<Vec<(HeaderName, HeaderValue)>>,
    /// `None` once a one-shot body was sent.
    body: Option<Body>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retries: u32,
    /// How many attempts the retry policy has added.
    pub(crate) repeated: u32,
    /// What its reply holds.
    pub(crate) result: ResultKind,
}

impl PreparedCall {
    /// The request of an operation, with its own body or `instead`.
    pub(crate) fn of<O: Operation>(
        inner: &Inner,
        call: &Call<(), O>,
        instead: Option<Body>,
        mode: BodyMode,
    ) -> Result<Box<Self>, Error> {
        if mode == BodyMode::Buffer && asks_for_events(call.operation()) {
            let message = format!("the body sets `stream`: {STREAMS}");
            return Err(Error::input(message).unsent(RequestInfo::of(O::META)));
        }
        PreparedCall::described(inner, O::META, call.operation(), call.options(), instead)
    }

    /// Not generic, and not inlined: each operation has a caller of its own.
    #[inline(never)]
    fn described(
        inner: &Inner,
        meta: &'static Meta,
        arguments: &dyn Arguments,
        options: &Options,
        instead: Option<Body>,
    ) -> Result<Box<Self>, Error> {
        let info = RequestInfo::of(meta);
        if instead.is_some() && !matches!(meta.body, BodyKind::Raw(_)) {
            let message =
                "the body of this operation is not bytes; pass it as an argument, and use `send`";
            return Err(Error::input(message).unsent(info));
        }
        let prepared = base_of(inner, options).and_then(|base| {
            PreparedRequest::new(meta, arguments, options, &base).map_err(Error::new)
        });
        match prepared {
            Ok(mut prepared) => {
                let own = Vec::from(std::mem::take(&mut prepared.body));
                let body = instead.unwrap_or_else(|| Body::from(own));
                let (result, idempotent) = (meta.result, meta.is_idempotent());
                PreparedCall::new(inner, info, result, idempotent, prepared, body, options)
            }
            Err(error) => Err(error.unsent(info)),
        }
    }

    /// The request of a call to any path.
    pub(crate) fn untyped(
        inner: &Inner,
        call: Call<(), Untyped<Body>>,
    ) -> Result<Box<Self>, Error> {
        let (method, path) = (call.operation().method(), call.operation().path());
        let info = RequestInfo::untyped(method.clone(), path.to_owned());
        let options = call.options().clone();
        let prepared = base_of(inner, &options).and_then(|base| {
            let prepared = call.prepare(&base);
            prepared.map_err(Error::new)
        });
        match prepared {
            Ok((prepared, body)) => {
                let idempotent = is_idempotent(&info.method, &info.path);
                let result = ResultKind::Envelope;
                PreparedCall::new(inner, info, result, idempotent, prepared, body, &options)
            }
            Err(error) => Err(error.unsent(info)),
        }
    }

    /// Adds what the client adds to every request.
    fn new(
        inner: &Inner,
        info: RequestInfo,
        result: ResultKind,
        idempotent: bool,
        mut prepared: PreparedRequest,
        mut body: Body,
        options: &Options,
    ) -> Result<Box<Self>, Error> {
        if !inner.query.is_empty()
            && let Err(error) = prepared.add_default_query(&inner.query)
        {
            return Err(Error::input(error.to_string()).unsent(info));
        }
        if !prepared.headers.is_empty() {
            match headers::check(&prepared.headers, body) {
                Ok(checked) => body = checked,
                Err(error) => return Err(error.unsent(info)),
            }
        }
        let idempotent = options.idempotent.unwrap_or(idempotent);
        Ok(Box::new(PreparedCall {
            context: CallContext::new(info, idempotent),
            timeout: options.attempt_timeout.unwrap_or(inner.timeout),
            deadline: options.deadline.unwrap_or(inner.deadline),
            retries: options.retries.unwrap_or(inner.retries),
            repeated: 0,
            result,
            uri: prepared.uri,
            accept: prepared.accept,
            content_type: prepared.content_type,
            headers: prepared.headers,
            credential: prepared.credential,
            body: Some(body),
        }))
    }

    /// Whether the call has a header of this name itself.
    fn has(&self, name: &HeaderName) -> bool {
        *name == ACCEPT
            || (*name == CONTENT_TYPE && self.content_type.is_some())
            || self.headers.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether it can be sent (again): a one-shot body allows one attempt.
    pub(crate) fn can_be_sent(&self) -> bool {
        self.body.is_some()
    }

    pub(crate) fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// The request for one attempt, with the client's credential unless it has its own.
    pub(crate) fn request(
        &mut self,
        inner: &Inner,
        credential: Option<&Credential>,
    ) -> Request<Body> {
        let again = self.body.as_ref().and_then(Body::try_clone);
        let body = std::mem::replace(&mut self.body, again);
        let mut request = Request::new(body.unwrap_or_default());
        *request.method_mut() = self.context.request.method.clone();
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        add(headers, &ACCEPT, &self.accept);
        if let Some(content_type) = &self.content_type {
            add(headers, &CONTENT_TYPE, content_type);
        }
        for (name, value) in &self.headers {
            add(headers, name, value);
        }
        for (name, value) in &inner.headers {
            if !self.has(name) {
                add(headers, name, value);
            }
        }
        let credential = match (&self.credential, credential) {
            (Some(own), _) => own,
            (None, Some(credential)) => credential.headers(),
            (None, None) => &[],
        };
        for (name, value) in credential {
            add(headers, name, value);
        }
        request
    }
}

/// Whether the reply to a request with these arguments is a stream of events.
#[inline(never)]
fn asks_for_events(arguments: &dyn Arguments) -> bool {
    let Some(View::Object(body)) = arguments.body().map(Field::view) else {
        return false;
    };
    let stream = body.names().position("stream");
    stream.is_some_and(|index| matches!(body.get(index).view(), View::Bool(true)))
}

/// Not inlined: it is a lot of code.
#[inline(never)]
fn add(headers: &mut HeaderMap, name: &HeaderName, value: &HeaderValue) {
    // `append`, not `insert`: parsing replies keeps `append` in the instruction cache.
    headers.append(name.clone(), value.clone());
}

/// The call's own base URL, or the client's.
fn base_of<'a>(inner: &'a Inner, options: &Options) -> Result<Cow<'a, BaseUrl>, Error> {
    match &options.base_url {
        Some(url) => BaseUrl::new(url).map(Cow::Owned).map_err(Error::new),
        None => Ok(Cow::Borrowed(&inner.base)),
    }
}
