//! Sources asked in order.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use cf_auth::{
    Chain, Credential, CredentialError, CredentialFile, CredentialProvider, MaybeReady,
    StaticCredential,
};

fn token(text: &str) -> Credential {
    Credential::api_token(text).unwrap()
}

fn fixed(text: &str) -> StaticCredential {
    StaticCredential::new(token(text))
}

/// Provides `old` until it is refused, then `new`.
#[derive(Debug)]
struct Renewable;

impl CredentialProvider for Renewable {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::ready(Ok(Arc::new(token("old"))))
    }

    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        assert_eq!(*rejected, token("old"));
        MaybeReady::ready(Ok(Some(Arc::new(token("new")))))
    }
}

fn absent(name: &str) -> CredentialFile {
    CredentialFile::token(format!("/nowhere/{name}"))
}

#[tokio::test]
async fn the_first_that_has_one_is_used() {
    let chain = Chain::new()
        .then(absent("a"))
        .then(fixed("first"))
        .then(fixed("second"));
    assert_eq!(*chain.credential().await.unwrap(), token("first"));
}

#[tokio::test]
async fn without_any_all_places_are_named() {
    let error = Chain::new()
        .then(absent("a"))
        .then(absent("b"))
        .credential()
        .await
        .unwrap_err();
    assert!(matches!(error, CredentialError::Missing { .. }));
    for path in ["/nowhere/a", "/nowhere/b"] {
        assert!(error.to_string().contains(path), "{error}");
    }
    let error = Chain::new().credential().await.unwrap_err();
    assert!(error.to_string().contains("empty chain"), "{error}");
}

#[tokio::test]
async fn an_error_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two words");
    std::fs::write(&path, "two words").unwrap();
    let broken = CredentialFile::token(path).readable_by_others(true);
    let error = Chain::new()
        .then(broken)
        .then(fixed("next"))
        .credential()
        .await
        .unwrap_err();
    assert!(
        matches!(error, CredentialError::Whitespace { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn only_the_source_that_was_used_is_asked_again() {
    let chain = Chain::new()
        .then(absent("a"))
        .then(Renewable)
        .then(fixed("other"));
    let old = chain.credential().await.unwrap();
    assert_eq!(*chain.refresh(&old).await.unwrap().unwrap(), token("new"));

    let chain = Chain::new().then(fixed("first")).then(Renewable);
    let first = chain.credential().await.unwrap();
    assert!(chain.refresh(&first).await.unwrap().is_none());
}
