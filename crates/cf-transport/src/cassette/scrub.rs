use std::sync::LazyLock;

use http::{HeaderName, HeaderValue, header};
use regex_lite::{Captures, Regex};
use serde_json::Value;

use super::content::sorted;

/// What stands in the place of a secret.
const GONE: &str = "[scrubbed]";

/// What is kept out of a cassette. [`Scrub::default`] is what the [module](super) describes.
///
/// ```
/// use cf_transport::cassette::{Recorder, Scrub};
/// # let transport = cf_transport::transport_fn(|_| async { Ok(http::Response::new(cf_transport::Body::empty())) });
/// let scrub = Scrub::default().key("invoice_number").replace("our-customer.com", "example.com");
/// let recorder = Recorder::new(transport).scrub(scrub);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Scrub {
    headers: Vec<HeaderName>,
    keys: Vec<String>,
    texts: Vec<(String, String)>,
    pub(super) keep_identifiers: bool,
}

impl Scrub {
    /// Removes the value of this header, too.
    pub fn header(mut self, name: HeaderName) -> Self {
        self.headers.push(name);
        self
    }

    /// Removes the text in JSON members and query parameters of this name, too.
    pub fn key(mut self, name: impl Into<String>) -> Self {
        self.keys.push(plain(&name.into()));
        self
    }

    /// Replaces this text wherever it is.
    pub fn replace(mut self, text: impl Into<String>, with: impl Into<String>) -> Self {
        self.texts.push((text.into(), with.into()));
        self
    }

    /// Keeps identifiers and e-mail addresses as they are.
    pub fn keep_identifiers(mut self) -> Self {
        self.keep_identifiers = true;
        self
    }

    pub(super) fn header_value(&self, name: &HeaderName, value: &HeaderValue) -> String {
        const CREDENTIALS: [HeaderName; 4] = [
            header::AUTHORIZATION,
            header::PROXY_AUTHORIZATION,
            header::COOKIE,
            header::SET_COOKIE,
        ];
        if value.is_sensitive()
            || CREDENTIALS.contains(name)
            || self.headers.contains(name)
            || self.is_secret(name.as_str())
        {
            return GONE.to_owned();
        }
        self.text(&String::from_utf8_lossy(value.as_bytes()))
    }

    pub(super) fn url(&self, url: &str) -> String {
        match url.split_once('?') {
            Some((path, query)) => format!("{}?{}", self.text(path), self.query(query)),
            None => self.text(url),
        }
    }

    /// Pairs of `name=value`.
    pub(super) fn query(&self, query: &str) -> String {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() && self.is_secret(name) => {
                format!("{name}={GONE}")
            }
            _ => self.text(pair),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    pub(super) fn json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Value::Object(members) => {
                // Bindings of Workers: {"type": "secret_text", "name": "…", "text": "the secret"}.
                let secret = members
                    .get("type")
                    .and_then(Value::as_str)
                    .is_some_and(|kind| kind.starts_with("secret_"));
                let scrubbed = members.into_iter().map(|(key, value)| {
                    let gone = self.is_secret(&key)
                        || secret && matches!(&*key, "text" | "key_base64" | "key_jwk");
                    let value = if gone { removed(value) } else { value };
                    (self.text(&key), self.json(value))
                });
                Value::Object(sorted(scrubbed.collect()))
            }
            other => other,
        }
    }

    pub(super) fn text(&self, text: &str) -> String {
        let text = NAMED.replace_all(text, GONE);
        let mut text = WORDS
            .replace_all(&text, |found: &Captures<'_>| match &found[0] {
                word if is_token(word) => GONE.to_owned(),
                word => word.to_owned(),
            })
            .into_owned();
        for (from, to) in &self.texts {
            text = text.replace(from, to);
        }
        text
    }

    /// Whether what has this name is a secret.
    fn is_secret(&self, name: &str) -> bool {
        const MARKS: [&str; 15] = [
            "secret",
            "password",
            "passwd",
            "passphrase",
            "privatekey",
            "apikey",
            "accesskey",
            "authkey",
            "servicekey",
            "signingkey",
            "credential",
            "signature",
            "authemail",
            "jwt",
            "certkey",
        ];
        let name = plain(name);
        name.ends_with("token")
            || MARKS.iter().any(|mark| name.contains(mark))
            || self.keys.contains(&name)
    }
}

/// `auth_key`, `authKey` and `Auth-Key` are the same.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-'));
    letters.flat_map(char::to_lowercase).collect()
}

/// Texts are gone; what is nested deeper has names of its own.
fn removed(value: Value) -> Value {
    match value {
        Value::String(text) if !text.is_empty() => Value::String(GONE.to_owned()),
        Value::Array(items) => items.into_iter().map(removed).collect(),
        other => other,
    }
}

/// Secrets that say what they are, whatever is before them: it can be the end of an escape.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let kinds = [
        r"cf(?:ut|at|k)_[A-Za-z0-9_-]{16,}",
        r"v1\.0-[0-9A-Za-z-]{32,}",
        // JSON web tokens.
        r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----",
    ];
    expression(&kinds.join("|"))
});

/// What has to be looked at.
static WORDS: LazyLock<Regex> = LazyLock::new(|| expression("[A-Za-z0-9_-]+"));

fn expression(text: &str) -> Regex {
    #[allow(clippy::expect_used, reason = "a constant that the tests go through")]
    Regex::new(text).expect("a valid expression")
}

/// API tokens of the older form are 40 characters of every sort, global keys 37 hexadecimal digits.
fn is_token(word: &str) -> bool {
    let has = |sort: fn(char) -> bool| word.contains(sort);
    match word.len() {
        37 => word.chars().all(|c| c.is_ascii_hexdigit()),
        40 => {
            has(|c| c.is_ascii_lowercase())
                && has(|c| c.is_ascii_uppercase())
                && has(|c| c.is_ascii_digit())
        }
        _ => false,
    }
}
