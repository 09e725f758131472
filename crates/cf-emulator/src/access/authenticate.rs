//! Authentication: whose credential a request carries.

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::caller::Access;
use crate::http::error::ApiError;
use crate::http::ip;
use crate::http::request::Request;
use crate::store::{Object, Store, clock, text};

/// The error for a token that is unknown or no longer valid; it differs between
/// products of the API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenRefusal {
    pub(crate) status: StatusCode,
    pub(crate) code: u32,
    pub(crate) message: &'static str,
}

/// What most account products return.
pub(crate) const AUTHENTICATION_ERROR: TokenRefusal = TokenRefusal {
    status: StatusCode::UNAUTHORIZED,
    code: 10000,
    message: "Authentication error",
};

/// What zone and user products return.
pub(crate) const INVALID_ACCESS_TOKEN: TokenRefusal = TokenRefusal {
    status: StatusCode::FORBIDDEN,
    code: 9109,
    message: "Invalid access token",
};

impl From<TokenRefusal> for ApiError {
    fn from(refusal: TokenRefusal) -> Self {
        Self::new(refusal.status, refusal.code, refusal.message)
    }
}

/// Checks the credential of a request. An invalid token is rejected with
/// `refusal`.
pub(crate) fn authenticate(
    request: &Request,
    store: &Store,
    refusal: TokenRefusal,
) -> Result<Access, ApiError> {
    let headers = &request.headers;
    if headers.contains_key(AUTHORIZATION) {
        return bearer(request, store, refusal);
    }
    let (email, key) = (
        header(headers, "x-auth-email"),
        header(headers, "x-auth-key"),
    );
    if headers.contains_key("x-auth-email") || headers.contains_key("x-auth-key") {
        return api_key(store, email, key);
    }
    if headers.contains_key("x-auth-user-service-key") {
        let key = header(headers, "x-auth-user-service-key");
        return match key.filter(|key| store.credentials().has_service_key(key)) {
            Some(_) => Ok(Access::everything()),
            None => Err(AUTHENTICATION_ERROR.into()),
        };
    }
    Err(ApiError::unauthorized(
        9106,
        "Missing X-Auth-Key, X-Auth-Email or Authorization headers",
    ))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn bearer(request: &Request, store: &Store, refusal: TokenRefusal) -> Result<Access, ApiError> {
    let value = header(&request.headers, AUTHORIZATION.as_str())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| is_token(token))
        .ok_or_else(|| {
            invalid_headers().because(6111, "Invalid format for Authorization header")
        })?;
    let token = store.credentials().token(value).ok_or(refusal)?;
    let object = store.get(&token.table, &token.id).ok_or(refusal)?;
    usable(object, request, refusal)?;
    if token.unlimited {
        return Ok(Access::everything().with(token.clone()));
    }
    let policies = object.get("policies").and_then(Value::as_array);
    let policies = policies.cloned().unwrap_or_default();
    Ok(Access::by(policies).with(token.clone()))
}

/// Whether `text` could be a token.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn invalid_headers() -> ApiError {
    ApiError::bad_request(6003, "Invalid request headers")
}

/// Checks that a token may be used now and from this address.
fn usable(token: &Object, request: &Request, refusal: TokenRefusal) -> Result<(), ApiError> {
    let early = token
        .get("not_before")
        .and_then(Value::as_str)
        .is_some_and(|t| !clock::is_past(t));
    let late = token
        .get("expires_on")
        .and_then(Value::as_str)
        .is_some_and(clock::is_past);
    if text(token, "status") != "active" || early || late {
        return Err(refusal.into());
    }
    let condition = token.get("condition").unwrap_or(&Value::Null);
    let ip = condition
        .get("request.ip")
        .or_else(|| condition.get("request_ip"));
    let listed = |list: &str| {
        ip.and_then(|ip| ip[list].as_array())
            .filter(|ranges| !ranges.is_empty())
            .map(|ranges| {
                ranges
                    .iter()
                    .filter_map(Value::as_str)
                    .filter_map(ip::range)
                    .any(|range| range.contains(&request.peer))
            })
    };
    if listed("in") == Some(false) || listed("not_in") == Some(true) {
        return Err(ApiError::forbidden(
            9109,
            format!(
                "Cannot use the access token from location: {}",
                request.peer
            ),
        ));
    }
    Ok(())
}

fn api_key(store: &Store, email: Option<&str>, key: Option<&str>) -> Result<Access, ApiError> {
    let email_ok = email.is_some_and(|email| email.contains('@'));
    let key_ok = key.is_some_and(|k| k.len() >= 8 && k.bytes().all(is_token_byte));
    let mut error = invalid_headers();
    if !email_ok {
        error = error.because(6102, "Invalid format for X-Auth-Email header");
    }
    if !key_ok {
        error = error.because(6103, "Invalid format for X-Auth-Key header");
    }
    match (email, key) {
        (Some(email), Some(key)) if email_ok && key_ok => {
            if store.credentials().has_api_key(email, key) {
                Ok(Access::everything())
            } else {
                Err(ApiError::forbidden(
                    9103,
                    "Unknown X-Auth-Key or X-Auth-Email",
                ))
            }
        }
        _ => Err(error),
    }
}
