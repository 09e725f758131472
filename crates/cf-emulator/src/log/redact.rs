//! Takes secrets out of what is shown to people.

use serde_json::Value;

use crate::credentials::Credentials;

const MASK: &str = "[redacted]";

/// Fields that hold a secret wherever they are, in small letters without
/// dashes and underscores.
const SECRET: &[&str] = &[
    "secret",
    "clientsecret",
    "tunnelsecret",
    "secretaccesskey",
    "accesskeysecret",
    "sessiontoken",
    "password",
    "passphrase",
    "privatekey",
    "apikey",
    "apitoken",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "token",
    "jwt",
    "presharedkey",
    "psk",
    "credentials",
    "authorization",
];

fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    SECRET.contains(&plain.as_str())
}

/// Knows the credentials that open the emulator.
pub(crate) struct Redactor(Vec<String>);

impl Redactor {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        Self(credentials.values().map(str::to_owned).collect())
    }

    /// A body for the eye, its first `limit` characters, without secrets. It
    /// may be JSON that breaks off in the middle.
    pub(crate) fn shown(&self, body: &[u8], limit: usize) -> String {
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            // The start of a longer body may end within a character.
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return format!("{} bytes that are no text", body.len()),
        };
        let mut text = fields(text);
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        if let Some((end, _)) = text.char_indices().nth(limit) {
            text.truncate(end);
            text.push('…');
        }
        text
    }
}

/// The text of some JSON with `[redacted]` for the strings in secret fields.
fn fields(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut hide = false;
    // Secrets of Workers are in a field of a general name.
    let of_worker = text.contains("secret_text");
    while let Some(open) = rest.find('"') {
        let between = &rest[..open];
        // A secret is what follows the colon; anything else is none.
        hide &= between.trim() == ":";
        out.push_str(between);
        let string = &rest[open + 1..];
        let end = end_of_string(string);
        let inside = &string[..end.unwrap_or(string.len())];
        rest = end.map_or("", |end| &string[end + 1..]);
        out.push('"');
        out.push_str(if hide && !inside.is_empty() {
            MASK
        } else {
            inside
        });
        if end.is_some() {
            out.push('"');
        }
        let names_secret = is_secret(inside) || of_worker && inside == "text";
        hide = !hide && names_secret && rest.trim_start().starts_with(':');
    }
    out.push_str(rest);
    out
}

/// Where the quote is that closes a string.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// A value with `[redacted]` for the strings in secret fields.
pub(crate) fn value(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object.iter_mut() {
                match inner {
                    Value::String(text) if is_secret(name) && !text.is_empty() => {
                        *text = MASK.to_owned();
                    }
                    inner => self::value(inner),
                }
            }
            // A binding of a Worker: the name is elsewhere.
            if object.get("type").is_some_and(|kind| kind == "secret_text") {
                object.insert("text".to_owned(), MASK.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(self::value),
        _ => {}
    }
}
