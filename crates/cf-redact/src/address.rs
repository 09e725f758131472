use std::borrow::Cow;

use crate::names::plain;
use crate::{Secrecy, secrecy};

/// Parameters that are secret if they are long: `key` is Google's, `code` is OAuth's, and both are everyday words.
const LONG: [&str; 2] = ["code", "key"];
const LONG_LEN: usize = 16;

/// Replaces the secrets in the URLs within a text: user and password before the host, and the values of
/// parameters with secret names.
///
/// `mark` replaces them; users and passwords get it without its brackets, so that the URL stays valid.
///
/// ```
/// use cf_redact::addresses;
///
/// let text = "from postgres://app:hunter2@db/x to https://b.example/o?X-Amz-Signature=0f1e&part=1";
/// let hidden = "from postgres://redacted@db/x to https://b.example/o?X-Amz-Signature=[redacted]&part=1";
/// assert_eq!(addresses(text, "[redacted]"), hidden);
/// ```
#[must_use]
pub fn addresses<'t>(text: &'t str, mark: &str) -> Cow<'t, str> {
    // The slashes may be escaped in JSON.
    const STARTS: [&str; 2] = ["://", r":\/\/"];
    let mut out = String::new();
    let mut rest = text;
    loop {
        let starts = STARTS
            .iter()
            .filter_map(|start| Some((rest.find(start)?, start.len())));
        let Some((at, len)) = starts.min() else {
            break;
        };
        let (before, after) = rest.split_at(at + len);
        let end = after.find(ends_address).unwrap_or(after.len());
        let (address, behind) = after.split_at(end);
        out.push_str(before);
        out.push_str(&without_secrets(address, mark));
        rest = behind;
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What cannot be part of a URL within a text.
fn ends_address(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '^' | '|')
}

/// The part of a URL after its `//`.
fn without_secrets(address: &str, mark: &str) -> String {
    let mut end = address.find(['/', '?', '#', '\\']).unwrap_or(address.len());
    // A password that should have been escaped: what follows the colon is not a port.
    let port = address[..end].rsplit_once(':').map(|(_, port)| port);
    if port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit() || b == b']'))
        && !address[..end].contains(['@', '['])
        && let Some(at) = address.find('@')
    {
        end = address[at..]
            .find(['/', '?', '#', '\\'])
            .map_or(address.len(), |len| at + len);
    }
    let (authority, rest) = address.split_at(end);
    let mut out = String::with_capacity(address.len());
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            out.push_str(mark.trim_matches(['[', ']']));
            out.push('@');
            out.push_str(host);
        }
        None => out.push_str(authority),
    }
    out.push_str(&path_and_query(rest, mark));
    out
}

/// The same for a URL without its host.
pub(crate) fn path_and_query(address: &str, mark: &str) -> String {
    let (rest, fragment) = match address.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (address, None),
    };
    let mut out = match rest.split_once('?') {
        Some((path, query)) => format!("{path}?{}", parameters(query, mark)),
        None => rest.to_owned(),
    };
    if let Some(fragment) = fragment {
        out.push('#');
        // OAuth's implicit flow has its tokens here.
        out.push_str(&parameters(fragment, mark));
    }
    out
}

/// Pairs of `name=value`.
fn parameters(query: &str, mark: &str) -> String {
    let mut out = String::with_capacity(query.len());
    for pair in query.split_inclusive(['&', ';']) {
        let (pair, separator) = match pair.strip_suffix(['&', ';']) {
            Some(stripped) => (stripped, &pair[stripped.len()..]),
            None => (pair, ""),
        };
        match pair.split_once('=') {
            Some((name, value)) if is_secret_parameter(name, value) => {
                out.push_str(name);
                out.push('=');
                out.push_str(mark);
            }
            _ => out.push_str(pair),
        }
        out.push_str(separator);
    }
    out
}

/// Whether a parameter of a URL or a form holds a secret.
pub(crate) fn is_secret_parameter(name: &str, value: &str) -> bool {
    if value.is_empty() {
        return false;
    }
    let plain = plain(&unescaped(name));
    match secrecy(&plain) {
        Secrecy::Text | Secrecy::Whole | Secrecy::Parameter => true,
        Secrecy::Page => false,
        // Parameters of Logpush destinations that become headers of its requests.
        Secrecy::Public => {
            plain.starts_with("header") && unescaped(name).starts_with("header_")
                || LONG.contains(&&*plain) && value.len() >= LONG_LEN
        }
    }
}

/// A name without percent signs; names need nothing but ASCII.
fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3);
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if byte.is_ascii() => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            _ => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}
