//! A request as plain values.

use std::fmt;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Uri};

use crate::body::Body;
use crate::build_error::BuildError;
use crate::percent::{push_query, query_name};

/// The request of an operation, without credentials, independent of any HTTP stack: each value by itself.
///
/// [`Call::to_request`](crate::Call::to_request) gives an [`http::Request`]. A `PreparedRequest` is for sending it more
/// than once, or with a stack that has types of its own.
#[derive(Clone)]
#[non_exhaustive]
pub struct PreparedRequest {
    /// The method.
    pub method: Method,
    /// The full address.
    pub uri: Uri,
    /// The accepted kind of reply: the header `accept`.
    pub accept: HeaderValue,
    /// The kind of body: the header `content-type`.
    pub content_type: Option<HeaderValue>,
    /// All other headers, no two of one name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The call's own credential, if it has one.
    pub credential: Option<Vec<(HeaderName, HeaderValue)>>,
    /// The body.
    pub body: Body,
}

/// The media type of most requests and replies.
pub(crate) const JSON: &str = "application/json";

impl PreparedRequest {
    /// A request for JSON, without body and further headers: the start of one that the description lacks.
    ///
    /// ```
    /// use cf_types::PreparedRequest;
    /// use http::{HeaderValue, Method, header};
    ///
    /// let uri = "https://api.cloudflare.com/client/v4/new_thing".parse()?;
    /// let mut prepared = PreparedRequest::bare(Method::GET, uri);
    /// prepared.set_header(header::ACCEPT, HeaderValue::from_static("text/csv"));
    /// assert_eq!(prepared.into_request().headers()["accept"], "text/csv");
    /// # Ok::<(), http::uri::InvalidUri>(())
    /// ```
    #[must_use]
    pub fn bare(method: Method, uri: Uri) -> Self {
        Self {
            method,
            uri,
            accept: const { HeaderValue::from_static(JSON) },
            content_type: None,
            headers: Vec::new(),
            credential: None,
            body: Body::default(),
        }
    }

    /// Sets a header, replacing one of the same name.
    pub fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        if name == ACCEPT {
            self.accept = value;
        } else if name == CONTENT_TYPE {
            self.content_type = Some(value);
        } else if let Some((_, old)) = self.headers.iter_mut().find(|(known, _)| *known == name) {
            *old = value;
        } else {
            self.headers.push((name, value));
        }
    }

    /// Adds the query parameters that the request does not have yet: a client's defaults.
    ///
    /// # Errors
    /// When the address becomes too long.
    pub fn add_default_query(&mut self, query: &[(String, String)]) -> Result<(), BuildError> {
        let given = self.uri.query().unwrap_or_default();
        let is_given = |name: &str| {
            let mut names = given.split('&').map(|pair| pair.split('=').next());
            names.any(|given| given == Some(name))
        };
        let mut separator = if given.is_empty() { '?' } else { '&' };
        let mut added = String::new();
        for (name, value) in query
            .iter()
            .filter(|(name, _)| !is_given(&query_name(name)))
        {
            push_query(&mut added, &mut separator, name, value);
        }
        let why = "the query is too long for a URL";
        let uri = format!("{}{added}", self.uri).parse();
        self.uri = uri.map_err(|_| BuildError::Path { why })?;
        Ok(())
    }

    /// The request as an [`http::Request`].
    #[must_use]
    pub fn into_request(self) -> Request<Body> {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        let headers = request.headers_mut();
        headers.append(ACCEPT, self.accept);
        let content_type = self.content_type.map(|value| (CONTENT_TYPE, value));
        for (name, value) in content_type.into_iter().chain(self.headers) {
            headers.append(name, value);
        }
        for (name, value) in self.credential.into_iter().flatten() {
            headers.insert(name, value);
        }
        request
    }
}

/// Shows neither query nor headers nor body.
impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("method", &self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}
