//! How Cloudflare's tools name contents, and which media types they give them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The length of a hash in characters.
const LENGTH: usize = 32;

/// The first half of BLAKE3 over the content in Base64 and the file's extension. The extension is part of it so that
/// the same bytes can be served with two media types.
pub(super) fn hash(path: &str, encoded: &str) -> String {
    let extension = Path::new(path).extension().unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(encoded.as_bytes());
    hasher.update(extension.as_encoded_bytes());
    let mut hash = hasher.finalize().to_hex().to_string();
    hash.truncate(LENGTH);
    hash
}

pub(super) fn encode(content: &[u8]) -> String {
    STANDARD.encode(content)
}

/// The media type that a file's name implies.
pub(super) fn media_type(path: &str) -> Option<&'static str> {
    mime_guess::from_path(path).first_raw()
}
