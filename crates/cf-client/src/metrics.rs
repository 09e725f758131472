//! Reports of a client's work, for counters and histograms.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

use crate::error::{CallContext, ErrorKind, RequestInfo};

/// Receives a report of each attempt and each call: a bridge to any metrics system.
///
/// It runs within the call, so it has to be fast. It learns no argument, header or body; [`RequestInfo::path`] of
/// operations is the template, so it is fit for a label (that of a call to any path is not).
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use cf_client::{CallReport, Client, Metrics};
///
/// /// Counts calls by operation and outcome.
/// #[derive(Debug, Default)]
/// struct Counts(Mutex<BTreeMap<(&'static str, String), u64>>);
///
/// impl Metrics for Counts {
///     fn call(&self, call: &CallReport<'_>) {
///         let operation = call.request.operation.unwrap_or("by path");
///         let outcome = call.error.map_or("ok".to_owned(), |kind| format!("{kind:?}"));
///         if let Ok(mut counts) = self.0.lock() {
///             *counts.entry((operation, outcome)).or_default() += 1;
///         }
///     }
/// }
///
/// let client = Client::builder().api_token("cfut_test").metrics(Counts::default()).build()?;
/// # Ok::<(), cf_client::Error>(())
/// ```
pub trait Metrics: fmt::Debug + Send + Sync + 'static {
    /// An attempt is over: there is a reply (of one that streams, the head), or there will be none.
    fn attempt(&self, attempt: &AttemptReport<'_>) {
        let _ = attempt;
    }

    /// A call is over, with a value or an error. Dropped calls are not reported.
    fn call(&self, call: &CallReport<'_>) {
        let _ = call;
    }
}

/// One attempt to get a reply.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AttemptReport<'a> {
    /// Which request it is.
    pub request: &'a RequestInfo,
    /// Which attempt, from 1.
    pub number: u32,
    /// The status of the reply, if there is one.
    pub status: Option<StatusCode>,
    /// Why there is no reply.
    pub error: Option<ErrorKind>,
    /// Whether the server throttled it, by status 429 or in the body of a reply with any other.
    pub throttled: bool,
    /// How long it took until the reply's head, or the failure.
    pub elapsed: Duration,
    /// How long the request had waited for the rate limit so far, before this attempt and those
    /// before it.
    pub rate_limit_wait: Duration,
}

/// One call, with all its attempts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallReport<'a> {
    /// Which request it is.
    pub request: &'a RequestInfo,
    /// The status of the last reply.
    pub status: Option<StatusCode>,
    /// Why there is no value.
    pub error: Option<ErrorKind>,
    /// How often the request was sent again.
    pub retries: u32,
    /// How long the call took, including waits.
    pub elapsed: Duration,
    /// How long it waited for the rate limit.
    pub rate_limit_wait: Duration,
}

impl<'a> CallReport<'a> {
    pub(crate) fn new(context: &'a CallContext, error: Option<ErrorKind>) -> Self {
        CallReport {
            request: &context.request,
            status: context.status,
            error,
            retries: context.retries,
            elapsed: context.elapsed,
            rate_limit_wait: context.waited,
        }
    }
}

impl<'a> AttemptReport<'a> {
    pub(crate) fn new(
        context: &'a CallContext,
        error: Option<ErrorKind>,
        elapsed: Duration,
        throttled: bool,
    ) -> Self {
        AttemptReport {
            request: &context.request,
            number: context.retries + 1,
            status: context.status,
            error,
            throttled,
            elapsed,
            rate_limit_wait: context.waited,
        }
    }
}
