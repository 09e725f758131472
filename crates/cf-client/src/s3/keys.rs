//! Keys for R2's S3 API.

use std::fmt;
use std::sync::Arc;

use cf_auth::{Credential, Secret};
use cf_types::AccountId;
use cf_types::r2::temporary_credentials::TemporaryCredentialParam;
use sha2::{Digest as _, Sha256};

use crate::client::Client;
use crate::error::Error;

/// The region that S3 clients are told; R2 has one.
pub const REGION: &str = "auto";

/// The longest that temporary keys are valid, in seconds: seven days.
const LONGEST: i64 = 604_800;

/// Where a bucket's objects are guaranteed to stay. It is part of the address of the S3 API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Jurisdiction {
    /// No guarantee.
    #[default]
    Default,
    /// The European Union.
    Eu,
    /// The United States.
    Us,
    /// FedRAMP.
    FedRamp,
}

impl Jurisdiction {
    /// Its name in the API; `None` for the default.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Jurisdiction::Default => None,
            Jurisdiction::Eu => Some("eu"),
            Jurisdiction::Us => Some("us"),
            Jurisdiction::FedRamp => Some("fedramp"),
        }
    }
}

/// Keys for R2's S3 API, and its address. `Debug` does not show the secrets.
#[derive(Clone)]
pub struct S3Keys {
    account: AccountId,
    access_key_id: String,
    secret_access_key: Arc<Secret>,
    session_token: Option<Arc<Secret>>,
    endpoint: String,
}

impl S3Keys {
    /// The keys of an API token: its ID, and the SHA-256 of its value. They allow what the token does, as long as it
    /// does, so it needs a permission for R2. See [Cloudflare's page](https://developers.cloudflare.com/r2/api/tokens/).
    ///
    /// ```
    /// use cf_client::Credential;
    /// use cf_client::s3::S3Keys;
    ///
    /// let token = Credential::api_token("cfut_0123456789abcdef0123456789abcdef01234567")?;
    /// let account = "023e105f4ecef8ad9ca31a8372d0c353";
    /// let keys = S3Keys::of_token(account, "ed17574386854bf78a67040be0a770b0", &token)?;
    /// assert_eq!(keys.access_key_id(), "ed17574386854bf78a67040be0a770b0");
    /// assert_eq!(keys.endpoint(), "https://023e105f4ecef8ad9ca31a8372d0c353.r2.cloudflarestorage.com");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the account's or the token's ID is not one, or the credential is not an API token.
    pub fn of_token(
        account: impl Into<AccountId>,
        token_id: &str,
        token: &Credential,
    ) -> Result<Self, Error> {
        let Credential::ApiToken(token) = token else {
            return Err(Error::input(
                "only an API token has keys for S3; create one with a permission for R2",
            ));
        };
        if !is_id(token_id) {
            return Err(Error::input(format!(
                "{token_id:?} is not the ID of a token, which has 32 hexadecimal digits"
            )));
        }
        let secret = hex::encode(Sha256::digest(token.secret().expose()));
        S3Keys::new(
            account.into(),
            token_id.to_owned(),
            Secret::new(secret),
            None,
        )
    }

    fn new(
        account: AccountId,
        access_key_id: String,
        secret_access_key: Secret,
        session_token: Option<Secret>,
    ) -> Result<Self, Error> {
        if !is_id(account.as_str()) {
            return Err(Error::input(format!(
                "{:?} is not the ID of an account, which has 32 hexadecimal digits",
                account.as_str()
            )));
        }
        let keys = S3Keys {
            account,
            access_key_id,
            secret_access_key: Arc::new(secret_access_key),
            session_token: session_token.map(Arc::new),
            endpoint: String::new(),
        };
        Ok(keys.jurisdiction(Jurisdiction::Default))
    }

    /// The same for buckets of a jurisdiction, which have another endpoint.
    #[must_use]
    pub fn jurisdiction(mut self, jurisdiction: Jurisdiction) -> Self {
        let account = self.account.as_str();
        self.endpoint = match jurisdiction.name() {
            None => format!("https://{account}.r2.cloudflarestorage.com"),
            Some(name) => format!("https://{account}.{name}.r2.cloudflarestorage.com"),
        };
        self
    }

    /// The access key ID.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret access key.
    pub fn secret_access_key(&self) -> &Secret {
        &self.secret_access_key
    }

    /// The session token, which temporary keys have: S3 clients send it with each request.
    pub fn session_token(&self) -> Option<&Secret> {
        self.session_token.as_deref()
    }

    /// The address of the S3 API. The bucket is part of the path.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Client {
    /// Keys for R2's S3 API that expire on their own, for one bucket or some objects in it: to be lent to a browser or
    /// another program.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client, account: cf_client::types::AccountId) -> Result<(), cf_client::Error> {
    /// use cf_client::types::r2::temporary_credentials::TemporaryCredentialParam;
    ///
    /// // The ID of the token that they come from; they allow no more than it does.
    /// let parent = client.user_tokens().verify().await?.id;
    /// let lent = TemporaryCredentialParam::new("photos", parent, "object-read-only", 900).prefixes(["2026/"]);
    /// let keys = client.temporary_s3_keys(&account, lent).await?;
    /// println!("{} at {}", keys.access_key_id(), keys.endpoint());
    /// # Ok(()) }
    /// ```
    ///
    /// See [Cloudflare's page](https://developers.cloudflare.com/api/resources/r2/subresources/temporary_credentials/methods/create/).
    ///
    /// # Errors
    /// When they are to be valid for less than a second or more than seven days, or as any call.
    #[doc(alias = "presigned url")]
    pub async fn temporary_s3_keys(
        &self,
        account: impl Into<AccountId>,
        lent: TemporaryCredentialParam,
    ) -> Result<S3Keys, Error> {
        let account = account.into();
        if lent
            .ttl_seconds
            .is_some_and(|ttl| !(1..=LONGEST).contains(&ttl))
        {
            return Err(Error::input(
                "temporary keys are valid for 1 second to 7 days (604,800 seconds)",
            ));
        }
        let lent = self
            .r2()
            .temporary_credentials()
            .create(&account, lent)
            .await?;
        let given = |value: Option<String>, what: &str| {
            let value = value.filter(|value| !value.is_empty());
            value.ok_or_else(|| Error::input(format!("the API gave no {what}; ask again")))
        };
        S3Keys::new(
            account,
            given(lent.access_key_id, "access key ID")?,
            Secret::new(given(lent.secret_access_key, "secret access key")?),
            Some(Secret::new(given(lent.session_token, "session token")?)),
        )
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Keys")
            .field("access_key_id", &self.access_key_id)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
