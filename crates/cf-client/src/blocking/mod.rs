//! The client for programs without async.
//!
//! The same tree of operations, ended by `.send()` where the async client has `.await`:
//!
//! ```no_run
//! use cf_client::blocking::Client;
//! use cf_client::types::dns::records::ARecordParam;
//!
//! # fn main() -> Result<(), cf_client::Error> {
//! let client = Client::from_env()?;
//! let zone = client.zone_id("example.com")?;
//! let record = ARecordParam::new("www", "192.0.2.1").proxied(true);
//! client.dns().records().create(&zone, record).send()?;
//! for record in client.dns().records().list(&zone).items() {
//!     println!("{}", record?.name().unwrap_or_default());
//! }
//! # Ok(()) }
//! ```
//!
//! A client has a thread of its own, shared by its clones, on which all its requests run concurrently; calls wait for
//! it. So it works from any thread, outside and inside an async runtime. Inside one, a call holds up the thread that it
//! is made on, and with it the runtime's other tasks there: async programs take [`cf_client::Client`](crate::Client). A
//! call that would wait for itself (from within the client's own thread, such as from its transport or
//! [`Metrics`](crate::Metrics)) is an error.

mod body;
mod download;
mod graphql;
mod lists;
mod runtime;

use std::fmt;
use std::sync::Arc;

use cf_types::{
    AccountId, Call, Execute, ExecuteBody, ExecuteUntyped, ExecuteWait, Operation, Poller, ZoneId,
};
use http::{Method, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::builder::ClientBuilder;
use crate::call::ResponseMeta;
use crate::error::Error;
use crate::graphql::GraphqlCall;
use crate::raw::Untyped;

pub use body::Body;
pub use download::{Download, JsonLines, Lines};
#[cfg(feature = "events")]
pub use download::{Events, Tokens};
pub use graphql::GraphqlPages;
pub use lists::{Items, Pages};
use runtime::Background;

impl ClientBuilder {
    /// Builds a client for programs without async.
    ///
    /// # Errors
    /// Same as [`build`](Self::build), and when no thread can be started.
    pub fn build_blocking(self) -> Result<Client, Error> {
        Client::of(self.build()?)
    }
}

/// A client of the Cloudflare API whose calls block until they are done. See the [module](crate::blocking).
#[derive(Clone)]
pub struct Client {
    client: crate::client::Client,
    background: Arc<Background>,
}

impl Client {
    pub(crate) fn of(client: crate::client::Client) -> Result<Self, Error> {
        let background = Arc::new(Background::start()?);
        Ok(Client { client, background })
    }

    /// A client with an API token and the default settings. For others, see
    /// [`ClientBuilder::build_blocking`](crate::ClientBuilder::build_blocking).
    ///
    /// # Errors
    /// Same as [`Client::new`](crate::Client::new).
    pub fn new(api_token: impl Into<String>) -> Result<Self, Error> {
        crate::client::Client::builder()
            .api_token(api_token)
            .build_blocking()
    }

    /// A client with the credential that the environment holds: see
    /// [`Client::from_env`](crate::Client::from_env).
    ///
    /// # Errors
    /// Same as [`Client::from_env`](crate::Client::from_env).
    pub fn from_env() -> Result<Self, Error> {
        crate::client::Client::builder().env().build_blocking()
    }

    /// The address that requests go to, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.client.base_url()
    }

    /// A call to any path: see [`Client::request`](crate::Client::request).
    pub fn request(&self, method: Method, path: impl Into<String>) -> Call<&Self, Untyped> {
        Call::untyped(self, method, path)
    }

    /// A GraphQL query, sent by `.send()`: see [`Client::graphql_query`](crate::Client::graphql_query).
    pub fn graphql_query<T>(
        &self,
        query: impl Into<String>,
        variables: impl Serialize,
    ) -> GraphqlCall<&Self, T> {
        GraphqlCall::new(self, query.into(), &variables)
    }

    /// The rows of a query, page by page: see [`Client::graphql_pages`](crate::Client::graphql_pages).
    pub fn graphql_pages<R: DeserializeOwned>(
        &self,
        query: impl Into<String>,
        variables: impl Serialize,
        rows: impl Into<String>,
    ) -> GraphqlPages<R> {
        let pages = self.client.graphql_pages(query, variables, rows);
        GraphqlPages::new(pages, Arc::clone(&self.background))
    }

    /// Forgets what the server has said about rate limits: see
    /// [`Client::reset_rate_limit`](crate::Client::reset_rate_limit).
    pub fn reset_rate_limit(&self) {
        let client = self.client.clone();
        // A limiter may need the runtime, to tell others.
        let told = self.wait(async move {
            client.reset_rate_limit();
            Ok(())
        });
        if told.is_err() {
            self.client.reset_rate_limit();
        }
    }

    /// The ID of the zone with this name: see [`Client::zone_id`](crate::Client::zone_id).
    ///
    /// # Errors
    /// Same as [`Client::zone_id`](crate::Client::zone_id).
    pub fn zone_id(&self, name: &str) -> Result<ZoneId, Error> {
        let (client, name) = (self.client.clone(), name.to_owned());
        self.wait(async move { client.zone_id(&name).await })
    }

    /// The ID of the account with this name: see [`Client::account_id`](crate::Client::account_id).
    ///
    /// # Errors
    /// Same as [`Client::account_id`](crate::Client::account_id).
    pub fn account_id(&self, name: &str) -> Result<AccountId, Error> {
        let (client, name) = (self.client.clone(), name.to_owned());
        self.wait(async move { client.account_id(&name).await })
    }

    /// The ID of the zone that a host belongs to: see [`Client::zone_of`](crate::Client::zone_of).
    ///
    /// # Errors
    /// Same as [`Client::zone_of`](crate::Client::zone_of).
    pub fn zone_of(&self, host: &str) -> Result<ZoneId, Error> {
        let (client, host) = (self.client.clone(), host.to_owned());
        self.wait(async move { client.zone_of(&host).await })
    }

    /// The ID of the one account that the credential sees: see
    /// [`Client::only_account_id`](crate::Client::only_account_id).
    ///
    /// # Errors
    /// Same as [`Client::only_account_id`](crate::Client::only_account_id).
    pub fn only_account_id(&self) -> Result<AccountId, Error> {
        let client = self.client.clone();
        self.wait(async move { client.only_account_id().await })
    }

    /// Same as [`Client::forget_ids`](crate::Client::forget_ids).
    pub fn forget_ids(&self) {
        self.client.forget_ids();
    }

    /// Runs `work` with the async client, and waits for it: for what has no blocking form of its own, such as
    #[cfg_attr(
        feature = "dns",
        doc = " [`zone_records`](crate::Client::zone_records) or"
    )]
    /// [`bulk`](crate::Client::bulk).
    ///
    /// ```no_run
    /// # fn main() -> Result<(), cf_client::Error> {
    /// let client = cf_client::blocking::Client::from_env()?;
    /// let zone = client.run(|client| async move { client.zone_id("example.com").await })??;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When it is called from the client's own thread. What `work` returns is inside.
    pub fn run<F>(&self, work: impl FnOnce(crate::client::Client) -> F) -> Result<F::Output, Error>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.background.run(work(self.client.clone()))
    }

    fn wait<T, F>(&self, future: F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        self.background.run(future)?
    }

    fn reply(
        &self,
        response: Result<Response<cf_transport::Body>, Error>,
    ) -> Result<Response<Body>, Error> {
        let body = |body| Body::new(body, Arc::clone(&self.background));
        response.map(|response| response.map(body))
    }
}

impl Execute for &Client {
    type SendFuture<O: Operation> = Result<O::Output, Error>;
    type MetaFuture<O: Operation> = Result<(O::Output, ResponseMeta), Error>;
    type RawFuture<O: Operation> = Result<Response<Body>, Error>;
    type StreamFuture<O: Operation> = Result<Download, Error>;

    fn send<O: Operation>(self, call: Call<(), O>) -> Self::SendFuture<O> {
        self.wait(Execute::send(&self.client, call))
    }

    fn send_with_meta<O: Operation>(self, call: Call<(), O>) -> Self::MetaFuture<O> {
        self.wait(self.client.send_with_meta(call))
    }

    /// A status of 400 or more is not an error here.
    fn send_raw<O: Operation>(self, call: Call<(), O>) -> Self::RawFuture<O> {
        self.reply(self.wait(self.client.send_raw(call)))
    }

    fn send_stream<O: Operation>(self, call: Call<(), O>) -> Self::StreamFuture<O> {
        let download = self.wait(self.client.send_stream(call))?;
        Ok(Download::new(download, Arc::clone(&self.background)))
    }
}

impl ExecuteWait for &Client {
    type WaitFuture<O: Operation> = Result<O::Output, Error>;

    fn wait_for<O: Operation>(self, poller: Poller<O>) -> Self::WaitFuture<O> {
        self.wait(self.client.wait_for(poller))
    }
}

impl<T: DeserializeOwned + Send + 'static> GraphqlCall<&Client, T> {
    /// Sends the query.
    ///
    /// # Errors
    /// Same as [`Client::graphql_query`](crate::Client::graphql_query).
    pub fn send(self) -> Result<T, Error> {
        let (client, call) = self.split();
        client.wait(call.send_by(&client.client))
    }
}

impl ExecuteBody<cf_transport::Body> for &Client {
    fn send_body<O: Operation>(
        self,
        call: Call<(), O>,
        body: cf_transport::Body,
    ) -> Self::SendFuture<O> {
        self.wait(self.client.send_body(call, body))
    }
}

impl ExecuteUntyped<cf_transport::Body> for &Client {
    type SendFuture<T: DeserializeOwned + Send + 'static> = Result<T, Error>;
    type MetaFuture<T: DeserializeOwned + Send + 'static> = Result<(T, ResponseMeta), Error>;
    type RawFuture = Result<Response<Body>, Error>;
    type StreamFuture = Result<Download, Error>;

    fn send_untyped<T>(self, call: Call<(), Untyped>) -> Result<T, Error>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.wait(self.client.send_untyped(call))
    }

    fn send_untyped_with_meta<T>(self, call: Call<(), Untyped>) -> Self::MetaFuture<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.wait(self.client.send_untyped_with_meta(call))
    }

    /// A status of 400 or more is not an error here.
    fn send_untyped_raw(self, call: Call<(), Untyped>) -> Self::RawFuture {
        self.reply(self.wait(self.client.send_untyped_raw(call)))
    }

    fn send_untyped_stream(self, call: Call<(), Untyped>) -> Self::StreamFuture {
        let download = self.wait(self.client.send_untyped_stream(call))?;
        Ok(Download::new(download, Arc::clone(&self.background)))
    }
}

/// Shows no header and no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::Client")
            .field(&self.client)
            .finish()
    }
}
