//! Which request an error, a report or a span is about.

use std::borrow::Cow;
use std::time::Duration;

use cf_auth::SecretForm;
use cf_types::Meta;
use http::{HeaderValue, Method, StatusCode};

/// What is known of a call so far, for errors, metrics and traces.
#[derive(Debug, Clone)]
pub(crate) struct CallContext {
    pub(crate) request: RequestInfo,
    pub(crate) idempotent: bool,
    pub(crate) retries: u32,
    /// Which kind of the client's credentials it was last sent with.
    pub(crate) credential: Option<SecretForm>,
    pub(crate) status: Option<StatusCode>,
    /// As received, so that it is not copied.
    pub(crate) ray: Option<HeaderValue>,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// How long to hold off if it throttled the request without saying for how long.
    pub(crate) backoff: Option<Duration>,
    /// Whether an attempt may have been carried out whose reply was lost, or was a failure.
    pub(crate) in_doubt: bool,
    /// How long the request waited for the rate limit.
    pub(crate) waited: Duration,
    /// How long it waited between attempts.
    pub(crate) paused: Duration,
    /// How long the call has taken.
    pub(crate) elapsed: Duration,
}

/// Which request it was. It holds no arguments, so it can be shown to anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestInfo {
    /// The operation's name in the API description, like `dns.records.list`; `None` for requests
    /// made with [`Client::request`](crate::Client::request).
    pub operation: Option<&'static str>,
    /// The HTTP method.
    pub method: Method,
    /// The path with its variables in braces, like `/zones/{zone_id}/dns_records`; the path as it
    /// was given, without a query, for requests made with [`Client::request`](crate::Client::request).
    pub path: Cow<'static, str>,
}

impl RequestInfo {
    pub(crate) fn of(meta: &'static Meta) -> Self {
        RequestInfo {
            operation: Some(meta.id),
            method: meta.method.clone(),
            path: Cow::Borrowed(meta.path),
        }
    }

    /// A query or a user name does not belong in a path; if one is there, it is not shown.
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

impl CallContext {
    pub(crate) fn new(request: RequestInfo, idempotent: bool) -> Self {
        CallContext {
            request,
            idempotent,
            retries: 0,
            credential: None,
            status: None,
            ray: None,
            retry_after: None,
            backoff: None,
            in_doubt: false,
            waited: Duration::ZERO,
            paused: Duration::ZERO,
            elapsed: Duration::ZERO,
        }
    }

    /// Cloudflare's ID of the request. As it is shown in errors and traces, anything else in its place is left out.
    pub(crate) fn ray_id(&self) -> Option<&str> {
        let ray = self.ray.as_ref()?.to_str().ok()?;
        let is_ray = ray.len() <= 64 && ray.bytes().all(|byte| byte.is_ascii_graphic());
        is_ray.then_some(ray)
    }
}
