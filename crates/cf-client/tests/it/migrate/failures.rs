//! Migrations that fail on the way.

use std::time::Duration;

use cf_client::Credential;
use cf_client::auth::CredentialFile;
use cf_client::migrate::{MigrateError, Question, Usage};
use cf_emulator::Fault;
use http::{Method, StatusCode};

use super::{EMAIL, KEY, World};

#[tokio::test]
async fn what_is_there_is_not_replaced_unasked() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = CredentialFile::profile(folder.path().join("credentials.toml"), "default");
    let key = Credential::api_key(EMAIL, KEY).unwrap();
    file.write(&key).unwrap();
    let usage = || Usage::new().named("dns.records.list").zone(&*world.zone);
    let plan = world
        .plan(usage())
        .profile(file.clone())
        .plan()
        .await
        .unwrap();
    assert!(
        matches!(plan.questions(), [Question::ProfileTaken { .. }]),
        "{plan}"
    );
    let plan = world.plan(usage()).profile(file.clone()).replace_profile();
    let migrated = plan.plan().await.unwrap().create().await.unwrap();
    assert_eq!(file.read().unwrap(), migrated.credential);

    let plan = world.plan(usage()).plan().await.unwrap();
    assert!(
        matches!(plan.questions(), [Question::NameTaken { .. }]),
        "{plan}"
    );
}

#[tokio::test]
async fn a_failure_half_way_leaves_no_token() {
    let world = World::new().await;
    let usage = || Usage::new().named("dns.records.list").zone(&*world.zone);
    let records = "/zones/*/dns_records";
    let refused = || Fault::error(StatusCode::FORBIDDEN, 10000, "Authentication error");

    world
        .emulator
        .inject(refused().on(Method::GET, records).times(1));
    let plan = world.plan(usage()).plan().await.unwrap();
    let error = plan.create().await.unwrap_err();
    assert!(
        matches!(&error, MigrateError::Refused { operation, .. } if operation == "dns.records.list")
    );
    assert!(error.to_string().contains("deleted again"), "{error}");
    world.is_as_before().await;

    world
        .emulator
        .inject(refused().on(Method::GET, "/user/tokens/verify").times(1));
    let plan = world.plan(usage()).plan().await.unwrap();
    let error = plan.create().await.unwrap_err();
    assert!(matches!(error, MigrateError::Unverified { .. }), "{error}");
    world.is_as_before().await;

    // A broken connection says nothing about the token, so it is not verified.
    world
        .emulator
        .inject(Fault::cut().on(Method::GET, records).always());
    let plan = world.plan(usage()).plan().await.unwrap();
    let error = plan.create().await.unwrap_err();
    assert!(matches!(error, MigrateError::Unverified { .. }), "{error}");
    world.emulator.clear_faults();
    world.is_as_before().await;

    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("a file");
    std::fs::write(&blocked, "").unwrap();
    let plan = world
        .plan(usage())
        .profile(CredentialFile::profile(blocked.join("c.toml"), "p"));
    let plan = plan.replace_profile().plan().await.unwrap();
    let error = plan.create().await.unwrap_err();
    assert!(matches!(error, MigrateError::Profile { .. }), "{error}");
    world.is_as_before().await;

    // Created, but the reply was lost.
    world
        .emulator
        .inject(Fault::lose_reply().on(Method::POST, "/user/tokens"));
    let plan = world.plan(usage()).plan().await.unwrap();
    let error = plan.create().await.unwrap_err();
    assert!(matches!(error, MigrateError::Api(_)), "{error}");
    world.is_as_before().await;

    let posts = world.emulator.requests();
    let posts = posts
        .iter()
        .filter(|request| request.method == Method::POST);
    assert_eq!(posts.count(), 5, "each try did make a token");
}

#[tokio::test]
async fn a_token_that_cannot_be_deleted_is_named() {
    let world = World::new().await;
    let usage = Usage::new().named("dns.records.list").zone(&*world.zone);
    let refused = || Fault::error(StatusCode::FORBIDDEN, 9109, "Unauthorized");
    world
        .emulator
        .inject(refused().on(Method::GET, "/zones/*/dns_records").times(1));
    world
        .emulator
        .inject(refused().on(Method::DELETE, "/user/tokens/*").always());
    let error = world
        .plan(usage)
        .plan()
        .await
        .unwrap()
        .create()
        .await
        .unwrap_err();
    assert!(matches!(error, MigrateError::Stray { .. }), "{error:?}");
    assert!(error.to_string().contains("\"the program\""), "{error}");
    assert!(error.to_string().contains("dash.cloudflare.com"), "{error}");
}

/// It takes a moment until a token is known everywhere.
#[tokio::test]
async fn a_refusal_at_first_is_waited_out() {
    let world = World::new().await;
    let usage = Usage::new().named("dns.records.list").zone(&*world.zone);
    let refused = Fault::error(StatusCode::UNAUTHORIZED, 1000, "Invalid API Token");
    world
        .emulator
        .inject(refused.on(Method::GET, "/user/tokens/verify").times(1));
    let migration = world.plan(usage).settle(Duration::from_secs(5));
    migration.plan().await.unwrap().create().await.unwrap();
}

#[tokio::test]
async fn what_the_key_may_not_do_either_is_no_fault_of_the_token() {
    let world = World::new().await;
    let usage = Usage::new()
        .named("dns.records.list")
        .named("zones.get")
        .zone(&*world.zone);
    let refused = Fault::error(StatusCode::FORBIDDEN, 10000, "Authentication error");
    world
        .emulator
        .inject(refused.on(Method::GET, "/zones/*/dns_records").always());
    let plan = world.plan(usage).plan().await.unwrap();
    let migrated = plan.create().await.unwrap();
    assert_eq!(migrated.unverified, ["dns.records.list"]);
    assert_eq!(migrated.verified_by, [format!("GET /zones/{}", world.zone)]);
    assert!(
        migrated
            .to_string()
            .contains("There was nothing to verify dns.records.list with")
    );
}

#[tokio::test]
async fn a_name_taken_since_the_plan_is_left_to_its_owner() {
    let world = World::new().await;
    let usage = || Usage::new().named("dns.records.list").zone(&*world.zone);
    let first = world.plan(usage()).plan().await.unwrap();
    let second = world.plan(usage()).plan().await.unwrap();
    first.create().await.unwrap();
    world
        .emulator
        .inject(Fault::lose_reply().on(Method::POST, "/user/tokens"));
    let error = second.create().await.unwrap_err();
    let MigrateError::Unanswered { questions, .. } = &error else {
        panic!("{error}");
    };
    assert!(
        matches!(questions[..], [Question::NameTaken { .. }]),
        "{error}"
    );
    assert_eq!(
        world.names_of_tokens().await,
        ["all permissions", "the program"]
    );
}
