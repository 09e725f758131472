use std::fmt;
use std::sync::Arc;

use crate::{Credential, CredentialError, MaybeReady};

/// Where a program's credential comes from, asked once for each request.
///
/// The client calls [`credential`](Self::credential) before a request. When Cloudflare answers 401 it
/// calls [`refresh`](Self::refresh) with the credential that was refused, and if that gives another
/// one, sends the request once more.
///
/// ```
/// use std::sync::Arc;
/// use cf_auth::{Credential, CredentialError, CredentialProvider, MaybeReady};
///
/// /// Takes the token of the tenant that is being served.
/// #[derive(Debug)]
/// struct Tenants { current: Arc<Credential> }
///
/// impl CredentialProvider for Tenants {
///     fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
///         MaybeReady::ready(Ok(Arc::clone(&self.current)))
///     }
/// }
/// ```
pub trait CredentialProvider: Send + Sync + fmt::Debug + 'static {
    /// The credential to use now. Called for each request: cheap when nothing changed.
    ///
    /// # Errors
    /// If there is none, or it cannot be used. The request is then not sent.
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>>;

    /// Asks for another credential because Cloudflare refused `rejected`. `Ok(None)` says that there
    /// is no other; the answer 401 then goes to the caller.
    ///
    /// # Errors
    /// If a fresh one could not be fetched.
    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        let _ = rejected;
        MaybeReady::ready(Ok(None))
    }
}

impl<P: CredentialProvider + ?Sized> CredentialProvider for Arc<P> {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        (**self).credential()
    }

    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        (**self).refresh(rejected)
    }
}

/// One credential that never changes.
///
/// ```
/// use cf_auth::{Credential, StaticCredential};
/// let provider = StaticCredential::new(Credential::api_token("cfut_abc")?);
/// # Ok::<(), cf_auth::CredentialError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StaticCredential(Arc<Credential>);

impl StaticCredential {
    /// Provides `credential`, owned or already shared.
    pub fn new(credential: impl Into<Arc<Credential>>) -> Self {
        Self(credential.into())
    }
}

impl From<Credential> for StaticCredential {
    fn from(credential: Credential) -> Self {
        Self::new(credential)
    }
}

impl CredentialProvider for StaticCredential {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::ready(Ok(Arc::clone(&self.0)))
    }
}
