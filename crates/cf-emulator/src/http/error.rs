//! The API's errors.

use std::io;

use http::{Method, StatusCode};
use serde_json::{Value, json};

/// An error: an HTTP status and one or more coded messages.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    status: StatusCode,
    errors: Vec<Value>,
    of_state: bool,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            errors: Vec::new(),
            of_state: false,
        }
        .and(code, message)
    }

    pub(crate) fn bad_request(code: u32, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn unauthorized(code: u32, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    pub(crate) fn forbidden(code: u32, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    pub(crate) fn not_found(code: u32, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// No such path, or an invalid identifier in it.
    pub(crate) fn no_route(path: &str) -> Self {
        Self::not_found(
            7003,
            format!("Could not route to {path}, perhaps your object identifier is invalid?"),
        )
        .and(7000, "No route for that URI")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            10405,
            "Method not allowed for this authentication scheme",
        )
    }

    /// A field or parameter that is missing or has an invalid value.
    pub(crate) fn invalid(field: &str) -> Self {
        Self::bad_request(1003, format!("Invalid or missing {field}")).at(field)
    }

    /// A field or parameter that is invalid for a given reason.
    pub(crate) fn invalid_because(field: &str, why: &str) -> Self {
        Self::bad_request(1003, format!("Invalid or missing {field}: {why}")).at(field)
    }

    /// An operation that the emulator does not carry out, and why.
    pub(crate) fn not_emulated(method: &Method, path: &str, why: &str) -> Self {
        let message = format!("The emulator does not carry out {method} {path}: {why}");
        Self::new(StatusCode::NOT_IMPLEMENTED, 10501, message)
    }

    /// The request body is too large.
    pub(crate) fn too_large() -> Self {
        let message = "Request body is too large";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, 10413, message)
    }

    /// Stored data cannot be read.
    pub(crate) fn unreadable(error: &io::Error) -> Self {
        let message = "The emulator cannot read its state";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, 10500, message).hint(error.to_string())
    }

    /// A change cannot be written.
    pub(crate) fn unsaved(why: &str) -> Self {
        let message = "The emulator cannot write its state";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, 10500, message).hint(why)
    }

    /// Gives the first message a product's own code.
    pub(crate) fn coded(mut self, code: u32) -> Self {
        if let Some(first) = self.errors.first_mut() {
            first["code"] = code.into();
        }
        self
    }

    /// A further message.
    pub(crate) fn and(mut self, code: u32, message: impl Into<String>) -> Self {
        self.errors
            .push(json!({ "code": code, "message": message.into() }));
        self
    }

    /// The cause below the last message (`error_chain`).
    pub(crate) fn because(mut self, code: u32, message: impl Into<String>) -> Self {
        if let Some(Value::Object(last)) = self.errors.last_mut()
            && let Some(chain) = last
                .entry("error_chain")
                .or_insert_with(|| json!([]))
                .as_array_mut()
        {
            chain.push(json!({ "code": code, "message": message.into() }));
        }
        self
    }

    /// What the emulator knows about the cause beyond what the API would say.
    pub(crate) fn hint(mut self, message: impl Into<String>) -> Self {
        if let Some(last) = self.errors.last_mut() {
            last["error_chain"] = json!([{ "message": message.into() }]);
        }
        self
    }

    /// Where in the request body the last message points.
    fn at(mut self, field: &str) -> Self {
        if let Some(last) = self.errors.last_mut() {
            last["source"] = json!({ "pointer": format!("/{}", field.replace('.', "/")) });
        }
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The same error, marked as one that depends on the state although its
    /// status does not say so.
    pub(crate) fn of_state(self) -> Self {
        Self {
            of_state: true,
            ..self
        }
    }

    pub(crate) fn hangs_on_state(&self) -> bool {
        self.of_state
    }

    /// The code of the first message.
    pub(crate) fn code(&self) -> Option<u64> {
        self.errors.first()?["code"].as_u64()
    }

    /// The code and text of the first message, for people who seed data.
    pub(crate) fn summary(&self) -> String {
        match self.errors.first() {
            Some(first) => {
                format!(
                    "{} ({})",
                    first["message"].as_str().unwrap_or_default(),
                    first["code"]
                )
            }
            None => self.status.to_string(),
        }
    }

    pub(crate) fn into_envelope(self) -> Value {
        json!({ "result": null, "success": false, "errors": self.errors, "messages": [] })
    }
}
