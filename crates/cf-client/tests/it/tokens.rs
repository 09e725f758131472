//! The life cycle of API tokens, against an emulator of the API.

use std::sync::Arc;
use std::time::Duration;

use cf_client::tokens::{
    NewToken, Policy, Tokens, account, all_accounts, all_zones, bucket, user, zone, zones, zones_of,
};
use cf_client::transport::cassette::{Recorder, Replay};
use cf_client::transport::{Body, HyperTransport, transport_fn};
use cf_client::types::shared::TokenStatus;
use cf_client::{Client, Credential, ErrorKind};
use cf_emulator::{Emulator, Fault, TokenSpec};
use http::Method;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn client(emulator: &Emulator, credential: Credential) -> Client {
    let builder = Client::builder().credential(credential);
    builder.base_url(emulator.base_url()).build().unwrap()
}

fn owner(emulator: &Emulator) -> Client {
    client(emulator, Credential::api_token(emulator.token()).unwrap())
}

async fn with_zone() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let owner = owner(&emulator);
    (emulator, owner, zone)
}

/// Both owners, with the form of their tokens.
fn both(client: &Client, emulator: &Emulator) -> [(Tokens, &'static str); 2] {
    [
        (client.user_tokens(), "cfut_"),
        (client.account_tokens(emulator.account_id()), "cfat_"),
    ]
}

fn holder_tokens(holder: &Client, emulator: &Emulator, form: &str) -> Tokens {
    match form {
        "cfut_" => holder.user_tokens(),
        _ => holder.account_tokens(emulator.account_id()),
    }
}

fn secret(credential: &Credential) -> &str {
    let Credential::ApiToken(token) = credential else {
        panic!("{credential:?} is no token");
    };
    token.secret().expose()
}

#[tokio::test]
async fn a_token_from_creation_to_deletion() {
    let (emulator, owner, zone_id) = with_zone().await;
    for (tokens, form) in both(&owner, &emulator) {
        let new = NewToken::new("records")
            .allow(zone(&*zone_id).dns().edit().zone_settings().read())
            .only_from(["127.0.0.1", "2001:db8::/32"])
            .expires_in(30 * DAY);
        let created = tokens.create(new).await.unwrap();
        let value = secret(&created.credential).to_owned();
        assert!(value.starts_with(form), "{form}");
        assert!(!format!("{created:?} {created:#?}").contains(&value));
        assert!(created.expires_on.is_some());

        let holder = client(&emulator, created.credential);
        let records = || holder.dns().records();
        records().list(&zone_id).await.unwrap();
        assert!(holder.zones().get(&zone_id).await.unwrap_err().is_auth());
        let own = holder_tokens(&holder, &emulator, form);
        let verified = own.verify().await.unwrap();
        assert!(verified.is_active());
        assert_eq!(verified.id, created.id);
        assert_eq!(verified.expires_on, created.expires_on);
        assert!(verified.policies.is_none(), "it may not look itself up");

        let listed = tokens.list().collect_all().await.unwrap();
        assert!(listed.iter().any(|token| token.id == created.id));

        let off = tokens.disable(&created.id).await.unwrap();
        assert_eq!(off.status, Some(TokenStatus::Disabled));
        assert!(off.condition.is_some(), "what it was stays");
        assert_eq!(off.expires_on, created.expires_on);
        assert!(own.verify().await.unwrap_err().is_auth());
        tokens.enable(&created.id).await.unwrap();
        records().list(&zone_id).await.unwrap();

        let rolled = tokens.roll(&created.id).await.unwrap();
        assert_ne!(secret(&rolled), value);
        assert!(records().list(&zone_id).await.unwrap_err().is_auth());
        let holder = client(&emulator, rolled);
        holder.dns().records().list(&zone_id).await.unwrap();

        tokens.delete(&created.id).await.unwrap();
        assert!(tokens.get(&created.id).await.unwrap_err().is_not_found());
        assert!(holder.dns().records().list(&zone_id).await.is_err());
    }
}

#[tokio::test]
async fn a_roll_whose_reply_is_lost_is_not_sent_again() {
    let (emulator, owner, _) = with_zone().await;
    for (tokens, form) in both(&owner, &emulator) {
        let new = NewToken::new("own").allow(match form {
            "cfut_" => user().api_tokens().edit(),
            _ => account(emulator.account_id())
                .permission("Account API Tokens")
                .edit(),
        });
        let created = tokens.create(new).await.unwrap();
        let holder = client(&emulator, created.credential);
        // A second roll would be sent with an invalid secret.
        let path = match form {
            "cfut_" => "/user/tokens/*/value",
            _ => "/accounts/*/tokens/*/value",
        };
        emulator.inject(Fault::lose_reply().on(Method::PUT, path));
        let own = holder_tokens(&holder, &emulator, form);
        let error = own.roll(&created.id).await.unwrap_err();
        assert!(!error.is_auth() && error.retries() == 0, "{error}");
        let words = error.to_string();
        assert!(words.contains("it may have been carried out"), "{words}");
        assert!(own.verify().await.unwrap_err().is_auth(), "it was rolled");
        let rolled = tokens.roll(&created.id).await.unwrap();
        client(&emulator, rolled);
    }
}

#[tokio::test]
async fn who_may_read_tokens_sees_what_it_may_do() {
    let (emulator, owner, zone_id) = with_zone().await;
    for (tokens, form) in both(&owner, &emulator) {
        let reader = match form {
            "cfut_" => user().api_tokens().read(),
            _ => account(emulator.account_id())
                .permission("Account API Tokens")
                .read(),
        };
        let new = NewToken::new("reader")
            .allow(reader)
            .allow(zone(&*zone_id).dns().read());
        let created = tokens.create(new).await.unwrap();
        let holder = client(&emulator, created.credential);
        let verified = holder_tokens(&holder, &emulator, form)
            .verify()
            .await
            .unwrap();
        assert_eq!(verified.policies.as_ref().unwrap().len(), 2);
        let words = verified.to_string();
        assert!(
            words.contains("may DNS Read on com.cloudflare.api.account.zone."),
            "{words}"
        );
        assert!(words.contains("without expiry"), "{words}");
    }
}

#[tokio::test]
async fn a_recording_of_a_new_token_has_no_secret_and_is_played() {
    /// Creates a token, rolls it, and lists tokens; returns the secrets.
    async fn life(client: &Client) -> [Credential; 2] {
        let tokens = client.user_tokens();
        let new = NewToken::new("recorded").allow(all_zones().dns().read());
        let created = tokens.create(new).await.unwrap();
        let rolled = tokens.roll(&created.id).await.unwrap();
        let listed = client.user().tokens().list().await.unwrap();
        assert!(format!("{listed:?}").contains("recorded"));
        [created.credential, rolled]
    }
    let emulator = Emulator::start().await.unwrap();
    let transport = HyperTransport::builder().build().unwrap();
    let recorder = Arc::new(Recorder::new(transport));
    let builder = Client::builder().base_url(emulator.base_url());
    let owner = builder
        .api_token(emulator.token())
        .transport(Arc::clone(&recorder));
    let secrets = life(&owner.build().unwrap()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.json");
    recorder.save(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    for secret in secrets.iter().map(secret).chain([emulator.token()]) {
        assert!(!text.contains(secret), "{text}");
    }

    let replay = Replay::from_file(&file).unwrap();
    let builder = Client::builder().api_token("another-token-that-is-not-in-it");
    let player = builder.base_url(emulator.base_url()).transport(replay);
    life(&player.build().unwrap()).await;
}

#[tokio::test]
async fn a_token_reaches_what_its_policies_say_and_no_more() {
    let (emulator, owner, first) = with_zone().await;
    let second = emulator
        .add_zone(emulator.account_id(), "example.org")
        .unwrap();
    let other = emulator.add_account("Other");
    let third = emulator.add_zone(&other, "example.net").unwrap();
    let home = emulator.account_id();
    let reach = async |token: NewToken| {
        let created = owner.user_tokens().create(token).await.unwrap();
        let holder = client(&emulator, created.credential);
        let mut reached = Vec::new();
        for zone in [&first, &second, &third] {
            reached.push(holder.dns().records().list(zone).await.is_ok());
        }
        reached
    };
    let of = |policy: Policy| NewToken::new("t").allow(policy.dns().read());
    assert_eq!(reach(of(zone(&*first))).await, [true, false, false]);
    assert_eq!(
        reach(of(zones([&*first, &third]))).await,
        [true, false, true]
    );
    assert_eq!(reach(of(zones_of(home))).await, [true, true, false]);
    assert_eq!(reach(of(all_zones())).await, [true, true, true]);
    let but_one = of(all_zones()).deny(zone(&*second).dns().read());
    assert_eq!(reach(but_one).await, [true, false, true]);
    let elsewhere = of(all_zones()).not_from(["127.0.0.0/8"]);
    assert_eq!(reach(elsewhere).await, [false, false, false]);
    let later = of(all_zones()).not_before("2999-01-01T00:00:00Z");
    assert_eq!(reach(later).await, [false, false, false]);
    let over = of(all_zones()).expires_on("2020-01-01T00:00:00Z");
    assert_eq!(reach(over).await, [false, false, false]);

    let accounts = NewToken::new("t").allow(all_accounts().account_settings().read());
    let created = owner.user_tokens().create(accounts).await.unwrap();
    let holder = client(&emulator, created.credential);
    assert_eq!(holder.accounts().list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_makes_no_sense_is_told_before_anything_is_made() {
    let (emulator, owner, zone_id) = with_zone().await;
    let tokens = owner.user_tokens();
    let dns = || zone(&*zone_id).dns().read();
    for (new, says) in [
        (NewToken::new("").allow(dns()), "name"),
        (NewToken::new("t"), "may do nothing"),
        (NewToken::new("t").allow(zone(&*zone_id)), "permits nothing"),
        (
            NewToken::new("t").allow(zone("").dns().read()),
            "not the ID",
        ),
        (
            NewToken::new("t").allow(zone("*").dns().read()),
            "not the ID",
        ),
        (
            NewToken::new("t").allow(zone("a.*").dns().read()),
            "not the ID",
        ),
        (
            NewToken::new("t").allow(zones([""; 0]).dns().read()),
            "no resources",
        ),
        (
            NewToken::new("t").allow(account("0123").dns().read()),
            "not for accounts",
        ),
        (
            NewToken::new("t").allow(dns().permission("Zone Setings").read()),
            "Zone Settings Read",
        ),
        (
            NewToken::new("t").allow(dns().group("Nonsense")),
            "permission_groups()",
        ),
        (
            NewToken::new("t").allow(dns()).only_from(["192.0.2.0/33"]),
            "192.0.2.0/33",
        ),
        (NewToken::new("t").allow(dns()).not_from(["home"]), "`home`"),
        (
            NewToken::new("t").allow(dns()).expires_in(Duration::MAX),
            "too far",
        ),
    ] {
        let error = tokens.create(new).await.expect_err(says);
        assert_eq!(error.kind(), ErrorKind::Build, "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
    let of_account = owner.account_tokens(emulator.account_id());
    let new = NewToken::new("t").allow(user().permission("User Details").read());
    let error = of_account.create(new).await.unwrap_err();
    assert!(
        error.to_string().contains("cannot act for a user"),
        "{error}"
    );
    let posts = emulator.requests();
    assert!(posts.iter().all(|request| request.method == Method::GET));
}

#[tokio::test]
async fn permission_groups_are_found_by_name() {
    let (emulator, owner, _) = with_zone().await;
    for (tokens, _) in both(&owner, &emulator) {
        let groups = tokens.permission_groups().await.unwrap();
        let names: Vec<_> = groups
            .named("dns write")
            .map(|group| &*group.name)
            .collect();
        assert_eq!(names, ["DNS Write"]);
        let group = groups.get("DNS Write").unwrap();
        assert_eq!(group.scopes, ["com.cloudflare.api.account.zone"]);
        assert!(groups.get("dns write").is_none());
        assert!(groups.iter().count() > 10);
    }
    let id = owner.user_tokens().permission_groups().await.unwrap();
    let id = id.get("Zone Read").unwrap().id.clone();
    let new = NewToken::new("by ID").allow(all_zones().group_id(id));
    let created = owner.user_tokens().create(new).await.unwrap();
    client(&emulator, created.credential)
        .zones()
        .list()
        .await
        .unwrap();
}

#[tokio::test]
async fn who_may_not_manage_tokens_is_told_what_is_missing() {
    let (emulator, _, zone_id) = with_zone().await;
    let spec = TokenSpec::new(["API Tokens Read"]);
    let token = emulator.add_token(spec).unwrap();
    let reader = client(&emulator, Credential::api_token(token.value).unwrap());
    let new = NewToken::new("t").allow(zone(&*zone_id).dns().read());
    let error = reader.user_tokens().create(new).await.unwrap_err();
    assert!(error.is_auth());
    assert!(
        error.to_string().contains("\"API Tokens Write\""),
        "{error}"
    );
}

/// If the API accepted a condition and did not store it, the token would work from everywhere.
#[tokio::test]
async fn a_token_that_is_not_what_was_asked_for_is_deleted_again() {
    use std::sync::{Arc, Mutex};
    for reply in [
        r#"{"id":"t1","value":"cfut_x"}"#,
        r#"{"id":"t1","condition":{"request_ip":{"in":["192.0.2.1"]}}}"#,
    ] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let transport = transport_fn(move |request: http::Request<Body>| {
            log.lock()
                .unwrap()
                .push(format!("{} {}", request.method(), request.uri().path()));
            let result = match *request.method() {
                Method::GET => {
                    r#"[{"id":"g","name":"DNS Read","scopes":["com.cloudflare.api.account.zone"]}]"#
                }
                Method::POST => reply,
                _ => r#"{"id":"t1"}"#,
            };
            let body = format!(r#"{{"success":true,"errors":[],"messages":[],"result":{result}}}"#);
            async move { Ok(http::Response::new(Body::from(body))) }
        });
        let client = Client::builder()
            .api_token("cfut_owner")
            .transport(transport);
        let client = client.build().unwrap();
        let new = NewToken::new("t")
            .allow(all_zones().dns().read())
            .only_from(["192.0.2.1"]);
        let error = client.user_tokens().create(new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        let last = seen.lock().unwrap().last().cloned();
        assert_eq!(last.as_deref(), Some("DELETE /client/v4/user/tokens/t1"));
    }
}

#[test]
fn a_bucket_is_named_as_the_api_names_it() {
    let policy = bucket("0123", "eu", "my.photos")
        .permission("Workers R2 Storage Bucket Item")
        .read();
    assert!(format!("{policy:?}").contains("0123_eu_my.photos"));
}
