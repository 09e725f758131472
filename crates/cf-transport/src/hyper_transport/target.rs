use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};

use super::address::{host_of, is_this_machine};
use super::pool::Origin;
use super::proxy::Proxies;
use crate::{Body, TransportError, TransportErrorKind};

/// Where a request goes. Rejects those that can't be sent, or must not be.
pub(super) fn check(
    request: &Request<Body>,
    allow_plain_http: bool,
    proxies: Option<&Proxies>,
) -> Result<Origin, TransportError> {
    let uri = request.uri();
    let refuse = |why: &'static str| Err(refused(uri, why.into()));

    let (Some(scheme), Some(authority), Some(origin)) =
        (uri.scheme_str(), uri.authority(), Origin::of(uri))
    else {
        return refuse("the address has no scheme or no host; it must be like https://host/path");
    };
    if authority.as_str().contains('@') {
        return refuse("the address holds a user name or password; put credentials into headers");
    }
    let host = host_of(authority);
    if host.is_empty() {
        return refuse("the address has no host");
    }
    match scheme {
        "https" => {}
        "http" if allow_plain_http => {}
        "http" if is_this_machine(host) => {
            if let Some(proxy) = proxies.and_then(|proxies| proxies.remote(uri)) {
                let why = format!(
                    "plain http:// would send credentials unencrypted to the proxy {}; use https://, reach this host \
                     directly (proxy_except, NO_PROXY), or allow it with \
                     HyperTransport::builder().allow_plain_http(true)",
                    proxy.address()
                );
                return Err(refused(uri, why.into()));
            }
        }
        "http" => {
            return refuse(
                "plain http:// would send credentials unencrypted; use https://, or allow it with \
                 HyperTransport::builder().allow_plain_http(true)",
            );
        }
        other => {
            let why = format!("the scheme {other}:// is not supported; use https://");
            return Err(refused(uri, why.into()));
        }
    }
    if request.method() == Method::CONNECT {
        return refuse("CONNECT opens a tunnel and is not a request");
    }
    if let Some(host) = wrong_host(request.headers(), &origin) {
        let why = format!(
            "the host header {host:?} names another server than the address; leave it out, or change the address"
        );
        return Err(refused(uri, why.into()));
    }
    let no_length = request.body().content_length().is_none();
    if no_length && matches!(*request.method(), Method::GET | Method::HEAD) {
        return refuse(
            "GET and HEAD take no body of unknown length; leave the body out, or announce its length",
        );
    }
    Ok(origin)
}

/// A `host` header that would lead elsewhere. The transport writes it itself.
fn wrong_host<'a>(headers: &'a HeaderMap, origin: &Origin) -> Option<&'a HeaderValue> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let given = hosts.next()?;
    let is_same = |own: HeaderValue| own.as_bytes().eq_ignore_ascii_case(given.as_bytes());
    if origin.host().is_some_and(is_same) {
        hosts.next()
    } else {
        Some(given)
    }
}

#[cold]
fn refused(uri: &Uri, why: Cow<'static, str>) -> TransportError {
    TransportError::new(TransportErrorKind::Request, why).with_uri(uri)
}
