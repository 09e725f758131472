use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Text that must not leak: a token, a key.
///
/// Its memory is wiped on drop, `Debug` prints `[redacted]`, and `==` takes the same time wherever the first difference
/// is (it reveals only the length). There is no `Display`, no `Serialize` and no `Clone`: the only way to the text is
/// [`expose`](Self::expose), which is easy to find in a review.
///
/// ```
/// let secret = cf_auth::Secret::new("swordfish");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "swordfish");
/// assert_eq!(secret, cf_auth::Secret::new("swordfish"));
/// ```
///
/// ```compile_fail,E0277
/// println!("{}", cf_auth::Secret::new("swordfish"));
/// ```
///
/// ```compile_fail,E0599
/// let copy = cf_auth::Secret::new("swordfish").clone();
/// ```
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text. A `String` is moved, not copied, so no second copy stays behind.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Keep it out of logs, errors and longer-lived strings.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A header value `<prefix><secret>`, marked sensitive, whose memory is wiped with its last clone.
    /// `None` if the text cannot stand in a header.
    pub(crate) fn header(&self, prefix: &str) -> Option<HeaderValue> {
        // Exact capacity: growing would leave an unwiped copy in the old allocation.
        let mut text = Zeroizing::new(Vec::with_capacity(prefix.len() + self.0.len()));
        text.extend_from_slice(prefix.as_bytes());
        text.extend_from_slice(self.0.as_bytes());
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}
