//! Percent-encoding of paths and queries.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A parameter's name as it is written in a query.
pub(crate) fn query_name(name: &str) -> Cow<'_, str> {
    encode(name, IN_NAME)
}

/// Adds a pair to a query, after `separator`.
pub(crate) fn push_query(target: &mut String, separator: &mut char, name: &str, value: &str) {
    target.push(*separator);
    *separator = '&';
    target.push_str(&query_name(name));
    target.push('=');
    target.push_str(&encode(value, IN_VALUE));
}

/// Percent-encodes `text`, if need be. IDs and numbers mostly need not, and are checked many bytes at a time.
pub(crate) fn encode<'t>(text: &'t str, set: &'static AsciiSet) -> Cow<'t, str> {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'~');
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        return Cow::Borrowed(text);
    }
    utf8_percent_encode(text, set).into()
}

/// What cannot be in a segment of a path.
pub(crate) const IN_SEGMENT: &AsciiSet = &IN_VALUE
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');
const IN_NAME: &AsciiSet = &IN_VALUE.remove(b'[').remove(b']');
const IN_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
