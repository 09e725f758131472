//! Calls to any path, for what the API's description lacks.

use cf_transport::Body;
use cf_types::{Call, ExecuteUntyped};
use http::{Method, Response};
use serde::de::DeserializeOwned;

use crate::call::{BodyMode, PreparedCall, ResponseMeta, SendFuture, decode};
use crate::client::Client;
use crate::download::Download;

/// What stands in place of an operation in a call to any path: see [`Client::request`].
pub type Untyped = cf_types::Untyped<Body>;

impl Client {
    /// A call to any path, for what the API's description lacks. It is handled like every call, with credential,
    /// retries and limits.
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
    ///
    /// The body can be bytes or a stream, such as a file. A stream that exists only once ([`Body::stream`]) is sent
    /// once, whatever happens; one that can be opened again ([`Body::replayable`], a file) is sent again like bytes
    /// are. A `content-length` must match the body; if the body's length is unknown, the body must match it.
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
    ///
    /// With a credential of its own, which can be a [`Credential`](crate::Credential) or headers:
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
    pub fn request(&self, method: Method, path: impl Into<String>) -> Call<&Self, Untyped> {
        Call::untyped(self, method, path)
    }
}

impl ExecuteUntyped<Body> for &Client {
    type SendFuture<T: DeserializeOwned + Send + 'static> = SendFuture<T>;
    type MetaFuture<T: DeserializeOwned + Send + 'static> = SendFuture<(T, ResponseMeta)>;
    type RawFuture = SendFuture<Response<Body>>;
    type StreamFuture = SendFuture<Download>;

    fn send_untyped<T>(self, call: Call<(), Untyped>) -> SendFuture<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let call = PreparedCall::untyped(&self.0, call);
        SendFuture::new(&self.0, call, BodyMode::Buffer, decode::result)
    }

    fn send_untyped_with_meta<T>(self, call: Call<(), Untyped>) -> SendFuture<(T, ResponseMeta)>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let call = PreparedCall::untyped(&self.0, call);
        SendFuture::new(&self.0, call, BodyMode::Buffer, decode::result_and_meta)
    }

    /// A status of 400 or more is not an error here.
    fn send_untyped_raw(self, call: Call<(), Untyped>) -> SendFuture<Response<Body>> {
        let call = PreparedCall::untyped(&self.0, call);
        SendFuture::new(&self.0, call, BodyMode::Stream, decode::raw)
    }

    fn send_untyped_stream(self, call: Call<(), Untyped>) -> SendFuture<Download> {
        let call = PreparedCall::untyped(&self.0, call);
        SendFuture::new(
            &self.0,
            call,
            BodyMode::StreamSuccess,
            decode::untyped_stream,
        )
    }
}
