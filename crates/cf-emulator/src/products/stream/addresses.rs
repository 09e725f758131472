//! Addresses of uploads that are not complete. They take no credential.

use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{bad, missing, videos};
use crate::engine::call::Call;
use crate::http::error::ApiError;
use crate::http::path::BASE_PATH;
use crate::store::{Object, clock, text};

/// Where the uploads of all accounts are that are not complete: by the last part of their address.
pub(super) const UPLOADS: &str = "stream/uploads";

/// When an address expires: `given`, which is a while from now, or by default.
pub(super) fn expiry(given: Option<&Value>, default: SignedDuration) -> Result<String, ApiError> {
    let now = Timestamp::now();
    let at = match given {
        None | Some(Value::Null) => now + default,
        Some(given) => {
            let at = given.as_str().and_then(|text| text.parse().ok());
            at.filter(|at| *at > now)
                .ok_or_else(|| bad("expiry must be a time to come"))?
        }
    };
    Ok(format!("{at:.0}"))
}

/// The address of an upload without a credential.
pub(super) fn url(call: &Call<'_>, upload: impl Display) -> String {
    let origin = call.request.origin("http");
    format!("{origin}{BASE_PATH}/upload/stream/{upload}")
}

/// The upload of an address, which has not expired.
pub(super) fn found<'a>(
    call: &'a Call<'_>,
    upload: &str,
    kind: &str,
) -> Result<&'a Object, ApiError> {
    let row = call.store.get(UPLOADS, upload);
    let row = row.filter(|row| text(row, "kind") == kind && !clock::is_past(text(row, "expires")));
    let row = row.ok_or_else(missing)?;
    // It is gone if the video is.
    let table = videos::table_of(text(row, "account"));
    let video = call.store.get(&table, text(row, "uid"));
    video.ok_or_else(missing)?;
    Ok(row)
}
