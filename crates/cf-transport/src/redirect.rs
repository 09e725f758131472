use http::header::{self, HeaderName};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

use crate::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};

/// Follows redirects, around any transport. Nothing else in this crate follows any.
///
/// Credentials stay with the host, port and scheme they were sent to: to any other, `authorization`, `cookie`,
/// `proxy-authorization`, the API's own `x-auth-…` headers and every header marked
/// [sensitive](http::HeaderValue::is_sensitive) are dropped, and they don't come back later. Nothing goes from
/// `https://` to `http://`.
///
/// | status | what follows |
/// |---|---|
/// | 301, 302 | the same request if it is GET or HEAD; another one is not followed |
/// | 303 | GET, or HEAD after HEAD, without the body |
/// | 307, 308 | the same request, if its body [can be sent again](Body::try_clone) |
///
/// A redirect that is not followed is the reply. So is one without a usable `location`.
///
/// ```
/// use cf_transport::{Body, FollowRedirects, Transport, transport_fn};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let inner = transport_fn(|request: http::Request<Body>| async move {
///     Ok(match request.uri().path() {
///         "/old" => http::Response::builder().status(302).header("location", "/new").body(Body::empty()).unwrap(),
///         _ => http::Response::new(Body::from("here")),
///     })
/// });
/// let transport = FollowRedirects::new(inner).limit(3);
/// let reply = transport.send(http::Request::get("https://localhost/old").body(Body::empty())?).await?;
/// assert_eq!(reply.into_body().bytes(1024).await?, "here");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct FollowRedirects<T> {
    inner: T,
    limit: usize,
}

impl<T: Transport> FollowRedirects<T> {
    /// Follows the redirects that `inner` replies with, up to 10 for a request.
    pub fn new(inner: T) -> Self {
        Self { inner, limit: 10 }
    }

    /// How many redirects are followed for a request; one more is an error of the kind
    /// [`Protocol`](TransportErrorKind::Protocol).
    #[must_use]
    pub fn limit(mut self, redirects: usize) -> Self {
        self.limit = redirects;
        self
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let mut request = request;
        let mut left = self.limit;
        loop {
            let (parts, body) = request.into_parts();
            let uri = parts.uri.clone();
            // The same head, in case it has to be sent elsewhere.
            let again = (parts.clone(), body.try_clone());
            let reply = self.inner.send(Request::from_parts(parts, body)).await?;
            let Some(next) = next(&reply, again) else {
                return Ok(reply);
            };
            if left == 0 {
                let message = format!("more than {} redirects", self.limit);
                return Err(
                    TransportError::new(TransportErrorKind::Protocol, message).with_uri(&uri)
                );
            }
            left -= 1;
            request = next;
        }
    }
}

impl<T: Transport> Transport for FollowRedirects<T> {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

/// The request that this reply leads to; `None` if it leads nowhere.
fn next(
    reply: &Response<Body>,
    (mut parts, body): (http::request::Parts, Option<Body>),
) -> Option<Request<Body>> {
    let get_or_head = matches!(parts.method, Method::GET | Method::HEAD);
    let body = match reply.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if get_or_head => body?,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => body?,
        StatusCode::SEE_OTHER => {
            if parts.method != Method::HEAD {
                parts.method = Method::GET;
            }
            for name in [
                header::CONTENT_TYPE,
                header::CONTENT_LENGTH,
                header::CONTENT_ENCODING,
            ] {
                parts.headers.remove(name);
            }
            Body::empty()
        }
        _ => return None,
    };
    let location = reply.headers().get(header::LOCATION)?.to_str().ok()?;
    let target = resolve(&parts.uri, location)?;
    if parts.uri.scheme_str() == Some("https") && target.scheme_str() != Some("https") {
        return None;
    }
    if origin(&parts.uri) != origin(&target) {
        leave_credentials(&mut parts.headers);
    }
    parts.uri = target;
    Some(Request::from_parts(parts, body))
}

fn leave_credentials(headers: &mut HeaderMap) {
    headers.remove(header::HOST);
    let credentials: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| {
            value.is_sensitive()
                || [
                    header::AUTHORIZATION,
                    header::COOKIE,
                    header::PROXY_AUTHORIZATION,
                ]
                .contains(name)
                || name.as_str().starts_with("x-auth-")
                || name.as_str().starts_with("cf-access-")
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in credentials {
        headers.remove(name);
    }
}

fn origin(uri: &Uri) -> (Option<&str>, Option<String>, Option<u16>) {
    let default = match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    };
    let host = uri.host().map(str::to_ascii_lowercase);
    (uri.scheme_str(), host, uri.port_u16().or(default))
}

/// The address that `location` means as seen from `base` (RFC 3986, 5.2).
fn resolve(base: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str()?;
    if let Some(network) = location.strip_prefix("//") {
        return format!("{scheme}://{network}").parse().ok();
    }
    if let Some((scheme, _)) = location.split_once(':')
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    {
        return matches!(&*scheme.to_ascii_lowercase(), "http" | "https")
            .then(|| location.parse().ok())
            .flatten();
    }
    let path = match location.as_bytes().first() {
        None => base.path_and_query()?.to_string(),
        Some(b'/') => location.to_owned(),
        Some(b'?') => format!("{}{location}", base.path()),
        Some(_) => {
            let folder = base
                .path()
                .rfind('/')
                .map_or("/", |end| &base.path()[..=end]);
            format!("{folder}{location}")
        }
    };
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (&*path, None),
    };
    let mut path = without_dots(path);
    if let Some(query) = query {
        path.push('?');
        path.push_str(query);
    }
    let path: PathAndQuery = path.parse().ok()?;
    Uri::builder()
        .scheme(scheme)
        .authority(base.authority()?.clone())
        .path_and_query(path)
        .build()
        .ok()
}

/// The path without `.` and `..` segments.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}
