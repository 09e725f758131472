//! Who calls, and whether they may.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::Value;

use crate::access::permissions::{self, Permission, Target};
use crate::http::error::ApiError;
use crate::http::ip;
use crate::http::path::BASE_PATH;
use crate::http::path::Params;
use crate::http::request::Request;
use crate::store::clock;
use crate::store::credentials::TokenRef;
use crate::store::identity::{ACCOUNTS, ZONES, user_id};
use crate::store::{Object, Store, text};

/// What a caller may do.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    rights: Rights,
    token: Option<TokenRef>,
}

#[derive(Debug, Clone)]
enum Rights {
    Nothing,
    Everything,
    Policies(Vec<Value>),
}

impl Access {
    fn new(rights: Rights) -> Self {
        Self {
            rights,
            token: None,
        }
    }

    /// The token that was used, if it was one.
    pub(crate) fn token(&self) -> Option<&TokenRef> {
        self.token.as_ref()
    }

    pub(crate) fn permits(&self, group: &str, target: Target<'_>) -> bool {
        match &self.rights {
            Rights::Nothing => false,
            Rights::Everything => true,
            Rights::Policies(policies) => permissions::permit(policies, group, target),
        }
    }

    pub(crate) fn permits_zone(&self, group: &str, zone: &Object) -> bool {
        let account = zone
            .get("account")
            .and_then(|a| a["id"].as_str())
            .unwrap_or_default();
        self.permits(
            group,
            Target::Zone {
                id: text(zone, "id"),
                account,
            },
        )
    }
}

/// Checks the credential of a request.
pub(crate) fn authenticate(request: &Request, store: &Store) -> Result<Access, ApiError> {
    let headers = &request.headers;
    if headers.contains_key(AUTHORIZATION) {
        return bearer(request, store);
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
            Some(_) => Ok(Access::new(Rights::Everything)),
            None => Err(ApiError::unauthorized(10000, "Authentication error")),
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

fn bearer(request: &Request, store: &Store) -> Result<Access, ApiError> {
    let value = header(&request.headers, AUTHORIZATION.as_str())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| is_token(token))
        .ok_or_else(|| {
            invalid_headers().because(6111, "Invalid format for Authorization header")
        })?;
    let token = store
        .credentials()
        .token(value)
        .ok_or_else(|| unknown_token(&request.path))?;
    let object = store
        .get(&token.table, &token.id)
        .ok_or_else(|| unknown_token(&request.path))?;
    usable(object, request)?;
    let rights = if token.unlimited {
        Rights::Everything
    } else {
        Rights::Policies(
            object
                .get("policies")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
        )
    };
    Ok(Access {
        rights,
        token: Some(token.clone()),
    })
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

/// The products of the API disagree on how they turn down a token.
fn unknown_token(path: &str) -> ApiError {
    let path = path.strip_prefix(BASE_PATH).unwrap_or(path);
    if path.ends_with("/tokens/verify") {
        ApiError::unauthorized(1000, "Invalid API Token")
    } else if ["/zones", "/user", "/memberships"]
        .iter()
        .any(|start| path.starts_with(start))
        && !path.contains("/dns_")
    {
        ApiError::forbidden(9109, "Invalid access token")
    } else {
        ApiError::unauthorized(10000, "Authentication error")
    }
}

/// Whether a token may be used now and from here.
fn usable(token: &Object, request: &Request) -> Result<(), ApiError> {
    let early = token
        .get("not_before")
        .and_then(Value::as_str)
        .is_some_and(|t| !clock::is_past(t));
    let late = token
        .get("expires_on")
        .and_then(Value::as_str)
        .is_some_and(clock::is_past);
    if text(token, "status") != "active" || early || late {
        return Err(unknown_token(&request.path));
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
                Ok(Access::new(Rights::Everything))
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

/// Checks that what the path names exists and that the caller may use it.
pub(crate) fn authorize(
    request: &Request,
    store: &Store,
    permission: Permission,
    params: &Params,
    any_id: bool,
) -> Result<Access, ApiError> {
    if permission == Permission::Public {
        return Ok(Access::new(Rights::Nothing));
    }
    let access = authenticate(request, store)?;
    let zone = params.find("zone_id").map(|id| (id, store.get(ZONES, id)));
    let account = params
        .find("account_id")
        .map(|id| (id, store.get(ACCOUNTS, id)));
    let missing =
        |found: Option<(&str, Option<&Object>)>| !any_id && matches!(found, Some((_, None)));
    if missing(zone) {
        return Err(ApiError::not_found(1001, "Invalid zone identifier"));
    }
    if missing(account) {
        return Err(ApiError::no_route(&request.path));
    }
    let Permission::Group(group) = permission else {
        return Ok(access);
    };
    let permitted = match (zone, account) {
        (Some((_, Some(zone))), _) => access.permits_zone(group, zone),
        (_, Some((id, _))) => access.permits(group, Target::Account(id)),
        _ => {
            let path = request.path.strip_prefix(BASE_PATH).unwrap_or_default();
            let target = if path.starts_with("/user") || path.starts_with("/memberships") {
                Target::User(user_id(store))
            } else {
                Target::Any
            };
            access.permits(group, target)
        }
    };
    if permitted {
        Ok(access)
    } else {
        Err(denied(group, &access))
    }
}

/// The answer to a caller who lacks a permission. The real API does not say which one; a test that
/// fails for it should.
pub(crate) fn denied(group: &str, access: &Access) -> ApiError {
    let error = if ["Zone", "User", "Memberships", "API Tokens"]
        .iter()
        .any(|start| group.starts_with(start))
    {
        ApiError::forbidden(9109, "Unauthorized to access requested resource")
    } else {
        ApiError::forbidden(10000, "Authentication error")
    };
    error.hint(if access.permits(group, Target::Any) {
        format!("the token has the permission group \"{group}\", but its resources do not include this one")
    } else {
        format!("the token lacks the permission group \"{group}\"")
    })
}
