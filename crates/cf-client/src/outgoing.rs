//! A request, ready to be sent as often as need be.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cf_auth::Credential;
use cf_transport::Body;
use cf_types::{BaseUrl, BodyKind, Call, Meta, Operation, Options};
use http::{HeaderMap, Method, Request, Uri};

use crate::client::Shared;
use crate::error::{Error, RequestInfo};

/// A request without its credential, and what is allowed to it.
pub(crate) struct Outgoing {
    pub(crate) info: RequestInfo,
    uri: Uri,
    headers: HeaderMap,
    /// Absent once a body that exists only once was sent.
    body: Mutex<Option<Body>>,
    pub(crate) idempotent: bool,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retries: u32,
}

impl Outgoing {
    /// The request of a call.
    pub(crate) fn of<O: Operation>(shared: &Shared, call: &Call<(), O>) -> Result<Self, Error> {
        let info = RequestInfo::of(O::META);
        let request = base_of(shared, call.options()).and_then(|base| {
            let request = call.to_request_at(&base).map_err(Error::new)?;
            Ok((base, request))
        });
        match request {
            Ok((base, request)) => {
                let request = request.map(|body| Body::from(Vec::from(body)));
                Outgoing::new(shared, &base, info, request, call.options())
            }
            Err(error) => Err(error.unsent(info)),
        }
    }

    /// The request of a call, with another body than its own.
    pub(crate) fn with_body<O: Operation>(
        shared: &Shared,
        call: &Call<(), O>,
        body: Body,
    ) -> Result<Self, Error> {
        let mut outgoing = Self::of(shared, call)?;
        if !matches!(O::META.body, BodyKind::Raw(_)) {
            let message =
                "the body of this operation is not bytes; give it as argument, and use `send`";
            return Err(Error::input(message).unsent(outgoing.info));
        }
        outgoing.body = Mutex::new(Some(body));
        Ok(outgoing)
    }

    /// Adds to a request what the client adds to each.
    pub(crate) fn new(
        shared: &Shared,
        base: &BaseUrl,
        info: RequestInfo,
        request: Request<Body>,
        options: &Options,
    ) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        // The credential goes where the request goes. A path that changes the host must not take it along.
        if !base.is_origin_of(&parts.uri) {
            let message = "the path leads to another server than the base URL; nothing was sent";
            return Err(Error::input(message).unsent(info));
        }
        let mut headers = parts.headers;
        for name in shared.headers.keys() {
            if !headers.contains_key(name) {
                for value in shared.headers.get_all(name) {
                    headers.append(name, value.clone());
                }
            }
        }
        let uri = with_query(parts.uri, &shared.query)
            .map_err(|message| Error::input(message).unsent(info.clone()))?;
        Ok(Outgoing {
            idempotent: options.idempotent.unwrap_or(info.method.is_idempotent()),
            timeout: options.attempt_timeout.unwrap_or(shared.timeout),
            deadline: options.deadline.unwrap_or(shared.deadline),
            retries: options.retries.unwrap_or(shared.retries),
            uri,
            headers,
            body: Mutex::new(Some(body)),
            info,
        })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether it can be sent: a body that exists only once allows one attempt.
    pub(crate) fn can_be_sent(&self) -> bool {
        self.body().is_some()
    }

    fn body(&self) -> MutexGuard<'_, Option<Body>> {
        // Nothing panics while it is held.
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request for one attempt.
    pub(crate) fn request(&self, credential: &Credential) -> Request<Body> {
        let body = {
            let mut body = self.body();
            let again = body.as_ref().and_then(Body::try_clone);
            again.or_else(|| body.take()).unwrap_or_default()
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.info.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        credential.apply(request.headers_mut());
        request
    }
}

/// Adds the client's parameters, save those that the request has itself.
fn with_query(uri: Uri, query: &[(String, String)]) -> Result<Uri, &'static str> {
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
