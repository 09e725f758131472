//! One call of one operation, as its handler sees it.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::Engine;
use super::codes::Refusal;
use crate::access::Access;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::file::Folder;
use crate::http::json;
use crate::http::made_up::MadeUp;
use crate::http::path::Params;
use crate::http::query::Query;
use crate::http::request::Request;
use crate::store::{Object, Store};

/// The description of an operation.
pub(crate) trait Described: fmt::Debug + Send + Sync {
    /// Whether a body can be a form with parts.
    fn takes_forms(&self) -> bool;

    /// Whether a body with these headers matters, if only to be refused.
    fn looks_into(&self, headers: &HeaderMap) -> bool;

    /// The body as JSON, if the description allows it. A form becomes an
    /// object; bytes are ignored.
    fn body(&self, call: &Call<'_>) -> Result<Value, ApiError>;

    /// Checks that everything is there that the path names, as far as that is
    /// known, except for what the operation adds.
    fn check_path(&self, store: &Store, params: &Params) -> Result<(), ApiError>;

    /// Checks that the things are there that the body names, where that is known.
    fn check_references(&self, call: &Call<'_>) -> Result<(), ApiError>;

    /// Forgets what belonged to a member that a call has deleted.
    fn forget_children(&self, store: &mut Store, params: &Params);

    /// The API's error for what the path names and is not there, if it is known.
    fn absent(&self, store: &Store, params: &Params) -> Option<&'static Refusal>;

    /// Answers a call.
    fn answer(&self, call: &mut Call<'_>) -> Outcome;

    /// A reply that the description allows, the same for the same request.
    fn sample(&self, call: &mut Call<'_>) -> Outcome;
}

/// One authorised call of one operation.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) params: &'a Params,
    pub(crate) query: Query,
    pub(crate) access: Access,
    pub(crate) store: &'a mut Store,
    /// Where long replies go until they are sent, if not into memory.
    pub(crate) folder: Option<&'a Folder>,
    /// The operation's description.
    pub(crate) operation: Option<&'a dyn Described>,
    /// Answer for unknown identifiers with samples.
    pub(crate) any_id: bool,
    /// What the reply makes up.
    pub(crate) made_up: MadeUp,
}

impl Call<'_> {
    /// The value of a parameter that the route's path names.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name)
    }

    /// The body, which must be a JSON object with a JSON content type.
    pub(crate) fn json(&self) -> Result<Object, ApiError> {
        if let Some(kind) = self.request.headers.get(CONTENT_TYPE)
            && !kind
                .to_str()
                .is_ok_and(|kind| kind.to_ascii_lowercase().contains("json"))
        {
            return Err(ApiError::bad_request(
                9207,
                "Content-type must be application/json.",
            ));
        }
        self.object()
    }

    /// The body, which must be a JSON object: most products ignore the content
    /// type.
    pub(crate) fn object(&self) -> Result<Object, ApiError> {
        match self.any_json()? {
            Value::Object(object) => Ok(object),
            _ => Err(malformed()),
        }
    }

    /// The body as an object, checked against the description. If it does not
    /// match, the error has the `code` of the product.
    pub(crate) fn described(&self, code: u32) -> Result<Object, ApiError> {
        let body = match self.operation {
            Some(operation) => operation.body(self),
            None => self.any_json(),
        };
        match body.map_err(|error| error.coded(code))? {
            Value::Object(object) => Ok(object),
            Value::Null => Ok(Object::new()),
            _ => Err(malformed().coded(code)),
        }
    }

    /// The body, which must be JSON.
    pub(crate) fn any_json(&self) -> Result<Value, ApiError> {
        json::parse(&self.request.body).map_err(|_| malformed())
    }
}

fn malformed() -> ApiError {
    ApiError::bad_request(6007, "Malformed JSON in request body")
}

/// Work that a handler leaves to be done without the store's lock.
pub(crate) type Work = Box<dyn FnOnce(Arc<Engine>) -> BoxFuture<'static, Outcome> + Send>;

/// Leaves `work` to be done without the store's lock.
pub(crate) fn deferred<F>(work: impl FnOnce(Arc<Engine>) -> F + Send + 'static) -> Work
where
    F: Future<Output = Outcome> + Send + 'static,
{
    Box::new(|engine| work(engine).boxed())
}
