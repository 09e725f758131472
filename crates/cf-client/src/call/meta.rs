//! The metadata of a reply.

use std::time::Duration;

use cf_types::codec::Drift;
use cf_types::{ApiMessage, Reply, ResultInfo};
use http::{HeaderMap, StatusCode};

use crate::error::CallContext;
use crate::rate_limit::RateLimits;

/// The metadata of a reply: what `.with_meta()` returns besides the value.
///
/// ```no_run
/// # use cf_client::{Client, Error, types};
/// # async fn run<O: types::Operation>(call: types::Call<&Client, O>) -> Result<(), Error> {
/// let (value, meta) = call.with_meta().await?;
/// println!("{} after {:?}, ray {:?}", meta.status(), meta.elapsed(), meta.ray_id());
/// for drift in meta.drift() {
///     println!("unlike its description: {drift}");
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ResponseMeta {
    status: StatusCode,
    headers: HeaderMap,
    result_info: Option<ResultInfo>,
    messages: Vec<ApiMessage>,
    drift: Vec<Drift>,
    drift_count: usize,
    retries: u32,
    rate_limit_wait: Duration,
    elapsed: Duration,
}

impl ResponseMeta {
    pub(crate) fn new<T>(
        status: StatusCode,
        headers: HeaderMap,
        context: &CallContext,
        reply: &Reply<T>,
    ) -> Self {
        ResponseMeta {
            status,
            headers,
            result_info: reply.result_info().cloned(),
            messages: reply.messages().to_vec(),
            drift: reply.drift().to_vec(),
            drift_count: reply.drift_count(),
            retries: context.retries,
            rate_limit_wait: context.waited,
            elapsed: context.elapsed,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The reply's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Cloudflare's ID of the request (`cf-ray`); quote it to their support.
    pub fn ray_id(&self) -> Option<&str> {
        self.text("cf-ray")
    }

    /// What the server says about its rate limits.
    pub fn rate_limits(&self) -> RateLimits {
        RateLimits::from_headers(&self.headers)
    }

    /// How long the call waited for the client's [rate limit](crate::ClientBuilder::rate_limit).
    pub fn rate_limit_wait(&self) -> Duration {
        self.rate_limit_wait
    }

    /// The page's place in the list, if the reply says so.
    pub fn result_info(&self) -> Option<&ResultInfo> {
        self.result_info.as_ref()
    }

    /// Messages of the API besides the result.
    pub fn messages(&self) -> &[ApiMessage] {
        &self.messages
    }

    /// Where the reply differs from its description. At most [`Watch::LIMIT`](cf_types::codec::Watch::LIMIT)
    /// spots are listed, [`drift_count`](Self::drift_count) counts all.
    pub fn drift(&self) -> &[Drift] {
        &self.drift
    }

    /// In how many spots the reply differs from its description.
    pub fn drift_count(&self) -> usize {
        self.drift_count
    }

    /// How often the request was sent again before this reply came.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// How long the call took, from the first attempt to the end of the reply.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Shows the headers' names only.
impl std::fmt::Debug for ResponseMeta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let headers: Vec<_> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("ResponseMeta")
            .field("status", &self.status)
            .field("ray_id", &self.ray_id())
            .field("headers", &headers)
            .field("messages", &self.messages.len())
            .field("drift_count", &self.drift_count)
            .field("retries", &self.retries)
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}
