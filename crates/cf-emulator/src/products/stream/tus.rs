//! Uploads in parts: tus 1.0.0, <https://tus.io/protocols/resumable-upload>, with Stream's rules for parts.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::addresses::{UPLOADS, expiry, found, url};
use super::{bad, videos};
use crate::engine::call::Call;
use crate::engine::route::Stream;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::path::BASE_PATH;
use crate::store::{Object, text};

pub(super) const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const CREATOR: HeaderName = HeaderName::from_static("upload-creator");
const MEDIA_ID: HeaderName = HeaderName::from_static("stream-media-id");
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");

/// The largest video.
const LARGEST: u64 = 30 << 30;
/// The least and the most bytes of a part that is not the last one, and what they are a multiple of.
const LEAST: u64 = 5 << 20;
const MOST: u64 = 200 << 20;
const MULTIPLE: u64 = 256 << 10;
/// How long an upload can be continued, unless the caller says otherwise.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

pub(super) const CHUNK: Stream = Stream {
    most: Some(MOST),
    too_large: ApiError::too_large,
    large_only: false,
};

/// A reply without a body.
fn reply(
    status: StatusCode,
    headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Reply {
    let mut all = HeaderMap::from_iter(headers);
    all.insert(RESUMABLE, VERSION);
    all.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Reply::File {
        status,
        headers: all,
        part: None,
    }
}

fn header<'a>(call: &'a Call<'_>, name: &HeaderName) -> Option<&'a str> {
    call.request.headers.get(name)?.to_str().ok()
}

fn checked_version(call: &Call<'_>) -> Result<(), ApiError> {
    match call.request.headers.get(RESUMABLE) {
        Some(version) if version == VERSION => Ok(()),
        _ => Err(ApiError::new(
            StatusCode::PRECONDITION_FAILED,
            super::INVALID,
            "Tus-Resumable must be 1.0.0",
        )),
    }
}

/// Settings of the video: pairs of a name and a value in Base64, separated by commas. What is no setting goes to the
/// video's `meta`.
fn settings(metadata: &str) -> Result<Object, ApiError> {
    let (mut settings, mut meta) = (Object::new(), Object::new());
    for pair in metadata.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let value = BASE64_STANDARD.decode(value.trim()).ok();
        let value = value.and_then(|value| String::from_utf8(value).ok());
        let value = value.ok_or_else(|| bad(format!("Upload-Metadata: {name} is not Base64")))?;
        let number = || value.parse().map(serde_json::Number::from_f64);
        let (field, value) = match name.to_ascii_lowercase().as_str() {
            "requiresignedurls" => ("requireSignedURLs", json!(value != "false")),
            "allowedorigins" => {
                let origins: Vec<&str> = value.split(',').map(str::trim).collect();
                ("allowedOrigins", json!(origins))
            }
            "maxdurationseconds" => {
                let seconds: Result<i64, _> = value.parse();
                let seconds = seconds.map_err(|_| bad("maxDurationSeconds must be a number"))?;
                ("maxDurationSeconds", json!(seconds))
            }
            "thumbnailtimestamppct" => {
                let share = number().map_err(|_| bad("thumbnailtimestamppct must be a number"))?;
                ("thumbnailTimestampPct", json!(share))
            }
            "scheduleddeletion" => ("scheduledDeletion", json!(value)),
            "expiry" => ("expiry", json!(value)),
            _ => {
                meta.insert(name.to_owned(), value.into());
                continue;
            }
        };
        settings.insert(field.to_owned(), value);
    }
    settings.insert("meta".to_owned(), meta.into());
    Ok(settings)
}

/// Begins an upload: its address is in `Location`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    checked_version(call)?;
    let length: Option<u64> = header(call, &LENGTH).and_then(|length| length.parse().ok());
    let length = length.filter(|length| *length > 0);
    let length = length.ok_or_else(|| bad("Upload-Length must be the number of bytes"))?;
    if length > LARGEST {
        return Err(ApiError::too_large());
    }
    let mut settings = settings(header(call, &METADATA).unwrap_or_default())?;
    if let Some(creator) = header(call, &CREATOR) {
        settings.insert("creator".to_owned(), creator.into());
    }
    let expires = expiry(settings.get("expiry"), LIFE)?;
    settings.insert("uploadExpiry".to_owned(), expires.as_str().into());
    let uid = videos::add(call, &settings);
    let is_direct = call.query.get("direct_user") == Some("true");
    let (key, location) = match is_direct {
        true => {
            let upload = ids::secret("", 40);
            (upload.clone(), url(call, upload))
        }
        false => {
            let (origin, account) = (call.request.origin("http"), call.param("account_id"));
            (
                uid.clone(),
                format!("{origin}{BASE_PATH}/accounts/{account}/stream/{uid}"),
            )
        }
    };
    let row = json!({
        "account": call.param("account_id"),
        "uid": uid,
        "kind": "tus",
        "expires": expires,
        "length": length,
        "offset": 0,
    });
    call.store.table_mut(UPLOADS).put_as(&key, object(row));
    let location = HeaderValue::try_from(format!("{location}?tusv2=true"));
    let uid = HeaderValue::try_from(uid);
    let (Ok(location), Ok(uid)) = (location, uid) else {
        return Err(bad("the Host header can't be part of an address"));
    };
    Ok(reply(
        StatusCode::CREATED,
        [(LOCATION, location), (MEDIA_ID, uid)],
    ))
}

/// The key of the upload in the path, and the upload.
fn in_path(call: &Call<'_>) -> Result<(String, Object), ApiError> {
    let key = call
        .params
        .find("upload")
        .unwrap_or_else(|| call.params.get("identifier"));
    let row = found(call, key, "tus")?;
    // An account's own address is for its own tokens.
    let account = call.params.find("account_id");
    match account.is_none_or(|account| account == text(row, "account")) {
        true => Ok((key.to_owned(), row.clone())),
        false => Err(super::missing()),
    }
}

pub(super) fn admitted(call: &Call<'_>) -> Result<(), ApiError> {
    in_path(call).map(drop)
}

fn number(row: &Object, field: &str) -> u64 {
    row.get(field).and_then(Value::as_u64).unwrap_or_default()
}

/// How far an upload is.
pub(super) fn offset(call: &mut Call<'_>) -> Outcome {
    checked_version(call)?;
    let (_, row) = in_path(call)?;
    let headers = [
        (OFFSET, number(&row, "offset").into()),
        (LENGTH, number(&row, "length").into()),
    ];
    Ok(reply(StatusCode::OK, headers))
}

/// Takes the next part.
pub(super) fn append(call: &mut Call<'_>) -> Outcome {
    checked_version(call)?;
    let (key, row) = in_path(call)?;
    let (at, length) = (number(&row, "offset"), number(&row, "length"));
    if header(call, &CONTENT_TYPE) != Some("application/offset+octet-stream") {
        let message = "Content-Type must be application/offset+octet-stream";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(ApiError::new(status, super::INVALID, message));
    }
    if header(call, &OFFSET).and_then(|offset| offset.parse().ok()) != Some(at) {
        let message = format!("Upload-Offset must be {at}");
        return Err(ApiError::new(StatusCode::CONFLICT, super::INVALID, message));
    }
    let upload = call.request.upload.as_ref();
    let size = upload.map_or(call.request.body.len() as u64, |upload| upload.file.size());
    let end = at + size;
    if end > length {
        return Err(bad(format!(
            "the part ends {} bytes after the video",
            end - length
        )));
    }
    let fits = (LEAST..=MOST).contains(&size) && size.is_multiple_of(MULTIPLE);
    if end < length && !fits {
        return Err(bad(
            "all parts but the last must have 5 to 200 MiB, in multiples of 256 KiB",
        ));
    }
    if let Some(row) = call.store.table_mut(UPLOADS).get_mut(&key) {
        row.insert("offset".to_owned(), end.into());
    }
    if end == length && at < length {
        videos::uploaded(
            call.store,
            text(&row, "account"),
            text(&row, "uid"),
            Some(length),
        );
    }
    Ok(reply(StatusCode::NO_CONTENT, [(OFFSET, end.into())]))
}
