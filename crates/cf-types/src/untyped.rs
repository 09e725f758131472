//! Calls to any path, for what the API's description lacks.

use std::fmt;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base_url::{self, BaseUrl};
use crate::build_error::BuildError;
use crate::call::{Call, Options};
use crate::percent::push_query;
use crate::prepared::{JSON, PreparedRequest};

/// A method, a path and a body in place of an [`Operation`](crate::Operation): a [`Call`] of it goes to any path.
///
/// `B` is the client's type of body. Query, headers, credential and limits are set as for calls of operations.
pub struct Untyped<B> {
    method: Method,
    path: String,
    body: Result<B, BuildError>,
}

/// Runs calls to any path.
pub trait ExecuteUntyped<B>: Sized {
    /// A value, or its future.
    type SendFuture<T: DeserializeOwned + Send + 'static>;
    /// A value and the reply's metadata, or their future.
    type MetaFuture<T: DeserializeOwned + Send + 'static>;
    /// A reply that is not decoded, or its future.
    type RawFuture;
    /// A successful reply whose body streams, or its future.
    type StreamFuture;

    /// Sends a call and reads the result as a `T`.
    fn send_untyped<T>(self, call: Call<(), Untyped<B>>) -> Self::SendFuture<T>
    where
        T: DeserializeOwned + Send + 'static;
    /// Sends a call, reads the result as a `T`, and keeps the reply's metadata.
    fn send_untyped_with_meta<T>(self, call: Call<(), Untyped<B>>) -> Self::MetaFuture<T>
    where
        T: DeserializeOwned + Send + 'static;
    /// Sends a call and returns the reply, its body not yet read.
    fn send_untyped_raw(self, call: Call<(), Untyped<B>>) -> Self::RawFuture;
    /// Sends a call and returns the body of a successful reply, not yet read.
    fn send_untyped_stream(self, call: Call<(), Untyped<B>>) -> Self::StreamFuture;
}

impl<C, B: Default> Call<C, Untyped<B>> {
    /// A call to `path`, to be run by `via`. The path starts with `/` and continues the base URL. Characters that
    /// cannot be in a path are percent-encoded, `%` is taken as the start of such an encoding.
    pub fn untyped(via: C, method: Method, path: impl Into<String>) -> Self {
        let untyped = Untyped {
            method,
            path: path.into(),
            body: Ok(B::default()),
        };
        Call {
            via,
            operation: untyped,
            options: Options::default(),
        }
    }
}

impl<C, B> Call<C, Untyped<B>> {
    /// Sends `value` as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self
    where
        B: From<Vec<u8>>,
    {
        match serde_json::to_vec(value) {
            Ok(json) => {
                self.operation.body = Ok(json.into());
                self.header(CONTENT_TYPE, HeaderValue::from_static(JSON))
            }
            Err(_) => {
                self.operation.body = Err(BuildError::Body);
                self
            }
        }
    }

    /// Sends this as the body: bytes, or a stream. Say what they are with [`header`](Self::header) and `content-type`.
    pub fn body(mut self, body: impl Into<B>) -> Self {
        self.operation.body = Ok(body.into());
        self
    }
}

impl<C: ExecuteUntyped<B>, B> Call<C, Untyped<B>> {
    /// Sends the call and reads the envelope's `result` as a `T`. If the reply has no envelope, all of it is read; if
    /// it has no body (204), as `null`.
    pub fn send<T: DeserializeOwned + Send + 'static>(self) -> C::SendFuture<T> {
        let (via, call) = self.split();
        via.send_untyped(call)
    }

    /// Same as [`send`](Self::send), and returns the reply's metadata, too.
    pub fn with_meta<T: DeserializeOwned + Send + 'static>(self) -> C::MetaFuture<T> {
        let (via, call) = self.split();
        via.send_untyped_with_meta(call)
    }

    /// Sends the call: status, headers and the body, not decoded. A status of 400 or more is not an error here.
    pub fn send_raw(self) -> C::RawFuture {
        let (via, call) = self.split();
        via.send_untyped_raw(call)
    }

    /// Sends the call: the body of a successful reply as a stream. A refusal is an error, as with `send`.
    pub fn send_stream(self) -> C::StreamFuture {
        let (via, call) = self.split();
        via.send_untyped_stream(call)
    }
}

impl<B> Untyped<B> {
    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl<B> Call<(), Untyped<B>> {
    /// The request, and separately its body.
    ///
    /// ```
    /// use cf_types::{BASE_URL, BaseUrl, Body, Call};
    /// let call: Call<_, cf_types::Untyped<Body>> = Call::untyped((), http::Method::POST, "/new thing");
    /// let (request, body) = call.query("a", "b&c").json(&[1]).prepare(&BaseUrl::new(BASE_URL)?)?;
    /// assert_eq!(request.uri, "https://api.cloudflare.com/client/v4/new%20thing?a=b%26c");
    /// assert_eq!(body.as_bytes(), b"[1]");
    /// # Ok::<(), cf_types::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// When the path or the body cannot be sent.
    pub fn prepare(self, base: &BaseUrl) -> Result<(PreparedRequest, B), BuildError> {
        let Untyped { method, path, body } = self.operation;
        let body = body?;
        Ok((prepare(method, &path, &self.options, base)?, body))
    }
}

/// Not generic, so compiled once.
fn prepare(
    method: Method,
    path: &str,
    options: &Options,
    base: &BaseUrl,
) -> Result<PreparedRequest, BuildError> {
    let uri = target(base, path, options).map_err(|why| BuildError::Path { why })?;
    let mut prepared = PreparedRequest::bare(method, uri);
    prepared.credential.clone_from(&options.credential);
    for (name, value) in &options.headers {
        prepared.set_header(name.clone(), value.clone());
    }
    Ok(prepared)
}

/// What cannot be in a path. `%` can: the caller may have encoded something.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The full address, or what is wrong with the path.
fn target(base: &BaseUrl, path: &str, options: &Options) -> Result<Uri, &'static str> {
    let Some(inner) = path.strip_prefix('/') else {
        return Err("the path has to start with `/`; it continues the base URL, like `/zones`");
    };
    if path.contains(['?', '#']) {
        return Err(
            "the path has a `?` or `#`; give query parameters with `query`, and encode the \
             characters (`%3F`, `%23`) where they belong to a name",
        );
    }
    for segment in inner.split('/') {
        let plain = segment.replace("%2e", ".").replace("%2E", ".");
        if plain.is_empty() {
            return Err("the path has an empty part; is an ID missing?");
        }
        if plain == "." || plain == ".." {
            return Err("the path has a part `.` or `..`, which would lead to another path");
        }
    }
    let mut target = base.path().to_owned();
    target.extend(utf8_percent_encode(path, IN_PATH));
    let mut separator = '?';
    for (name, value) in &options.query {
        push_query(&mut target, &mut separator, name, value);
    }
    base.join(target)
        .map_err(|_| "the path is too long or not valid in a URL")
}

/// Shows neither query nor headers nor body.
impl<C, B> fmt::Debug for Call<C, Untyped<B>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.operation.method)
            .field("path", &base_url::shown(&self.operation.path))
            .finish_non_exhaustive()
    }
}
