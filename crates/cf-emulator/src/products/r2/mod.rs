//! R2 buckets: <https://developers.cloudflare.com/api/resources/r2/>.

mod conditions;
mod objects;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::json::object;
use crate::http::{ids, paging};
use crate::store::{clock, text};

pub(super) struct R2;

impl Product for R2 {
    fn name(&self) -> &'static str {
        "r2"
    }

    fn title(&self) -> &'static str {
        "R2"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/r2"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Workers R2 Storage Read"), Group("Workers R2 Storage Write"));
    vec![
        Route::new(Method::POST, "accounts/{account_id}/r2/temp-access-credentials", write, lend),
        Route::new(Method::GET, "accounts/{account_id}/r2/buckets", read, list),
        Route::new(Method::POST, "accounts/{account_id}/r2/buckets", write, create),
        Route::new(Method::GET, "accounts/{account_id}/r2/buckets/{bucket_name}", read, get),
        Route::new(Method::PATCH, "accounts/{account_id}/r2/buckets/{bucket_name}", write, edit),
        Route::new(Method::DELETE, "accounts/{account_id}/r2/buckets/{bucket_name}", write, delete),
        Route::new(Method::GET, "accounts/{account_id}/r2/buckets/{bucket_name}/objects", read, objects::list),
        Route::new(Method::DELETE, "accounts/{account_id}/r2/buckets/{bucket_name}/objects", write, objects::delete_many),
        Route::new(Method::GET, "accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}", read, objects::get).with("object_key", Param::Rest),
        Route::new(Method::PUT, "accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}", write, objects::put).streaming(objects::STREAM).with("object_key", Param::Rest),
        Route::new(Method::DELETE, "accounts/{account_id}/r2/buckets/{bucket_name}/objects/{object_key}", write, objects::delete).with("object_key", Param::Rest),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/r2/buckets", call.param("account_id"))
}

fn missing() -> ApiError {
    ApiError::not_found(10006, "The specified bucket does not exist.")
}

/// Where the objects of the bucket in the path are; the bucket must exist.
fn objects_of(call: &Call<'_>) -> Result<String, ApiError> {
    let (buckets, name) = (table(call), call.param("bucket_name"));
    call.store.get(&buckets, name).ok_or_else(missing)?;
    Ok(format!("{buckets}/{name}/objects"))
}

/// Where a list continues: after this name.
fn start(call: &Call<'_>) -> Result<Option<String>, ApiError> {
    let Some(cursor) = call.query.get("cursor") else {
        return Ok(call.query.get("start_after").map(str::to_owned));
    };
    let name = paging::position(cursor);
    name.map(Some)
        .ok_or_else(|| ApiError::bad_request(10005, "The continuation token is not valid."))
}

/// How many items a page may have.
fn size(call: &Call<'_>, default: usize) -> Result<usize, ApiError> {
    Ok(paging::positive(&call.query, "per_page")?
        .unwrap_or(default)
        .min(1000))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let (after, size) = (start(call)?, size(call, 20)?);
    let descending = call.query.one_of("direction", &["asc", "desc"])? == Some("desc");
    let part = call.query.get("name_contains").unwrap_or_default();
    let table = table(call);
    let mut rows: Vec<_> = call
        .store
        .rows(&table)
        .filter(|row| text(row, "name").contains(part))
        .collect();
    rows.sort_by(|a, b| text(a, "name").cmp(text(b, "name")));
    if descending {
        rows.reverse();
    }
    let is_after = |name: &str| match &after {
        None => true,
        Some(after) if descending => name < after.as_str(),
        Some(after) => name > after.as_str(),
    };
    rows.retain(|row| is_after(text(row, "name")));
    let more = rows.len() > size;
    rows.truncate(size);
    let mut info = json!({ "per_page": size });
    if let Some(last) = rows.last().filter(|_| more) {
        info["cursor"] = paging::cursor(text(last, "name")).into();
    }
    Ok(Reply::Enveloped {
        result: json!({ "buckets": rows }),
        result_info: Some(info),
        messages: Vec::new(),
    })
}

/// 3 to 63 lowercase letters, digits and hyphens, no hyphen at either end.
fn is_name(name: &str) -> bool {
    let usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(usual)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Where a bucket has to stay, by a header.
fn jurisdiction<'c>(call: &'c Call<'_>) -> Result<&'c str, ApiError> {
    const HEADER: &str = "cf-r2-jurisdiction";
    let asked = call.request.headers.get(HEADER);
    let asked = asked.map_or(Ok(""), |value| value.to_str());
    match asked.unwrap_or("?") {
        "" => Ok("default"),
        known @ ("default" | "eu" | "us" | "fedramp" | "fedramp-high") => Ok(known),
        _ => Err(ApiError::invalid_because(
            HEADER,
            "there is no such jurisdiction",
        )),
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.object()?;
    let name = text(&body, "name");
    if !is_name(name) {
        return Err(ApiError::bad_request(
            10005,
            "The specified bucket name is not valid.",
        ));
    }
    let table = table(call);
    if call.store.get(&table, name).is_some() {
        let message = "The bucket you tried to create already exists, and you own it.";
        return Err(ApiError::new(StatusCode::CONFLICT, 10004, message));
    }
    let class = match body.get("storageClass").map(Value::as_str) {
        None => "Standard",
        Some(Some(class @ ("Standard" | "InfrequentAccess"))) => class,
        Some(_) => {
            return Err(ApiError::bad_request(
                10062,
                "The storage class specified is not valid.",
            ));
        }
    };
    let jurisdiction = jurisdiction(call)?;
    let bucket = object(json!({
        "name": name,
        "creation_date": clock::now(),
        "location": body.get("locationHint").cloned().unwrap_or_else(|| "WNAM".into()),
        "storage_class": class,
        "jurisdiction": jurisdiction,
    }));
    call.store.table_mut(&table).put_as(name, bucket.clone());
    Ok(Reply::result(bucket))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let bucket = call.store.get(&table(call), call.param("bucket_name"));
    Ok(Reply::result(bucket.ok_or_else(missing)?.clone()))
}

/// Only the storage class of new objects can be changed, by header.
fn edit(call: &mut Call<'_>) -> Outcome {
    let class = call
        .request
        .headers
        .get("cf-r2-storage-class")
        .and_then(|value| value.to_str().ok());
    if class.is_some_and(|class| !matches!(class, "Standard" | "InfrequentAccess")) {
        return Err(ApiError::bad_request(
            10062,
            "The storage class specified is not valid.",
        ));
    }
    let (table, name) = (table(call), call.params.get("bucket_name"));
    let bucket = call
        .store
        .table_mut(&table)
        .get_mut(name)
        .ok_or_else(missing)?;
    if let Some(class) = class {
        bucket.insert("storage_class".to_owned(), class.into());
    }
    get(call)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let (objects, table) = (objects_of(call)?, table(call));
    if call.store.rows(&objects).next().is_some() {
        let message = "The bucket you tried to delete is not empty.";
        return Err(ApiError::new(StatusCode::CONFLICT, 10008, message));
    }
    let name = call.params.get("bucket_name");
    call.store.table_mut(&table).remove(name);
    call.store.remove_below(&format!("{table}/{name}"));
    Ok(Reply::result(json!({})))
}

/// The longest that lent credentials are valid, in seconds.
const LONGEST_LOAN: i64 = 604_800;

/// Makes credentials for the S3 API, which the emulator does not have.
fn lend(call: &mut Call<'_>) -> Outcome {
    let body = call.described(10001)?;
    let buckets = table(call);
    call.store
        .get(&buckets, text(&body, "bucket"))
        .ok_or_else(missing)?;
    let seconds = body.get("ttlSeconds").and_then(serde_json::Value::as_i64);
    if seconds.is_some_and(|seconds| !(1..=LONGEST_LOAN).contains(&seconds)) {
        let message = "ttlSeconds must be between 1 and 604800";
        return Err(ApiError::bad_request(10001, message));
    }
    Ok(Reply::result(json!({
        "accessKeyId": ids::hex32(),
        "secretAccessKey": format!("{}{}", ids::hex32(), ids::hex32()),
        "sessionToken": ids::jwt(&json!({ "bucket": body["bucket"], "scope": body["permission"] })),
    })))
}
