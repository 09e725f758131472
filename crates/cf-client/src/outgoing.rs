//! A request, ready to be sent as often as need be.

use std::borrow::Cow;
use std::time::Duration;

use cf_auth::Credential;
use cf_transport::Body;
use cf_types::{Arguments, BaseUrl, BodyKind, Draft, Meta, Options, ResultKind};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use crate::client::Shared;
use crate::error::{Error, RequestInfo, Trip};
use crate::headers;

/// A request without its credential, and what is allowed to it.
pub(crate) struct Outgoing {
    pub(crate) trip: Trip,
    uri: Uri,
    accept: HeaderValue,
    content_type: Option<HeaderValue>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The headers of a credential of its own, in place of the client's.
    credential: Option<Vec<(HeaderName, HeaderValue)>>,
    /// Absent once a body that exists only once was sent.
    body: Option<Body>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retries: u32,
    /// How many attempts the retry policy has added.
    pub(crate) repeated: u32,
    /// What its reply holds.
    pub(crate) result: ResultKind,
}

impl Outgoing {
    /// The request of an operation, with its own body or another one instead.
    pub(crate) fn of(
        shared: &Shared,
        meta: &'static Meta,
        arguments: &dyn Arguments,
        options: &Options,
        instead: Option<Body>,
    ) -> Result<Self, Error> {
        let info = RequestInfo::of(meta);
        if instead.is_some() && !matches!(meta.body, BodyKind::Raw(_)) {
            let message =
                "the body of this operation is not bytes; give it as argument, and use `send`";
            return Err(Error::input(message).unsent(info));
        }
        let draft = base_of(shared, options)
            .and_then(|base| Draft::new(meta, arguments, options, &base).map_err(Error::new));
        match draft {
            Ok(mut draft) => {
                let own = Vec::from(std::mem::take(&mut draft.body));
                let body = instead.unwrap_or_else(|| Body::from(own));
                let (result, idempotent) = (meta.result, meta.is_idempotent());
                Outgoing::new(shared, info, result, idempotent, draft, body, options)
            }
            Err(error) => Err(error.unsent(info)),
        }
    }

    /// Adds to a request what the client adds to each.
    pub(crate) fn new(
        shared: &Shared,
        info: RequestInfo,
        result: ResultKind,
        idempotent: bool,
        mut draft: Draft,
        mut body: Body,
        options: &Options,
    ) -> Result<Self, Error> {
        if !shared.query.is_empty() {
            match with_query(&draft.uri, &shared.query) {
                Ok(uri) => draft.uri = uri,
                Err(message) => return Err(Error::input(message).unsent(info)),
            }
        }
        if !draft.headers.is_empty() {
            match headers::check(&draft.headers, body) {
                Ok(checked) => body = checked,
                Err(error) => return Err(error.unsent(info)),
            }
        }
        let idempotent = options.idempotent.unwrap_or(idempotent);
        Ok(Outgoing {
            trip: Trip::new(info, idempotent),
            timeout: options.attempt_timeout.unwrap_or(shared.timeout),
            deadline: options.deadline.unwrap_or(shared.deadline),
            retries: options.retries.unwrap_or(shared.retries),
            repeated: 0,
            result,
            uri: draft.uri,
            accept: draft.accept,
            content_type: draft.content_type,
            headers: draft.headers,
            credential: options.credential.clone(),
            body: Some(body),
        })
    }

    /// Whether it has a header of this name itself.
    fn has(&self, name: &HeaderName) -> bool {
        *name == ACCEPT
            || (*name == CONTENT_TYPE && self.content_type.is_some())
            || self.headers.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether it can be sent: a body that exists only once allows one attempt.
    pub(crate) fn can_be_sent(&self) -> bool {
        self.body.is_some()
    }

    pub(crate) fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// The request for one attempt, with the client's credential where it has none of its own.
    pub(crate) fn request(
        &mut self,
        shared: &Shared,
        credential: Option<&Credential>,
    ) -> Request<Body> {
        let again = self.body.as_ref().and_then(Body::try_clone);
        let body = std::mem::replace(&mut self.body, again);
        let mut request = Request::new(body.unwrap_or_default());
        *request.method_mut() = self.trip.request.method.clone();
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        add(headers, &ACCEPT, &self.accept);
        if let Some(content_type) = &self.content_type {
            add(headers, &CONTENT_TYPE, content_type);
        }
        for (name, value) in &self.headers {
            add(headers, name, value);
        }
        for (name, value) in &shared.headers {
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

/// Not at each of its places: it takes much code.
#[inline(never)]
fn add(headers: &mut HeaderMap, name: &HeaderName, value: &HeaderValue) {
    // As replies are read by appending, that code is at hand in the processor, and that of `insert` is not.
    headers.append(name.clone(), value.clone());
}

/// Adds the client's parameters, save those that the request has itself.
fn with_query(uri: &Uri, query: &[(String, String)]) -> Result<Uri, &'static str> {
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

    /// A query does not belong into a path, nor does a user name; where they are given as part of one, they are not
    /// shown.
    pub(crate) fn untyped(method: Method, mut path: String) -> Self {
        path.truncate(path.find(['?', '#']).unwrap_or(path.len()));
        if let (Some(start), Some(end)) = (path.find("//"), path.rfind('@'))
            && start < end
        {
            path.replace_range(start + "//".len()..end, "…");
        }
        RequestInfo {
            operation: None,
            method,
            path: Cow::Owned(path),
        }
    }
}
