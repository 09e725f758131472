//! Videos, by their `uid`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{INVALID, bad, missing};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::paging;
use crate::store::{Object, Store, clock, text};

/// The most videos of a list.
const MOST: usize = 1000;
/// What a caller can set.
const SETTINGS: &[&str] = &[
    "allowedOrigins",
    "creator",
    "maxDurationSeconds",
    "meta",
    "publicDetails",
    "requireSignedURLs",
    "scheduledDeletion",
    "thumbnailTimestampPct",
    "uploadExpiry",
];

pub(super) fn table_of(account: &str) -> String {
    format!("accounts/{account}/stream")
}

fn table(call: &Call<'_>) -> String {
    table_of(call.param("account_id"))
}

/// Adds a video that was not uploaded yet, with the settings among `body`. Returns its `uid`.
pub(super) fn add(call: &mut Call<'_>, body: &Object) -> String {
    let (uid, now) = (ids::hex32(), clock::now());
    let origin = call.request.origin("http");
    let host = format!("{origin}/{uid}");
    let mut video = object(json!({
        "uid": uid,
        "creator": null,
        "thumbnail": format!("{host}/thumbnails/thumbnail.jpg"),
        "thumbnailTimestampPct": 0,
        "readyToStream": false,
        "readyToStreamAt": null,
        "status": { "state": "pendingupload", "errorReasonCode": "", "errorReasonText": "" },
        "meta": {},
        "created": now,
        "modified": now,
        "scheduledDeletion": null,
        "size": -1,
        "preview": format!("{host}/watch"),
        "allowedOrigins": [],
        "requireSignedURLs": false,
        "uploaded": null,
        "uploadExpiry": null,
        "maxSizeBytes": null,
        "maxDurationSeconds": null,
        "duration": -1,
        "input": { "width": -1, "height": -1 },
        "playback": {
            "hls": format!("{host}/manifest/video.m3u8"),
            "dash": format!("{host}/manifest/video.mpd"),
        },
        "watermark": null,
        "clippedFrom": null,
        "publicDetails": null,
    }));
    set(&mut video, body);
    let table = table(call);
    call.store.table_mut(&table).put_as(&uid, video);
    uid
}

/// The content of a video has arrived; `size` if that is known.
pub(super) fn uploaded(store: &mut Store, account: &str, uid: &str, size: Option<u64>) {
    let now = clock::now();
    if let Some(video) = store.table_mut(&table_of(account)).get_mut(uid) {
        let ready = json!({
            "status": { "state": "ready", "pctComplete": "100.000000", "errorReasonCode": "", "errorReasonText": "" },
            "readyToStream": true,
            "readyToStreamAt": now,
            "uploaded": now,
            "modified": now,
            "size": size,
        });
        video.extend(object(ready));
        if size.is_none() {
            video.insert("size".to_owned(), json!(-1));
        }
    }
}

fn set(video: &mut Object, body: &Object) {
    for field in SETTINGS {
        if let Some(value) = body.get(*field) {
            video.insert((*field).to_owned(), value.clone());
        }
    }
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let video = call.store.get(&table(call), call.param("identifier"));
    video.ok_or_else(missing)
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?.clone()))
}

/// By the time of their creation, latest first.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let query = &call.query;
    let time = |names: [&str; 2]| -> Result<Option<Timestamp>, ApiError> {
        let given = names.iter().find_map(|name| query.get(name));
        let parsed = given.map(str::parse).transpose();
        parsed.map_err(|_| bad(format!("{} must be a time", names[0])))
    };
    let (after, before) = (time(["start", "after"])?, time(["end", "before"])?);
    let limit = paging::positive(query, "limit").map_err(|error| error.coded(INVALID))?;
    let is = |video: &Object, field: &str, parameter: &str| {
        query
            .get(parameter)
            .is_none_or(|wanted| text(video, field) == wanted)
    };
    let ids = query
        .get("id")
        .map(|ids| ids.split(',').collect::<Vec<_>>());
    let named = |video: &Object, parameter: &str, whole: bool| {
        let name = video["meta"]["name"].as_str().unwrap_or_default();
        query.get(parameter).is_none_or(|wanted| match whole {
            true => name == wanted,
            false => name.contains(wanted),
        })
    };
    let mut videos: Vec<_> = call
        .store
        .rows(&table(call))
        .filter(|video| {
            let created = text(video, "created").parse::<Timestamp>().ok();
            let state = video["status"]["state"].as_str();
            after.is_none_or(|after| created.is_some_and(|at| at > after))
                && before.is_none_or(|before| created.is_some_and(|at| at < before))
                && query
                    .get("status")
                    .is_none_or(|wanted| state == Some(wanted))
                && ids
                    .as_ref()
                    .is_none_or(|ids| ids.contains(&text(video, "uid")))
                && is(video, "creator", "creator")
                && is(video, "liveInput", "live_input_id")
                && named(video, "search", false)
                && named(video, "name", true)
                && named(video, "video_name", true)
        })
        .collect();
    if query.get("asc") != Some("true") {
        videos.reverse();
    }
    videos.truncate(limit.unwrap_or(MOST).min(MOST));
    Ok(Reply::result(json!(videos)))
}

pub(super) fn edit(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let body = call.described(INVALID)?;
    let (table, uid) = (table(call), call.params.get("identifier"));
    if let Some(video) = call.store.table_mut(&table).get_mut(uid) {
        set(video, &body);
        video.insert("modified".to_owned(), clock::now().into());
    }
    get(call)
}

pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, uid) = (table(call), call.params.get("identifier"));
    call.store.table_mut(&table).remove(uid);
    call.store.remove_below(&format!("{table}/{uid}"));
    Ok(Reply::Stored {
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
    })
}

/// The address is not fetched: the video is there as if it had been.
pub(super) fn copy(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let url = text(&body, "url");
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err(bad("url must be the address of a video"));
    }
    let uid = add(call, &body);
    let account = call.param("account_id").to_owned();
    uploaded(call.store, &account, &uid, None);
    let video = call.store.get(&table(call), &uid).cloned();
    Ok(Reply::result(Value::from(video.unwrap_or_default())))
}
