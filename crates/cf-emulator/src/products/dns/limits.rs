//! Limits of the fields of a record's data, beyond their form.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

/// Whether `value` can be this field of a record of the type `kind`.
pub(super) fn allow(kind: &str, field: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let number = value.as_f64().unwrap_or_default();
    match (kind, field) {
        ("CAA", "tag") => !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric()),
        ("DS", "digest") | ("SSHFP", "fingerprint") | ("TLSA" | "SMIMEA", "certificate") => {
            is_hex(text)
        }
        ("CERT", "certificate") | ("DNSKEY", "public_key") => is_base64(text),
        ("LOC", "lat_degrees") => number <= 90.0,
        ("LOC", "long_degrees") => number <= 180.0,
        ("LOC", "lat_minutes" | "long_minutes") => number < 60.0,
        ("LOC", "lat_seconds" | "long_seconds") => (0.0..60.0).contains(&number),
        ("LOC", "lat_direction") => matches!(text, "N" | "S"),
        ("LOC", "long_direction") => matches!(text, "E" | "W"),
        _ => true,
    }
}

/// Zone files split long values.
fn joined(text: &str) -> String {
    text.split_whitespace().collect()
}

fn is_hex(text: &str) -> bool {
    let digits = joined(text);
    !digits.is_empty()
        && digits.len().is_multiple_of(2)
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_base64(text: &str) -> bool {
    let digits = joined(text);
    !digits.is_empty() && BASE64_STANDARD.decode(digits).is_ok()
}
