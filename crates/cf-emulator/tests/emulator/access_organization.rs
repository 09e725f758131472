//! Access: the organization, its keys and certificates.

use cf_emulator::Emulator;
use serde_json::json;

use crate::access::{made, start};
use crate::certificates::pem;
use crate::client::Client;

#[tokio::test]
async fn there_is_one_organization_and_it_has_a_domain() {
    let (emulator, client, account, zone) = start().await;
    let path = format!("{account}/organizations");
    assert_eq!(client.get(&path).await.failure(), (403, 9999));
    assert_eq!(
        client.put(&path, json!({ "name": "x" })).await.failure(),
        (403, 9999)
    );
    for body in [
        json!({ "name": "Ada" }),
        json!({ "name": "Ada", "auth_domain": "ada.example.com" }),
        json!({ "name": "", "auth_domain": "ada.cloudflareaccess.com" }),
        json!({ "name": "Ada", "auth_domain": "ada.cloudflareaccess.com", "session_duration": "long" }),
    ] {
        assert_eq!(
            client.post(&path, body.clone()).await.failure(),
            (400, 12130),
            "{body}"
        );
    }
    let body = json!({ "name": "Ada", "auth_domain": "ada.cloudflareaccess.com" });
    assert_eq!(client.post(&path, body.clone()).await.status, 201);
    assert_eq!(
        client.post(&path, body.clone()).await.failure(),
        (409, 12130)
    );
    let changed = client
        .put(
            &path,
            json!({ "session_duration": "12h", "login_design": { "header_text": "hi" } }),
        )
        .await
        .result();
    assert_eq!(
        (&changed["name"], &changed["session_duration"]),
        (&json!("Ada"), &json!("12h"))
    );
    assert_eq!(client.get(&path).await.result(), changed);
    let other = format!(
        "/accounts/{}/access/organizations",
        emulator.add_account("second")
    );
    assert_eq!(
        client.post(&other, body).await.failure(),
        (409, 12130),
        "the domain is taken"
    );
    assert_eq!(
        client.get(&format!("{zone}/organizations")).await.failure(),
        (403, 9999)
    );

    let revoke = format!("{path}/revoke_user");
    assert_eq!(
        client
            .post(&revoke, json!({ "email": "ada@example.com" }))
            .await
            .result(),
        true
    );
    assert_eq!(
        client.post(&revoke, json!({})).await.failure(),
        (400, 12130)
    );
}

#[tokio::test]
async fn keys_rotate() {
    let (_emulator, client, account, _) = start().await;
    let keys = format!("{account}/keys");
    let first = client.get(&keys).await.result();
    assert_eq!(client.get(&keys).await.result(), first);
    let set = client
        .put(&keys, json!({ "key_rotation_interval_days": 30 }))
        .await
        .result();
    assert_eq!(
        (
            &set["days_until_next_rotation"],
            &set["last_key_rotation_at"]
        ),
        (&json!(30), &first["last_key_rotation_at"])
    );
    for days in [20, 366] {
        assert_eq!(
            client
                .put(&keys, json!({ "key_rotation_interval_days": days }))
                .await
                .failure(),
            (400, 12130)
        );
    }
    let rotated = client
        .post(&format!("{keys}/rotate"), json!({}))
        .await
        .result();
    assert_ne!(
        rotated["last_key_rotation_at"],
        first["last_key_rotation_at"]
    );
    assert_eq!(rotated["key_rotation_interval_days"], 30);
}

#[tokio::test]
async fn certificates_go_when_no_hostname_asks_for_them() {
    let (_emulator, client, account, zone) = start().await;
    let pem = pem();
    for access in [&account, &zone] {
        let certificates = format!("{access}/certificates");
        let body =
            json!({ "name": "ca", "certificate": pem, "associated_hostnames": ["a.example.com"] });
        let (path, certificate) = made(&client, &certificates, body.clone()).await;
        assert!(certificate["fingerprint"].is_string() && certificate.get("certificate").is_none());
        assert_eq!(
            client.post(&certificates, body).await.failure(),
            (409, 12130)
        );
        assert_eq!(client.delete(&path).await.failure(), (409, 12130));
        let changed = client
            .put(&path, json!({ "associated_hostnames": [] }))
            .await
            .result();
        assert_eq!(
            (&changed["name"], &changed["associated_hostnames"]),
            (&json!("ca"), &json!([]))
        );
        client.delete(&path).await.result();
        assert_eq!(client.get(&path).await.failure(), (404, 12135));
        for body in [
            json!({ "name": "x" }),
            json!({ "name": "x", "certificate": "x" }),
            json!({ "name": "", "certificate": pem }),
        ] {
            assert_eq!(
                client.post(&certificates, body).await.failure(),
                (400, 12130)
            );
        }
    }
}

#[tokio::test]
async fn where_any_identifier_will_do_there_is_an_organization() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/access/organizations", emulator.account_id());
    assert!(client.get(&path).await.result()["auth_domain"].is_string());
}
