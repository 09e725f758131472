//! A request, ready to be sent as often as need be.

use std::borrow::Cow;
use std::time::Duration;

use cf_auth::Credential;
use cf_transport::Body;
use cf_types::{Arguments, BaseUrl, BodyKind, Meta, Options, build_request};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use smallvec::SmallVec;

use crate::client::Shared;
use crate::error::{Error, RequestInfo, Trip};

/// A request without its credential, and what is allowed to it.
pub(crate) struct Outgoing {
    pub(crate) trip: Trip,
    uri: Uri,
    headers: Headers,
    /// Absent once a body that exists only once was sent.
    body: Option<Body>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retries: u32,
}

/// The headers of a request that may be sent again, without those of the client. Most are few and sent
/// once, and a list in place costs less than a second map.
enum Headers {
    Unsent(HeaderMap),
    Sent(SmallVec<[(HeaderName, HeaderValue); 2]>),
}

impl Headers {
    fn take(&mut self) -> HeaderMap {
        match self {
            Headers::Unsent(map) => {
                let map = std::mem::take(map);
                let list = map
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()));
                *self = Headers::Sent(list.collect());
                map
            }
            Headers::Sent(list) => list.iter().cloned().collect(),
        }
    }
}

/// Adds the client's headers, save those that the request has itself.
fn with_headers(mut headers: HeaderMap, more: &HeaderMap) -> HeaderMap {
    let mut added = None;
    for (name, value) in more {
        if added == Some(name) || !headers.contains_key(name) {
            headers.append(name, value.clone());
            added = Some(name);
        }
    }
    headers
}

impl Outgoing {
    /// The request of an operation.
    pub(crate) fn of(
        shared: &Shared,
        meta: &'static Meta,
        arguments: &dyn Arguments,
        options: &Options,
    ) -> Result<Self, Error> {
        let info = RequestInfo::of(meta);
        let request = base_of(shared, options)
            .and_then(|base| build_request(meta, arguments, options, &base).map_err(Error::new));
        match request {
            Ok(request) => {
                let request = request.map(|body| Body::from(Vec::from(body)));
                Outgoing::new(shared, info, request, options)
            }
            Err(error) => Err(error.unsent(info)),
        }
    }

    /// Takes another body in place of the operation's own.
    pub(crate) fn with_body(mut self, meta: &Meta, body: Body) -> Result<Self, Error> {
        if !matches!(meta.body, BodyKind::Raw(_)) {
            let message =
                "the body of this operation is not bytes; give it as argument, and use `send`";
            return Err(Error::input(message).of(self.trip));
        }
        self.body = Some(body);
        Ok(self)
    }

    /// Adds to a request what the client adds to each.
    pub(crate) fn new(
        shared: &Shared,
        info: RequestInfo,
        request: Request<Body>,
        options: &Options,
    ) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let uri = match with_query(parts.uri, &shared.query) {
            Ok(uri) => uri,
            Err(message) => return Err(Error::input(message).unsent(info)),
        };
        let idempotent = options.idempotent.unwrap_or(info.method.is_idempotent());
        Ok(Outgoing {
            trip: Trip::new(info, idempotent),
            timeout: options.attempt_timeout.unwrap_or(shared.timeout),
            deadline: options.deadline.unwrap_or(shared.deadline),
            retries: options.retries.unwrap_or(shared.retries),
            uri,
            headers: Headers::Unsent(parts.headers),
            body: Some(body),
        })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether it can be sent: a body that exists only once allows one attempt.
    pub(crate) fn can_be_sent(&self) -> bool {
        self.body.is_some()
    }

    /// The request for one attempt.
    pub(crate) fn request(&mut self, shared: &Shared, credential: &Credential) -> Request<Body> {
        let again = self.body.as_ref().and_then(Body::try_clone);
        let body = std::mem::replace(&mut self.body, again);
        let mut headers = with_headers(self.headers.take(), &shared.headers);
        credential.apply(&mut headers);
        let mut request = Request::new(body.unwrap_or_default());
        *request.method_mut() = self.trip.request.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        request
    }
}

/// Adds the client's parameters, save those that the request has itself.
fn with_query(uri: Uri, query: &[(String, String)]) -> Result<Uri, &'static str> {
    if query.is_empty() {
        return Ok(uri);
    }
    let given = uri.query().unwrap_or_default();
    let has = |name: &str| {
        let mut names = given.split('&').map(|pair| pair.split('=').next());
        names.any(|given| given == Some(name))
    };
    let mut added = String::new();
    for (name, value) in query.iter().filter(|(name, _)| !has(name)) {
        let first = given.is_empty() && added.is_empty();
        added.push(if first { '?' } else { '&' });
        added.push_str(name);
        added.push('=');
        added.push_str(value);
    }
    if added.is_empty() {
        return Ok(uri);
    }
    format!("{uri}{added}")
        .parse()
        .map_err(|_| "the query is too long for a URL")
}

/// Where a call goes: to its own address, or to the client's.
pub(crate) fn base_of<'a>(
    shared: &'a Shared,
    options: &Options,
) -> Result<Cow<'a, BaseUrl>, Error> {
    match &options.base_url {
        Some(url) => BaseUrl::new(url).map(Cow::Owned).map_err(Error::new),
        None => Ok(Cow::Borrowed(&shared.base)),
    }
}

impl RequestInfo {
    pub(crate) fn of(meta: &'static Meta) -> Self {
        RequestInfo {
            operation: Some(meta.id),
            method: meta.method.clone(),
            path: Cow::Borrowed(meta.path),
        }
    }

    pub(crate) fn untyped(method: Method, path: String) -> Self {
        RequestInfo {
            operation: None,
            method,
            path: Cow::Owned(path),
        }
    }
}
