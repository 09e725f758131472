//! Files of direct uploads: each is sent once and then known by its hash. The
//! caller has a token that is valid for a few minutes.

use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{found, invalid};
use crate::engine::call::{Call, Work, deferred};
use crate::engine::encoded::{self, Encoded};
use crate::engine::lock;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, text};

/// Where the tokens of all accounts are.
const TOKENS: &str = "pages/upload_tokens";
/// How many seconds a token is valid.
const LIFE: i64 = 300;
/// The most files of a deployment.
const MOST_FILES: usize = 20_000;
/// The most bytes of a file.
const LARGEST_FILE: u64 = 25 << 20;

pub(super) fn token(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let now = Timestamp::now().as_second();
    let account = call.param("account_id");
    let claims = json!({ "iat": now, "exp": now + LIFE, "account_id": account, "max_file_count_allowed": MOST_FILES });
    let jwt = ids::jwt(&claims);
    let row = object(json!({ "account": account, "expires": now + LIFE }));
    let old: Vec<String> = call
        .store
        .table(TOKENS)
        .into_iter()
        .flat_map(|rows| rows.entries())
        .filter(|(_, row)| is_over(row))
        .map(|(key, _)| key.to_owned())
        .collect();
    let tokens = call.store.table_mut(TOKENS);
    for key in old {
        tokens.remove(&key);
    }
    tokens.put_as(&jwt, row);
    Ok(Reply::result(json!({ "jwt": jwt })))
}

fn is_over(token: &Object) -> bool {
    token["expires"]
        .as_i64()
        .is_none_or(|end| end <= Timestamp::now().as_second())
}

/// Where the files of the token's account are.
fn place(call: &Call<'_>) -> Result<String, ApiError> {
    let header = call.request.headers.get(AUTHORIZATION);
    let bearer = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = bearer.and_then(|jwt| call.store.get(TOKENS, jwt));
    match token.filter(|token| !is_over(token)) {
        Some(token) => Ok(format!("accounts/{}/pages/assets", text(token, "account"))),
        // Then it stands for a sample, like identifiers.
        None if call.any_id => Err(ApiError::not_found(8_000_013, "Authorization failed")),
        None => Err(ApiError::unauthorized(8_000_013, "Authorization failed")),
    }
}

pub(super) fn admitted(call: &Call<'_>) -> Result<(), ApiError> {
    place(call).map(drop)
}

fn hashes(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let body = call.object()?;
    let hashes = body.get("hashes").and_then(Value::as_array);
    let hashes = hashes.and_then(|all| {
        all.iter()
            .map(|hash| hash.as_str().map(str::to_owned))
            .collect()
    });
    hashes.ok_or_else(|| invalid("hashes", "must be a list of strings"))
}

/// The hashes whose files are still missing.
pub(super) fn check_missing(call: &mut Call<'_>) -> Outcome {
    let place = place(call)?;
    let hashes = hashes(call)?.into_iter();
    let missing = hashes.filter(|hash| !call.store.has_stored(&format!("{place}/{hash}")));
    Ok(Reply::result(missing.collect::<Vec<String>>()))
}

/// All files are checked before the first is stored.
pub(super) fn upload(call: &mut Call<'_>) -> Result<Work, ApiError> {
    let place = place(call)?;
    let Value::Array(files) = call.any_json()? else {
        return Err(invalid("body", "must be a list of files"));
    };
    let mut sent = Vec::new();
    for mut file in files {
        let value = file.get_mut("value").map(Value::take);
        let key = file["key"]
            .as_str()
            .filter(|key| !key.is_empty() && !key.contains('/'));
        let (Some(key), Some(Value::String(value))) = (key, value) else {
            return Err(invalid("body", "every file must have a key and a value"));
        };
        let encoded = Encoded::new(value, file["base64"] == true);
        sent.push((format!("{place}/{key}"), encoded));
    }
    Ok(deferred(move |engine| async move {
        let refuse = |_: &_| invalid("value", "is not base64");
        let decoded = encoded::decode(&engine, sent, refuse).await?;
        if decoded.iter().any(|(_, file)| file.len() > LARGEST_FILE) {
            return Err(invalid("value", "is larger than 25 MiB"));
        }
        let count = decoded.len();
        let mut store = lock(&engine.store);
        for (path, file) in decoded {
            store.set_stored(&path, file);
        }
        Ok(Reply::result(
            json!({ "successful_key_count": count, "unsuccessful_keys": [] }),
        ))
    }))
}

/// Marks files as still used; they must exist.
pub(super) fn upsert_hashes(call: &mut Call<'_>) -> Outcome {
    let place = place(call)?;
    for hash in hashes(call)? {
        if !call.store.has_stored(&format!("{place}/{hash}")) {
            return Err(invalid("hashes", &format!("{hash} was not uploaded")));
        }
    }
    Ok(Reply::result(Value::Null))
}
