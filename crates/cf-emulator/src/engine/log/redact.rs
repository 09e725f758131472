//! Removes secrets from what is shown to people.

use cf_redact::{Message, Scrubber};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::store::credentials::Credentials;

const MASK: &str = "[redacted]";

/// Knows which parts of the API are secret, and the emulator's own
/// credentials.
pub(crate) struct Redactor(Scrubber);

impl Default for Redactor {
    fn default() -> Self {
        Self(Scrubber::new().mark(MASK))
    }
}

impl Redactor {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let Self(scrubber) = Self::default();
        Self(credentials.values().fold(scrubber, |scrubber, credential| {
            scrubber.replace(credential, MASK)
        }))
    }

    /// Path and query.
    pub(crate) fn target(&self, path: &str, query: &str) -> String {
        let question = if query.is_empty() { "" } else { "?" };
        self.0.address(&format!("{path}{question}{query}"))
    }

    /// A body for display, its first `limit` characters. It may end in the
    /// middle.
    pub(crate) fn body(
        &self,
        message: Message,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
        limit: usize,
    ) -> String {
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            // The start of a longer body may end within a character.
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return format!("{} bytes that are not text", body.len()),
        };
        let media_type = headers.get(http::header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default();
        let mut text = self.0.body(message, path, media_type, text).to_string();
        if let Some((end, _)) = text.char_indices().nth(limit) {
            text.truncate(end);
            text.push('…');
        }
        text
    }

    /// What is stored under a path.
    pub(crate) fn stored(&self, path: &str, value: Value) -> Value {
        self.0.stored(path, value)
    }
}

/// Replaces credentials by `[redacted]`.
pub(crate) fn headers(headers: &mut HeaderMap) {
    // An address is not secret.
    const EMAIL: &str = "x-auth-email";
    let secret: Vec<HeaderName> = headers
        .keys()
        .filter(|name| cf_redact::is_secret(name.as_str()) && name.as_str() != EMAIL)
        .cloned()
        .collect();
    for name in secret {
        let bearer = headers.get(&name).is_some_and(|value| {
            let scheme = value.as_bytes().get(..7);
            scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
        });
        let shown = if bearer { "Bearer [redacted]" } else { MASK };
        // `insert` replaces every header of that name.
        headers.insert(name, HeaderValue::from_static(shown));
    }
}
