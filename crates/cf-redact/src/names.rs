use crate::generated::{AFTER, ENDINGS, EXACT};

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Nothing: `id`, `key`, `token_id`.
    Public,
    /// It identifies a page of a list and must stay as it is: `next_page_token`.
    Page,
    /// Its text is secret, and so are the texts in a list; objects in it are judged by their own names: `cookies`.
    Text,
    /// It is secret with everything in it: `credentials`.
    Whole,
    /// It is secret as a parameter of a URL: `sig`.
    Parameter,
}

/// What a name says about its value, be it a member of JSON, a header, a parameter or a variable.
///
/// Spelling does not matter: `client_secret`, `clientSecret` and `Client-Secret` are the same name, and
/// `MY_CLIENT_SECRET` ends with it.
///
/// ```
/// use cf_redact::{Secrecy, secrecy};
///
/// assert_eq!(secrecy("tunnel_secret"), Secrecy::Whole);
/// assert_eq!(secrecy("next_page_token"), Secrecy::Page);
/// assert_eq!(secrecy("token_id"), Secrecy::Public);
/// ```
#[must_use]
pub fn secrecy(name: &str) -> Secrecy {
    let plain = plain(name);
    if let Some(secrecy) = listed(&plain) {
        return secrecy;
    }
    // `password2`, `api_key_v2`, `token_value`.
    let unnumbered = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let unnumbered = match unnumbered.len() < plain.len() {
        true => unnumbered.strip_suffix('v').unwrap_or(unnumbered),
        false => unnumbered,
    };
    let mut stems = AFTER
        .iter()
        .filter_map(|after| unnumbered.strip_suffix(after));
    let stem = listed(unnumbered).or_else(|| stems.find_map(listed));
    match stem {
        Some(secrecy @ (Secrecy::Text | Secrecy::Whole)) => secrecy,
        _ => Secrecy::Public,
    }
}

/// What the list says about a plain name.
fn listed(plain: &str) -> Option<Secrecy> {
    if let Ok(index) = EXACT.binary_search_by(|(exact, _)| (*exact).cmp(plain)) {
        return Some(EXACT[index].1);
    }
    // The longest come first.
    let ending = ENDINGS.iter().find(|(ending, _)| plain.ends_with(ending));
    ending.map(|(_, secrecy)| *secrecy)
}

/// Whether a member, header or variable of this name holds a secret.
///
/// ```
/// assert!(cf_redact::is_secret("private_key"));
/// assert!(!cf_redact::is_secret("public_key"));
/// ```
#[must_use]
pub fn is_secret(name: &str) -> bool {
    matches!(secrecy(name), Secrecy::Text | Secrecy::Whole)
}

/// The letters and digits of a name, in lower case.
pub(crate) fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
