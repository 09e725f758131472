//! Conditional requests and ranges (RFC 9110, sections 13 and 14).

use std::ops::Range;

use http::header::{
    IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderName, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::http::error::ApiError;
use crate::store::{Object, text};

/// The outcome of a read request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Whole,
    Part(Range<u64>),
    /// The caller already has it.
    Unchanged,
}

fn failed() -> ApiError {
    let message = "At least one of the pre-conditions you specified did not hold.";
    ApiError::new(StatusCode::PRECONDITION_FAILED, 10031, message)
}

/// Checks the conditions of a request that reads `object` of `size` bytes.
pub(super) fn of_get(headers: &HeaderMap, object: &Object, size: u64) -> Result<Answer, ApiError> {
    let etag = text(object, "etag");
    let modified = text(object, "last_modified").parse::<Timestamp>().ok();
    let modified = modified.map(Timestamp::as_second);
    // Dates in headers have a resolution of one second.
    let since = |name: &HeaderName| Some((modified?, date(get(headers, name)?)?));
    let allowed = match get(headers, &IF_MATCH) {
        Some(tags) => names(tags, etag),
        None => since(&IF_UNMODIFIED_SINCE).is_none_or(|(modified, at)| modified <= at),
    };
    if !allowed {
        return Err(failed());
    }
    let unchanged = match get(headers, &IF_NONE_MATCH) {
        Some(tags) => names(tags, etag),
        None => since(&IF_MODIFIED_SINCE).is_some_and(|(modified, at)| modified <= at),
    };
    if unchanged {
        return Ok(Answer::Unchanged);
    }
    let still_the_same = get(headers, &IF_RANGE).is_none_or(|known| match date(known) {
        Some(at) => modified == Some(at),
        None => names(known, etag),
    });
    match get(headers, &RANGE).filter(|_| still_the_same) {
        Some(wanted) => range(wanted, size),
        None => Ok(Answer::Whole),
    }
}

/// Checks the conditions of a request that writes over `object`.
pub(super) fn of_put(headers: &HeaderMap, object: Option<&Object>) -> Result<(), ApiError> {
    let named = |tags: &str| object.is_some_and(|object| names(tags, text(object, "etag")));
    let allowed = get(headers, &IF_MATCH).is_none_or(named)
        && !get(headers, &IF_NONE_MATCH).is_some_and(named);
    if allowed { Ok(()) } else { Err(failed()) }
}

fn get<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The time in a header, in seconds.
fn date(text: &str) -> Option<i64> {
    let parsed = rfc2822::parse(text).ok()?;
    Some(parsed.timestamp().as_second())
}

/// Whether a list of entity tags has this one.
fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || tag.trim_matches('"') == etag
    })
}

/// A single range of bytes. Several ranges, or an invalid one, mean the whole object.
fn range(text: &str, size: u64) -> Result<Answer, ApiError> {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Ok(Answer::Whole);
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let range = match (number(first), number(last)) {
        (Some(first), None) if last.is_empty() => first..size,
        (Some(first), Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Ok(Answer::Whole),
    };
    if range.is_empty() {
        let message = "The requested range is not satisfiable.";
        return Err(ApiError::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            10039,
            message,
        ));
    }
    Ok(Answer::Part(range))
}
