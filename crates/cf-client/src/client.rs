//! The client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cf_auth::CredentialProvider;
use cf_transport::Transport;
use cf_types::BaseUrl;
use http::{HeaderName, HeaderValue, Method};

use crate::builder::ClientBuilder;
use crate::error::Error;
use crate::lookup::Found;
use crate::metrics::Metrics;
use crate::rate_limit::RateLimiter;
use crate::request::RequestBuilder;
use crate::retry::{Budget, Cooldown};
use crate::timer::ClientTimer;

/// A client of the Cloudflare API.
///
/// Make one and keep it: clones are cheap and share its connections. A call starts with the path to
/// an operation and is sent by `.await`:
///
/// ```no_run
/// # async fn run() -> Result<(), cf_client::Error> {
/// let client = cf_client::Client::from_env()?;
/// let zone: serde_json::Value = client
///     .request(http::Method::GET, "/zones/023e105f4ecef8ad9ca31a8372d0c353")
///     .send()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Shared>);

/// What all clones of a client share.
pub(crate) struct Shared {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) credentials: Arc<dyn CredentialProvider>,
    /// Where requests go, and nowhere else.
    pub(crate) base: BaseUrl,
    /// Added to each request that has none of their name; no credentials.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Percent-encoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retries: u32,
    pub(crate) max_reply_bytes: usize,
    pub(crate) strict: bool,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
    pub(crate) limiter: Option<Arc<dyn RateLimiter>>,
    pub(crate) timer: ClientTimer,
    pub(crate) budget: Budget,
    pub(crate) cooldown: Cooldown,
    pub(crate) found: Found,
}

impl Client {
    /// A client with an API token and the default settings.
    ///
    /// ```
    /// let client = cf_client::Client::new("cfut_0123456789abcdef0123456789abcdef01234567")?;
    /// # Ok::<(), cf_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the token cannot be one: empty, with white space, another kind of secret.
    pub fn new(api_token: impl Into<String>) -> Result<Self, Error> {
        Client::builder().api_token(api_token).build()
    }

    /// A client with the credential that the environment holds, as the official SDKs have it:
    /// `CLOUDFLARE_API_TOKEN`; or `CLOUDFLARE_API_KEY` with `CLOUDFLARE_EMAIL`; or
    /// `CLOUDFLARE_API_USER_SERVICE_KEY`, though Cloudflare stopped accepting those on 2026-09-30.
    /// `CLOUDFLARE_BASE_URL` replaces the API's address.
    ///
    /// # Errors
    /// When there is no credential, when there are two (never a silent choice), or when a variable
    /// holds something unusable.
    pub fn from_env() -> Result<Self, Error> {
        Client::builder().env().build()
    }

    /// Settings for a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The address that requests go to, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.0.base.as_str()
    }

    /// A request to any path, for what the API's description lacks.
    ///
    /// `path` starts with `/` and continues the base URL. Characters that cannot be in a path are
    /// percent-encoded, `%` is taken as the start of such an encoding.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// use http::Method;
    /// let thing: serde_json::Value = client
    ///     .request(Method::POST, "/zones/023e105f4ecef8ad9ca31a8372d0c353/new_thing")
    ///     .query("dry_run", "true")
    ///     .json(&serde_json::json!({ "name": "mine" }))
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn request(&self, method: Method, path: impl Into<String>) -> RequestBuilder {
        RequestBuilder::new(self.clone(), method, path.into())
    }

    /// Forgets what the server has said about rate limits, for all clones: no call waits any longer
    /// because an earlier one was turned away. The client's [own
    /// limit](crate::ClientBuilder::rate_limit) still holds.
    ///
    /// For those who know better, as after a raise of the limit. Calls that wait notice within
    /// seconds.
    ///
    /// ```
    /// let client = cf_client::Client::new("cfut_0123456789abcdef0123456789abcdef01234567")?;
    /// client.reset_rate_limit();
    /// # Ok::<(), cf_client::Error>(())
    /// ```
    pub fn reset_rate_limit(&self) {
        self.0.cooldown.reset();
        if let Some(limiter) = &self.0.limiter {
            limiter.reset();
        }
    }
}

/// Shows no header and no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared {
            base,
            timeout,
            deadline,
            retries,
            max_reply_bytes,
            strict,
            ..
        } = &*self.0;
        f.debug_struct("Client")
            .field("base_url", &base.as_str())
            .field("timeout", timeout)
            .field("deadline", deadline)
            .field("retries", retries)
            .field("max_reply_bytes", max_reply_bytes)
            .field("strict", strict)
            .finish_non_exhaustive()
    }
}
