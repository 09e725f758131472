//! Domain names, which have two spellings: in Unicode, and in ASCII with Punycode.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// A name in lower case and ASCII, without a trailing dot. A label that cannot be in ASCII stays as it is.
pub(crate) fn to_ascii(name: &str) -> String {
    let name = name.trim_end_matches('.');
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let folded: String = name.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let folded = folded.replace('\u{3002}', ".");
    let labels: Vec<_> = folded.split('.').map(label).collect();
    labels.join(".")
}

fn label(label: &str) -> Cow<'_, str> {
    // A character takes a byte at least.
    if label.is_ascii() || label.chars().count() > 63 {
        return Cow::Borrowed(label);
    }
    match punycode::encode(label) {
        Ok(encoded) => Cow::Owned(format!("xn--{encoded}")),
        Err(()) => Cow::Borrowed(label),
    }
}
