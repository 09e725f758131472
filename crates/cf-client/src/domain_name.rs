//! Domain names in either of their spellings: in Unicode, and in ASCII with Punycode (RFC 5891).

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// What the ASCII spelling of a label that is not ASCII begins with.
const PREFIX: &str = "xn--";
/// Most bytes of a label in ASCII (RFC 1035).
const LONGEST_LABEL: usize = 63;

/// A domain name in Unicode and lower case, without a trailing dot: two spellings of one name are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct DomainName(String);

impl DomainName {
    pub(crate) fn new(text: &str) -> Self {
        let folded = fold(text);
        let name = folded.trim_end_matches('.');
        if name.is_ascii() && !name.contains(PREFIX) {
            return DomainName(name.to_owned());
        }
        let labels: Vec<_> = name.split('.').map(to_unicode).collect();
        DomainName(labels.join("."))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its ASCII spelling, where that is another one and the name can have one.
    pub(crate) fn to_ascii(&self) -> Option<String> {
        if self.0.is_ascii() {
            return None;
        }
        let labels: Option<Vec<_>> = self.0.split('.').map(to_ascii).collect();
        Some(labels?.join("."))
    }

    /// The name in ASCII; in Unicode if it cannot be in ASCII.
    #[cfg(feature = "dns")]
    pub(crate) fn ascii(&self) -> String {
        self.to_ascii().unwrap_or_else(|| self.0.clone())
    }

    /// The name above it: `example.com` for `www.example.com`.
    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, parent) = self.0.split_once('.')?;
        Some(DomainName(parent.to_owned()))
    }
}

/// In lower case, with one form for what looks the same, and dots between the labels. Close enough to UTS #46 to
/// compare names; whether a name is allowed is up to registries.
fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    // Character by character: as a word, a capital sigma at its end would become another letter than elsewhere.
    let small = text.nfkc().flat_map(char::to_lowercase);
    let is_dot = |c: char| matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}');
    Cow::Owned(
        small
            .nfkc()
            .map(|c| if is_dot(c) { '.' } else { c })
            .collect(),
    )
}

fn to_unicode(label: &str) -> Cow<'_, str> {
    let Some(encoded) = label
        .strip_prefix(PREFIX)
        .filter(|_| label.len() <= LONGEST_LABEL)
    else {
        return Cow::Borrowed(label);
    };
    match punycode::decode(encoded) {
        // What is spelled differently is another name.
        Ok(decoded)
            if to_ascii(&decoded).as_deref() == Some(label) && fold(&decoded) == decoded =>
        {
            Cow::Owned(decoded)
        }
        _ => Cow::Borrowed(label),
    }
}

fn to_ascii(label: &str) -> Option<Cow<'_, str>> {
    if label.is_ascii() {
        return Some(Cow::Borrowed(label));
    }
    // A character takes a byte at least.
    if label.chars().count() > LONGEST_LABEL {
        return None;
    }
    let encoded = format!("{PREFIX}{}", punycode::encode(label).ok()?);
    (encoded.len() <= LONGEST_LABEL).then_some(Cow::Owned(encoded))
}
