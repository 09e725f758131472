use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::check::{check_form, check_text};
use crate::{CredentialError, Field, Origin, Secret, SecretForm};

const X_AUTH_EMAIL: HeaderName = HeaderName::from_static("x-auth-email");
const X_AUTH_KEY: HeaderName = HeaderName::from_static("x-auth-key");
const X_AUTH_USER_SERVICE_KEY: HeaderName = HeaderName::from_static("x-auth-user-service-key");

static NAMES: [HeaderName; 4] = [
    AUTHORIZATION,
    X_AUTH_EMAIL,
    X_AUTH_KEY,
    X_AUTH_USER_SERVICE_KEY,
];

/// Proves to Cloudflare who is calling.
///
/// The constructors check the values as far as possible without sending anything, and build the header values, so that
/// [`apply`](Self::apply) cannot fail. It is not `Clone`: share it in an `Arc`.
///
/// ```
/// use cf_auth::{Credential, CredentialKind};
///
/// let credential = Credential::api_token("cfut_0123456789abcdef0123456789abcdef01234567")?;
/// assert_eq!(credential.kind(), CredentialKind::ApiToken);
///
/// let mut headers = http::HeaderMap::new();
/// credential.apply(&mut headers);
/// assert!(headers["authorization"].is_sensitive());
/// # Ok::<(), cf_auth::CredentialError>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// An API token: limited to chosen permissions and resources, with an expiry. The one to use.
    ApiToken(ApiToken),
    /// A legacy Global API Key with its e-mail address: may do whatever the user may do.
    ApiKey(ApiKey),
    /// A user service key. Cloudflare stopped accepting these on 2026-09-30.
    UserServiceKey(UserServiceKey),
}

impl Credential {
    /// An API token, owned by a user (`cfut_…`), by an account (`cfat_…`), or of the older form; or another token that
    /// goes where an API token goes, such as that of a session in which files are uploaded.
    ///
    /// # Errors
    /// If the value is empty, contains white space, line ends or non-ASCII characters, is quoted, begins with `Bearer`,
    /// or is recognizably another kind of secret.
    pub fn api_token(token: impl Into<String>) -> Result<Self, CredentialError> {
        Self::token_from(Secret::new(token), &Origin::in_code(Field::ApiToken))
    }

    /// A legacy Global API Key with the e-mail address of its user: **a step towards API tokens, not a place to stay.**
    /// A key may do everything its user may, has no expiry and cannot be limited to an address range. Use it to create
    /// a token with the few permissions a program needs, then [`api_token`](Self::api_token): `cf_client::migrate`
    /// finds out which those are, creates the token, and says how to retire the key.
    ///
    /// ```
    /// use cf_auth::Credential;
    /// let key = "0123456789abcdef0123456789abcdef01234";
    /// assert!(Credential::api_key("ada@example.com", key).is_ok());
    /// assert!(Credential::api_key(key, "ada@example.com").is_err(), "the address comes first");
    /// ```
    ///
    /// # Errors
    /// If one of the two is empty, the address is not one, or the key is malformed or recognizably another kind of
    /// secret.
    pub fn api_key(
        email: impl Into<String>,
        key: impl Into<String>,
    ) -> Result<Self, CredentialError> {
        Self::key_from(
            Secret::new(email),
            &Origin::in_code(Field::Email),
            Secret::new(key),
            &Origin::in_code(Field::ApiKey),
        )
    }

    /// A user service key (`v1.0-…`), the header `X-Auth-User-Service-Key`: **it no longer works.** Cloudflare [stopped
    /// accepting these keys](https://developers.cloudflare.com/fundamentals/api/reference/deprecations/) on 2026-09-30.
    /// For Origin CA certificates, which they were for, create an API token with the permission "SSL and Certificates"
    /// and pass it to [`api_token`](Self::api_token).
    ///
    /// # Errors
    /// As for [`api_token`](Self::api_token).
    #[deprecated(
        note = "Cloudflare stopped accepting service keys on 2026-09-30; create an API token with the permission \
                \"SSL and Certificates\", and use `Credential::api_token`"
    )]
    pub fn user_service_key(key: impl Into<String>) -> Result<Self, CredentialError> {
        Self::service_key_from(Secret::new(key), &Origin::in_code(Field::UserServiceKey))
    }

    /// What the form of its secret says: who owns a token, or which kind of key it is.
    ///
    /// ```
    /// use cf_auth::{Credential, SecretForm};
    /// let token = Credential::api_token("cfat_0123456789abcdef0123456789abcdef01234567")?;
    /// assert_eq!(token.form(), SecretForm::AccountToken);
    /// # Ok::<(), cf_auth::CredentialError>(())
    /// ```
    pub fn form(&self) -> SecretForm {
        match self {
            Self::ApiToken(token) => token.form,
            Self::ApiKey(_) => SecretForm::GlobalKey,
            Self::UserServiceKey(_) => SecretForm::UserServiceKey,
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::ApiToken(_) => CredentialKind::ApiToken,
            Self::ApiKey(_) => CredentialKind::ApiKey,
            Self::UserServiceKey(_) => CredentialKind::UserServiceKey,
        }
    }

    /// Puts the credential into a request's headers, in place of any credential already there.
    /// The values are marked [sensitive](HeaderValue::is_sensitive).
    pub fn apply(&self, headers: &mut HeaderMap) {
        // Looking at the few names present is cheaper than four searches.
        if headers.keys().any(Self::is_header) {
            for name in &NAMES {
                headers.remove(name);
            }
        }
        // Nothing is left that `insert` would have to replace, and this is cheaper.
        for (name, value) in self.headers() {
            headers.append(name, value.clone());
        }
    }

    /// The headers that carry it, for requests whose headers are not a [`HeaderMap`] yet.
    ///
    /// ```
    /// let key = cf_auth::Credential::api_key("ada@example.com", "0123456789abcdef0123456789abcdef01234")?;
    /// let names: Vec<_> = key.headers().iter().map(|(name, _)| name.as_str()).collect();
    /// assert_eq!(names, ["x-auth-email", "x-auth-key"]);
    /// # Ok::<(), cf_auth::CredentialError>(())
    /// ```
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        match self {
            Self::ApiToken(token) => &token.headers,
            Self::ApiKey(key) => &key.headers,
            Self::UserServiceKey(key) => &key.headers,
        }
    }

    /// Whether headers of this name carry credentials, of whatever kind.
    ///
    /// ```
    /// assert!(cf_auth::Credential::is_header(&http::header::AUTHORIZATION));
    /// assert!(!cf_auth::Credential::is_header(&http::header::ACCEPT));
    /// ```
    pub fn is_header(name: &HeaderName) -> bool {
        NAMES.contains(name)
    }

    pub(crate) fn token_from(secret: Secret, at: &Origin) -> Result<Self, CredentialError> {
        let (form, header) = check_secret(&secret, "Bearer ", at)?;
        Ok(Self::ApiToken(ApiToken {
            secret,
            form,
            headers: [(AUTHORIZATION, header)],
        }))
    }

    pub(crate) fn key_from(
        email: Secret,
        email_at: &Origin,
        key: Secret,
        key_at: &Origin,
    ) -> Result<Self, CredentialError> {
        match (email.expose().is_empty(), key.expose().is_empty()) {
            (true, false) => return Err(CredentialError::KeyWithoutEmail { at: key_at.clone() }),
            (false, true) => {
                return Err(CredentialError::EmailWithoutKey {
                    at: email_at.clone(),
                });
            }
            _ => {}
        }
        check_text(email.expose(), email_at)?;
        if !email.expose().contains('@') {
            return Err(CredentialError::NotAnEmail {
                at: email_at.clone(),
            });
        }
        let email_header = header(&email, "", email_at)?;
        let (_, key_header) = check_secret(&key, "", key_at)?;
        Ok(Self::ApiKey(ApiKey {
            email,
            key,
            headers: [(X_AUTH_EMAIL, email_header), (X_AUTH_KEY, key_header)],
        }))
    }

    pub(crate) fn service_key_from(secret: Secret, at: &Origin) -> Result<Self, CredentialError> {
        let (_, header) = check_secret(&secret, "", at)?;
        Ok(Self::UserServiceKey(UserServiceKey {
            secret,
            headers: [(X_AUTH_USER_SERVICE_KEY, header)],
        }))
    }
}

/// Its [headers](Credential::headers): a credential can be passed where headers are expected.
impl AsRef<[(HeaderName, HeaderValue)]> for Credential {
    fn as_ref(&self) -> &[(HeaderName, HeaderValue)] {
        self.headers()
    }
}

fn check_secret(
    secret: &Secret,
    prefix: &str,
    at: &Origin,
) -> Result<(SecretForm, HeaderValue), CredentialError> {
    check_text(secret.expose(), at)?;
    let form = SecretForm::of(secret.expose());
    check_form(form, at)?;
    Ok((form, header(secret, prefix, at)?))
}

/// `check_text` only accepts what a header can hold; should the two ever disagree, it is an error, not a panic.
fn header(secret: &Secret, prefix: &str, at: &Origin) -> Result<HeaderValue, CredentialError> {
    secret
        .header(prefix)
        .ok_or_else(|| CredentialError::NonAscii {
            at: at.clone(),
            index: 0,
        })
}

/// The kinds of [`Credential`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// An API token.
    ApiToken,
    /// A legacy Global API Key with its e-mail address.
    ApiKey,
    /// A user service key.
    UserServiceKey,
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiToken => "API token",
            Self::ApiKey => "API key",
            Self::UserServiceKey => "user service key",
        })
    }
}

/// An API token. Made by [`Credential::api_token`].
#[derive(Eq)]
pub struct ApiToken {
    secret: Secret,
    form: SecretForm,
    headers: [(HeaderName, HeaderValue); 1],
}

impl ApiToken {
    /// The token.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What its form says of its owner: [`UserToken`](SecretForm::UserToken),
    /// [`AccountToken`](SecretForm::AccountToken), or a form that does not say. User and account tokens are verified
    /// and managed at different endpoints.
    pub fn form(&self) -> SecretForm {
        self.form
    }
}

impl PartialEq for ApiToken {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiToken")
            .field("form", &self.form)
            .field("secret", &self.secret)
            .finish()
    }
}

/// A legacy API key with its e-mail address. Made by [`Credential::api_key`].
#[derive(Eq)]
pub struct ApiKey {
    email: Secret,
    key: Secret,
    headers: [(HeaderName, HeaderValue); 2],
}

impl ApiKey {
    /// The e-mail address of the user the key belongs to. Not secret, but personal: `Debug` hides it.
    pub fn email(&self) -> &str {
        self.email.expose()
    }

    /// The key.
    pub fn key(&self) -> &Secret {
        &self.key
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        // Not `&&`: whether the address matched must not show in the time taken.
        (self.email == other.email) & (self.key == other.key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("email", &self.email)
            .field("key", &self.key)
            .finish()
    }
}

/// A user service key, which Cloudflare no longer accepts. Made by [`Credential::user_service_key`].
#[derive(Eq)]
pub struct UserServiceKey {
    secret: Secret,
    headers: [(HeaderName, HeaderValue); 1],
}

impl UserServiceKey {
    /// The key.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl PartialEq for UserServiceKey {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret
    }
}

impl fmt::Debug for UserServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserServiceKey")
            .field("secret", &self.secret)
            .finish()
    }
}
