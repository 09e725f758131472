//! JSON that others send.

use serde::de::{DeserializeOwned, Error as _};

/// What is as small is not counted.
const SMALL: usize = 1 << 20;
/// Values that one text may have: in memory, each takes up to a hundred times
/// the two bytes that it takes on the wire.
const MOST_VALUES: usize = 2_000_000;

/// Reads JSON that was sent.
pub(crate) fn parse<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    if json.len() > SMALL && count(json) > MOST_VALUES {
        let message = format!("more than {MOST_VALUES} values");
        return Err(serde_json::Error::custom(message));
    }
    serde_json::from_slice(json)
}

/// How many values there are about, keys included.
fn count(json: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b':' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}
