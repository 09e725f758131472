use std::net::{Ipv4Addr, Ipv6Addr};

use http::{Method, Request, Uri, header};

use crate::{Body, TransportError, TransportErrorKind};

/// Refuses requests that can't be sent, or must not be.
pub(super) fn check(request: &Request<Body>, allow_plain_http: bool) -> Result<(), TransportError> {
    let uri = request.uri();
    let refuse =
        |why: String| Err(TransportError::new(TransportErrorKind::Request, why).with_uri(uri));

    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return refuse(
            "the address has no scheme or no host; it must be like https://host/path".to_owned(),
        );
    };
    if authority.as_str().contains('@') {
        return refuse(
            "the address holds a user name or password; put credentials into headers".to_owned(),
        );
    }
    if authority.host().is_empty() {
        return refuse("the address has no host".to_owned());
    }
    match scheme {
        "https" => {}
        "http" if allow_plain_http || is_loopback(uri) => {}
        "http" => {
            return refuse(
                "plain http:// would send credentials unencrypted; use https://, or allow it with \
                 HyperTransport::builder().allow_plain_http(true)"
                    .to_owned(),
            );
        }
        other => {
            return refuse(format!(
                "the scheme {other}:// is not supported; use https://"
            ));
        }
    }
    if request.method() == Method::CONNECT {
        return refuse("CONNECT opens a tunnel and is not a request".to_owned());
    }
    if let (Some(stated), Some(len)) = (
        request.headers().get(header::CONTENT_LENGTH),
        request.body().content_length(),
    ) && stated.to_str().ok().and_then(|stated| stated.parse().ok()) != Some(len)
    {
        return refuse(format!(
            "the content-length header does not fit the body of {len} bytes"
        ));
    }
    Ok(())
}

/// Whether the address is on this machine, going by its name alone.
pub(super) fn is_loopback(uri: &Uri) -> bool {
    let Some(host) = uri.host() else { return false };
    if let Some(v6) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        return v6.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}
