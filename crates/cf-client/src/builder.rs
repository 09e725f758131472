//! Settings of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cf_auth::{Credential, CredentialError, CredentialProvider, StaticCredential};
use cf_transport::Transport;
use cf_types::BaseUrl;
use http::header::{HeaderName, HeaderValue, USER_AGENT};

use crate::call::headers;
use crate::client::Client;
use crate::error::{Cause, Error};
use crate::id_cache::IdCache;
use crate::inner::Inner;
use crate::metrics::Metrics;
use crate::rate_limit::{LocalBudget, RateLimiter};
use crate::retry::{Budget, Cooldown};
use crate::timer::{ClientTimer, Timer};

/// The environment variable that replaces the API's address.
pub const BASE_URL_VAR: &str = "CLOUDFLARE_BASE_URL";

impl Client {
    /// A client with an API token and the default settings.
    ///
    /// ```
    /// let client = cf_client::Client::new("cfut_0123456789abcdef0123456789abcdef01234567")?;
    /// # Ok::<(), cf_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is not a token: empty, with white space, or another kind of secret.
    pub fn new(api_token: impl Into<String>) -> Result<Self, Error> {
        Client::builder().api_token(api_token).build()
    }

    /// A client with the credential from the environment, under the names that the official SDKs use:
    /// `CLOUDFLARE_API_TOKEN`; or `CLOUDFLARE_API_KEY` with `CLOUDFLARE_EMAIL`; or `CLOUDFLARE_API_USER_SERVICE_KEY`,
    /// though Cloudflare stopped accepting those on 2026-09-30. `CLOUDFLARE_BASE_URL` replaces the API's address.
    ///
    /// # Errors
    /// When there is no credential, when there are two (it never picks one silently), or when a variable cannot be
    /// used.
    pub fn from_env() -> Result<Self, Error> {
        Client::builder().env().build()
    }

    /// Settings for a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

/// Settings for a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use cf_client::Client;
///
/// let client = Client::builder()
///     .api_token("cfut_0123456789abcdef0123456789abcdef01234567")
///     .timeout(Duration::from_secs(20))
///     .retries(4)
///     .user_agent("my-app/1.2")
///     .build()?;
/// # Ok::<(), cf_client::Error>(())
/// ```
#[must_use = "call build() to get the client"]
pub struct ClientBuilder {
    credentials: Vec<Given>,
    base_url: String,
    transport: Option<Arc<dyn Transport>>,
    timer: Option<ClientTimer>,
    timeout: Duration,
    deadline: Duration,
    retries: u32,
    user_agent: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    query: Vec<(String, String)>,
    max_reply_bytes: usize,
    strict: bool,
    limiter: Option<Arc<dyn RateLimiter>>,
    metrics: Option<Arc<dyn Metrics>>,
}

/// A credential that the client was given.
struct Given {
    /// What it is and where it came from, for error messages.
    what: String,
    credential: Result<Arc<dyn CredentialProvider>, CredentialError>,
}

impl Given {
    fn new(credential: Result<Credential, CredentialError>, place: &str) -> Self {
        let kind = credential.as_ref().map(Credential::kind);
        Given {
            what: match kind {
                Ok(kind) => format!("the {kind} {place}"),
                Err(_) => format!("the one {place}"),
            },
            credential: credential.map(fixed),
        }
    }
}

impl Default for ClientBuilder {
    fn default() -> Self {
        ClientBuilder {
            credentials: Vec::new(),
            base_url: cf_types::BASE_URL.to_owned(),
            transport: None,
            timer: None,
            timeout: Duration::from_secs(60),
            deadline: Duration::from_secs(10 * 60),
            retries: 2,
            user_agent: concat!("cf-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            headers: Vec::new(),
            query: Vec::new(),
            max_reply_bytes: 256 * 1024 * 1024,
            strict: false,
            metrics: None,
            limiter: Some(Arc::new(LocalBudget::default())),
        }
    }
}

impl ClientBuilder {
    /// Authenticates with an API token.
    pub fn api_token(mut self, token: impl Into<String>) -> Self {
        let token = Credential::api_token(token);
        self.credentials.push(Given::new(token, "from `api_token`"));
        self
    }

    /// Authenticates with a credential.
    pub fn credential(mut self, credential: Credential) -> Self {
        let given = Given::new(Ok(credential), "from `credential`");
        self.credentials.push(given);
        self
    }

    /// Asks `provider` for the credential, for each request, and for another one when the API
    /// refuses it (status 401).
    pub fn credential_provider(mut self, provider: impl CredentialProvider) -> Self {
        self.credentials.push(Given {
            what: "the one from `credential_provider`".to_owned(),
            credential: Ok(Arc::new(provider)),
        });
        self
    }

    /// Takes credential and base URL from the environment, as [`Client::from_env`] does.
    pub fn env(self) -> Self {
        // A value that is not Unicode is rejected later, as an invalid token or URL; it is not ignored.
        self.env_vars(|name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// Same as [`env`](Self::env), over variables that `lookup` gives.
    pub fn env_vars(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let credential = Credential::from_env_vars(&lookup);
        let given = Given::new(credential, "from the environment");
        self.credentials.push(given);
        match lookup(BASE_URL_VAR) {
            // Set but empty counts as not set, as for the credential.
            Some(url) if !url.is_empty() => self.base_url(url),
            _ => self,
        }
    }

    /// Where the API lives. Default [`cf_types::BASE_URL`].
    ///
    /// The credential goes there, so it has to be `https://`; plain `http://` is for this machine
    /// only (unless a transport of your own says otherwise).
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sends through `transport`. With the feature `hyper`, the default is a
    /// [`HyperTransport`](cf_transport::HyperTransport) of the client's own.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Takes time from `timer`. With the feature `hyper`, the default is
    /// [`TokioTimer`](crate::TokioTimer).
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.timer = Some(ClientTimer::Custom(Arc::new(timer)));
        self
    }

    /// How long one attempt may take, from sending to the end of the reply. Default 60 s.
    ///
    /// For [`send_raw`](cf_types::Call::send_raw) it bounds the wait for the reply's head, and then
    /// each silence in its body.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// How long a call may take in all: attempts, the waits between them, the reply's body.
    /// Default 10 minutes, which is enough to wait out a rate limit.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// How often a failed attempt is retried; 0 for never. Default 2.
    ///
    /// Requests are retried that never arrived or were throttled (429), and those that failed on the server or on the
    /// way if they are [idempotent](cf_types::Meta::is_idempotent).
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sends at most `requests` (1 or more) in any window of this length; calls wait, up to their deadline. Default
    /// 1,200 in 5 minutes, which is what the API allows a user.
    ///
    /// Shared by all clones. The last fifth is spread over time, and no second gets more than 200;
    /// see [`LocalBudget`], which has a setting for that, too.
    pub fn rate_limit(self, requests: u32, window: Duration) -> Self {
        self.rate_limiter(LocalBudget::new(requests, window))
    }

    /// Asks `limiter` before each request: a budget that several clients share, or one for many
    /// machines.
    pub fn rate_limiter(mut self, limiter: impl RateLimiter) -> Self {
        self.limiter = Some(Arc::new(limiter));
        self
    }

    /// Sends every request at once. A throttled call still waits as long as the server says; others do not wait with
    /// it.
    pub fn no_rate_limit(mut self) -> Self {
        self.limiter = None;
        self
    }

    /// Reports each attempt and each call to `metrics`.
    pub fn metrics(mut self, metrics: impl Metrics) -> Self {
        self.metrics = Some(Arc::new(metrics));
        self
    }

    /// Adds a product to the `User-Agent`, like `my-app/1.2`.
    pub fn user_agent(mut self, product: &str) -> Self {
        self.user_agent.push(' ');
        self.user_agent.push_str(product);
        self
    }

    /// Adds a header to each request that does not set it itself. Credentials are given with
    /// [`api_token`](Self::api_token) or [`credential`](Self::credential), not this way; [`build`](Self::build) rejects
    /// them here, as it does what belongs to the connection or to a single body (`host`, `transfer-encoding`,
    /// `content-length` …).
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a query parameter to each request that does not set it itself. Both parts are
    /// percent-encoded.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The largest reply, in bytes. Default 256 MiB. It does not apply to [`send_raw`](cf_types::Call::send_raw), where
    /// the body streams.
    pub fn max_reply_bytes(mut self, bytes: usize) -> Self {
        self.max_reply_bytes = bytes;
        self
    }

    /// Treats a reply that differs from the API's description as an error
    /// ([`ErrorKind::Drift`](crate::ErrorKind::Drift)): for tests that watch the API. By default such replies are
    /// accepted.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Builds the client. No connection is opened yet.
    ///
    /// # Errors
    /// When there is no credential or more than one, when the base URL is invalid, when a setting cannot be used, or
    /// when there is neither a transport nor the feature `hyper`.
    pub fn build(mut self) -> Result<Client, Error> {
        let credentials = self.take_credentials()?;
        let base = BaseUrl::new(&self.base_url).map_err(Error::new)?;
        let timer = self.timer.take().map_or_else(default_timer, Ok)?;
        let transport = self.transport.take().map_or_else(default_transport, Ok)?;
        let user_agent = HeaderValue::from_str(&self.user_agent).map_err(|_| {
            Error::input(
                "the user agent has characters that HTTP does not allow; give it like `my-app/1.2`",
            )
        })?;
        if !self.headers.iter().any(|(name, _)| *name == USER_AGENT) {
            self.headers.push((USER_AGENT, user_agent));
        }
        headers::check_for_all(&self.headers)?;
        Ok(Client(Arc::new(Inner {
            transport,
            credentials,
            base,
            headers: self.headers,
            query: self.query,
            timeout: self.timeout,
            deadline: self.deadline,
            retries: self.retries,
            max_reply_bytes: self.max_reply_bytes,
            strict: self.strict,
            limiter: self.limiter,
            metrics: self.metrics,
            budget: Budget::new(timer.now()),
            cooldown: Cooldown::default(),
            ids: IdCache::default(),
            timer,
        })))
    }

    fn take_credentials(&mut self) -> Result<Arc<dyn CredentialProvider>, Error> {
        if self.credentials.len() > 1 {
            let given: Vec<_> = self.credentials.iter().map(|given| &*given.what).collect();
            let message = format!(
                "the client was given more than one credential: {}; give one",
                given.join(" and ")
            );
            return Err(Error::new(Cause::NoCredential(message.into())));
        }
        match self.credentials.pop() {
            Some(given) => given.credential.map_err(Error::new),
            None => {
                let message = "the client has no credential; give an API token with `api_token`, \
                               or use `Client::from_env()` with CLOUDFLARE_API_TOKEN set";
                Err(Error::new(Cause::NoCredential(message.into())))
            }
        }
    }
}

fn fixed(credential: Credential) -> Arc<dyn CredentialProvider> {
    Arc::new(StaticCredential::new(credential))
}

#[cfg(feature = "hyper")]
fn default_timer() -> Result<ClientTimer, Error> {
    Ok(ClientTimer::Tokio)
}

#[cfg(feature = "hyper")]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    // The client enforces time limits itself, call by call.
    let transport = cf_transport::HyperTransport::builder()
        .read_timeout(None)
        .build();
    Ok(Arc::new(transport.map_err(Error::new)?))
}

#[cfg(not(feature = "hyper"))]
fn default_timer() -> Result<ClientTimer, Error> {
    Err(Error::input(
        "the client has no timer; give one with `timer`, or turn on the feature `hyper`",
    ))
}

#[cfg(not(feature = "hyper"))]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Err(Error::input(
        "the client has no transport; give one with `transport`, or turn on the feature `hyper`",
    ))
}

/// Shows no header and no secret; nor the base URL, which is not yet checked for one.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .field("retries", &self.retries)
            .field("max_reply_bytes", &self.max_reply_bytes)
            .field("strict", &self.strict)
            .finish_non_exhaustive()
    }
}
