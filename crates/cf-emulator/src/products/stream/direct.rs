//! Uploads in one form: by the account, or by whoever has an address for one video.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::addresses::{UPLOADS, expiry, found, url};
use super::{INVALID, bad, tus, videos};
use crate::engine::call::Call;
use crate::engine::route::Stream;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, text};

/// How long an address works, unless the caller says otherwise.
const LIFE: SignedDuration = SignedDuration::from_mins(30);

/// Whatever is neither a form nor begins an upload in parts is of no use.
pub(super) const SMALL: Stream = Stream {
    most: Some(64 << 10),
    too_large: ApiError::too_large,
    large_only: true,
};

/// The size limit of a form's fields. The file is longer, and nobody keeps it.
pub(super) const FIELD: usize = 64 << 10;

/// Uploads a form with a file, or begins an upload in parts.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    if call.request.headers.contains_key(tus::RESUMABLE) {
        return tus::create(call);
    }
    has_file(call)?;
    let uid = videos::add(call, &Object::new());
    let account = call.param("account_id").to_owned();
    videos::uploaded(call.store, &account, &uid, None);
    let video = call.store.get(&videos::table_of(&account), &uid).cloned();
    Ok(Reply::result(Value::from(video.unwrap_or_default())))
}

fn has_file(call: &Call<'_>) -> Result<(), ApiError> {
    let form = call.request.form.as_ref();
    let file = form.and_then(|form| form.part("file"));
    file.map(drop)
        .ok_or_else(|| bad("the body must be a form with a file in the field file"))
}

/// Makes an address that takes one video as a form.
pub(super) fn address(call: &mut Call<'_>) -> Outcome {
    let mut body = call.described(INVALID)?;
    let seconds = body.get("maxDurationSeconds").and_then(Value::as_i64);
    if !seconds.is_some_and(|seconds| (1..=36_000).contains(&seconds)) {
        return Err(bad("maxDurationSeconds must be between 1 and 36000"));
    }
    let expires = expiry(body.get("expiry"), LIFE)?;
    body.insert("uploadExpiry".to_owned(), expires.as_str().into());
    let uid = videos::add(call, &body);
    let upload = ids::secret("", 40);
    let row = json!({ "account": call.param("account_id"), "uid": uid, "kind": "form", "expires": expires });
    call.store.table_mut(UPLOADS).put_as(&upload, object(row));
    let url = url(call, upload);
    Ok(Reply::result(
        json!({ "uid": uid, "uploadURL": url, "watermark": null, "scheduledDeletion": body.get("scheduledDeletion") }),
    ))
}

pub(super) fn admitted(call: &Call<'_>) -> Result<(), ApiError> {
    found(call, call.param("upload"), "form").map(drop)
}

/// Takes the one video of an address.
pub(super) fn upload(call: &mut Call<'_>) -> Outcome {
    let upload = call.param("upload").to_owned();
    let row = found(call, &upload, "form")?.clone();
    has_file(call)?;
    call.store.table_mut(UPLOADS).remove(&upload);
    videos::uploaded(call.store, text(&row, "account"), text(&row, "uid"), None);
    Ok(Reply::Stored {
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
    })
}
