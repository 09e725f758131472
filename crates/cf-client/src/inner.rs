//! What all clones of a client share.

use std::sync::Arc;
use std::time::Duration;

use cf_auth::CredentialProvider;
use cf_transport::Transport;
use cf_types::BaseUrl;
use http::{HeaderName, HeaderValue};

use crate::id_cache::IdCache;
use crate::metrics::Metrics;
use crate::rate_limit::RateLimiter;
use crate::retry::{Budget, Cooldown};
use crate::timer::ClientTimer;

/// What all clones of a client share.
pub(crate) struct Inner {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) credentials: Arc<dyn CredentialProvider>,
    /// Where requests go, and nowhere else.
    pub(crate) base: BaseUrl,
    /// Added to each request that has none of their name; no credentials.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The same for query parameters.
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
    pub(crate) ids: IdCache,
}
