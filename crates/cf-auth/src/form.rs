use std::fmt;

/// What a secret's form says about it.
///
/// Since 2026 Cloudflare's secrets carry a prefix; older ones are recognized by length and alphabet. Both stay valid; a
/// secret of no known form is [`Unknown`](Self::Unknown) and is sent unchanged.
///
/// ```
/// use cf_auth::SecretForm;
/// assert_eq!(SecretForm::of("cfut_…"), SecretForm::UserToken);
/// assert_eq!(SecretForm::of("0123456789abcdef0123456789abcdef01234"), SecretForm::GlobalKey);
/// assert_eq!(SecretForm::of("something else"), SecretForm::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretForm {
    /// An API token owned by a user: `cfut_…`.
    UserToken,
    /// An API token owned by an account: `cfat_…`.
    AccountToken,
    /// An API token from before the prefixes: 40 letters, digits, `-` and `_`. It does not show its owner.
    OlderToken,
    /// A Global API Key: `cfk_…`, or 37 to 45 lower-case hexadecimal digits.
    GlobalKey,
    /// A user service key (Origin CA key): `v1.0-…`. No longer accepted.
    UserServiceKey,
    /// None of the known forms.
    Unknown,
}

impl SecretForm {
    /// Looks at the form of `secret`. No checksum is verified and nothing is sent.
    pub fn of(secret: &str) -> Self {
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if secret.starts_with("cfut_") {
            Self::UserToken
        } else if secret.starts_with("cfat_") {
            Self::AccountToken
        } else if secret.starts_with("cfk_") {
            Self::GlobalKey
        } else if secret.starts_with("v1.0-") {
            Self::UserServiceKey
        } else if secret.bytes().all(hex) {
            match secret.len() {
                // 40 hexadecimal digits fit an older token and a key alike: no guess.
                37..=39 | 41..=45 => Self::GlobalKey,
                _ => Self::Unknown,
            }
        } else if secret.len() == 40
            && secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        {
            Self::OlderToken
        } else {
            Self::Unknown
        }
    }

    pub(crate) fn is_token(self) -> bool {
        matches!(
            self,
            Self::UserToken | Self::AccountToken | Self::OlderToken
        )
    }
}

impl fmt::Display for SecretForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserToken => "user API token",
            Self::AccountToken => "account API token",
            Self::OlderToken => "API token",
            Self::GlobalKey => "Global API Key",
            Self::UserServiceKey => "user service key",
            Self::Unknown => "secret of unknown form",
        })
    }
}
