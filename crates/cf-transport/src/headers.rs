use http::{HeaderName, HeaderValue, header};

use crate::{Body, TransportError, TransportErrorKind};

/// Rejects headers that cannot be sent as they are, and holds the body to the length that they announce.
///
/// - Headers of the connection (`connection`, `transfer-encoding`, `upgrade` …) are written by the transport.
/// - A `content-length` has to be a number, and the length of the body. If the body's length is unknown, the returned
///   body has the announced one, and fails when its source yields more or less.
///
/// [`HyperTransport`](crate::HyperTransport) does this for each request; a transport of your own can, too.
///
/// # Errors
/// Of the kind [`Request`](TransportErrorKind::Request), with what to do. Nothing was sent.
///
/// ```
/// use cf_transport::{Body, check_headers};
/// use http::{HeaderMap, HeaderValue, header};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("5"));
/// assert!(check_headers(&headers, Body::from("hello")).is_ok());
/// let error = check_headers(&headers, Body::from("hello world")).unwrap_err();
/// assert!(error.to_string().contains("content-length"));
///
/// headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
/// assert!(check_headers(&headers, Body::from("hello")).is_err());
/// ```
pub fn check_headers<'a>(
    headers: impl IntoIterator<Item = (&'a HeaderName, &'a HeaderValue)>,
    body: Body,
) -> Result<Body, TransportError> {
    let mut length: Option<&HeaderValue> = None;
    for (name, value) in headers {
        if is_of_connection(name, value) {
            return Err(refused(format!(
                "the header `{name}` belongs to the connection, which the transport manages; leave it out"
            )));
        }
        if *name == header::CONTENT_LENGTH && length.replace(value).is_some() {
            let message = "there is more than one content-length header; leave them out";
            return Err(refused(message.to_owned()));
        }
    }
    let Some(length) = length else {
        return Ok(body);
    };
    let digits = length
        .to_str()
        .ok()
        // `parse` accepts a sign as well.
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(len) = digits.and_then(|digits| digits.parse().ok()) else {
        let message = "the content-length header is not a number; leave it out";
        return Err(refused(message.to_owned()));
    };
    body.with_content_length(len)
}

/// Those of RFC 9110, 7.6.1, and those that RFC 9113, 8.2.2, forbids in HTTP/2.
fn is_of_connection(name: &HeaderName, value: &HeaderValue) -> bool {
    match name.as_str() {
        "connection" | "keep-alive" | "proxy-connection" | "transfer-encoding" | "upgrade"
        | "http2-settings" => true,
        "te" => value != "trailers",
        _ => false,
    }
}

#[cold]
pub(crate) fn refused(message: String) -> TransportError {
    TransportError::new(TransportErrorKind::Request, message)
}
