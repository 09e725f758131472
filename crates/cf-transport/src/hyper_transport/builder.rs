use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::client::conn::http1;
use tokio::sync::Semaphore;

use super::clock::Limits;
use super::connect::Connector;
use super::pool::{self, Hosts, Pool, Versions};
use super::proxy::ProxySettings;
use super::roots::RootCertificates;
use super::tls::TlsSettings;
use super::{HyperTransport, Inner};
use crate::{TransportError, TransportErrorKind};

/// Settings for a [`HyperTransport`].
///
/// ```
/// use std::time::Duration;
/// use cf_transport::HyperTransport;
///
/// # fn main() -> Result<(), cf_transport::TransportError> {
/// let transport = HyperTransport::builder()
///     .connect_timeout(Duration::from_secs(3))
///     .total_timeout(Duration::from_secs(30))
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "call build() to get the transport"]
pub struct HyperTransportBuilder {
    connect_timeout: Option<Duration>,
    limits: Limits,
    pool_idle_timeout: Option<Duration>,
    pool_max_idle_per_host: usize,
    max_requests: Option<usize>,
    versions: Versions,
    max_header_bytes: u32,
    allow_plain_http: bool,
    #[cfg(feature = "decompress")]
    decode_limit: Option<u64>,
    proxy: ProxySettings,
    tls: TlsSettings,
}

/// hyper reads in blocks of this size, and can't go below.
const LEAST_HEADER_BYTES: u32 = 8 * 1024;

/// HTTP/2 counts 32 bytes for each, besides its name and value.
const BYTES_PER_HEADER: usize = 64;

impl Default for HyperTransportBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: Some(Duration::from_secs(10)),
            limits: Limits {
                read: Some(Duration::from_secs(60)),
                total: None,
            },
            pool_idle_timeout: Some(Duration::from_secs(90)),
            pool_max_idle_per_host: usize::MAX,
            max_requests: None,
            versions: match cfg!(feature = "http2") {
                true => Versions::Negotiated,
                false => Versions::Http1,
            },
            max_header_bytes: 64 * 1024,
            allow_plain_http: false,
            #[cfg(feature = "decompress")]
            decode_limit: Some(crate::decompress::DEFAULT_LIMIT),
            proxy: ProxySettings::default(),
            tls: TlsSettings::default(),
        }
    }
}

impl HyperTransportBuilder {
    /// Limit for opening a connection: name resolution, TCP, proxy and TLS together. Default 10 s; `None` for no limit.
    ///
    /// When it passes, the request was never sent. Waiting for a stream of an open HTTP/2 connection counts for the
    /// [total time](Self::total_timeout) only.
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = limit.into();
        self
    }

    /// Longest silence of the server: until the reply's headers once the request is out, and then between any two
    /// pieces of its body. Default 60 s; `None` for no limit.
    ///
    /// An upload that makes progress, and a reader that takes its time, do not count as silence.
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.read = limit.into();
        self
    }

    /// Longest time from sending to the last byte of the reply's body, connecting included. Default `None`.
    pub fn total_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.total = limit.into();
        self
    }

    /// How long an unused connection is kept. Default 90 s; `None` to keep it until the server closes it.
    pub fn pool_idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.pool_idle_timeout = limit.into();
        self
    }

    /// How many unused HTTP/1.1 connections to one host are kept; 0 keeps none of any kind. Default: all, so that as
    /// many requests can run at once again.
    pub fn pool_max_idle_per_host(mut self, connections: usize) -> Self {
        self.pool_max_idle_per_host = connections;
        self
    }

    /// How many requests may run at a time, each until the last byte of its reply; further ones wait. Default `None`.
    ///
    /// With HTTP/1.1, where each takes a connection of its own, this bounds the connections. Waiting counts for the
    /// [total time](Self::total_timeout) only. A reply that comes in pieces and is neither read to its end nor dropped
    /// keeps its permit. 0 counts as 1.
    pub fn max_requests(mut self, requests: impl Into<Option<usize>>) -> Self {
        self.max_requests = requests.into();
        self
    }

    /// Speak HTTP/1.1 only. By default TLS negotiates HTTP/2 or HTTP/1.1, and plain `http://` uses HTTP/1.1. Without
    /// the feature `http2` nothing else is spoken.
    pub fn http1_only(mut self) -> Self {
        self.versions = Versions::Http1;
        self
    }

    /// Speak HTTP/2 only, over plain `http://` too.
    #[cfg(feature = "http2")]
    pub fn http2_only(mut self) -> Self {
        self.versions = Versions::Http2;
        self
    }

    /// Most bytes a reply's header section may have. Default 64 KiB, at least 8 KiB. It may have one header for every 64
    /// of them.
    ///
    /// A reply over the limit is an error of the kind [`Protocol`](TransportErrorKind::Protocol).
    pub fn max_header_bytes(mut self, bytes: u32) -> Self {
        self.max_header_bytes = bytes;
        self
    }

    /// Send over plain `http://` to any host and through any proxy. Default `false`: only to this machine, and
    /// through no proxy on another one. What counts is where the bytes go: a `localhost` that resolves to another
    /// machine is refused, too.
    ///
    /// Anyone on the path can then read the credentials in the requests.
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// How many bytes a compressed reply may have after decoding. Default 1 GiB.
    ///
    /// Guards against replies that are small on the wire and huge in memory; decoding itself takes little memory,
    /// whatever the size. More is an error of the kind [`BodyTooLarge`](TransportErrorKind::BodyTooLarge). `None` asks
    /// for no compression at all.
    #[cfg(feature = "decompress")]
    pub fn max_decoded_bytes(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.decode_limit = bytes.into();
        self
    }

    /// Send everything through this proxy: `http://`, `https://` or `socks5://`, with `user:password@` if needed.
    ///
    /// By default the environment decides, as for curl: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in
    /// upper or lower case, read by [`build`](Self::build); requests to this machine then go directly.
    ///
    /// `https://` requests pass a proxy end-to-end encrypted. A SOCKS proxy resolves the host names. Plain `http://`
    /// requests use a proxy on another machine only if [that is allowed](Self::allow_plain_http), since it can read
    /// their credentials.
    #[cfg(feature = "proxy")]
    pub fn proxy(mut self, address: impl Into<String>) -> Self {
        self.proxy = ProxySettings::Always {
            address: address.into(),
            except: String::new(),
        };
        self
    }

    /// Same as [`proxy`](Self::proxy), but hosts on this list are reached directly: names (with their subdomains),
    /// addresses and networks, separated by commas, as in `NO_PROXY`.
    #[cfg(feature = "proxy")]
    pub fn proxy_except(mut self, address: impl Into<String>, hosts: impl Into<String>) -> Self {
        self.proxy = ProxySettings::Always {
            address: address.into(),
            except: hosts.into(),
        };
        self
    }

    /// Use no proxy, whatever the environment says.
    ///
    /// Without the feature `proxy` none is used in any case, but [`build`](Self::build) refuses to bypass one that the
    /// environment asks for, unless told to by this.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxySettings::Never;
        self
    }

    /// Which certificate authorities are trusted. Default [`RootCertificates::Platform`].
    pub fn root_certificates(mut self, roots: RootCertificates) -> Self {
        self.tls.roots = roots;
        self
    }

    /// Also trusts these certificate authorities, given as PEM (one or more `CERTIFICATE` sections).
    pub fn add_root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.tls.added.extend_from_slice(pem.as_ref());
        self.tls.added.push(b'\n');
        self
    }

    /// Presents this client certificate to servers: PEM with the certificate, its chain and its private key.
    ///
    /// A server that refuses it is an error of the kind [`Tls`](crate::TransportErrorKind::Tls), and nothing was carried
    /// out, as long as the server has not answered anything on that connection. Later it is
    /// [`Interrupted`](crate::TransportErrorKind::Interrupted), and the request may have arrived.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.identity = Some(pem.into());
        self
    }

    /// Writes the TLS session keys to the file named by the environment variable `SSLKEYLOGFILE`, for debugging with a
    /// packet analyser. Only its owner can read the file. Default `false`.
    pub fn tls_key_log(mut self, log: bool) -> Self {
        self.tls.key_log = log;
        self
    }

    /// Builds the transport. No connection is opened yet.
    ///
    /// # Errors
    /// - Kind [`Tls`](TransportErrorKind::Tls): a given certificate is unusable, or no cryptography is compiled in.
    /// - Kind [`Proxy`](TransportErrorKind::Proxy): the proxy's address, given or from the environment, is invalid.
    /// - Kind [`Request`](TransportErrorKind::Request): the header limit is under 8 KiB.
    pub fn build(self) -> Result<HyperTransport, TransportError> {
        if self.max_header_bytes < LEAST_HEADER_BYTES {
            let message = format!("max_header_bytes must be at least {LEAST_HEADER_BYTES}");
            return Err(TransportError::new(TransportErrorKind::Request, message));
        }
        let mut tls = self.tls.build()?;
        tls.config.alpn_protocols = match self.versions {
            Versions::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Versions::Http1 => vec![b"http/1.1".to_vec()],
            Versions::Http2 => vec![b"h2".to_vec()],
        };

        let proxies = self.proxy.build(&tls.to_proxy)?.map(Arc::new);

        let mut http1 = http1::Builder::new();
        http1
            .max_header_size(self.max_header_bytes as usize)
            // hyper allocates room for this many with each reply. If that is enough for the allocator to return it to the
            // system every time, it costs system calls.
            .max_headers(self.max_header_bytes as usize / BYTES_PER_HEADER);
        Ok(HyperTransport(Arc::new(Inner {
            pool: Arc::new(Pool {
                connector: Connector::new(
                    tls,
                    proxies.clone(),
                    self.connect_timeout,
                    self.allow_plain_http,
                ),
                http1,
                http2: pool::http2_builder(self.max_header_bytes),
                versions: self.versions,
                connect_timeout: self.connect_timeout,
                hosts: Mutex::new(Hosts::new(
                    self.pool_idle_timeout,
                    self.pool_max_idle_per_host,
                )),
                swept: AtomicBool::new(false),
            }),
            proxies,
            #[cfg(feature = "decompress")]
            decode_limit: self.decode_limit,
            limits: self.limits,
            max_header_bytes: self.max_header_bytes as usize,
            places: self
                .max_requests
                .map(|most| Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)))),
            allow_plain_http: self.allow_plain_http,
        })))
    }
}

impl fmt::Debug for HyperTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransportBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("limits", &self.limits)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("pool_max_idle_per_host", &self.pool_max_idle_per_host)
            .field("max_requests", &self.max_requests)
            .field("versions", &self.versions)
            .field("max_header_bytes", &self.max_header_bytes)
            .field("allow_plain_http", &self.allow_plain_http)
            .field("roots", &self.tls.roots)
            .field("client_certificate", &self.tls.identity.is_some())
            .finish_non_exhaustive()
    }
}
