//! Stream: <https://developers.cloudflare.com/api/resources/stream/>. Videos can be uploaded and copied, and are ready
//! at once. What was uploaded is counted, not kept: there is nothing that would play it.

mod addresses;
mod direct;
mod tus;
mod videos;

use http::Method;

use crate::access::permissions::Permission::{Group, Public};
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::error::ApiError;

/// The code of requests that are wrong.
const INVALID: u32 = 10005;

pub(super) struct Stream;

impl Product for Stream {
    fn name(&self) -> &'static str {
        "stream"
    }

    fn title(&self) -> &'static str {
        "Stream"
    }

    #[rustfmt::skip]
    fn routes(&self) -> Vec<Route> {
        let (read, write) = (Group("Stream Read"), Group("Stream Write"));
        vec![
            Route::new(Method::GET, "accounts/{account_id}/stream", read, videos::list),
            Route::new(Method::POST, "accounts/{account_id}/stream", write, direct::create).streaming(direct::SMALL).longest_field(direct::FIELD),
            Route::new(Method::POST, "accounts/{account_id}/stream/copy", write, videos::copy),
            Route::new(Method::POST, "accounts/{account_id}/stream/direct_upload", write, direct::address),
            Route::new(Method::GET, "accounts/{account_id}/stream/{identifier}", read, videos::get),
            Route::new(Method::POST, "accounts/{account_id}/stream/{identifier}", write, videos::edit),
            Route::new(Method::DELETE, "accounts/{account_id}/stream/{identifier}", write, videos::delete),
            Route::new(Method::HEAD, "accounts/{account_id}/stream/{identifier}", write, tus::offset),
            Route::new(Method::PATCH, "accounts/{account_id}/stream/{identifier}", write, tus::append).streaming(tus::CHUNK),
            // Whoever has one of these addresses may upload one video, without a credential.
            Route::new(Method::POST, "upload/stream/{upload}", Public, direct::upload).longest_field(direct::FIELD).admitting(direct::admitted),
            Route::new(Method::HEAD, "upload/stream/{upload}", Public, tus::offset),
            Route::new(Method::PATCH, "upload/stream/{upload}", Public, tus::append).streaming(tus::CHUNK).admitting(tus::admitted),
        ]
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/stream"]
    }
}

fn missing() -> ApiError {
    ApiError::not_found(10003, "Not Found: The requested resource was not found.")
}

fn bad(why: impl AsRef<str>) -> ApiError {
    ApiError::bad_request(INVALID, format!("Bad Request: {}", why.as_ref()))
}
