//! The client.

use std::fmt;
use std::sync::Arc;

use crate::inner::Inner;

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
pub struct Client(pub(crate) Arc<Inner>);

impl Client {
    /// The address that requests go to, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.0.base.as_str()
    }

    /// Forgets what the server has said about rate limits, for all clones: no call waits any longer because an earlier
    /// one was throttled. The client's [own limit](crate::ClientBuilder::rate_limit) still holds.
    ///
    /// For when you know better, such as after your limit was raised. Waiting calls notice within seconds.
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
        let Inner {
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
