//! No secret is shown.

use std::fmt::Debug;

use cf_client::Credential;
use cf_client::auth::CredentialFile;
use cf_client::migrate::Usage;
use cf_client::tokens::{NewToken, all_zones};

use super::{EMAIL, KEY, World};

#[tokio::test]
async fn no_debug_shows_a_secret() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let profile = CredentialFile::profile(folder.path().join("c.toml"), "p");
    let usage = Usage::new().named("dns.records.list").zone(&*world.zone);
    let clean = |secrets: &[&str], value: &dyn Debug| {
        let text = format!("{value:?} {value:#?}");
        for secret in secrets {
            assert!(!text.contains(secret), "{text}");
        }
    };
    let known = [KEY, EMAIL];
    clean(&known, &world.recorder);
    clean(&known, &usage);
    let migration = world.plan(usage).profile(profile.clone());
    clean(&known, &migration);
    let plan = migration.plan().await.unwrap();
    clean(&known, &plan);
    let migrated = plan.create().await.unwrap();
    let Credential::ApiToken(token) = &migrated.credential else {
        panic!("{migrated:?}");
    };
    let all = [KEY, EMAIL, token.secret().expose()];
    clean(&all, &migrated);
    assert!(!migrated.to_string().contains(token.secret().expose()));
    clean(&all, &world.key.user_tokens());
    clean(
        &all,
        &world.key.user_tokens().get(&migrated.id).await.unwrap(),
    );
    let tokens = world.key.user_tokens();
    let new = NewToken::new("t").allow(all_zones().dns().read());
    let created = tokens.create(new).await.unwrap();
    let Credential::ApiToken(token) = &created.credential else {
        panic!("{created:?}");
    };
    clean(&[token.secret().expose()], &created);

    let plan = world
        .plan(Usage::new().named("unheard.of"))
        .plan()
        .await
        .unwrap();
    clean(&all, &plan.create().await.unwrap_err());
}
