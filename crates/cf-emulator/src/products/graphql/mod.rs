//! The GraphQL Analytics API: <https://developers.cloudflare.com/analytics/graphql-api/>.
//!
//! A query reads rows that a seed has put there. What it cannot have here is an error, never an empty result: datasets
//! without rows that are not among the usual ones, fields that no row has, introspection, settings.

mod compare;
mod datasets;
mod filter;
mod groups;
mod query;
mod rows;
mod scopes;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::permissions::Permission::SignedIn;
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::engine::seed::SeedError;
use crate::http::envelope::{Outcome, Reply};

pub(crate) use datasets::add_to;

pub(super) struct Graphql;

impl Product for Graphql {
    fn name(&self) -> &'static str {
        "graphql"
    }

    fn title(&self) -> &'static str {
        "GraphQL Analytics"
    }

    fn routes(&self) -> Vec<Route> {
        vec![Route::new(Method::POST, "graphql", SignedIn, answer)]
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/analytics", "zones/{}/analytics"]
    }

    fn seed(&self, engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
        datasets::seed(engine, seed)
    }
}

/// Why a query fails. The status stays 200.
struct Failure {
    message: String,
    /// Fields from the outermost on.
    path: Vec<String>,
    code: Option<&'static str>,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            path: Vec::new(),
            code: None,
        }
    }

    fn unknown_field(name: &str) -> Self {
        Self::new(format!("unknown field \"{name}\""))
    }

    fn unauthorized(message: impl Into<String>) -> Self {
        Self {
            code: Some("authz"),
            ..Self::new(message)
        }
    }

    /// The same inside this field.
    fn within(mut self, field: impl Into<String>) -> Self {
        self.path.insert(0, field.into());
        self
    }

    fn into_reply(self) -> Value {
        let path = match self.path.is_empty() {
            true => Value::Null,
            false => self.path.into(),
        };
        let mut extensions = json!({ "timestamp": Timestamp::now().to_string() });
        if let Some(code) = self.code {
            extensions["code"] = code.into();
        }
        json!({
            "data": null,
            "errors": [{ "message": self.message, "path": path, "extensions": extensions }],
        })
    }
}

fn answer(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let answer = query::parse(&body).and_then(|fields| scopes::root(call, &fields));
    Ok(Reply::Json(match answer {
        Ok(data) => json!({ "data": data, "errors": null }),
        Err(failure) => failure.into_reply(),
    }))
}
