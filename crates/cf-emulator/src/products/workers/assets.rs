//! Static files of a script: a session says which of them are missing, they are
//! sent by their hashes, and the token in the last reply goes with the upload.

use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::name;
use crate::engine::call::{Call, Work, deferred};
use crate::engine::encoded::{self, Encoded};
use crate::engine::lock;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, Store, text};

/// Where the sessions of all accounts are, by their tokens.
const SESSIONS: &str = "workers/assets_sessions";
/// How many seconds a session's token is valid.
const LIFE: i64 = 3600;
/// How many hashes to ask for in one request.
const BUCKET: usize = 50;
const INVALID: u32 = 10021;

fn place(call: &Call<'_>) -> String {
    format!("accounts/{}/workers/assets", call.param("account_id"))
}

/// Opens a session for the files of a manifest, and lists the missing ones.
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
        let known = call.store.has_stored(&format!("{place}/{hash}"));
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

/// Whether files of a session are still missing in `place`.
fn is_missing(store: &Store, place: &str, session: &Object) -> bool {
    let mut hashes = files(session).map(|file| text(file, "hash"));
    hashes.any(|hash| !store.has_stored(&format!("{place}/{hash}")))
}

/// The files of a session's manifest.
fn files(session: &Object) -> impl Iterator<Item = &Object> {
    let files = session["manifest"].as_object();
    let files = files.into_iter().flat_map(Object::values);
    files.filter_map(Value::as_object)
}

/// The token of a request, and its session.
fn session_of<'a>(call: &'a Call<'_>) -> Result<(&'a str, &'a Object), ApiError> {
    let header = call.request.headers.get(AUTHORIZATION);
    let bearer = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let jwt = bearer.unwrap_or_default();
    let session = found(call, jwt).ok_or_else(|| match call.any_id {
        // Then it stands for a sample, like identifiers.
        true => ApiError::not_found(10000, "Authentication error"),
        false => ApiError::unauthorized(10000, "Authentication error"),
    })?;
    Ok((jwt, session))
}

pub(super) fn admitted(call: &Call<'_>) -> Result<(), ApiError> {
    session_of(call).map(drop)
}

/// Takes files in Base64, each in the field named by its hash.
pub(super) fn upload(call: &mut Call<'_>) -> Result<Work, ApiError> {
    let (jwt, session) = session_of(call)?;
    let (jwt, session) = (jwt.to_owned(), session.clone());
    let bad = || ApiError::bad_request(INVALID, "the body must be multipart/form-data");
    let form = call.request.form.as_ref().ok_or_else(bad)?;
    let mut sent = Vec::new();
    for part in &form.0 {
        if !files(&session).any(|file| text(file, "hash") == part.name) {
            let what = "is not in the manifest";
            return Err(ApiError::invalid_because(&part.name, what));
        }
        let file = Encoded {
            text: part.data.stored()?,
            is_base64: true,
        };
        sent.push((part.name.clone(), file));
    }
    let place = place(call);
    Ok(deferred(move |engine| async move {
        let refuse = |hash: &String| ApiError::invalid_because(hash, "is not Base64");
        let decoded = encoded::decode(&engine, sent, refuse).await?;
        let mut store = lock(&engine.store);
        for (hash, file) in decoded {
            store.set_stored(&format!("{place}/{hash}"), file);
        }
        let done = !is_missing(&store, &place, &session);
        Ok(Reply::result(
            json!({ "jwt": if done { Some(jwt) } else { None } }),
        ))
    }))
}

/// Whether an upload has static files, which must exist.
pub(super) fn attached(call: &Call<'_>, metadata: &Object) -> Result<bool, ApiError> {
    let Some(jwt) = metadata
        .get("assets")
        .and_then(|assets| assets["jwt"].as_str())
    else {
        return Ok(metadata.get("keep_assets") == Some(&Value::Bool(true)));
    };
    let session = found(call, jwt);
    match session.filter(|session| !is_missing(call.store, &place(call), session)) {
        Some(_) => Ok(true),
        None => Err(ApiError::bad_request(
            10021,
            "metadata.assets.jwt is not of a session whose files have all been sent",
        )),
    }
}
