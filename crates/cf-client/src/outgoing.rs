//! A request, ready to be sent as often as need be.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use cf_auth::Credential;
use cf_types::{Call, Meta, Operation, Options};
use http::{HeaderMap, Method, Request, Uri};

use crate::client::{BaseUrl, Shared};
use crate::error::{Error, RequestInfo};

/// A request without its credential, and what is allowed to it.
pub(crate) struct Outgoing {
    pub(crate) info: RequestInfo,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
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
            let request = call.to_request(&base.url).map_err(Error::new)?;
            Ok((base, request))
        });
        match request {
            Ok((base, request)) => {
                let request = request.map(|body| Bytes::from(Vec::from(body)));
                Outgoing::new(shared, &base, info, request, call.options())
            }
            Err(error) => Err(error.unsent(info)),
        }
    }

    /// Adds to a request what the client adds to each.
    pub(crate) fn new(
        shared: &Shared,
        base: &BaseUrl,
        info: RequestInfo,
        request: Request<Bytes>,
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
        Ok(Outgoing {
            idempotent: options.idempotent.unwrap_or(info.method.is_idempotent()),
            timeout: options.attempt_timeout.unwrap_or(shared.timeout),
            deadline: options.deadline.unwrap_or(shared.deadline),
            retries: options.retries.unwrap_or(shared.retries),
            uri: parts.uri,
            headers,
            body,
            info,
        })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The request for one attempt.
    pub(crate) fn request(&self, credential: &Credential) -> Request<cf_transport::Body> {
        let mut request = Request::new(cf_transport::Body::from(self.body.clone()));
        *request.method_mut() = self.info.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        credential.apply(request.headers_mut());
        request
    }
}

/// Where a call goes: to its own address, or to the client's.
pub(crate) fn base_of<'a>(
    shared: &'a Shared,
    options: &Options,
) -> Result<Cow<'a, BaseUrl>, Error> {
    match &options.base_url {
        Some(url) => BaseUrl::new(url).map(Cow::Owned),
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
