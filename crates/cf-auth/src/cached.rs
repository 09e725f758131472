use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Credential, CredentialError, CredentialProvider, MaybeReady};

/// Caches another provider's credential, so that it is asked rarely, and never twice at the same time.
///
/// - Without [`max_age`](Self::max_age) a credential is kept until Cloudflare refuses it.
/// - While one task renews an expired credential, the others keep using the last good one; without one they wait for
///   the same answer instead of asking again.
/// - If renewing fails, the last good one stays in use, and the next attempt waits for
///   [`retry_after`](Self::retry_after).
/// - A refused credential is renewed once, however many requests were refused with it.
///
/// ```
/// use cf_auth::{Cached, CredentialCommand};
/// use std::time::Duration;
///
/// let provider = Cached::new(CredentialCommand::new("print-token"))
///     .max_age(Duration::from_secs(15 * 60));
/// ```
pub struct Cached<P> {
    source: P,
    max_age: Option<Duration>,
    retry_after: Duration,
    kept: Mutex<Kept>,
    /// Held by the task that asks the source.
    asking: futures_util::lock::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    credential: Option<(Arc<Credential>, Instant)>,
    /// When the source last failed to provide a new one.
    failed: Option<Instant>,
}

impl<P: CredentialProvider> Cached<P> {
    /// Caches what `source` provides.
    pub fn new(source: P) -> Self {
        Self {
            source,
            max_age: None,
            retry_after: Duration::from_secs(10),
            kept: Mutex::default(),
            asking: futures_util::lock::Mutex::new(()),
        }
    }

    /// After this time a credential is fetched again even if it was never refused. For rotated secrets, about half the
    /// time that the old one stays valid.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// How long to wait before asking the source again after it failed, while there is an old credential. 10 seconds by
    /// default.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = pause;
        self
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it is held; and if it did, the cache would still be consistent.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cached credential, and whether it may be used without asking the source.
    fn last_good(&self) -> Option<(Arc<Credential>, bool)> {
        let kept = self.kept();
        let (credential, since) = kept.credential.as_ref()?;
        let fresh = self.max_age.is_none_or(|age| since.elapsed() < age);
        Some((Arc::clone(credential), fresh || self.pausing(&kept)))
    }

    fn pausing(&self, kept: &Kept) -> bool {
        kept.failed
            .is_some_and(|since| since.elapsed() < self.retry_after)
    }

    fn keep(&self, credential: &Arc<Credential>) {
        *self.kept() = Kept {
            credential: Some((Arc::clone(credential), Instant::now())),
            failed: None,
        };
    }

    fn note_failure(&self) {
        self.kept().failed = Some(Instant::now());
    }

    async fn get(&self) -> Result<Arc<Credential>, CredentialError> {
        let _asking = match self.last_good() {
            Some((credential, true)) => return Ok(credential),
            Some((credential, false)) => match self.asking.try_lock() {
                Some(asking) => asking,
                None => return Ok(credential),
            },
            None => self.asking.lock().await,
        };
        // Another task may have asked while this one waited.
        let last = self.last_good();
        if let Some((credential, true)) = last {
            return Ok(credential);
        }
        match (self.source.credential().await, last) {
            (Ok(credential), _) => {
                self.keep(&credential);
                Ok(credential)
            }
            (Err(_), Some((credential, _))) => {
                self.note_failure();
                Ok(credential)
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn renew(
        &self,
        rejected: &Credential,
    ) -> Result<Option<Arc<Credential>>, CredentialError> {
        let _asking = self.asking.lock().await;
        {
            let kept = self.kept();
            if let Some((credential, _)) = &kept.credential {
                if **credential != *rejected {
                    return Ok(Some(Arc::clone(credential)));
                }
                if self.pausing(&kept) {
                    return Ok(None);
                }
            }
        }
        let renewed = self.source.refresh(rejected).await;
        match &renewed {
            Ok(Some(credential)) => self.keep(credential),
            // The refused one is still the last known, and may have been refused in error.
            Ok(None) | Err(_) => self.note_failure(),
        }
        renewed
    }
}

impl<P: fmt::Debug> fmt::Debug for Cached<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("source", &self.source)
            .field("max_age", &self.max_age)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}

impl<P: CredentialProvider> CredentialProvider for Cached<P> {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        match self.last_good() {
            Some((credential, true)) => MaybeReady::ready(Ok(credential)),
            _ => MaybeReady::future(self.get()),
        }
    }

    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        MaybeReady::future(self.renew(rejected))
    }
}
