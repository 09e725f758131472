//! Headers of replies, and media types.

use http::{HeaderMap, HeaderName};

pub(super) fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Whether a media type starts like this.
pub(super) fn is_media_type(media_type: &str, start: &str) -> bool {
    let given = media_type.as_bytes().get(..start.len());
    given.is_some_and(|given| given.eq_ignore_ascii_case(start.as_bytes()))
}
