//! Where the API lives.

use std::fmt;

use http::Uri;
use http::uri::{self, Authority, PathAndQuery, Scheme};

use crate::build_error::BuildError;

/// The API's address: checked once, and used for many requests.
///
/// ```
/// use cf_types::BaseUrl;
/// let base = BaseUrl::new("http://127.0.0.1:8787/client/v4/")?;
/// let request = cf_types::api().ips().list().to_request_at(&base)?;
/// assert_eq!(request.uri(), "http://127.0.0.1:8787/client/v4/ips");
/// # Ok::<(), cf_types::BuildError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Box<str>,
    /// The part after the host.
    path: Box<str>,
    scheme: Scheme,
    authority: Authority,
}

impl BaseUrl {
    /// Checks an address: absolute, http or https, without query; a slash at the end is dropped.
    ///
    /// # Errors
    /// [`BuildError::BaseUrl`], which says what is wrong.
    pub fn new(url: &str) -> Result<Self, BuildError> {
        let checked = check_base_url(url)?;
        let wrong = |why| BuildError::BaseUrl {
            url: shown(url),
            why,
        };
        let uri: Uri = checked.parse().map_err(|_| wrong("it is not a URL"))?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.ok_or_else(|| wrong("it has no scheme"))?;
        let authority = parts.authority.ok_or_else(|| wrong("it has no host"))?;
        let path = scheme.as_str().len() + "://".len() + authority.as_str().len();
        Ok(BaseUrl {
            path: checked.get(path..).unwrap_or_default().into(),
            url: checked.into(),
            scheme,
            authority,
        })
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The full address of a path with its query. Host and path are each checked once, and the path is not copied.
    pub(crate) fn join(&self, path: String) -> Result<Uri, String> {
        // The longest URL that the crate `http` allows.
        const LONGEST: usize = u16::MAX as usize - 1;
        if self.url.len() - self.path.len() + path.len() > LONGEST {
            return Err("uri too long".to_owned());
        }
        let mut parts = uri::Parts::default();
        (parts.scheme, parts.authority) = (Some(self.scheme.clone()), Some(self.authority.clone()));
        let path: Result<PathAndQuery, _> = path.try_into();
        parts.path_and_query = Some(path.map_err(|error: uri::InvalidUri| error.to_string())?);
        Uri::from_parts(parts).map_err(|error| error.to_string())
    }

    /// The part after the host, without a slash at its end.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BaseUrl").field(&self.url).finish()
    }
}

/// Checks a base URL: absolute, http or https, without query; a slash at the end is dropped.
///
/// ```
/// assert_eq!(cf_types::check_base_url("http://127.0.0.1:8787/client/v4/")?, "http://127.0.0.1:8787/client/v4");
/// assert!(cf_types::check_base_url("api.cloudflare.com/client/v4").is_err());
/// # Ok::<(), cf_types::BuildError>(())
/// ```
///
/// # Errors
/// [`BuildError::BaseUrl`], which says what is wrong.
pub fn check_base_url(url: &str) -> Result<&str, BuildError> {
    let wrong = |why| BuildError::BaseUrl {
        url: shown(url),
        why,
    };
    let trimmed = url.trim_end_matches('/');
    let has_scheme = ["http://", "https://"].iter().any(|scheme| {
        trimmed
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !has_scheme {
        return Err(wrong("it does not start with https:// or http://"));
    }
    if url.contains(['?', '#']) {
        return Err(wrong("it has a query or a fragment"));
    }
    let uri: Uri = trimmed.parse().map_err(|_| wrong("it is not a URL"))?;
    let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("it holds a user name or password"));
    }
    Ok(trimmed)
}

/// Most characters shown of a URL.
const SHOWN: usize = 200;

/// A URL, or what was given as one, fit to be shown: on one line, and without what may be secret (user name and
/// password, query, fragment; all of it if it is a token in the wrong place).
pub(crate) fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (url, rest) = url.split_at(end);
    let (scheme, from_host) = match url.find("//") {
        Some(at) => url.split_at(at + 2),
        None => ("", url),
    };
    let path = from_host.find('/').unwrap_or(from_host.len());
    let (authority, path) = from_host.split_at(path);
    let (secret, host) = match authority.rsplit_once('@') {
        Some((_, host)) => ("…@", host),
        None => ("", authority),
    };
    let is_token =
        scheme.is_empty() && path.is_empty() && host.len() >= 20 && !host.contains(['.', ':']);
    let host = if is_token { "…" } else { host };
    let rest = rest
        .get(..1)
        .map(|mark| format!("{mark}…"))
        .unwrap_or_default();
    let text = [scheme, secret, host, path, &rest].concat();
    let visible = |c: char| {
        if c.is_control() || c.is_whitespace() {
            '·'
        } else {
            c
        }
    };
    text.chars().map(visible).take(SHOWN).collect()
}
