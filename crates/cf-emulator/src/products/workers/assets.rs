//! Static files of a script: a session says which of them are wanted, they are
//! sent by their hashes, and the token of the last reply goes with the upload.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::name;
use crate::envelope::{Outcome, Reply};
use crate::error::ApiError;
use crate::ids;
use crate::multipart;
use crate::request::Call;
use crate::seed::object;
use crate::store::{Object, text};

/// Where the sessions of all accounts are, by their tokens.
const SESSIONS: &str = "workers/assets_sessions";
/// Seconds that the token of a session is good for.
const LIFE: i64 = 3600;
/// Hashes that are asked for in one request.
const BUCKET: usize = 50;
const INVALID: u32 = 10021;

fn place(call: &Call<'_>) -> String {
    format!("accounts/{}/workers/assets", call.param("account_id"))
}

/// Opens a session for the files of a manifest, and names those that are not here yet.
pub(super) fn session(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let manifest = body.get("manifest").and_then(Value::as_object);
    let manifest = manifest.ok_or_else(|| ApiError::invalid("manifest"))?;
    let place = place(call);
    let mut wanted: Vec<String> = Vec::new();
    for file in manifest.values() {
        let hash = file["hash"].as_str().unwrap_or_default();
        let is_hash =
            (1..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_hash {
            let what = "must be letters and digits";
            return Err(ApiError::invalid_because("manifest.hash", what));
        }
        let known = call.store.blob(&format!("{place}/{hash}")).is_some();
        if !known && !wanted.iter().any(|other| other == hash) {
            wanted.push(hash.to_owned());
        }
    }
    let now = Timestamp::now().as_second();
    let account = call.param("account_id");
    let jwt = ids::jwt(
        &json!({ "iat": now, "exp": now + LIFE, "account_id": account, "script": name(call) }),
    );
    let row = object(json!({ "account": account, "expires": now + LIFE, "manifest": manifest }));
    let sessions = call.store.table_mut(SESSIONS);
    let over: Vec<String> = sessions
        .entries()
        .filter(|(_, row)| is_over(row))
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in over {
        sessions.remove(&key);
    }
    sessions.put_as(&jwt, row);
    let buckets: Vec<_> = wanted.chunks(BUCKET).collect();
    Ok(Reply::result(json!({ "jwt": jwt, "buckets": buckets })))
}

fn is_over(session: &Object) -> bool {
    session["expires"]
        .as_i64()
        .is_none_or(|end| end <= Timestamp::now().as_second())
}

/// The session of a token, in the account of the path.
fn found<'a>(call: &'a Call<'_>, jwt: &str) -> Option<&'a Object> {
    let session = call.store.get(SESSIONS, jwt)?;
    let own = text(session, "account") == call.param("account_id");
    (own && !is_over(session)).then_some(session)
}

/// The hashes of a session whose files are not here.
fn missing(call: &Call<'_>, session: &Object) -> bool {
    let place = place(call);
    let files = session["manifest"].as_object();
    let mut hashes = files.into_iter().flat_map(Object::values);
    hashes.any(|file| {
        let hash = file["hash"].as_str().unwrap_or_default();
        call.store.blob(&format!("{place}/{hash}")).is_none()
    })
}

/// Takes files in Base64, each in the field that its hash names.
pub(super) fn upload(call: &mut Call<'_>) -> Outcome {
    let header = call.request.headers.get(AUTHORIZATION);
    let bearer = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let jwt = bearer.unwrap_or_default().to_owned();
    let session = found(call, &jwt).cloned();
    let session = session.ok_or_else(|| match call.any_id {
        // Then it stands for a sample, as identifiers do.
        true => ApiError::not_found(10000, "Authentication error"),
        false => ApiError::unauthorized(10000, "Authentication error"),
    })?;
    let bad = || ApiError::bad_request(INVALID, "the body must be multipart/form-data");
    let request = call.request;
    let parts = multipart::parse(&request.headers, &request.body).ok_or_else(bad)?;
    let place = place(call);
    let mut decoded = Vec::new();
    for part in parts {
        let bytes = BASE64_STANDARD
            .decode(part.data)
            .map_err(|_| ApiError::invalid_because(&part.name, "is no Base64"))?;
        let files = session["manifest"].as_object();
        let mut files = files.into_iter().flat_map(Object::values);
        if !files.any(|file| file["hash"] == part.name.as_str()) {
            return Err(ApiError::invalid_because(
                &part.name,
                "is not in the manifest",
            ));
        }
        decoded.push((format!("{place}/{}", part.name), Bytes::from(bytes)));
    }
    for (path, bytes) in decoded {
        call.store.set_blob(path, bytes);
    }
    let done = !missing(call, &session);
    Ok(Reply::result(
        json!({ "jwt": if done { Some(jwt) } else { None } }),
    ))
}

/// Whether an upload brings files, which must be here.
pub(super) fn attached(call: &Call<'_>, metadata: &Object) -> Result<bool, ApiError> {
    let Some(jwt) = metadata
        .get("assets")
        .and_then(|assets| assets["jwt"].as_str())
    else {
        return Ok(metadata.get("keep_assets") == Some(&Value::Bool(true)));
    };
    let session = found(call, jwt);
    match session.filter(|session| !missing(call, session)) {
        Some(_) => Ok(true),
        None => Err(ApiError::bad_request(
            10021,
            "metadata.assets.jwt is not of a session whose files have all been sent",
        )),
    }
}
