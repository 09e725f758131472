//! Queries of the GraphQL Analytics API.

mod pages;
mod seen;

use std::fmt;
use std::marker::PhantomData;

use cf_types::Call;
use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::call::{BodyMode, PreparedCall, SendFuture, decode};
use crate::client::Client;
use crate::error::{Error, RequestInfo};
use crate::raw::Untyped;

pub use pages::GraphqlPages;

const PATH: &str = "/graphql";

impl Client {
    /// A query of the [GraphQL Analytics API](https://developers.cloudflare.com/analytics/graphql-api/), whose `data`
    /// becomes a `T`. Variables are anything that serializes to an object; `()` for none.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// use serde_json::{Value, json};
    ///
    /// const QUERY: &str = "query ($zone: string!, $since: Time!) {
    ///   viewer { zones(filter: { zoneTag: $zone }) {
    ///     httpRequestsAdaptiveGroups(filter: { datetime_geq: $since }, limit: 10) {
    ///       count
    ///       dimensions { clientCountryName }
    ///     }
    ///   } }
    /// }";
    /// let variables = json!({ "zone": "023e105f4ecef8ad9ca31a8372d0c353", "since": "2026-11-24T10:00:00Z" });
    /// let data: Value = client.graphql_query(QUERY, &variables).await?;
    /// println!("{}", data["viewer"]["zones"][0]["httpRequestsAdaptiveGroups"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A query that fails comes back with status 200, too: its errors are those of the API
    /// ([`Error::api_errors`](crate::Error::api_errors)), each with the place in the query
    /// ([`ApiMessage::path`](cf_types::ApiMessage::path)). One error makes the whole query fail, even if some of its data
    /// was found. The API takes about 300 queries in 5 minutes, besides the limit of other calls: see
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited).
    #[doc(alias = "graphql analytics")]
    pub fn graphql_query<T>(
        &self,
        query: impl Into<String>,
        variables: impl Serialize,
    ) -> GraphqlCall<&Self, T> {
        GraphqlCall::new(self, query.into(), &variables)
    }

    /// The rows of a query, page by page. The API has no cursors, so the next page starts at the time of the last row: what
    /// has come already is left out.
    ///
    /// `rows` is a JSON pointer to the rows in the query's `data`. The query takes the variables `since` and `limit`, and
    /// sorts by time:
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client) -> Result<(), cf_client::Error> {
    /// use serde_json::json;
    ///
    /// # #[allow(dead_code)]
    /// #[derive(serde::Deserialize)]
    /// struct Event {
    ///     datetime: String,
    ///     action: String,
    /// }
    /// const QUERY: &str = "query ($zone: string!, $since: Time!, $until: Time!, $limit: uint64!) {
    ///   viewer { zones(filter: { zoneTag: $zone }) {
    ///     firewallEventsAdaptive(
    ///       filter: { datetime_geq: $since, datetime_lt: $until }
    ///       orderBy: [datetime_ASC]
    ///       limit: $limit
    ///     ) { datetime action rayName }
    ///   } }
    /// }";
    /// let variables = json!({
    ///     "zone": "023e105f4ecef8ad9ca31a8372d0c353",
    ///     "since": "2026-11-24T10:00:00Z",
    ///     "until": "2026-11-24T11:00:00Z",
    ///     "limit": 1000,
    /// });
    /// let rows = "/viewer/zones/0/firewallEventsAdaptive";
    /// let mut pages = client.graphql_pages::<Event>(QUERY, &variables, rows);
    /// while let Some(page) = pages.next().await {
    ///     println!("{} events", page?.len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn graphql_pages<R: DeserializeOwned>(
        &self,
        query: impl Into<String>,
        variables: impl Serialize,
        rows: impl Into<String>,
    ) -> GraphqlPages<R> {
        let call = GraphqlCall::new((), query.into(), &variables);
        GraphqlPages::new(self.clone(), call, rows.into())
    }
}

/// A GraphQL query, to be sent: what [`Client::graphql_query`] returns.
#[must_use = "nothing is sent until this is awaited"]
pub struct GraphqlCall<C, T> {
    via: C,
    body: Map<String, Value>,
    settings: Call<(), Untyped>,
    data: PhantomData<fn() -> T>,
}

impl<C, T> GraphqlCall<C, T> {
    pub(crate) fn new(via: C, query: String, variables: &impl Serialize) -> Self {
        let mut body = Map::new();
        body.insert("query".to_owned(), query.into());
        // What is not JSON becomes a text, which is refused before it is sent.
        let variables = serde_json::to_value(variables).unwrap_or_else(|_| json!("not JSON"));
        if !variables.is_null() {
            body.insert("variables".to_owned(), variables);
        }
        GraphqlCall {
            via,
            body,
            settings: Call::untyped((), Method::POST, PATH),
            data: PhantomData,
        }
    }

    /// Names the operation to run, where the query has several.
    pub fn operation_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into().into();
        self.body.insert("operationName".to_owned(), name);
        self
    }

    /// Counts the query against the limits of the accounts and zones in it, each 300 queries in 5 minutes, in place of the
    /// credential's: see
    /// [account-based rate limiting](https://developers.cloudflare.com/analytics/graphql-api/account-based-rate-limiting/).
    pub fn account_based_limit(self) -> Self {
        let name = HeaderName::from_static("x-rate-limit-type");
        let value = HeaderValue::from_static("account-based");
        self.with(|call| call.header(name, value))
    }

    /// Sets what every call can set, such as its deadline: `.with(|call| call.deadline(limit))`.
    pub fn with(mut self, settings: impl FnOnce(Call<(), Untyped>) -> Call<(), Untyped>) -> Self {
        self.settings = settings(self.settings);
        self
    }

    /// What sends the query, and the query.
    pub(crate) fn split(self) -> (C, GraphqlCall<(), T>) {
        let call = GraphqlCall {
            via: (),
            body: self.body,
            settings: self.settings,
            data: PhantomData,
        };
        (self.via, call)
    }
}

impl<T: DeserializeOwned> GraphqlCall<(), T> {
    pub(crate) fn send_by(self, client: &Client) -> SendFuture<T> {
        let variables = self.body.get("variables");
        let checked = match variables.is_none_or(Value::is_object) {
            true => Ok(self.settings.json(&self.body)),
            false => {
                let message = "the variables of a query have to be an object, or `()` for none (nothing was sent)";
                let request = RequestInfo::untyped(Method::POST, PATH.to_owned());
                Err(Error::input(message).unsent(request))
            }
        };
        let call = checked.and_then(|call| PreparedCall::untyped(&client.0, call));
        SendFuture::new(&client.0, call, BodyMode::Buffer, decode::data)
    }
}

impl<T: DeserializeOwned> GraphqlCall<&Client, T> {
    /// Sends the query; `.await` does the same.
    pub fn send(self) -> SendFuture<T> {
        let (client, call) = self.split();
        call.send_by(client)
    }
}

impl<T: DeserializeOwned> IntoFuture for GraphqlCall<&Client, T> {
    type Output = <SendFuture<T> as Future>::Output;
    type IntoFuture = SendFuture<T>;

    fn into_future(self) -> SendFuture<T> {
        self.send()
    }
}

/// Shows neither query nor variables.
impl<C, T> fmt::Debug for GraphqlCall<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphqlCall").finish_non_exhaustive()
    }
}
