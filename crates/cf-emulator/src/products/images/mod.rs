//! Images: <https://developers.cloudflare.com/api/resources/images/>. What is kept of an image is what the API says of
//! it; its content is not.

mod uploads;
mod variants;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::permissions::Permission::{Group, Public};
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::paging;
use crate::store::{Object, text};

/// The code of requests that are wrong.
const INVALID: u32 = 5400;
/// How many images a page has, and has at most.
const PAGE: usize = 1000;
const LARGEST_PAGE: usize = 10_000;
/// How many images an account may have.
const MOST: usize = 100_000;
const LONGEST_METADATA: usize = 1024;

pub(super) struct Images;

impl Product for Images {
    fn name(&self) -> &'static str {
        "images"
    }

    fn title(&self) -> &'static str {
        "Images"
    }

    #[rustfmt::skip]
    fn routes(&self) -> Vec<Route> {
        let (read, write) = (Group("Images Read"), Group("Images Write"));
        vec![
            Route::new(Method::GET, "accounts/{account_id}/images/v1", read, list),
            Route::new(Method::POST, "accounts/{account_id}/images/v1", write, uploads::create),
            Route::new(Method::GET, "accounts/{account_id}/images/v1/stats", read, stats),
            Route::new(Method::GET, "accounts/{account_id}/images/v1/variants", read, variants::list),
            Route::new(Method::POST, "accounts/{account_id}/images/v1/variants", write, variants::create),
            Route::new(Method::GET, "accounts/{account_id}/images/v1/variants/{variant_id}", read, variants::get).with("variant_id", Param::Text),
            Route::new(Method::PATCH, "accounts/{account_id}/images/v1/variants/{variant_id}", write, variants::edit).with("variant_id", Param::Text),
            Route::new(Method::DELETE, "accounts/{account_id}/images/v1/variants/{variant_id}", write, variants::delete).with("variant_id", Param::Text),
            Route::new(Method::GET, "accounts/{account_id}/images/v1/variants/{variant_id}/flat", read, variants::get_flat).with("variant_id", Param::Text),
            Route::new(Method::GET, "accounts/{account_id}/images/v1/{image_id}", read, get).with("image_id", Param::Text),
            Route::new(Method::PATCH, "accounts/{account_id}/images/v1/{image_id}", write, edit).with("image_id", Param::Text),
            Route::new(Method::DELETE, "accounts/{account_id}/images/v1/{image_id}", write, delete).with("image_id", Param::Text),
            Route::new(Method::GET, "accounts/{account_id}/images/v2", read, list_by_token),
            Route::new(Method::POST, "accounts/{account_id}/images/v2/direct_upload", write, uploads::address),
            // Whoever has the address may upload one image, without a credential.
            Route::new(Method::POST, "upload/images/{upload}", Public, uploads::upload).admitting(uploads::admitted),
        ]
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/images"]
    }
}

fn table_of(account: &str) -> String {
    format!("accounts/{account}/images/v1")
}

fn table(call: &Call<'_>) -> String {
    table_of(call.param("account_id"))
}

fn missing() -> ApiError {
    ApiError::not_found(5404, "Image not found")
}

fn bad(why: &str) -> ApiError {
    ApiError::bad_request(INVALID, format!("Bad request: {why}"))
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let image = call.store.get(&table(call), call.param("image_id"));
    image.ok_or_else(missing)
}

/// Where an image is in each variant.
fn addresses(call: &Call<'_>, account: &str, id: &str) -> Value {
    let variants = format!("{}/variants", table_of(account));
    let names = call.store.rows(&variants).map(|row| text(row, "id"));
    let origin = call.request.origin("http");
    let names = std::iter::once("public").chain(names.filter(|name| *name != "public"));
    names
        .map(|name| format!("{origin}/{account}/{id}/{name}"))
        .collect()
}

/// Settings of an image, as a form or JSON has them.
fn settings(body: &Object) -> Result<Object, ApiError> {
    let mut settings = Object::new();
    let metadata = match body.get("metadata") {
        Some(Value::String(json)) => {
            let parsed = serde_json::from_str(json);
            Some(parsed.map_err(|_| bad("metadata must be a JSON object"))?)
        }
        other => other.cloned(),
    };
    match metadata {
        None | Some(Value::Null) => {}
        Some(metadata @ Value::Object(_)) => {
            if metadata.to_string().len() > LONGEST_METADATA {
                return Err(bad("metadata must not have more than 1024 bytes"));
            }
            settings.insert("meta".to_owned(), metadata);
        }
        Some(_) => return Err(bad("metadata must be a JSON object")),
    }
    match body.get("requireSignedURLs") {
        None | Some(Value::Null) => {}
        Some(given) => {
            let signed = match given {
                Value::Bool(signed) => Some(*signed),
                Value::String(text) => text.parse().ok(),
                _ => None,
            };
            let signed = signed.ok_or_else(|| bad("requireSignedURLs must be true or false"))?;
            settings.insert("requireSignedURLs".to_owned(), signed.into());
        }
    }
    if let Some(creator) = body.get("creator") {
        settings.insert("creator".to_owned(), creator.clone());
    }
    Ok(settings)
}

/// Images that were uploaded, by the query's creator.
fn rows<'a>(call: &'a Call<'_>, table: &str) -> impl Iterator<Item = &'a Object> {
    let wanted = call.query.iter().find(|(name, _)| *name == "creator");
    let wanted = wanted.map(|(_, creator)| creator.to_owned());
    call.store.rows(table).filter(move |image| {
        let is_draft = image.get("draft") == Some(&Value::Bool(true));
        let is_wanted = |wanted: &String| text(image, "creator") == wanted;
        !is_draft && wanted.as_ref().is_none_or(is_wanted)
    })
}

fn page_size(call: &Call<'_>) -> Result<usize, ApiError> {
    let given = paging::positive(&call.query, "per_page").map_err(|error| error.coded(INVALID))?;
    Ok(given.unwrap_or(PAGE).min(LARGEST_PAGE))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let size = page_size(call)?;
    let page = paging::positive(&call.query, "page").map_err(|error| error.coded(INVALID))?;
    let before = (page.unwrap_or(1) - 1).saturating_mul(size);
    let table = table(call);
    let images: Vec<_> = rows(call, &table).skip(before).take(size).collect();
    Ok(Reply::result(json!({ "images": images })))
}

/// The newer list, which continues after the last image of the page before.
fn list_by_token(call: &mut Call<'_>) -> Outcome {
    let size = page_size(call)?;
    let order = call.query.one_of("sort_order", &["asc", "desc"]);
    let order = order.map_err(|error| error.coded(INVALID))?;
    let after = match call.query.get("continuation_token") {
        None => None,
        Some(token) => {
            let id = paging::position(token);
            Some(id.ok_or_else(|| bad("continuation_token is not valid"))?)
        }
    };
    let table = table(call);
    let mut images: Vec<_> = rows(call, &table).collect();
    if order != Some("asc") {
        images.reverse();
    }
    if let Some(after) = after {
        let position = images.iter().position(|image| text(image, "id") == after);
        images.drain(..position.map_or(images.len(), |position| position + 1));
    }
    let more = images.len() > size;
    images.truncate(size);
    let last = images.last().filter(|_| more);
    let token = last.map(|image| paging::cursor(text(image, "id")));
    Ok(Reply::result(
        json!({ "images": images, "continuation_token": token }),
    ))
}

fn stats(call: &mut Call<'_>) -> Outcome {
    let current = call.store.rows(&table(call)).count();
    Ok(Reply::result(
        json!({ "count": { "allowed": MOST, "current": current } }),
    ))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(found(call)?.clone()))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let settings = settings(&call.described(INVALID)?)?;
    let (table, id) = (table(call), call.params.get("image_id"));
    if let Some(image) = call.store.table_mut(&table).get_mut(id) {
        image.extend(settings);
    }
    get(call)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, id) = (table(call), call.params.get("image_id"));
    call.store.table_mut(&table).remove(id);
    Ok(Reply::result(json!({})))
}

fn taken() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, 5409, "Resource already exists")
}
