//! The error of every call.

mod cause;
mod context;
mod graphql;
mod retryable;
mod show;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use cf_types::{ApiMessage, Meaning, ReplyError};
use http::StatusCode;

use crate::rate_limit::is_throttled;

pub(crate) use cause::{Cause, Limit, Mismatch, STREAMS};
pub(crate) use context::CallContext;
pub use context::RequestInfo;

/// Why a call returned no value.
///
/// The kind says what happened ([`Error::kind`]), the predicates what it means (such as [`Error::is_not_found`]), and
/// `Display` which request it was and what to do about it. Neither `Display` nor `Debug` shows a credential, a header,
/// a query or a body; what the API says went wrong is shown, and [`Error::body`] returns the start of the reply on
/// demand.
///
/// ```no_run
/// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
/// match client.request(http::Method::GET, "/zones/023e105f4ecef8ad9ca31a8372d0c353").send::<serde_json::Value>().await {
///     Ok(zone) => println!("{}", zone["name"]),
///     Err(error) if error.is_not_found() => println!("no such zone"),
///     Err(error) if error.is_auth() => println!("may not: {error}"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
pub struct Error(Box<Details>);

struct Details {
    cause: Cause,
    context: Option<CallContext>,
    /// Whether sending it again does no harm, and may help.
    retryable: bool,
}

/// What happened, by where it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client's settings or the request's arguments are invalid. Nothing was sent.
    Build,
    /// There is no usable credential. Nothing was sent.
    Credential,
    /// No connection: name resolution, TCP, TLS or a proxy failed. Nothing was sent.
    Connect,
    /// A time limit passed: an attempt's, the call's deadline, or one of the transport.
    Timeout,
    /// The connection broke before the reply was complete. The request may have been carried out.
    Interrupted,
    /// Another failure of the transport, such as a reply that is not HTTP.
    Transport,
    /// The API refused: see [`Error::api_errors`].
    Api,
    /// Too many requests: the server throttled this one (by status 429, or by an error such as 971 with any other
    /// status), or the client's own [rate limit](crate::ClientBuilder::rate_limit) has no room for it before the call's
    /// deadline, and nothing was sent. See [`Error::retry_after`].
    RateLimited,
    /// A redirect, which is never followed.
    Redirect,
    /// A web page instead of the API's reply: a proxy or a firewall answered.
    Html,
    /// No body where one is expected.
    Empty,
    /// A body that is not JSON where JSON is expected.
    NotJson,
    /// A body longer than [`ClientBuilder::max_reply_bytes`](crate::ClientBuilder::max_reply_bytes).
    TooLarge,
    /// The reply differs from the API's description, and the client is
    /// [strict](crate::ClientBuilder::strict).
    Drift,
    /// A list that would never end, or that lacks what the server announced.
    Pagination,
    /// No zone or account of the requested name, or several: see [`Client::zone_id`](crate::Client::zone_id).
    Lookup,
    /// What was [waited for](cf_types::Call::wait) will not be done: see [`Error::state`].
    Failed,
    /// The result does not match the requested type; or as a whole it is of another type than the API's description
    /// says, such as an object instead of a list. See [`Error::body`].
    Decode,
}

impl Error {
    pub(crate) fn new(cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        Error(Box::new(Details {
            cause,
            context: None,
            retryable: false,
        }))
    }

    /// An error of arguments or settings, with what is wrong and what to do.
    pub(crate) fn input(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(Cause::Input(message.into()))
    }

    /// Says which request it was, and how far it got.
    pub(crate) fn of(mut self, context: CallContext) -> Self {
        self.0.retryable = self.0.cause.is_retryable(&context);
        self.0.context = Some(context);
        self
    }

    /// Says which request it was; it was not sent.
    pub(crate) fn unsent(self, request: RequestInfo) -> Self {
        self.of(CallContext::new(request, false))
    }

    /// What happened.
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::Reply(reply) if is_throttled(reply) => ErrorKind::RateLimited,
            cause => cause.kind(),
        }
    }

    /// The status of the reply, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.context.as_ref()?.status
    }

    /// What the API says went wrong; empty if it says nothing, or if it was not the API that answered.
    pub fn api_errors(&self) -> &[ApiMessage] {
        match &self.0.cause {
            Cause::Reply(ReplyError::Api(failure)) => &failure.errors,
            _ => &[],
        }
    }

    /// Whether the API gives this code, on its own or as the reason behind another.
    ///
    /// [`codes`](crate::codes) has those that are known, by product; `codes::dns::IDENTICAL_RECORD_ALREADY_EXISTS`
    /// (81058), for example. The same number can mean something else in another product. See also
    /// [`is_conflict`](Error::is_conflict) and [`is_not_found`](Error::is_not_found), which know many of them.
    pub fn has_code(&self, code: i64) -> bool {
        match &self.0.cause {
            Cause::Reply(ReplyError::Api(failure)) => failure.has_code(code),
            _ => false,
        }
    }

    /// Cloudflare's ID of the request (`cf-ray`); quote it to their support.
    pub fn ray_id(&self) -> Option<&str> {
        self.0.context.as_ref()?.ray_id()
    }

    /// The last state of what was [waited for](cf_types::Call::wait), in the API's words, when it failed or was not done
    /// in time.
    pub fn state(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Failed { state, .. } => Some(state),
            Cause::NotDone { state, .. } => state.as_deref(),
            _ => None,
        }
    }

    /// Which request it was; `None` for errors before there was one, such as those of
    /// [`ClientBuilder::build`](crate::ClientBuilder::build).
    pub fn request(&self) -> Option<&RequestInfo> {
        self.0.context.as_ref().map(|context| &context.request)
    }

    /// The start of the reply's body (at most [`cf_types::EXCERPT`] bytes), if it was read and held no value. It can
    /// contain secrets: be careful where it goes.
    pub fn body(&self) -> Option<&[u8]> {
        match &self.0.cause {
            Cause::Reply(ReplyError::Api(failure)) => Some(failure.excerpt.as_bytes()),
            Cause::Reply(
                ReplyError::Html { excerpt, .. }
                | ReplyError::NotJson { excerpt, .. }
                | ReplyError::Mismatch { excerpt, .. },
            ) => Some(excerpt.as_bytes()),
            Cause::Mismatch(mismatch) => Some(mismatch.excerpt()),
            _ => None,
        }
    }

    /// How long the call took, including waits.
    pub fn elapsed(&self) -> Duration {
        self.0
            .context
            .as_ref()
            .map_or(Duration::ZERO, |context| context.elapsed)
    }

    pub(crate) fn context(&self) -> Option<&CallContext> {
        self.0.context.as_ref()
    }

    /// How often the request was retried before this error.
    pub fn retries(&self) -> u32 {
        self.0.context.as_ref().map_or(0, |context| context.retries)
    }

    /// How long to wait before the next request, as the server asks (a day at most). If it throttled
    /// the request without saying for how long, a time that grows with each refusal, from
    /// seconds to 5 minutes; if the client's own rate limit has no room, the time until it has.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Cause::NoPermit { wait, .. } = self.0.cause {
            return Some(wait);
        }
        let context = self.0.context.as_ref()?;
        context.retry_after.or(context.backoff)
    }

    /// Whether sending the request again does no harm and may help: it never arrived, was throttled, or is idempotent.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the API says that there is no such thing: with status 404 or 410, or with a [code](crate::codes) that the
    /// operation answers for it, whatever the status. A web page with such a status does not count: it says nothing
    /// about what the API has. For requests to [any path](crate::Client::request), the status alone decides.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// # let (zone, record) = ("023e105f4ecef8ad9ca31a8372d0c353", "372e67954025e0ba6aaa6d586b9e0b59");
    /// // Whoever deletes it, it is gone.
    /// match client.dns().records().delete(zone, record).await {
    ///     Err(error) if !error.is_not_found() => Err(error),
    ///     _ => Ok(()),
    /// }
    /// # }
    /// ```
    pub fn is_not_found(&self) -> bool {
        let status = matches!(
            self.refusal(),
            Some(StatusCode::NOT_FOUND | StatusCode::GONE)
        );
        status || self.meaning() == Some(Meaning::NotFound)
    }

    /// Whether the API says that it exists already, or cannot be changed or deleted since something uses it: with a
    /// [code](crate::codes) that the operation answers for that, or with status 409. For requests to
    /// [any path](crate::Client::request), the status alone decides.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// use cf_client::types::dns::records::ARecordParam;
    ///
    /// let record = ARecordParam::new("www.example.com", "192.0.2.1");
    /// match client.dns().records().create("023e105f4ecef8ad9ca31a8372d0c353", record).await {
    ///     Ok(_) => println!("created"),
    ///     Err(error) if error.is_conflict() => println!("it is there already"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn is_conflict(&self) -> bool {
        match self.meaning() {
            Some(meaning) => matches!(meaning, Meaning::AlreadyExists | Meaning::InUse),
            None => self.refusal() == Some(StatusCode::CONFLICT),
        }
    }

    /// What the API's codes mean, if it refused an operation that is described.
    fn meaning(&self) -> Option<Meaning> {
        self.refusal()?;
        match (&self.0.cause, self.request()?.operation) {
            (Cause::Reply(ReplyError::Api(failure)), Some(operation)) => failure.meaning(operation),
            _ => None,
        }
    }

    /// Whether the credential is the problem: missing, not accepted, or lacking the permission.
    ///
    /// Now and then the API refuses a valid token for a moment, mostly under load: with code 10000 (`Authentication
    /// error`), or 10001 (`Unable to authenticate request`, `internal error`). A token that worked before is worth
    /// another try before it is replaced.
    pub fn is_auth(&self) -> bool {
        self.kind() == ErrorKind::Credential || self.is_refused_credential()
    }

    /// Whether there were too many requests: see [`ErrorKind::RateLimited`].
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Whether a time limit passed.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// The status of a reply in which the API itself refuses.
    fn refusal(&self) -> Option<StatusCode> {
        (self.kind() == ErrorKind::Api)
            .then(|| self.status())
            .flatten()
    }

    fn is_refused_credential(&self) -> bool {
        // Rate limits come with code 10000, too.
        if self.is_rate_limited() {
            return false;
        }
        // These also come with status 400.
        let codes = [9103, 9106, 9109, 10000];
        codes.iter().any(|code| self.has_code(*code))
            || self.is_refused_query()
            || matches!(
                self.refusal(),
                Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            )
    }
}

impl std::error::Error for Error {
    /// What lies behind the cause; the cause itself is part of the message.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.source()?.source()
    }
}

/// Shows no argument, header or body.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<_> = self
            .api_errors()
            .iter()
            .filter_map(ApiMessage::code)
            .collect();
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.kind());
        if let Some(context) = &self.0.context {
            shown
                .field("operation", &context.request.operation)
                .field("method", &context.request.method)
                .field("path", &context.request.path)
                .field("status", &context.status)
                .field("codes", &codes)
                .field("ray_id", &context.ray_id())
                .field("retries", &context.retries)
                .field("retry_after", &context.retry_after);
        }
        shown
            .field("message", &format_args!("{:?}", self.to_string()))
            .finish()
    }
}
