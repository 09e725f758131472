//! Access: groups, identity providers, service tokens.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

pub(crate) const UNKNOWN: &str = "f174e90a-fafe-4643-bbbc-4a0ed4fc8415";

/// An emulator with a zone, and the paths of Access for its account and the zone.
pub(crate) async fn start() -> (Emulator, Client, String, String) {
    let (emulator, client, zone) = with_zone().await;
    let account = format!("/accounts/{}/access", emulator.account_id());
    (emulator, client, account, format!("{zone}/access"))
}

pub(crate) fn everyone() -> Value {
    json!([{ "everyone": {} }])
}

pub(crate) async fn made(client: &Client, path: &str, body: Value) -> (String, Value) {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    let made = answer.result();
    (format!("{path}/{}", made["id"].as_str().unwrap()), made)
}

#[tokio::test]
async fn a_group_has_rules() {
    let (_emulator, client, account, zone) = start().await;
    for access in [&account, &zone] {
        let groups = format!("{access}/groups");
        let rules = json!([{ "email": { "email": "ada@example.com" } }, { "email_domain": { "domain": "example.com" } }]);
        let (path, group) = made(
            &client,
            &groups,
            json!({ "name": "staff", "include": rules }),
        )
        .await;
        assert_eq!((&group["include"], &group["exclude"]), (&rules, &json!([])));
        assert_eq!(client.get(&path).await.result(), group);
        let changed = client
            .put(&path, json!({ "name": "all", "include": everyone() }))
            .await
            .result();
        assert_eq!(
            (&changed["name"], &changed["created_at"]),
            (&json!("all"), &group["created_at"])
        );
        let (other, _) = made(
            &client,
            &groups,
            json!({ "name": "nested", "include": [{ "group": { "id": group["id"] } }] }),
        )
        .await;
        assert_eq!(
            client.delete(&path).await.failure(),
            (409, 12130),
            "the other one names it"
        );
        client.delete(&other).await.result();
        assert_eq!(client.delete(&path).await.result()["id"], group["id"]);
        for gone in [client.get(&path).await, client.delete(&path).await] {
            assert_eq!(gone.failure(), (404, 12152));
        }
    }
    let groups = format!("{account}/groups");
    for body in [
        json!({ "name": "g" }),
        json!({ "include": everyone() }),
        json!({ "name": "", "include": everyone() }),
        json!({ "name": "g", "include": [] }),
        json!({ "name": "g", "include": [{ "horoscope": {} }] }),
        json!({ "name": "g", "include": [{ "everyone": {}, "ip": { "ip": "192.0.2.1" } }] }),
        json!({ "name": "g", "include": [{ "service_token": { "token_id": UNKNOWN } }] }),
        json!({ "name": "g", "include": [{ "login_method": { "id": UNKNOWN } }] }),
    ] {
        assert_eq!(
            client.post(&groups, body.clone()).await.failure(),
            (400, 12130),
            "{body}"
        );
    }
    let unknown = json!({ "name": "g", "include": [{ "group": { "id": UNKNOWN } }] });
    assert_eq!(client.post(&groups, unknown).await.failure(), (400, 11020));
}

#[tokio::test]
async fn lists_are_searched_and_paged() {
    let (_emulator, client, account, _) = start().await;
    let groups = format!("{account}/groups");
    for name in ["Sales", "Support", "Research"] {
        made(
            &client,
            &groups,
            json!({ "name": name, "include": everyone() }),
        )
        .await;
    }
    for (query, count, total) in [
        ("search=s", 3, 3),
        ("search=sUp", 1, 1),
        ("name=Sales", 1, 1),
        ("name=sales", 0, 0),
        ("per_page=2&page=2", 1, 3),
    ] {
        let page = client.get(&format!("{groups}?{query}")).await.json();
        assert_eq!(page["result"].as_array().unwrap().len(), count, "{query}");
        assert_eq!(page["result_info"]["total_count"], total, "{query}");
    }
    assert_eq!(
        client.get(&format!("{groups}?page=0")).await.failure(),
        (400, 1003)
    );
}

#[tokio::test]
async fn secrets_of_service_tokens_are_shown_once() {
    let (_emulator, client, account, zone) = start().await;
    let tokens = format!("{account}/service_tokens");
    let (path, token) = made(&client, &tokens, json!({ "name": "ci" })).await;
    assert!(token["client_id"].as_str().unwrap().ends_with(".access"));
    assert_eq!(
        (
            token["client_secret"].as_str().unwrap().len(),
            &token["duration"]
        ),
        (64, &json!("8760h"))
    );
    let read = client.get(&path).await.result();
    assert_eq!(
        (&read["client_secret"], &read["expires_at"]),
        (&Value::Null, &token["expires_at"])
    );
    assert_eq!(
        client.get(&tokens).await.result()[0]["client_secret"],
        Value::Null
    );

    let rotated = client
        .post(&format!("{path}/rotate"), json!({}))
        .await
        .result();
    assert_ne!(rotated["client_secret"], token["client_secret"]);
    assert_eq!(
        (&rotated["client_id"], &rotated["client_secret_version"]),
        (&token["client_id"], &json!(2))
    );
    let longer = client
        .put(&path, json!({ "name": "cd", "duration": "17520h" }))
        .await
        .result();
    assert_eq!(
        (&longer["name"], &longer["client_secret"]),
        (&json!("cd"), &Value::Null)
    );
    assert!(longer["expires_at"].as_str() > token["expires_at"].as_str());
    let refreshed = client
        .post(&format!("{path}/refresh"), json!({}))
        .await
        .result();
    assert!(refreshed["expires_at"].as_str() >= longer["expires_at"].as_str());
    let forever = client
        .put(&path, json!({ "duration": "forever" }))
        .await
        .result();
    assert_eq!(forever["expires_at"], Value::Null);

    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "x", "duration": "a while" }),
        json!({ "name": 1 }),
    ] {
        assert_eq!(client.post(&tokens, body).await.failure(), (400, 12130));
    }
    assert_eq!(client.delete(&path).await.result()["id"], token["id"]);
    let gone = [
        client.get(&path).await,
        client.post(&format!("{path}/rotate"), json!({})).await,
        client.post(&format!("{path}/refresh"), json!({})).await,
    ];
    for gone in gone {
        assert_eq!(gone.failure(), (404, 12135));
    }
    made(
        &client,
        &format!("{zone}/service_tokens"),
        json!({ "name": "of the zone" }),
    )
    .await;
    assert_eq!(client.get(&tokens).await.result(), json!([]));
}

#[tokio::test]
async fn identity_providers_hide_their_secrets() {
    let (emulator, client, account, _) = start().await;
    let providers = format!("{account}/identity_providers");
    let config = json!({ "client_id": "id", "client_secret": "hush" });
    let (path, provider) = made(
        &client,
        &providers,
        json!({ "name": "GitHub", "type": "github", "config": config }),
    )
    .await;
    let hidden = provider["config"]["client_secret"].clone();
    assert!(hidden.as_str().unwrap().chars().all(|c| c == '*'));
    // Sending the mask back keeps the secret.
    let change = json!({ "name": "Hub", "type": "github", "config": { "client_id": "other", "client_secret": hidden } });
    let changed = client.put(&path, change).await.result();
    assert_eq!(
        (&changed["name"], &changed["config"]["client_id"]),
        (&json!("Hub"), &json!("other"))
    );
    assert!(emulator.snapshot().to_string().contains("hush"));
    assert_eq!(
        client
            .put(
                &path,
                json!({ "name": "x", "type": "okta", "config": config })
            )
            .await
            .failure(),
        (400, 12130)
    );

    let pin = json!({ "name": "", "type": "onetimepin", "config": {} });
    made(&client, &providers, pin.clone()).await;
    assert_eq!(client.post(&providers, pin).await.failure(), (409, 12130));
    for body in [
        json!({ "name": "x", "type": "abacus", "config": {} }),
        json!({ "name": "x", "type": "github" }),
        json!({ "type": "github", "config": config }),
        json!({ "name": "x", "type": "github", "config": { "client_id": "id" } }),
        json!({ "name": "x", "type": "oidc", "config": config }),
        json!({ "name": "x", "type": "saml", "config": { "issuer_url": "https://example.com" } }),
    ] {
        assert_eq!(
            client.post(&providers, body.clone()).await.failure(),
            (400, 12130),
            "{body}"
        );
    }
    let scim = json!({ "name": "S", "type": "google", "config": config, "scim_config": { "enabled": true } });
    let (scim, provider) = made(&client, &providers, scim).await;
    let secret = &provider["scim_config"]["secret"];
    assert_ne!(
        client.get(&scim).await.result()["scim_config"]["secret"],
        *secret
    );
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure(), (404, 12135));
}

#[tokio::test]
async fn parts_of_access_have_groups_of_their_own() {
    let (emulator, _, account, zone) = start().await;
    // The groups for reading. One name stands for two groups, for accounts and for zones.
    let paths = [
        (
            "7ea222f6d5064cfa89ea366d7c1fee89",
            vec![
                format!("{account}/apps"),
                format!("{account}/policies"),
                format!("{account}/certificates"),
            ],
        ),
        (
            "Access: Organizations, Identity Providers, and Groups Read",
            vec![
                format!("{account}/groups"),
                format!("{account}/identity_providers"),
            ],
        ),
        (
            "Access: Service Tokens Read",
            vec![format!("{account}/service_tokens")],
        ),
        (
            "eb258a38ea634c86a0c89da6b27cb6b6",
            vec![
                format!("{zone}/apps"),
                format!("{zone}/groups"),
                format!("{zone}/service_tokens"),
            ],
        ),
    ];
    for (holder, _) in &paths {
        let token = emulator.add_token(TokenSpec::new([*holder])).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        for (group, paths) in &paths {
            for path in paths {
                let expected = if group == holder { 200 } else { 403 };
                assert_eq!(
                    client.get(path).await.status,
                    expected,
                    "{path} with {holder}"
                );
                assert_eq!(client.post(path, json!({})).await.status, 403, "{path}");
            }
        }
    }
}
