use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Credential, CredentialError, CredentialProvider, MaybeReady};

/// Several sources, asked in order until one has a credential.
///
/// Only [`CredentialError::Missing`] leads to the next: a source that has something wrong, such as two credentials at
/// once, is an error and not silently skipped.
///
/// ```
/// use cf_auth::{Chain, CredentialFile, Environment};
/// let provider = Chain::new()
///     .then(Environment)
///     .then(CredentialFile::token("/run/secrets/cloudflare"));
/// ```
#[derive(Debug, Default)]
pub struct Chain {
    sources: Vec<Box<dyn CredentialProvider>>,
    /// The one the last credential came from.
    used: AtomicUsize,
}

impl Chain {
    /// An empty chain.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source, which is asked after those before it.
    #[must_use]
    pub fn then(mut self, source: impl CredentialProvider) -> Self {
        self.sources.push(Box::new(source));
        self
    }
}

impl CredentialProvider for Chain {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::future(async {
            let (mut all_places, mut all_empty) = (Vec::new(), Vec::new());
            for (i, source) in self.sources.iter().enumerate() {
                match source.credential().await {
                    Err(CredentialError::Missing { looked_in, empty }) => {
                        all_places.extend(looked_in);
                        all_empty.extend(empty);
                    }
                    other => {
                        self.used.store(i, Ordering::Relaxed);
                        return other;
                    }
                }
            }
            if self.sources.is_empty() {
                all_places.push("an empty chain of sources".to_owned());
            }
            Err(CredentialError::Missing {
                looked_in: all_places,
                empty: all_empty,
            })
        })
    }

    /// Asks only the source the credential came from: continuing as somebody else because a token expired would be a
    /// silent choice.
    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        MaybeReady::future(async move {
            match self.sources.get(self.used.load(Ordering::Relaxed)) {
                Some(source) => source.refresh(rejected).await,
                None => Ok(None),
            }
        })
    }
}
