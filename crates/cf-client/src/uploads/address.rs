//! Addresses that the API gives for an upload: of the API itself, or of another host, which gets no credential.

use cf_transport::Body;
use cf_types::{Call, Meta, Operation, ResultKind, Untyped};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri, response};

use crate::client::Client;
use crate::error::{CallContext, Error, RequestInfo};

/// Most bytes that are read of a refusal.
const REFUSAL: usize = 64 << 10;

/// An address for an upload.
#[derive(Clone)]
pub(super) struct Address {
    /// Scheme and host.
    origin: String,
    path: String,
    query: Vec<(String, String)>,
    /// Whether the client's credential may go there.
    is_own: bool,
}

impl Address {
    /// Reads an address; without a host, it is one of the client's.
    pub(super) fn new(client: &Client, url: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::input(format!("the address of the upload {why}"));
        let uri: Uri = url.parse().map_err(|_| wrong("is not a URL"))?;
        let base: Uri = client
            .base_url()
            .parse()
            .map_err(|_| wrong("has no base"))?;
        let scheme = uri.scheme_str().or(base.scheme_str());
        let authority = uri.authority().or(base.authority());
        let (Some(scheme), Some(authority)) = (scheme, authority) else {
            return Err(wrong("has no host"));
        };
        if authority.as_str().contains('@') {
            return Err(wrong("has a user name"));
        }
        let query = uri.query().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes()).into_owned();
        let is_same = base.authority() == Some(authority) && base.scheme_str() == Some(scheme);
        // The API has hosts of its own for uploads below its name.
        let is_below = base.host().zip(uri.host()).is_some_and(|(base, host)| {
            let above = host
                .strip_suffix(base)
                .and_then(|rest| rest.strip_suffix('.'));
            scheme == "https" && above.is_some_and(|name| !name.is_empty())
        });
        Ok(Address {
            origin: format!("{scheme}://{authority}"),
            path: uri.path().to_owned(),
            query: query.collect(),
            is_own: is_same || is_below,
        })
    }

    /// The same, for whoever has it, with no credential.
    pub(super) fn public(self) -> Self {
        Address {
            is_own: false,
            ..self
        }
    }

    pub(super) fn call<'c>(
        &self,
        client: &'c Client,
        method: Method,
    ) -> Call<&'c Client, Untyped<Body>> {
        let mut call = client.request(method, &*self.path).base_url(&*self.origin);
        for (name, value) in &self.query {
            call = call.query(name, value);
        }
        match self.is_own {
            true => call,
            false => {
                let nobody: [(HeaderName, HeaderValue); 0] = [];
                call.credential(nobody)
            }
        }
    }

    /// The headers of a successful reply. What refuses is an error.
    pub(super) async fn accepted(
        &self,
        method: Method,
        reply: Response<Body>,
    ) -> Result<HeaderMap, Error> {
        let (parts, body) = reply.into_parts();
        if parts.status.is_success() {
            // Read to its end, so that the connection can be used again.
            let _ = body.bytes(REFUSAL).await;
            return Ok(parts.headers);
        }
        let body = body.bytes(REFUSAL).await.unwrap_or_default();
        Err(self.refusal(method, &parts, &body))
    }

    fn refusal(&self, method: Method, parts: &response::Parts, body: &[u8]) -> Error {
        let error = match cf_types::decode::<Reply>(parts, body) {
            Err(error) => Error::new(error),
            Ok(_) => Error::input(format!("the upload was answered with {}", parts.status)),
        };
        // The path may be all that it takes to upload.
        let request = RequestInfo::untyped(method, "/…".to_owned());
        let mut context = CallContext::new(request, false);
        context.status = Some(parts.status);
        error.of(context)
    }
}

/// A reply without a value.
struct Reply;

impl cf_types::Arguments for Reply {}

impl Operation for Reply {
    const META: &'static Meta = &Meta::new("", Method::POST, "/").with_result(ResultKind::Empty);
    type Output = Option<serde_json::Value>;
}
