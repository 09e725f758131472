//! Requests to any path, for what the API's description lacks.

use std::fmt;
use std::time::Duration;

use cf_transport::Body;
use cf_types::{Options, PreparedRequest, ResultKind, is_idempotent};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Response, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{
    BodyMode, Decode, PreparedCall, ResponseMeta, SendFuture, base_of, decode, pipeline,
};
use crate::client::Client;
use crate::download::Download;
use crate::error::{Error, RequestInfo};

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
pub(crate) const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Client {
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
}

/// A request to any path: what [`Client::request`] makes.
///
/// It goes the same way as every call, with credential, retries and limits.
#[must_use = "nothing is sent until `send` or `send_raw` is awaited"]
pub struct RequestBuilder<C = Client> {
    client: C,
    method: Method,
    path: String,
    query: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
    options: Options,
    /// The first thing that is wrong with it.
    wrong: Option<Error>,
}

impl<C> RequestBuilder<C> {
    pub(crate) fn new(client: C, method: Method, path: String) -> Self {
        RequestBuilder {
            client,
            method,
            path,
            query: String::new(),
            headers: Vec::new(),
            body: Body::empty(),
            options: Options::default(),
            wrong: None,
        }
    }

    /// Adds a query parameter. Both parts are percent-encoded.
    pub fn query(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let separator = if self.query.is_empty() { '?' } else { '&' };
        self.query.push(separator);
        self.query
            .extend(utf8_percent_encode(name.as_ref(), IN_QUERY));
        self.query.push('=');
        self.query
            .extend(utf8_percent_encode(value.as_ref(), IN_QUERY));
        self
    }

    /// Sets a header.
    ///
    /// Credentials are given with [`credential`](Self::credential): they are refused here, and so is what belongs to
    /// the connection (`host`, `transfer-encoding` …). A `content-length` has to be that of the body; where the body's
    /// is unknown, the body is held to it.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sends this request with another credential than the client's: a [`Credential`](crate::Credential), or headers.
    /// See [`Call::credential`](cf_types::Call::credential).
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client, jwt: String) -> Result<(), Box<dyn std::error::Error>> {
    /// use cf_client::{Credential, Method};
    /// let missing: Vec<String> = client
    ///     .request(Method::POST, "/pages/assets/check-missing")
    ///     .credential(Credential::api_token(jwt)?)
    ///     .json(&serde_json::json!({ "hashes": ["13a03eaf24ae98378acd36ea00f77f2f"] }))
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn credential(mut self, headers: impl AsRef<[(HeaderName, HeaderValue)]>) -> Self {
        self.options.set_credential(headers);
        self
    }

    /// Sends `value` as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => {
                self.body = json.into();
                let media_type = HeaderValue::from_static("application/json");
                self.headers.push((CONTENT_TYPE, media_type));
            }
            Err(_) => {
                let message = "the body cannot be written as JSON; check its `Serialize`";
                self.wrong.get_or_insert(Error::input(message));
            }
        }
        self
    }

    /// Sends these bytes, or this stream. Say what they are with [`header`](Self::header) and
    /// `content-type`.
    ///
    /// A stream that exists only once ([`Body::stream`]) is sent once, whatever comes of it; one that
    /// can be opened again ([`Body::replayable`], a file) is sent again like bytes are.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use cf_client::{Body, Method};
    /// let stored: serde_json::Value = client
    ///     .request(Method::PUT, "/accounts/1/r2/buckets/b/objects/backup.tar")
    ///     .body(Body::file("backup.tar").await?)
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends this request to another address than the client's, such as a test server; the
    /// credential goes with it. The same rules hold as for
    /// [`ClientBuilder::base_url`](crate::ClientBuilder::base_url).
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.options.base_url = Some(url.into());
        self
    }

    /// Bounds the time of the whole call: waits, attempts and the reply's body.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.deadline = Some(limit);
        self
    }

    /// Bounds the time of each attempt.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.options.attempt_timeout = Some(limit);
        self
    }

    /// Sets how often a failed attempt is repeated; 0 for never.
    pub fn retries(mut self, retries: u32) -> Self {
        self.options.retries = Some(retries);
        self
    }

    /// Says whether sending this twice comes to the same as sending it once; by default
    /// [`is_idempotent`](cf_types::is_idempotent) says so, mostly by the HTTP method.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.options.idempotent = Some(idempotent);
        self
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn client(&self) -> &C {
        &self.client
    }

    /// The same request, sent by another client.
    #[cfg(feature = "blocking")]
    pub(crate) fn through<D>(self, client: D) -> (C, RequestBuilder<D>) {
        let other = RequestBuilder {
            client,
            method: self.method,
            path: self.path,
            query: self.query,
            headers: self.headers,
            body: self.body,
            options: self.options,
            wrong: self.wrong,
        };
        (self.client, other)
    }
}

impl RequestBuilder {
    /// Sends the request and reads the envelope's `result` as a `T`. Where the reply has no
    /// envelope, all of it is read; where it has no body (204), as `null`.
    ///
    /// # Errors
    /// When the request cannot be sent, gets no proper reply, or is refused; and when the result is
    /// no `T`.
    pub fn send<T: DeserializeOwned>(self) -> SendFuture<T> {
        self.start(BodyMode::Buffer, decode::result::<T>)
    }

    /// As [`send`](Self::send), and gives what is known of the reply, too.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn with_meta<T: DeserializeOwned>(self) -> SendFuture<(T, ResponseMeta)> {
        self.start(BodyMode::Buffer, decode::result_and_meta::<T>)
    }

    /// Sends the request and hands on the reply as it came, its body not yet read.
    ///
    /// A status of 400 or more is not an error here: look at
    /// [`Response::status`](http::Response::status).
    ///
    /// # Errors
    /// When the request cannot be sent or gets no reply.
    pub fn send_raw(self) -> SendFuture<Response<Body>> {
        self.start(BodyMode::Stream, decode::raw)
    }

    /// Sends the request and hands on the body of a successful reply, not yet read.
    ///
    /// # Errors
    /// When the request cannot be sent, gets no reply, or is refused.
    pub fn send_stream(self) -> SendFuture<Download> {
        self.start(BodyMode::StreamSuccess, decode::untyped_stream)
    }

    fn start<T>(self, mode: BodyMode, decode: Decode<T>) -> SendFuture<T> {
        let client = self.client.clone();
        let response = pipeline::send(&client.0, self.prepare(), mode);
        SendFuture::new(&client.0, response, decode)
    }

    fn prepare(self) -> Result<Box<PreparedCall>, Error> {
        let info = RequestInfo::untyped(self.method.clone(), self.path.clone());
        if let Some(error) = self.wrong {
            return Err(error.unsent(info));
        }
        let shared = &self.client.0;
        let base = base_of(shared, &self.options).map_err(|error| error.unsent(info.clone()))?;
        let uri = target(base.as_str(), &self.path, &self.query);
        let uri = uri.map_err(|message| Error::input(message).unsent(info.clone()))?;
        // The credential goes where the request goes. A path that changes the host must not take it along.
        if !base.is_origin_of(&uri) {
            let message = "the path leads to another server than the base URL; nothing was sent";
            return Err(Error::input(message).unsent(info));
        }
        let mut prepared = PreparedRequest::bare(self.method, uri);
        prepared.credential.clone_from(&self.options.credential);
        for (name, value) in self.headers {
            prepared.set_header(name, value);
        }
        let result = ResultKind::Envelope;
        let idempotent = is_idempotent(&info.method, &info.path);
        let (body, options) = (self.body, &self.options);
        PreparedCall::new(shared, info, result, idempotent, prepared, body, options)
    }
}

/// The whole address, or what is wrong with the path.
fn target(base: &str, path: &str, query: &str) -> Result<Uri, &'static str> {
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
    let path = utf8_percent_encode(path, IN_PATH);
    format!("{base}{path}{query}")
        .parse()
        .map_err(|_| "the path is too long or not valid in a URL")
}

/// Shows neither query nor headers nor body.
impl<C> fmt::Debug for RequestBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("method", &self.method)
            .field(
                "path",
                &RequestInfo::untyped(Method::GET, self.path.clone()).path,
            )
            .finish_non_exhaustive()
    }
}
