//! From what a program uses to a token that may do just that.

use std::time::Duration;

use cf_client::Credential;
use cf_client::auth::CredentialFile;
use cf_client::migrate::{MigrateError, Migration, Plan, Question, Usage};
use cf_client::types::dns::records;
use cf_client::types::dns::records::TxtRecordParam;
use cf_client::types::{user, zones};
use cf_emulator::TokenSpec;
use http::Method;

use super::{World, program};

fn permissions(plan: &Plan) -> Vec<&str> {
    plan.permissions().collect()
}

#[tokio::test]
async fn the_whole_way_of_a_program_that_was_observed() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let profile = CredentialFile::profile(folder.path().join("credentials.toml"), "program");
    program(&world.key).await.unwrap();
    let usage = world.recorder.usage();
    let zone = &world.zone;
    assert_eq!(
        usage.to_string(),
        format!(
            "DELETE /zones/{zone}/dns_records/{{dns_record_id}}\nGET /zones\n\
             GET /zones/{zone}/dns_records\nPOST /zones/{zone}/dns_records\n"
        )
    );

    world.emulator.clear_requests();
    let migration = world
        .plan(usage)
        .profile(profile.clone())
        .only_from(["127.0.0.1"]);
    let plan = migration.plan().await.unwrap();
    let requests = world.emulator.requests();
    assert!(
        requests.iter().all(|request| request.method == Method::GET),
        "a plan only reads"
    );
    assert!(plan.questions().is_empty(), "{plan}");
    assert_eq!(permissions(&plan), ["DNS Write", "Zone Read"]);
    let shown = plan.to_string();
    for part in [
        format!(
            "DNS Write on zone {zone}\n    for dns.records.create, dns.records.delete, dns.records.list"
        ),
        format!("Zone Read on zone {zone}\n    for zones.list"),
        "from 127.0.0.1".to_owned(),
        "until 20".to_owned(),
        "Nothing has been created yet.".to_owned(),
    ] {
        assert!(shown.contains(&part), "{part}: {shown}");
    }
    world.is_as_before().await;

    let migrated = plan.create().await.unwrap();
    assert_eq!(
        migrated.verified_by,
        [&format!("GET /zones/{zone}/dns_records"), "GET /zones"]
    );
    assert!(migrated.unverified.is_empty());
    let steps = migrated.to_string();
    for part in [
        "valid until 20",
        "profile \"program\"",
        "CLOUDFLARE_API_KEY",
        "Global API Key, Change",
    ] {
        assert!(steps.contains(part), "{part}: {steps}");
    }

    let token = profile.read().unwrap();
    assert_eq!(token, migrated.credential);
    let narrow = world.with(token);
    program(&narrow).await.unwrap();
    let error = narrow
        .zones()
        .settings()
        .get(zone, "ssl")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("\"Zone Settings Read\""),
        "{error}"
    );
    let other = world
        .emulator
        .add_zone(world.emulator.account_id(), "example.org")
        .unwrap();
    let error = narrow.dns().records().list(&other).await.unwrap_err();
    assert!(
        error.to_string().contains("its resources do not include"),
        "{error}"
    );
}

#[tokio::test]
async fn by_type_the_zones_are_asked_for() {
    let world = World::new().await;
    let usage = || {
        Usage::new()
            .operation::<records::List>()
            .operation::<zones::Get>()
    };
    let plan = world.plan(usage()).plan().await.unwrap();
    let [Question::Zones { operations, .. }] = plan.questions() else {
        panic!("{plan}");
    };
    assert_eq!(operations[..], ["zones.get", "dns.records.list"]);
    assert!(matches!(
        plan.create().await,
        Err(MigrateError::Unanswered { .. })
    ));

    let plan = world.plan(usage().zone(&*world.zone)).plan().await.unwrap();
    assert_eq!(permissions(&plan), ["DNS Read", "Zone Read"]);
    assert!(
        plan.to_string()
            .contains(&format!("on zone {}", world.zone)),
        "{plan}"
    );
    let plan = world.plan(usage()).all_zones().plan().await.unwrap();
    assert!(
        plan.to_string().contains("DNS Read on all zones\n"),
        "{plan}"
    );
    let account = world.emulator.account_id();
    let plan = world
        .plan(usage().account(account))
        .all_zones()
        .plan()
        .await
        .unwrap();
    assert!(
        plan.to_string()
            .contains(&format!("on all zones of account {account}")),
        "{plan}"
    );
    let migrated = plan.create().await.unwrap();
    world
        .with(migrated.credential)
        .dns()
        .records()
        .list(&world.zone)
        .await
        .unwrap();

    let usage = Usage::new().named("accounts.members.list");
    let plan = world.plan(usage).plan().await.unwrap();
    assert!(
        matches!(plan.questions()[0], Question::Accounts { .. }),
        "{plan}"
    );
}

#[tokio::test]
async fn who_writes_on_one_zone_and_reads_on_another_may_do_just_that() {
    let world = World::new().await;
    let other = world
        .emulator
        .add_zone(world.emulator.account_id(), "example.org")
        .unwrap();
    let records = |zone: &str| format!("/zones/{zone}/dns_records");
    let usage = Usage::new()
        .request(&Method::POST, &records(&world.zone))
        .request(&Method::GET, &records(&world.zone))
        .request(&Method::GET, &records(&other));
    let plan = world.plan(usage).plan().await.unwrap();
    let shown = plan.to_string();
    assert!(
        shown.contains(&format!("DNS Read on zone {other}\n")),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("DNS Write on zone {}\n", world.zone)),
        "{shown}"
    );
    let narrow = world.with(plan.create().await.unwrap().credential);
    let record = || TxtRecordParam::new("t", "\"1\"");
    narrow
        .dns()
        .records()
        .create(&world.zone, record())
        .await
        .unwrap();
    narrow.dns().records().list(&other).await.unwrap();
    let error = narrow
        .dns()
        .records()
        .create(&other, record())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("\"DNS Write\""), "{error}");
}

#[tokio::test]
async fn what_is_not_known_is_asked_and_not_guessed() {
    let world = World::new().await;
    let zone = &world.zone;
    let usage = || {
        Usage::new()
            .request(&Method::GET, &format!("/zones/{zone}/dns_records"))
            .request(&Method::GET, &format!("/zones/{zone}/dns_records/usage"))
            .request(
                &Method::POST,
                &format!("/zones/{zone}/new_thing/0123456789abcdef0123/start"),
            )
            .named("unheard.of")
    };
    let plan = world.plan(usage()).plan().await.unwrap();
    let new_thing = format!("POST /zones/{zone}/new_thing/{{id}}/start");
    let asked: Vec<_> = plan.questions().iter().map(ToString::to_string).collect();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0].contains("unheard.of"), "{asked:?}");
    assert!(
        asked[1].contains("dns.usage.zone.get") && asked[1].contains("\"DNS Write\""),
        "{asked:?}"
    );
    assert!(
        asked[2].contains(&format!(".permit(\"{new_thing}\"")),
        "{asked:?}"
    );
    world.emulator.clear_requests();
    let error = plan.create().await.unwrap_err();
    assert!(error.to_string().contains("nothing was created"), "{error}");
    assert!(world.emulator.requests().is_empty());

    let answered = || {
        world
            .plan(usage())
            .permit("dns.usage.zone.get", "DNS Read")
            .leave_out("unheard.of")
    };
    let plan = answered()
        .permit(&new_thing, "Nonsense Write")
        .plan()
        .await
        .unwrap();
    assert!(
        matches!(plan.questions(), [Question::Unavailable { .. }]),
        "{plan}"
    );
    let plan = answered()
        .permit(&new_thing, "Zone Settings Write")
        .plan()
        .await
        .unwrap();
    assert!(plan.questions().is_empty(), "{plan}");
    assert_eq!(permissions(&plan), ["DNS Read", "Zone Settings Write"]);
    plan.create().await.unwrap();
}

#[tokio::test]
async fn what_is_inferred_is_marked() {
    let world = World::new().await;
    let usage = Usage::new()
        .named("dns.records.list")
        .named("dns.records.scan_list")
        .zone(&*world.zone);
    let plan = world.plan(usage.clone()).plan().await.unwrap();
    assert_eq!(permissions(&plan), ["DNS Read"]);
    assert_eq!(
        plan.inferred().collect::<Vec<_>>(),
        ["dns.records.scan_list"]
    );
    let shown = plan.to_string();
    assert!(
        shown.contains("for dns.records.list, dns.records.scan_list (inferred)\n  inferred: "),
        "{shown}"
    );
    plan.create().await.unwrap();

    let said = world.plan(usage).name("other");
    let said = said.permit("dns.records.scan_list", "DNS Write");
    let plan = said.plan().await.unwrap();
    assert_eq!(plan.inferred().count(), 0);
    assert!(!plan.to_string().contains("inferred"), "{plan}");
}

#[tokio::test]
async fn what_needs_no_permission_gets_none() {
    let world = World::new().await;
    let usage = Usage::new()
        .operation::<user::tokens::Verify>()
        .named("ips.list");
    let error = world.plan(usage.clone()).plan().await.unwrap_err();
    assert!(
        error.to_string().contains("nothing to create a token for"),
        "{error}"
    );
    let plan = world.plan(usage.named("user.get")).plan().await.unwrap();
    assert_eq!(permissions(&plan), ["User Details Read"]);
    assert!(
        plan.to_string()
            .contains("nothing for ips.list, user.tokens.verify"),
        "{plan}"
    );
    let migrated = plan.create().await.unwrap();
    assert!(migrated.verified_by.contains(&"GET /user".to_owned()));
}

#[tokio::test]
async fn an_account_can_own_the_token() {
    let world = World::new().await;
    let account = world.emulator.account_id();
    let usage = Usage::new()
        .named("accounts.members.list")
        .named("zones.list")
        .zone(&*world.zone);
    let plan = world
        .plan(usage.clone())
        .owned_by_account(account)
        .plan()
        .await
        .unwrap();
    assert!(plan.questions().is_empty(), "{plan}");
    assert!(
        plan.to_string()
            .contains(&format!("owned by account {account}")),
        "{plan}"
    );
    let migrated = plan.create().await.unwrap();
    let Credential::ApiToken(token) = &migrated.credential else {
        panic!("{migrated:?}");
    };
    assert!(token.secret().expose().starts_with("cfat_"));
    let narrow = world.with(migrated.credential);
    narrow.accounts().members().list(account).await.unwrap();
    assert_eq!(narrow.zones().list().await.unwrap().len(), 1);

    let plan = world
        .plan(usage.named("user.get"))
        .owned_by_account(account)
        .name("other");
    let plan = plan.plan().await.unwrap();
    let [Question::Unavailable { operation, .. }] = plan.questions() else {
        panic!("{plan}");
    };
    assert_eq!(operation, "user.get");
}

#[tokio::test]
async fn a_token_that_may_make_tokens_can_take_the_place_of_the_key() {
    let world = World::new().await;
    let spec = TokenSpec::new(["API Tokens Write", "DNS Read"]);
    let maker = world.emulator.add_token(spec.name("maker")).unwrap();
    let maker = world.with(Credential::api_token(maker.value).unwrap());
    let usage = || Usage::new().named("dns.records.list").zone(&*world.zone);
    let migration = Migration::new(&maker, usage())
        .name("made")
        .settle(Duration::ZERO);
    migration.plan().await.unwrap().create().await.unwrap();

    let spec = TokenSpec::new(["API Tokens Read"]);
    let reader = world.emulator.add_token(spec.name("reader")).unwrap();
    let reader = world.with(Credential::api_token(reader.value).unwrap());
    let migration = Migration::new(&reader, usage())
        .name("other")
        .settle(Duration::ZERO);
    let error = migration.plan().await.unwrap().create().await.unwrap_err();
    assert!(
        error.to_string().contains("\"API Tokens Write\""),
        "{error}"
    );
}

#[tokio::test]
async fn an_operation_of_accounts_and_zones_is_for_those_that_were_said() {
    let world = World::new().await;
    let usage = || Usage::new().named("custom_pages.list");
    let answered = |usage| {
        world
            .plan(usage)
            .permit("custom_pages.list", "Account Settings Read")
    };
    let account = world.emulator.account_id();
    let plan = answered(usage().account(account)).plan().await.unwrap();
    assert!(
        plan.to_string()
            .contains(&format!("Account Settings Read on account {account}")),
        "{plan}"
    );
    let migrated = plan.create().await.unwrap();
    assert_eq!(
        migrated.unverified,
        ["custom_pages.list"],
        "which of the two paths is not known"
    );
}
