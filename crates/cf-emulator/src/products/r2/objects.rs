//! Objects: bytes under a key, with their HTTP metadata.

use std::collections::BTreeSet;

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::conditions::{self, Answer};
use super::{objects_of, size, start};
use crate::engine::call::Call;
use crate::engine::route::Stream;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::{Object, clock, text};

/// Headers that are stored with an object, with their names in listings.
const KEPT: &[(&str, HeaderName)] = &[
    ("contentType", CONTENT_TYPE),
    ("contentLanguage", CONTENT_LANGUAGE),
    ("contentDisposition", CONTENT_DISPOSITION),
    ("contentEncoding", CONTENT_ENCODING),
    ("cacheControl", CACHE_CONTROL),
];
/// The prefix of headers with the caller's own metadata.
const META: &[&str] = &["x-amz-meta-", "cf-r2-meta-"];
const LONGEST_KEY: usize = 1024;
/// The largest object that R2 accepts in one request: 5 GiB less 5 MiB.
const LARGEST: u64 = (5 << 30) - (5 << 20);

pub(super) const STREAM: Stream = Stream {
    most: Some(LARGEST),
    too_large: ApiError::too_large,
    large_only: false,
};

fn missing() -> ApiError {
    ApiError::not_found(10007, "The specified key does not exist.")
}

/// Where the bytes of an object are.
fn place(objects: &str, key: &str) -> String {
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
    let headers = &call.request.headers;
    conditions::of_put(headers, call.store.get(&objects, key))?;
    let Some(upload) = call.request.upload.clone() else {
        return Err(ApiError::bad_request(10001, "The body is missing."));
    };
    let header = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut http_metadata = Object::new();
    for (field, name) in KEPT {
        if let Some(value) = header(name) {
            http_metadata.insert((*field).to_owned(), value.into());
        }
    }
    let custom = headers.iter().filter_map(|(name, value)| {
        let name = META
            .iter()
            .find_map(|start| name.as_str().strip_prefix(start))?;
        Some((name.to_owned(), Value::from(value.to_str().ok()?)))
    });
    let class = header(&HeaderName::from_static("cf-r2-storage-class")).unwrap_or("Standard");
    let size = upload.file.size();
    let row = object(json!({
        "key": key,
        "etag": upload.md5,
        "size": size,
        "last_modified": clock::now(),
        "http_metadata": http_metadata,
        "custom_metadata": custom.collect::<Object>(),
        "storage_class": class,
        "ssec": false,
    }));
    // Here sizes are strings, in listings numbers.
    let stored = json!({
        "key": key,
        "etag": row["etag"],
        "size": size.to_string(),
        "uploaded": row["last_modified"],
        "storage_class": class,
        "version": ids::hex32(),
    });
    call.store.table_mut(&objects).put_as(key, row);
    call.store.set_file(place(&objects, key), upload.file);
    Ok(Reply::result(stored))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let (objects, key) = (objects_of(call)?, call.param("object_key"));
    let row = call.store.get(&objects, key).ok_or_else(missing)?;
    let file = call.store.file(&place(&objects, key)).ok_or_else(missing)?;
    let mut headers = HeaderMap::new();
    let kind = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, kind);
    for (field, name) in KEPT {
        let value = row["http_metadata"][*field].as_str();
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    let custom = row["custom_metadata"].as_object();
    for (name, value) in custom.into_iter().flatten() {
        let name = HeaderName::try_from(format!("{}{name}", META[0]));
        let value = value.as_str().map(HeaderValue::from_str);
        if let (Ok(name), Some(Ok(value))) = (name, value) {
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
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let answer = conditions::of_get(&call.request.headers, row, file.size())?;
    let (status, part) = match answer {
        Answer::Unchanged => (StatusCode::NOT_MODIFIED, None),
        Answer::Whole => (StatusCode::OK, Some(0..file.size())),
        Answer::Part(range) => {
            let (first, last) = (range.start, range.end - 1);
            let shown = format!("bytes {first}-{last}/{}", file.size());
            if let Ok(shown) = HeaderValue::from_str(&shown) {
                headers.insert(CONTENT_RANGE, shown);
            }
            (StatusCode::PARTIAL_CONTENT, Some(range))
        }
    };
    let part = part.map(|range| (file.clone(), range));
    Ok(Reply::File {
        status,
        headers,
        part,
    })
}

/// Deleting what does not exist is no error.
/// The most keys of a deletion of many.
const MOST_KEYS: usize = 1000;

/// Deletes the objects that the body names, or all whose keys begin with the query's `prefix`.
pub(super) fn delete_many(call: &mut Call<'_>) -> Outcome {
    let objects = objects_of(call)?;
    // An empty prefix is one, too: then it is the whole bucket.
    let prefix = call.query.iter().find(|(name, _)| *name == "prefix");
    let prefix = prefix.map(|(_, prefix)| prefix.to_owned());
    let keys: Vec<String> = match prefix {
        Some(prefix) => {
            let keys = call.store.rows(&objects).map(|row| text(row, "key"));
            let keys = keys.filter(|key| key.starts_with(&prefix));
            keys.map(str::to_owned).collect()
        }
        None => {
            let body = call.any_json()?;
            let keys = body.as_array().and_then(|keys| {
                let keys = keys.iter().map(|key| key.as_str().map(str::to_owned));
                keys.collect::<Option<Vec<_>>>()
            });
            keys.filter(|keys| (1..=MOST_KEYS).contains(&keys.len()))
                .ok_or_else(|| {
                    ApiError::bad_request(10001, "The body must be a list of 1 to 1000 keys.")
                })?
        }
    };
    for key in &keys {
        call.store.table_mut(&objects).remove(key);
        call.store.remove_file(&place(&objects, key));
    }
    let deleted: Vec<Value> = keys.iter().map(|key| json!({ "key": key })).collect();
    Ok(Reply::result(deleted))
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let (objects, key) = (objects_of(call)?, call.params.get("object_key"));
    call.store.table_mut(&objects).remove(key);
    call.store.remove_file(&place(&objects, key));
    Ok(Reply::result(json!({ "key": key })))
}

/// Objects in the order of their keys; with a delimiter, those that are equal
/// up to it are one prefix.
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
        info["cursor"] = paging::cursor(last).into();
    }
    Ok(Reply::list(shown, info))
}
