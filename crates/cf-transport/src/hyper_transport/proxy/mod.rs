//! Proxies: which requests go through them, and how.

mod stream;
mod tunnel;

use std::env;

use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use hyper_rustls::HttpsConnector;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;

use super::address;
use super::connect_failure::ConnectFailure;
use super::tcp::TcpConnector;
use crate::error::BoxError;
use crate::{BoxFuture, TransportError, TransportErrorKind};
use tunnel::TunnelFailure;

pub(super) use stream::ProxyStream;

/// The proxy settings.
#[derive(Clone, Default)]
pub(super) enum ProxySettings {
    #[default]
    Environment,
    Never,
    Always {
        address: String,
        except: String,
    },
}

/// Which requests go through which proxy.
pub(super) struct Proxies {
    matcher: Matcher,
    /// Whether requests to this machine go through the proxy too.
    loopback: bool,
    /// For proxies reached over TLS.
    tls: ClientConfig,
}

/// The proxy a request goes through.
pub(super) struct Proxy {
    protocol: Protocol,
    /// Its address, without user name and password.
    uri: Uri,
    intercept: Intercept,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http,
    Socks5,
}

impl ProxySettings {
    /// `tls`: how to speak to a proxy itself.
    pub(super) fn build(&self, tls: &ClientConfig) -> Result<Option<Proxies>, TransportError> {
        let builder = Matcher::builder();
        let tls = tls.clone();
        match self {
            Self::Never => Ok(None),
            Self::Always { address, except } => {
                check(address, "the address given to proxy()")?;
                let matcher = builder.all(address.as_str()).no(except.as_str()).build();
                Ok(Some(Proxies {
                    matcher,
                    loopback: true,
                    tls,
                }))
            }
            Self::Environment => {
                let [https, all] = [variable("HTTPS_PROXY")?, variable("ALL_PROXY")?];
                // Under CGI, the variable HTTP_PROXY holds the header `proxy` of whoever sent the request.
                let cgi = env::var_os("REQUEST_METHOD").is_some();
                let http = if cgi { None } else { variable("HTTP_PROXY")? };
                if https.is_none() && http.is_none() && all.is_none() {
                    return Ok(None);
                }
                let no = read("NO_PROXY").unwrap_or_default();
                let matcher = builder
                    .https(https.unwrap_or_default())
                    .http(http.unwrap_or_default())
                    .all(all.unwrap_or_default())
                    .no(no)
                    .build();
                Ok(Some(Proxies {
                    matcher,
                    loopback: false,
                    tls,
                }))
            }
        }
    }
}

impl Proxies {
    /// The proxy for a request to this address; `None` to connect directly.
    fn for_uri(&self, uri: &Uri) -> Option<Proxy> {
        if !self.loopback && is_loopback(uri) {
            return None;
        }
        let intercept = self.matcher.intercept(uri)?;
        let protocol = protocol(intercept.uri().scheme_str()?)?;
        let uri = match protocol {
            Protocol::Socks5 => with_port(intercept.uri(), 1080)?,
            Protocol::Http => intercept.uri().clone(),
        };
        Some(Proxy {
            protocol,
            uri,
            intercept,
        })
    }

    /// The proxy that a request itself is sent to, as one over plain HTTP is: no CONNECT comes before it.
    pub(super) fn reading(&self, uri: &Uri) -> Option<Box<Proxy>> {
        let proxy = self
            .for_uri(uri)
            .filter(|proxy| proxy.protocol == Protocol::Http)?;
        (uri.scheme_str() == Some("http")).then(|| Box::new(proxy))
    }

    /// The proxy for a request to this address, where it is on another machine.
    pub(super) fn remote(&self, uri: &Uri) -> Option<Proxy> {
        self.for_uri(uri).filter(|proxy| !is_loopback(&proxy.uri))
    }

    /// Opens a connection to the server of `uri` through a proxy; `None` to connect directly.
    pub(super) fn open(
        &self,
        tcp: &TcpConnector,
        uri: &Uri,
    ) -> Option<BoxFuture<'static, Result<ProxyStream, BoxError>>> {
        let proxy = self.for_uri(uri)?;
        let secure = HttpsConnector::from((tcp.clone(), self.tls.clone()));
        let opening = stream::through(tcp.clone(), secure, &proxy, uri.clone());
        let proxy = proxy.uri;
        Some(Box::pin(async move {
            Ok(opening
                .await
                .map_err(|source| ConnectFailure::Proxy { proxy, source })?)
        }))
    }
}

impl Proxy {
    /// Its address, without user name and password.
    pub(super) fn address(&self) -> &Uri {
        &self.uri
    }

    /// Authenticates to the proxy, in a request that it reads.
    pub(super) fn authorize(&self, headers: &mut HeaderMap) {
        if let Some(auth) = self.basic_auth() {
            headers.insert(header::PROXY_AUTHORIZATION, auth.clone());
        }
    }

    /// It wants credentials before it forwards a request.
    pub(super) fn auth_required(&self, uri: &Uri) -> TransportError {
        let reason = TunnelFailure::Refused(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        let message = format!("cannot connect through the proxy {}: {reason}", self.uri);
        TransportError::new(TransportErrorKind::Proxy, message).with_uri(uri)
    }

    /// What to send as `proxy-authorization`.
    fn basic_auth(&self) -> Option<&HeaderValue> {
        self.intercept.basic_auth()
    }

    fn user_and_password(&self) -> Option<(&str, &str)> {
        self.intercept.raw_auth()
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.authority().map(address::host_of);
    host.is_some_and(address::is_this_machine)
}

fn protocol(scheme: &str) -> Option<Protocol> {
    match scheme {
        "http" | "https" => Some(Protocol::Http),
        "socks5" | "socks5h" => Some(Protocol::Socks5),
        _ => None,
    }
}

/// The address with a port in it.
fn with_port(uri: &Uri, port: u16) -> Option<Uri> {
    if uri.port().is_some() {
        return Some(uri.clone());
    }
    let authority: Authority = format!("{}:{port}", uri.host()?).parse().ok()?;
    let scheme = uri.scheme().cloned().unwrap_or(Scheme::HTTP);
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query("/")
        .build()
        .ok()
}

fn variable(name: &str) -> Result<Option<String>, TransportError> {
    let value = read(name).filter(|value| !value.is_empty());
    if let Some(address) = &value {
        check(address, &format!("the environment variable {name}"))?;
    }
    Ok(value)
}

/// The variable in upper case, otherwise in lower case.
fn read(name: &str) -> Option<String> {
    env::var(name)
        .or_else(|_| env::var(name.to_ascii_lowercase()))
        .ok()
}

/// Rejects what the matcher would silently ignore, bypassing the proxy.
fn check(address: &str, origin: &str) -> Result<(), TransportError> {
    let usable = address.parse::<Uri>().is_ok_and(|uri| {
        uri.host().is_some_and(|host| !host.is_empty())
            && uri.scheme_str().is_none_or(|s| protocol(s).is_some())
    });
    if usable {
        return Ok(());
    }
    // The address itself stays out of the message: it may hold a password.
    let message = format!(
        "{origin} is not a proxy address; it must be like http://host:port or socks5://host:port"
    );
    Err(TransportError::new(TransportErrorKind::Proxy, message))
}
