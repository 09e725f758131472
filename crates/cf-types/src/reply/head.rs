//! What status and headers say about a reply, before its value is read.

use http::header::{CONTENT_TYPE, LOCATION};
use http::response;

use crate::base_url;
use crate::codec;
use crate::meta::{Meta, ResultKind};

use super::error::{Excerpt, ReplyError};
use super::media::{header, is_media_type};
use super::said::Said;

/// An error if a reply is not a success: for passing on its body undecoded, to a file or a stream.
///
/// A body that merely looks like a refusal may be someone's data. So if the status says success, only the API's own
/// envelope, sent as JSON, counts as one.
///
/// ```
/// use cf_types::{Operation, dns::records};
/// let mut parts = http::Response::new(()).into_parts().0;
/// let refusal = br#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#;
/// assert!(cf_types::check(records::Export::META, &parts, refusal).is_ok());
/// parts.headers.insert("content-type", http::HeaderValue::from_static("application/json"));
/// assert!(cf_types::check(records::Export::META, &parts, refusal).is_err());
/// ```
///
/// # Errors
/// When the API refused, or when something else answered.
pub fn check(meta: &Meta, parts: &response::Parts, body: &[u8]) -> Result<(), ReplyError> {
    check_status(meta, parts, body)?;
    if !header(&parts.headers, &CONTENT_TYPE).contains("json") {
        return Ok(());
    }
    let said = Said::of(codec::utf8(body).unwrap_or_default());
    match said.is_refusal() {
        true => Err(said.into_failure(parts, body)),
        false => Ok(()),
    }
}

/// An error if the status says so, or if a web page came in place of the API's reply.
pub(super) fn check_status(
    meta: &Meta,
    parts: &response::Parts,
    body: &[u8],
) -> Result<(), ReplyError> {
    let status = parts.status;
    if status.is_redirection() {
        let location = header(&parts.headers, &LOCATION);
        let location = location.split(['?', '#']).next().unwrap_or_default();
        let location = base_url::shown(location);
        return Err(ReplyError::Redirect { status, location });
    }
    let is_page_due = matches!(meta.result, ResultKind::Text | ResultKind::Binary);
    if (!is_page_due || !status.is_success()) && is_page(meta, parts, body) {
        let excerpt = Excerpt::of(&parts.headers, body);
        return Err(ReplyError::Html { status, excerpt });
    }
    if status.is_success() {
        return Ok(());
    }
    let said = Said::of(codec::utf8(body).unwrap_or_default());
    Err(said.into_failure(parts, body))
}

/// Whether a web page came.
fn is_page(meta: &Meta, parts: &response::Parts, body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    // Some servers label anything a page: empty bodies, and JSON.
    if matches!(body.first(), None | Some(b'{' | b'[')) {
        return false;
    }
    let starts_with = |tag: &&str| {
        body.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    };
    if ["<!doctype", "<html", "<head", "<body", "<title"]
        .iter()
        .any(starts_with)
    {
        return true;
    }
    is_media_type(header(&parts.headers, &CONTENT_TYPE), "text/html")
        && meta.result != ResultKind::Empty
}
