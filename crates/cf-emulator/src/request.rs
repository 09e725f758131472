//! A request as handlers see it.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use crate::auth::Access;
use crate::described::{self, Operation};
use crate::error::ApiError;
use crate::form::{self, Data, Form};
use crate::store::stored::Upload;
use crate::store::{Object, Store};

/// A request with its body read.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// As it came, percent-encoded.
    pub(crate) path: String,
    /// As it came, without the question mark.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// The body; of one that goes elsewhere, at most the start.
    pub(crate) body: Bytes,
    /// The body, where the operation takes it as a file.
    pub(crate) upload: Option<Upload>,
    /// The body, where it is a form and the operation takes one.
    pub(crate) form: Option<Form>,
    /// What a large body takes of the room for all.
    pub(crate) room: Option<OwnedSemaphorePermit>,
    pub(crate) peer: std::net::IpAddr,
    /// It came over TLS.
    pub(crate) secure: bool,
}

impl Request {
    /// Whether the body is a form with parts, as its headers say.
    pub(crate) fn is_form(&self) -> bool {
        form::is_form(&self.headers)
    }

    /// The form in the body, or one without parts if there is no body.
    pub(crate) fn form_or_empty(&self) -> Option<&Form> {
        static EMPTY: Form = Form(Vec::new());
        match &self.form {
            None if self.body.is_empty() => Some(&EMPTY),
            form => form.as_ref(),
        }
    }

    /// The body, where it is no form.
    pub(crate) fn content(&self) -> Data {
        match &self.upload {
            Some(upload) => Data::File(upload.clone()),
            None => Data::Memory(self.body.clone()),
        }
    }

    /// How the caller reaches the emulator: `http://host:port`. `scheme` is
    /// the one without TLS.
    pub(crate) fn origin(&self, scheme: &str) -> String {
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok());
        let secure = if self.secure { "s" } else { "" };
        format!("{scheme}{secure}://{}", host.unwrap_or("localhost"))
    }
}

/// The query parameters, decoded, in their order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The first value of `name`; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, v)| n == name && !v.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of `name`, which must be one of `allowed`.
    pub(crate) fn one_of(&self, name: &str, allowed: &[&str]) -> Result<Option<&str>, ApiError> {
        match self.get(name) {
            Some(value) if !allowed.contains(&value) => Err(ApiError::bad_request(
                1003,
                format!("Invalid query parameter {name}"),
            )),
            value => Ok(value),
        }
    }
}

/// One authorised call of one operation.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) params: &'a Params,
    pub(crate) query: Query,
    pub(crate) access: Access,
    pub(crate) store: &'a mut Store,
    /// What the description says of the operation.
    pub(crate) operation: Option<&'a Operation>,
    /// Identifiers that nothing has stand for samples.
    pub(crate) any_id: bool,
}

impl Call<'_> {
    /// The value of a parameter that the route's path names.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name)
    }

    /// The body, which must be a JSON object and say so.
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

    /// The body, which must be a JSON object: most products do not look at
    /// what it says it is.
    pub(crate) fn object(&self) -> Result<Object, ApiError> {
        match self.any_json()? {
            Value::Object(object) => Ok(object),
            _ => Err(malformed()),
        }
    }

    /// The body as an object, checked against the description. Where it does
    /// not fit, the refusal has the `code` of the product.
    pub(crate) fn described(&self, code: u32) -> Result<Object, ApiError> {
        let body = match self.operation {
            Some(operation) => described::body(operation, self),
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
        crate::json::parse(&self.request.body).map_err(|_| malformed())
    }
}

fn malformed() -> ApiError {
    ApiError::bad_request(6007, "Malformed JSON in request body")
}

/// What the variable segments of a path hold, decoded.
#[derive(Debug, Default)]
pub(crate) struct Params(pub(crate) Vec<(&'static str, String)>);

impl Params {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value.as_str())
    }
}
