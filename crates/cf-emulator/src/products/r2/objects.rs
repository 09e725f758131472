//! Objects: bytes under a key, with what HTTP says about them.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG,
    LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{objects_of, size, start};
use crate::clock;
use crate::envelope::{Outcome, Reply};
use crate::error::ApiError;
use crate::ids;
use crate::request::Call;
use crate::seed::object;
use crate::snapshot::hex;
use crate::store::{Object, text};

/// Headers that are kept with an object, by their name in listings.
const KEPT: &[(&str, HeaderName)] = &[
    ("contentType", CONTENT_TYPE),
    ("contentLanguage", CONTENT_LANGUAGE),
    ("contentDisposition", CONTENT_DISPOSITION),
    ("contentEncoding", CONTENT_ENCODING),
    ("cacheControl", CACHE_CONTROL),
];
const LONGEST_KEY: usize = 1024;

fn missing() -> ApiError {
    ApiError::not_found(10007, "The specified key does not exist.")
}

fn blob(objects: &str, key: &str) -> String {
    format!("{objects}/{}", key.replace('%', "%25").replace('/', "%2F"))
}

pub(super) fn put(call: &mut Call<'_>) -> Outcome {
    let objects = objects_of(call)?;
    let key = call.params.get("object_key");
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(ApiError::bad_request(
            10020,
            "The specified object name is not valid.",
        ));
    }
    let (headers, body) = (&call.request.headers, call.request.body.clone());
    let header = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut http_metadata = Object::new();
    for (field, name) in KEPT {
        if let Some(value) = header(name) {
            http_metadata.insert((*field).to_owned(), value.into());
        }
    }
    let custom = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-amz-meta-")?;
        Some((name.to_owned(), Value::from(value.to_str().ok()?)))
    });
    let class = header(&HeaderName::from_static("cf-r2-storage-class")).unwrap_or("Standard");
    let row = object(json!({
        "key": key,
        "etag": etag(&body),
        "size": body.len(),
        "last_modified": clock::now(),
        "http_metadata": http_metadata,
        "custom_metadata": custom.collect::<Object>(),
        "storage_class": class,
        "ssec": false,
    }));
    // Here sizes are text, in listings numbers.
    let stored = json!({
        "key": key,
        "etag": row["etag"],
        "size": body.len().to_string(),
        "uploaded": row["last_modified"],
        "storage_class": class,
        "version": ids::hex32(),
    });
    call.store.table_mut(&objects).put_as(key, row);
    call.store.set_blob(blob(&objects, key), body);
    Ok(Reply::result(stored))
}

/// A fingerprint of the bytes. Unlike R2's it is not their MD5.
fn etag(bytes: &[u8]) -> String {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, bytes).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", hash(0), hash(1))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let (objects, key) = (objects_of(call)?, call.param("object_key"));
    let row = call.store.get(&objects, key).ok_or_else(missing)?;
    let mut headers = HeaderMap::new();
    let kind = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, kind);
    for (field, name) in KEPT {
        let value = row["http_metadata"][*field].as_str();
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", text(row, "etag"))) {
        headers.insert(ETAG, etag);
    }
    let modified = text(row, "last_modified").parse::<Timestamp>();
    let modified = modified.map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Some(Ok(modified)) = modified.ok().map(|text| HeaderValue::from_str(&text)) {
        headers.insert(LAST_MODIFIED, modified);
    }
    let body = call
        .store
        .blob(&blob(&objects, key))
        .cloned()
        .unwrap_or_default();
    Ok(Reply::Stored { headers, body })
}

/// Deleting what is not there is no error.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (objects, key) = (objects_of(call)?, call.params.get("object_key"));
    call.store.table_mut(&objects).remove(key);
    call.store.remove_blob(&blob(&objects, key));
    Ok(Reply::result(json!({ "key": key })))
}

/// Objects in the order of their keys; with a delimiter, what is alike up to it
/// is one prefix.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let objects = objects_of(call)?;
    let (after, size) = (start(call)?, size(call, 1000)?);
    let prefix = call.query.get("prefix").unwrap_or_default();
    let delimiter = call.query.get("delimiter");
    let mut rows: Vec<_> = call
        .store
        .rows(&objects)
        .filter(|row| text(row, "key").starts_with(prefix))
        .filter(|row| {
            after
                .as_ref()
                .is_none_or(|after| text(row, "key") > after.as_str())
        })
        .collect();
    rows.sort_by(|a, b| text(a, "key").cmp(text(b, "key")));
    let (mut shown, mut prefixes, mut last, mut more) = (Vec::new(), BTreeSet::new(), "", false);
    for row in rows {
        let key = text(row, "key");
        let common = delimiter.and_then(|delimiter| {
            let end = key[prefix.len()..].find(delimiter)? + prefix.len() + delimiter.len();
            Some(&key[..end])
        });
        let known = common.is_some_and(|common| prefixes.contains(common));
        if !known && shown.len() + prefixes.len() == size {
            more = true;
            break;
        }
        last = key;
        match common {
            Some(common) => {
                prefixes.insert(common);
            }
            None => shown.push(Value::Object(row.clone())),
        }
    }
    let mut info = json!({ "per_page": size, "is_truncated": more, "delimited": prefixes });
    if more {
        info["cursor"] = hex(last.as_bytes()).into();
    }
    Ok(Reply::list(shown, info))
}
