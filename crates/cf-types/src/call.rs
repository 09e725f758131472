//! A call: an operation, and what runs it.

use std::fmt;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{Request, response};

use crate::base_url::BaseUrl;
use crate::body::Body;
use crate::build_error::BuildError;
use crate::decode::decode_watched;
use crate::operation::{Operation, Paged};
use crate::prepared::PreparedRequest;
use crate::reply::{Reply, ReplyError};

/// An operation with its arguments, and what runs it.
///
/// `C` is a client; with it, a call can be awaited. With `()` for `C` a call is just a value: it becomes an HTTP
/// request for any HTTP stack, and turns that stack's reply into a value.
///
/// ```
/// let call = cf_types::api().zones().list().name("example.com").per_page(5);
/// let request = call.to_request(cf_types::BASE_URL)?;
/// assert_eq!(
///     request.uri(),
///     "https://api.cloudflare.com/client/v4/zones?name=example.com&per_page=5",
/// );
/// // … send it, then:
/// let parts = http::Response::new(()).into_parts().0;
/// let zones = call.decode(&parts, br#"{"success":true,"result":[{"id":"1","name":"example.com"}]}"#)?;
/// assert_eq!(zones[0].name, "example.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a call does nothing until it is awaited or turned into a request"]
#[derive(Clone)]
pub struct Call<C, O> {
    pub(crate) via: C,
    pub(crate) operation: O,
    pub(crate) options: Options,
}

/// What a caller sets beyond the operation's own arguments.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Query parameters; they replace the operation's own of the same name.
    pub query: Vec<(String, String)>,
    /// The API's address for this call; if `None`, the client's base URL.
    pub base_url: Option<String>,
    /// Headers; they replace the operation's own of the same name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Headers with a credential for this call, in place of the client's own.
    pub credential: Option<Vec<(HeaderName, HeaderValue)>>,
    /// How long the call may take, including waits and retries.
    pub deadline: Option<Duration>,
    /// How long one attempt may take.
    pub attempt_timeout: Option<Duration>,
    /// How often a failed attempt may be retried.
    pub retries: Option<u32>,
    /// Whether the operation may be sent again although it may have arrived.
    pub idempotent: Option<bool>,
}

/// Shows neither query nor headers nor credential: they can hold secrets.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("deadline", &self.deadline)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("retries", &self.retries)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Sets the [`credential`](Self::credential), marked as sensitive: `Debug` does not show it, and HTTP/2 does not
    /// keep it in its compression tables.
    pub fn set_credential(&mut self, headers: impl AsRef<[(HeaderName, HeaderValue)]>) {
        let mut headers = headers.as_ref().to_vec();
        for (_, value) in &mut headers {
            value.set_sensitive(true);
        }
        self.credential = Some(headers);
    }
}

/// Runs operations: a client, a test double, a Worker's `fetch`.
///
/// It can return a future, which makes calls awaitable, or, if it blocks, the result itself.
pub trait Execute: Sized {
    /// A value, or its future.
    type SendFuture<O: Operation>;
    /// A value and the reply's metadata, or their future.
    type MetaFuture<O: Operation>;
    /// A reply that is not decoded, or its future.
    type RawFuture<O: Operation>;
    /// A successful reply whose body streams, or its future.
    type StreamFuture<O: Operation>;

    /// Sends a call and decodes the reply.
    fn send<O: Operation>(self, call: Call<(), O>) -> Self::SendFuture<O>;
    /// Sends a call, decodes the reply, and keeps its metadata.
    fn send_with_meta<O: Operation>(self, call: Call<(), O>) -> Self::MetaFuture<O>;
    /// Sends a call and returns the reply, its body not yet read.
    fn send_raw<O: Operation>(self, call: Call<(), O>) -> Self::RawFuture<O>;
    /// Sends a call and returns the body of a successful reply, not yet read.
    fn send_stream<O: Operation>(self, call: Call<(), O>) -> Self::StreamFuture<O>;
}

/// Runs operations whose body is bytes, with bytes that need not be in memory: a stream, a file.
pub trait ExecuteBody<B>: Execute {
    /// Sends a call with `body` in place of its own.
    fn send_body<O: Operation>(self, call: Call<(), O>, body: B) -> Self::SendFuture<O>;
}

/// Runs lists page by page.
pub trait Paginate: Execute {
    /// The pages of a list, one after the other.
    type Pages<O: Paged>;
    /// The items of a list, one after the other.
    type Items<O: Paged>;
    /// A list's first item, or its future.
    type First<O: Paged>;

    /// The list's pages.
    fn pages<O: Paged>(self, call: Call<(), O>) -> Self::Pages<O>;
    /// The list's items.
    fn items<O: Paged>(self, call: Call<(), O>) -> Self::Items<O>;
    /// The list's first item.
    fn first<O: Paged>(self, call: Call<(), O>) -> Self::First<O>;
}

impl<C, O: Operation> Call<C, O> {
    /// A call of `operation`, to be run by `via`.
    pub fn new(via: C, operation: O) -> Self {
        Call {
            via,
            operation,
            options: Options::default(),
        }
    }
}

/// Settings of every call, whether of an operation or to [any path](crate::Untyped).
impl<C, O> Call<C, O> {
    /// Adds a query parameter that the description lacks. It replaces the operation's own of the same name.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header. It replaces one of the same name.
    ///
    /// Credentials are given with [`credential`](Self::credential): a client rejects them here, as it does what belongs
    /// to the connection (`host`, `transfer-encoding` …).
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.options.headers.push((name, value));
        self
    }

    /// Sends this call with another credential than the client's: headers such as those of cf-auth's `Credential`.
    ///
    /// The upload of a Worker's assets, for example, takes the token of the upload's session:
    ///
    /// ```
    /// # fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::HeaderValue;
    /// use http::header::AUTHORIZATION;
    ///
    /// let session = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";
    /// let bearer = HeaderValue::try_from(format!("Bearer {session}"))?;
    /// let call = cf_types::api().zones().list().credential([(AUTHORIZATION, bearer)]);
    /// let request = call.to_request(cf_types::BASE_URL)?;
    /// assert!(request.headers()["authorization"].is_sensitive());
    /// # Ok(()) }
    /// # run().unwrap();
    /// ```
    ///
    /// It is marked [sensitive](HeaderValue::is_sensitive), goes where the call goes, and is not renewed when it is
    /// refused. With an empty list, the call is sent without a credential.
    pub fn credential(mut self, headers: impl AsRef<[(HeaderName, HeaderValue)]>) -> Self {
        self.options.set_credential(headers);
        self
    }

    /// Sends this call to another address than the client's, such as a test server; the credential
    /// goes with it. The same rules hold as for the client's: `https`, except on this machine.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.options.base_url = Some(url.into());
        self
    }

    /// Limits the time of the whole call: waits, attempts and the reply's body.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.deadline = Some(limit);
        self
    }

    /// Limits the time of each attempt.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.options.attempt_timeout = Some(limit);
        self
    }

    /// Sets how often a failed attempt is retried; 0 for never.
    pub fn retries(mut self, retries: u32) -> Self {
        self.options.retries = Some(retries);
        self
    }

    /// Says whether sending this twice has the same effect as sending it once. By default
    /// [`Meta::is_idempotent`](crate::Meta::is_idempotent) decides (for calls to any path,
    /// [`is_idempotent`](crate::is_idempotent)), mostly by the HTTP method.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.options.idempotent = Some(idempotent);
        self
    }

    /// Sends an `Idempotency-Key`, and allows the call to be sent again: for endpoints that know this header, and so
    /// carry out only once what comes twice. It is never sent unasked.
    pub fn with_idempotency_key(self, key: HeaderValue) -> Self {
        let name = HeaderName::from_static("idempotency-key");
        self.header(name, key).idempotent(true)
    }

    /// The operation with its arguments.
    pub fn operation(&self) -> &O {
        &self.operation
    }

    /// What is set beyond the operation's arguments.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The same, mutable.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// What runs the call, and the call without it.
    pub fn split(self) -> (C, Call<(), O>) {
        let call = Call {
            via: (),
            operation: self.operation,
            options: self.options,
        };
        (self.via, call)
    }
}

impl<C, O: Operation> Call<C, O> {
    /// The HTTP request, without credentials.
    ///
    /// # Errors
    /// When an argument cannot be part of a URL or a header, or the base URL is invalid.
    pub fn to_request(&self, base_url: &str) -> Result<Request<Body>, BuildError> {
        self.to_request_at(&BaseUrl::new(base_url)?)
    }

    /// Same as [`to_request`](Self::to_request), for an address that was checked before: the way to build
    /// many requests.
    ///
    /// # Errors
    /// When an argument cannot be part of a URL or a header.
    pub fn to_request_at(&self, base: &BaseUrl) -> Result<Request<Body>, BuildError> {
        PreparedRequest::new(O::META, &self.operation, &self.options, base)
            .map(PreparedRequest::into_request)
    }

    /// The value that a reply to this operation holds.
    ///
    /// # Errors
    /// When the API refused, or something else answered.
    pub fn decode(&self, parts: &response::Parts, body: &[u8]) -> Result<O::Output, ReplyError> {
        self.decode_reply(parts, body).map(Reply::into_value)
    }

    /// The value, and what else the reply says.
    ///
    /// # Errors
    /// Same as [`Call::decode`].
    pub fn decode_reply(
        &self,
        parts: &response::Parts,
        body: &[u8],
    ) -> Result<Reply<O::Output>, ReplyError> {
        decode_watched::<O>(parts, body)
    }
}

impl<C: Execute, O: Operation> IntoFuture for Call<C, O>
where
    C::SendFuture<O>: Future,
{
    type Output = <C::SendFuture<O> as Future>::Output;
    type IntoFuture = C::SendFuture<O>;

    fn into_future(self) -> Self::IntoFuture {
        let (via, call) = self.split();
        via.send(call)
    }
}

impl<C: Execute, O: Operation> Call<C, O> {
    /// Sends the call: the value. With an async client it is a future, the same that `.await` on the call makes; a
    /// blocking client returns the result.
    pub fn send(self) -> C::SendFuture<O> {
        let (via, call) = self.split();
        via.send(call)
    }

    /// Sends the call with `body` in place of its own bytes: a stream or a file, which need not fit into memory. Only
    /// for operations whose body is bytes, such as `r2.buckets.objects.upload`.
    pub fn send_body<B>(self, body: impl Into<B>) -> C::SendFuture<O>
    where
        C: ExecuteBody<B>,
    {
        let (via, call) = self.split();
        via.send_body(call, body.into())
    }

    /// Sends the call: the value, and the reply's metadata.
    pub fn with_meta(self) -> C::MetaFuture<O> {
        let (via, call) = self.split();
        via.send_with_meta(call)
    }

    /// Sends the call: status, headers and the body, not decoded. The reply is not inspected, so a status of 400 or
    /// more is not an error here.
    pub fn send_raw(self) -> C::RawFuture<O> {
        let (via, call) = self.split();
        via.send_raw(call)
    }

    /// Sends the call: the body of a successful reply as a stream, for objects, values and logs that
    /// need not fit into memory. A refusal is an error, as with `send`.
    pub fn send_stream(self) -> C::StreamFuture<O> {
        let (via, call) = self.split();
        via.send_stream(call)
    }
}

impl<C: Paginate, O: Paged> Call<C, O> {
    /// The list page by page.
    pub fn pages(self) -> C::Pages<O> {
        let (via, call) = self.split();
        via.pages(call)
    }

    /// The list item by item, however many pages it has.
    pub fn items(self) -> C::Items<O> {
        let (via, call) = self.split();
        via.items(call)
    }

    /// The list's first item, if it has any.
    pub fn first(self) -> C::First<O> {
        let (via, call) = self.split();
        via.first(call)
    }
}

/// Shows the operation's name, not its arguments: they can hold secrets.
impl<C, O: Operation> fmt::Debug for Call<C, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&O::META.id).finish()
    }
}
