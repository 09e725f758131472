//! How rarely, and how many at a time, a cached source is asked.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use cf_auth::{Cached, Credential, CredentialError, CredentialProvider, MaybeReady};
use tokio::sync::Semaphore;

const HOUR: Duration = Duration::from_secs(3600);

/// Counts how often it is asked, and provides tokens with that number.
#[derive(Debug)]
struct Source {
    asked: AtomicUsize,
    failing: AtomicBool,
    /// Each answer waits for a permit.
    gate: Semaphore,
    /// Whether a refused token is replaced by a new one.
    renews: bool,
}

impl Source {
    fn new() -> Arc<Self> {
        Self::with(Semaphore::MAX_PERMITS, true)
    }

    fn with(permits: usize, renews: bool) -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            failing: AtomicBool::new(false),
            gate: Semaphore::new(permits),
            renews,
        })
    }

    async fn next(&self) -> Result<Arc<Credential>, CredentialError> {
        let number = self.asked.fetch_add(1, SeqCst) + 1;
        self.gate.acquire().await.unwrap().forget();
        if self.failing.load(SeqCst) {
            return Err(CredentialError::provider("the vault is sealed"));
        }
        Ok(Arc::new(token(number)))
    }
}

impl CredentialProvider for Source {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::future(self.next())
    }

    fn refresh<'a>(
        &'a self,
        _rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        MaybeReady::future(async {
            let next = self.next().await?;
            Ok(self.renews.then_some(next))
        })
    }
}

fn token(number: usize) -> Credential {
    Credential::api_token(format!("token-{number}")).unwrap()
}

#[tokio::test]
async fn it_asks_once() {
    let source = Source::new();
    let cached = Cached::new(Arc::clone(&source));
    for _ in 0..5 {
        assert_eq!(*cached.credential().await.unwrap(), token(1));
    }
    assert_eq!(source.asked.load(SeqCst), 1);
}

#[tokio::test]
async fn many_at_once_share_one_answer() {
    let source = Source::with(0, true);
    let cached = Arc::new(Cached::new(Arc::clone(&source)));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let cached = Arc::clone(&cached);
            tokio::spawn(async move { cached.credential().await.unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(source.asked.load(SeqCst), 1);
    source.gate.add_permits(50);
    for task in tasks {
        assert_eq!(*task.await.unwrap(), token(1));
    }
    assert_eq!(source.asked.load(SeqCst), 1);
}

#[tokio::test]
async fn one_that_gives_up_waiting_does_not_block_the_others() {
    let source = Source::with(0, true);
    let cached = Cached::new(Arc::clone(&source));
    tokio::select! {
        biased;
        _ = cached.credential() => panic!("there was no permit to answer"),
        () = tokio::task::yield_now() => {}
    }
    source.gate.add_permits(1);
    assert_eq!(*cached.credential().await.unwrap(), token(2));
}

#[tokio::test]
async fn an_aged_one_is_renewed() {
    let cached = Cached::new(Source::new()).max_age(Duration::ZERO);
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    assert_eq!(*cached.credential().await.unwrap(), token(2));
    let cached = Cached::new(Source::new()).max_age(HOUR);
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    assert_eq!(*cached.credential().await.unwrap(), token(1));
}

// With the clock paused, waiting for the renewal instead would run into the timeout at once.
#[tokio::test(start_paused = true)]
async fn while_one_renews_the_others_go_on_with_the_last_good_one() {
    let source = Source::with(1, true);
    let cached = Arc::new(Cached::new(Arc::clone(&source)).max_age(Duration::ZERO));
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    let renewing = tokio::spawn({
        let cached = Arc::clone(&cached);
        async move { cached.credential().await.unwrap() }
    });
    tokio::task::yield_now().await;
    assert_eq!(source.asked.load(SeqCst), 2);
    let meanwhile = tokio::time::timeout(HOUR, cached.credential()).await;
    assert_eq!(*meanwhile.unwrap().unwrap(), token(1));
    source.gate.add_permits(1);
    assert_eq!(*renewing.await.unwrap(), token(2));
}

#[tokio::test]
async fn the_last_good_one_outlives_a_failure() {
    let source = Source::new();
    let cached = Cached::new(Arc::clone(&source))
        .max_age(Duration::ZERO)
        .retry_after(HOUR);
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    source.failing.store(true, SeqCst);
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    assert_eq!(source.asked.load(SeqCst), 2);
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    assert_eq!(source.asked.load(SeqCst), 2, "it is left alone for a while");

    let source = Source::new();
    let cached = Cached::new(Arc::clone(&source))
        .max_age(Duration::ZERO)
        .retry_after(Duration::ZERO);
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    source.failing.store(true, SeqCst);
    assert_eq!(*cached.credential().await.unwrap(), token(1));
    source.failing.store(false, SeqCst);
    assert_eq!(*cached.credential().await.unwrap(), token(3));
}

#[tokio::test]
async fn without_a_last_good_one_the_failure_is_told() {
    let source = Source::new();
    source.failing.store(true, SeqCst);
    let cached = Cached::new(Arc::clone(&source));
    let error = cached.credential().await.unwrap_err();
    assert!(error.to_string().contains("the vault is sealed"), "{error}");
    source.failing.store(false, SeqCst);
    assert!(cached.credential().await.is_ok());
}

#[tokio::test]
async fn a_refused_one_is_renewed_once_for_all() {
    let source = Source::new();
    let cached = Cached::new(Arc::clone(&source));
    let old = cached.credential().await.unwrap();
    for _ in 0..5 {
        assert_eq!(*cached.refresh(&old).await.unwrap().unwrap(), token(2));
    }
    assert_eq!(*cached.credential().await.unwrap(), token(2));
    assert_eq!(source.asked.load(SeqCst), 2);
}

#[tokio::test]
async fn if_there_is_no_other_the_source_is_left_alone_for_a_while() {
    let source = Source::with(Semaphore::MAX_PERMITS, false);
    let cached = Cached::new(Arc::clone(&source)).retry_after(HOUR);
    let old = cached.credential().await.unwrap();
    assert!(cached.refresh(&old).await.unwrap().is_none());
    assert!(cached.refresh(&old).await.unwrap().is_none());
    assert_eq!(source.asked.load(SeqCst), 2);
    assert_eq!(*cached.credential().await.unwrap(), *old);
}

#[tokio::test]
async fn a_failure_to_renew_is_told_and_the_last_one_kept() {
    let source = Source::new();
    let cached = Cached::new(Arc::clone(&source));
    let old = cached.credential().await.unwrap();
    source.failing.store(true, SeqCst);
    assert!(cached.refresh(&old).await.is_err());
    assert_eq!(*cached.credential().await.unwrap(), *old);
}
