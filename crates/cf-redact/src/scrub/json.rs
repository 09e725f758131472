use serde_json::{Map, Value};

use super::body::parsed;
use super::places::Pointers;
use super::{Scrubber, is_certificate, shapes};
use crate::Secrecy;
use crate::names::plain;

/// The context of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Nothing special.
    Plain,
    /// A name that is secret for texts: an object below is judged by its own names, but not by `value`.
    Text,
    /// A name that is secret with everything below it.
    Whole,
}

/// Members that describe the value next to them.
pub(super) const NAMES: [&str; 7] = [
    "field",
    "header",
    "header_name",
    "key",
    "location_name",
    "name",
    "variable",
];
pub(super) const KINDS: [&str; 2] = ["kind", "type"];

/// Members that hold that value.
pub(super) const VALUES: [&str; 12] = [
    "content",
    "data",
    "defaultValue",
    "default_value",
    "plain",
    "plain_text",
    "plaintext",
    "raw",
    "text",
    "val",
    "value",
    "values",
];

/// Whether there is a secret next to something of this kind: `secret_text`, but not a reference to a secret.
pub(super) fn is_secret_kind(kind: &str) -> bool {
    kind.starts_with("secret") && kind != "secrets_store_secret"
}

impl Scrubber {
    /// JSON without its secrets.
    pub(super) fn value(&self, value: Value, pointers: &Pointers, depth: usize) -> Value {
        self.inner(value, Around::Plain, pointers, depth)
    }

    fn inner(&self, value: Value, around: Around, pointers: &Pointers, depth: usize) -> Value {
        let around = if pointers.are_here() {
            Around::Whole
        } else {
            around
        };
        match value {
            Value::String(text) => Value::String(match around {
                Around::Plain => self.member_text(text, depth),
                Around::Text | Around::Whole if text.is_empty() || is_certificate(&text) => text,
                Around::Text | Around::Whole => self.mark.to_owned(),
            }),
            Value::Array(items) => self.array(items, around, &pointers.below("[]"), depth),
            Value::Object(members) => self.object(members, around, pointers, depth),
            other => other,
        }
    }

    fn array(&self, items: Vec<Value>, around: Around, pointers: &Pointers, depth: usize) -> Value {
        // Headers as pairs: [["Authorization", "Bearer …"], …].
        let are_pairs = items.iter().all(|item| {
            let pair = item.as_array().map(Vec::as_slice);
            matches!(pair, Some([Value::String(_), Value::String(_)]))
        });
        let items = items.into_iter().map(|mut item| {
            if are_pairs && item[0].as_str().is_some_and(|name| self.is_secret(name)) {
                item[1] = self.mark.into();
            }
            self.inner(item, around, pointers, depth)
        });
        Value::Array(items.collect())
    }

    fn object(
        &self,
        members: Map<String, Value>,
        around: Around,
        pointers: &Pointers,
        depth: usize,
    ) -> Value {
        let holds_value = around == Around::Text || self.describes_secret(&members);
        let is_jwk = members.contains_key("kty");
        // Radar counts passes and failures.
        let is_count = members.contains_key("FAIL");
        let scrubbed = members.into_iter().map(|(name, value)| {
            let below = pointers.below(&name);
            let secrecy = match self.secrecy(&name) {
                Secrecy::Text if is_count && name == "PASS" => Secrecy::Public,
                secrecy => secrecy,
            };
            let inside = match secrecy {
                Secrecy::Whole => Around::Whole,
                Secrecy::Text => Around::Text,
                _ if is_jwk && PRIVATE_OF_JWK.contains(&&*name) => Around::Whole,
                _ if is_jwk => Around::Plain,
                _ if holds_value && VALUES.contains(&&*name) => Around::Whole,
                Secrecy::Page | Secrecy::Public | Secrecy::Parameter => match around {
                    Around::Whole if !is_harmless(&name) => Around::Whole,
                    _ => Around::Plain,
                },
            };
            let value = match value {
                Value::String(text) if secrecy == Secrecy::Page && inside == Around::Plain => {
                    Value::String(shapes::prefixed(text, self.mark))
                }
                // Digits can be a secret; a plural's number is a count.
                Value::Number(_) if secrecy == Secrecy::Whole && !name.ends_with(['s', 'S']) => {
                    0.into()
                }
                Value::String(text) if inside != Around::Plain && is_public(&name) => {
                    Value::String(text)
                }
                value => self.inner(value, inside, &below, depth),
            };
            (self.text_at(&name, depth), value)
        });
        Value::Object(sorted(scrubbed.collect()))
    }

    /// Whether the value next to them is a secret according to other members:
    /// `{"type": "secret_text", "text": "…"}`, `{"name": "API_KEY", "value": "…"}`, a cookie.
    fn describes_secret(&self, members: &Map<String, Value>) -> bool {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let kind = KINDS.iter().find_map(|kind| text(kind));
        let of_kind = kind.is_some_and(|kind| is_secret_kind(kind) || self.is_secret(kind));
        let flagged = ["is_secret", "secret", "sensitive", "masked", "encrypted"]
            .iter()
            .any(|flag| members.get(*flag) == Some(&Value::Bool(true)));
        let named = NAMES
            .iter()
            .any(|name| text(name).is_some_and(|name| self.is_secret(name)));
        let cookie = text("name").is_some()
            && ["domain", "httpOnly", "http_only", "sameSite", "same_site"]
                .iter()
                .filter(|attribute| members.contains_key(**attribute))
                .count()
                >= 2;
        of_kind || flagged || named || cookie
    }

    /// A text without a secret name: it can be JSON itself, or contain secrets.
    fn member_text(&self, text: String, depth: usize) -> String {
        match parsed(&text) {
            Some(value) if depth > 0 => self.written(&text, value, &Pointers::default(), depth - 1),
            _ => self.text_at(&text, depth),
        }
    }

    /// JSON as it was written, down to its spaces, unless it contains secrets.
    pub(super) fn written(
        &self,
        text: &str,
        value: Value,
        pointers: &Pointers,
        depth: usize,
    ) -> String {
        let scrubbed = self.value(value.clone(), pointers, depth);
        if scrubbed == value {
            text.to_owned()
        } else {
            scrubbed.to_string()
        }
    }
}

/// Members of a JSON Web Key that its public half does not have (RFC 7518, 6).
const PRIVATE_OF_JWK: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Members of a secret that only identify it.
fn is_harmless(name: &str) -> bool {
    const WORDS: [&str; 7] = ["id", "kind", "name", "status", "type", "uuid", "version"];
    let last = name.rsplit(['_', '-']).next().unwrap_or(name);
    WORDS.contains(&last)
        || name.ends_with("Id")
        || name.ends_with("Name")
        || matches!(last, "at" | "on")
}

fn is_public(name: &str) -> bool {
    ["publickey", "pubkey"]
        .iter()
        .any(|end| plain(name).ends_with(end))
}

/// Sorted whether or not `serde_json` is built to preserve the insertion order.
fn sorted(mut members: Vec<(String, Value)>) -> Map<String, Value> {
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.into_iter().collect()
}
