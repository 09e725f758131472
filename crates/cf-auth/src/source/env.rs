use std::sync::Arc;

use crate::settings::Settings;
use crate::{Credential, CredentialError, CredentialProvider, Field, MaybeReady, Origin, Secret};

/// The environment variable of an API token.
pub const API_TOKEN_VAR: &str = "CLOUDFLARE_API_TOKEN";
/// The environment variable of a legacy API key; it also needs [`EMAIL_VAR`].
pub const API_KEY_VAR: &str = "CLOUDFLARE_API_KEY";
/// The environment variable of the e-mail address of a legacy API key.
pub const EMAIL_VAR: &str = "CLOUDFLARE_EMAIL";
/// The environment variable of a user service key. Cloudflare stopped accepting these on 2026-09-30.
pub const USER_SERVICE_KEY_VAR: &str = "CLOUDFLARE_API_USER_SERVICE_KEY";

pub(crate) fn variable(field: Field) -> &'static str {
    match field {
        Field::ApiToken => API_TOKEN_VAR,
        Field::ApiKey => API_KEY_VAR,
        Field::Email => EMAIL_VAR,
        Field::UserServiceKey => USER_SERVICE_KEY_VAR,
    }
}

/// All four, for a message about none of them being set.
pub(crate) fn variables() -> String {
    format!("{API_TOKEN_VAR}, {API_KEY_VAR} with {EMAIL_VAR}, or {USER_SERVICE_KEY_VAR}")
}

impl Credential {
    /// Takes the credential from the environment: `CLOUDFLARE_API_TOKEN`; or `CLOUDFLARE_API_KEY`
    /// with `CLOUDFLARE_EMAIL`; or `CLOUDFLARE_API_USER_SERVICE_KEY`.
    ///
    /// A variable that is set but empty counts as not set, because that is how CI systems hand over
    /// a secret that does not exist; [`CredentialError::Missing`] mentions it. `CLOUDFLARE_EMAIL`
    /// next to a token is not used.
    ///
    /// # Errors
    /// [`CredentialError::Missing`] if none is set, [`CredentialError::Conflict`] if two kinds are (it never picks one
    /// silently), and those of the constructors, naming the variable.
    pub fn from_env() -> Result<Self, CredentialError> {
        // What is not Unicode is not ASCII either, and is rejected as such.
        Self::from_env_vars(|name| {
            std::env::var_os(name).map(|value| {
                value
                    .into_string()
                    .unwrap_or_else(|value| value.to_string_lossy().into_owned())
            })
        })
    }

    /// Same as [`from_env`](Self::from_env), over variables that `lookup` gives, so that a test or a
    /// program with settings of its own need not touch the process environment.
    ///
    /// ```
    /// use cf_auth::Credential;
    /// let vars = |name: &str| (name == "CLOUDFLARE_API_TOKEN").then(|| "cfat_abc".to_owned());
    /// assert!(Credential::from_env_vars(vars).is_ok());
    /// ```
    ///
    /// # Errors
    /// Same as [`from_env`](Self::from_env).
    pub fn from_env_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, CredentialError> {
        Settings::read(|field| {
            let name = variable(field);
            let at = Origin::at(field, format!("the environment variable {name}"));
            lookup(name).map(|text| (at, Secret::new(text)))
        })
        .resolve(|| format!("the environment ({})", variables()))
    }
}

/// The environment as a provider: [`Credential::from_env`] at each request.
///
/// ```
/// use cf_auth::{Cached, Environment};
/// let provider = Cached::new(Environment);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment;

impl CredentialProvider for Environment {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::ready(Credential::from_env().map(Arc::new))
    }
}
