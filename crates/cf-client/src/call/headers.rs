//! Headers that callers cannot set.

use cf_auth::Credential;
use cf_transport::{Body, check_headers};
use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION};
use http::{HeaderName, HeaderValue};

use crate::error::Error;

/// Rejects headers that could not be sent as they are, and holds the body to the length that they announce.
pub(crate) fn check(headers: &[(HeaderName, HeaderValue)], body: Body) -> Result<Body, Error> {
    check_names(headers)?;
    let headers = headers.iter().map(|(name, value)| (name, value));
    check_headers(headers, body).map_err(Error::new)
}

/// The same for headers of every request, whose bodies are not known yet.
pub(crate) fn check_for_all(headers: &[(HeaderName, HeaderValue)]) -> Result<(), Error> {
    if headers.iter().any(|(name, _)| *name == CONTENT_LENGTH) {
        let message = "the header `content-length` belongs to each request; leave it out";
        return Err(Error::input(message));
    }
    check(headers, Body::empty()).map(drop)
}

fn check_names(headers: &[(HeaderName, HeaderValue)]) -> Result<(), Error> {
    for (name, _) in headers {
        let why = if Credential::is_header(name) || name.as_str().starts_with("x-auth-") {
            "carries a credential: give that to the client, or to this call with `.credential(…)`"
        } else if *name == PROXY_AUTHORIZATION {
            "is for a proxy: put its user name and password into the proxy's address"
        } else if *name == HOST {
            "comes from the base URL: change that with `.base_url(…)`"
        } else {
            continue;
        };
        return Err(Error::input(format!("the header `{name}` {why}")));
    }
    Ok(())
}
