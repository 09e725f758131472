//! Whether a request can be repeated.

use http::Method;

use crate::generated::idempotency::EXCEPTIONS;

/// Whether sending a request to `path` twice has the same effect as sending it once. `path` is the
/// part of the address after the API's base URL, like `/zones/023e…/dns_records`.
///
/// Mostly the HTTP method says so. Where the API is known to differ, that counts: a `PUT` that rolls
/// a token creates a new secret each time, and there are `POST`s that only read.
///
/// ```
/// use cf_types::is_idempotent;
/// use http::Method;
///
/// assert!(is_idempotent(&Method::PUT, "/user/tokens/1f2e"));
/// assert!(!is_idempotent(&Method::PUT, "/user/tokens/1f2e/value"));
/// assert!(!is_idempotent(&Method::POST, "/zones"));
/// assert!(is_idempotent(&Method::POST, "/graphql"));
/// ```
pub fn is_idempotent(method: &Method, path: &str) -> bool {
    // The GraphQL API has queries and nothing else. It has no place in the description.
    if path == "/graphql" {
        return true;
    }
    let exception = EXCEPTIONS
        .iter()
        .find(|(of, pattern, _)| of == method && matches(pattern, path));
    exception.map_or(method.is_idempotent(), |(_, _, idempotent)| *idempotent)
}

/// Whether a path with variables in braces describes `path`.
fn matches(pattern: &str, path: &str) -> bool {
    let mut path = path.split('/');
    for wanted in pattern.split('/') {
        let fits = match (wanted, path.next()) {
            // An account or a zone, which is two segments.
            ("{scope}", Some("accounts" | "zones")) => path.next().is_some(),
            (_, Some(segment)) => wanted == segment || wanted.starts_with('{'),
            (_, None) => false,
        };
        if !fits {
            return false;
        }
    }
    path.next().is_none()
}
