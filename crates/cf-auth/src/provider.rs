use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use crate::{Credential, CredentialError};

/// A boxed future, as object-safe async traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where a program's credential comes from, asked once for each request.
///
/// The client calls [`credential`](Self::credential) before a request. When Cloudflare answers 401 it
/// calls [`refresh`](Self::refresh) with the credential that was refused, and if that gives another
/// one, sends the request once more.
///
/// ```
/// use std::sync::Arc;
/// use cf_auth::{BoxFuture, Credential, CredentialError, CredentialProvider};
///
/// /// Takes the token of the tenant that is being served.
/// #[derive(Debug)]
/// struct Tenants { current: Arc<Credential> }
///
/// impl CredentialProvider for Tenants {
///     fn credential(&self) -> BoxFuture<'_, Result<Arc<Credential>, CredentialError>> {
///         Box::pin(async { Ok(Arc::clone(&self.current)) })
///     }
/// }
/// ```
pub trait CredentialProvider: Send + Sync + fmt::Debug + 'static {
    /// The credential to use now. Called for each request: cheap when nothing changed.
    ///
    /// # Errors
    /// If there is none, or it cannot be used. The request is then not sent.
    fn credential(&self) -> BoxFuture<'_, Result<Arc<Credential>, CredentialError>>;

    /// The same, where it is at hand: no future has to be made then. With `None`, which is the
    /// default, [`credential`](Self::credential) is asked.
    fn at_hand(&self) -> Option<Arc<Credential>> {
        None
    }

    /// Asks for another credential because Cloudflare refused `rejected`. `Ok(None)` says that there
    /// is no other; the answer 401 then goes to the caller.
    ///
    /// # Errors
    /// If a fresh one could not be fetched.
    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> BoxFuture<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        let _ = rejected;
        Box::pin(ready(Ok(None)))
    }
}

impl<P: CredentialProvider + ?Sized> CredentialProvider for Arc<P> {
    fn credential(&self) -> BoxFuture<'_, Result<Arc<Credential>, CredentialError>> {
        (**self).credential()
    }

    fn at_hand(&self) -> Option<Arc<Credential>> {
        (**self).at_hand()
    }

    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> BoxFuture<'a, Result<Option<Arc<Credential>>, CredentialError>> {
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
    fn credential(&self) -> BoxFuture<'_, Result<Arc<Credential>, CredentialError>> {
        Box::pin(ready(Ok(Arc::clone(&self.0))))
    }

    fn at_hand(&self) -> Option<Arc<Credential>> {
        Some(Arc::clone(&self.0))
    }
}
