//! Which hosts a request may name. A browser shows a page only replies of the
//! page's own origin, so a foreign page can reach the emulator in two ways: its
//! name resolves to this machine (DNS rebinding), which the `Host` header
//! reveals, or it calls across origins, which the `Origin` header reveals.

use std::net::{IpAddr, Ipv6Addr};

use http::header::{HOST, ORIGIN};
use http::{HeaderValue, Request};

use crate::http::error::ApiError;
use crate::http::path::BASE_PATH;

/// The hosts for which requests are answered: the loopback names, the address
/// that the emulator listens on, and the configured names.
#[derive(Debug)]
pub(crate) struct Hosts {
    listening: IpAddr,
    names: Vec<String>,
}

/// A host and port, as in URLs and headers.
#[derive(Debug, PartialEq, Eq)]
struct Authority {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, PartialEq, Eq)]
enum Host {
    /// In lower case, without a trailing dot.
    Name(String),
    Address(IpAddr),
}

impl Hosts {
    /// `names` are further hosts; the error is the first invalid one.
    pub(crate) fn new(listening: IpAddr, names: &[String]) -> Result<Self, String> {
        let name = |name: &String| {
            let host = match (name.parse::<IpAddr>(), Authority::parse(name)) {
                (Ok(address), _) => Some(Host::Address(address.to_canonical())),
                (_, Some(Authority { host, port: None })) => Some(host),
                _ => None,
            };
            host.map(|host| host.to_string()).ok_or_else(|| {
                format!(
                    "{name:?} is not a host: give a name or an address, without scheme and port"
                )
            })
        };
        Ok(Self {
            listening,
            names: names.iter().map(name).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the request names an allowed host, and does not come from a
    /// foreign page.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), ApiError> {
        let mut named = request.headers().get_all(HOST).iter();
        let host = named.next().and_then(authority).ok_or_else(no_host)?;
        if named.next().is_some() {
            return Err(no_host());
        }
        // Requests through a proxy have the host in the request line, too.
        let target = match request.uri().authority() {
            Some(target) => Some(Authority::parse(target.as_str()).ok_or_else(no_host)?),
            None => None,
        };
        for authority in [Some(&host), target.as_ref()].into_iter().flatten() {
            if !self.allows(&authority.host) {
                return Err(unknown_host(&authority.host));
            }
        }
        // API calls need a credential, which a page has only if it was given
        // one. Everything else is for the emulator's own pages only.
        let path = request.uri().path().strip_prefix(BASE_PATH);
        let is_api = path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        for origin in request.headers().get_all(ORIGIN) {
            let allowed = page(origin)
                .is_some_and(|page| self.allows(&page.host) && (is_api || page == host));
            if !allowed {
                return Err(foreign_page());
            }
        }
        Ok(())
    }

    fn allows(&self, host: &Host) -> bool {
        let listening = self.listening;
        let known = match host {
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            // DNS cannot replace an address by another.
            Host::Address(address) => {
                address.is_loopback() || listening.is_unspecified() || *address == listening
            }
        };
        known || self.names.contains(&host.to_string())
    }
}

impl Authority {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let address = IpAddr::V6(address.parse::<Ipv6Addr>().ok()?).to_canonical();
                (Host::Address(address), port)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (name, port) = text.split_at(end);
                (Host::parse(name)?, port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            None => return None,
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            Some(_) => return None,
        };
        Some(Self { host, port })
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if let Ok(address) = name.parse::<IpAddr>() {
            return Some(Self::Address(address));
        }
        let usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let label = |label: &str| !label.is_empty() && label.bytes().all(usual);
        name.split('.')
            .all(label)
            .then(|| Self::Name(name.to_ascii_lowercase()))
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

fn authority(header: &HeaderValue) -> Option<Authority> {
    Authority::parse(header.to_str().ok()?)
}

/// The page that an `Origin` header names. `null` is any page without an
/// origin of its own, such as a file or a sandboxed frame.
fn page(origin: &HeaderValue) -> Option<Authority> {
    let origin = origin.to_str().ok()?;
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))?;
    Authority::parse(rest)
}

fn no_host() -> ApiError {
    ApiError::bad_request(10400, "The request does not name one host")
}

fn unknown_host(host: &Host) -> ApiError {
    let message = format!("The emulator does not answer for the host {host}");
    ApiError::forbidden(10403, message).hint(format!(
        "it answers for localhost and the address it listens on; --allow-host {host} or Builder::allow_host adds this one"
    ))
}

fn foreign_page() -> ApiError {
    let hint = "pages of localhost and of what --allow-host or Builder::allow_host names may call the API; what is not the API is for the emulator's own pages";
    ApiError::forbidden(10403, "Requests of other sites' pages are refused").hint(hint)
}
