//! Identifiers and secret values.

use std::hash::{BuildHasher, RandomState};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::Value;

use super::json::Object;

/// 64 unpredictable bits. The keys of the standard hasher are random enough for
/// a server on loopback, and save a dependency.
fn random() -> u64 {
    RandomState::new().hash_one(())
}

/// An identifier as the API makes them: 32 hexadecimal digits.
pub(crate) fn hex32() -> String {
    format!("{:016x}{:016x}", random(), random())
}

/// 32 hexadecimal digits in the form of a UUID.
pub(crate) fn dashed(id: &str) -> String {
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = parts.map(|range| id.get(range).unwrap_or_default());
    parts.join("-")
}

/// The value of `cf-ray`: 16 hexadecimal digits and a location.
pub(crate) fn ray() -> String {
    format!("{:016x}-EMU", random())
}

/// A secret of `length` letters and digits behind `prefix`.
pub(crate) fn secret(prefix: &str, length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut value = String::with_capacity(prefix.len() + length);
    value.push_str(prefix);
    value.extend((0..length).map(|_| {
        let index = random() % ALPHABET.len() as u64;
        char::from(ALPHABET[index as usize])
    }));
    value
}

/// Whether `text` has the form of an identifier.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Takes the identifier out of `fields`, or creates one. Only seeds have their own.
pub(crate) fn take(fields: &mut Object) -> String {
    match fields.remove("id") {
        Some(Value::String(id)) if is_id(&id) => id,
        _ => hex32(),
    }
}

/// A token with these claims and no signature: whoever issued it remembers it.
pub(crate) fn jwt(claims: &Value) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let (header, claims) = (part(r#"{"alg":"HS256","typ":"JWT"}"#), claims.to_string());
    format!("{header}.{}.{}", part(&claims), part(&secret("", 32)))
}

/// A credential in the form that secret scanners look for: a prefix, 40 letters
/// and digits, and a CRC-32 as eight hexadecimal digits. Cloudflare does not
/// say what its checksum covers; this one covers everything before it.
pub(crate) fn credential(prefix: &str) -> String {
    let value = secret(prefix, 40);
    let checksum = crc32fast::hash(value.as_bytes());
    format!("{value}{checksum:08x}")
}

/// The prefix of the tokens of users.
pub(crate) const USER_TOKEN: &str = "cfut_";
/// The prefix of the tokens of accounts.
pub(crate) const ACCOUNT_TOKEN: &str = "cfat_";
