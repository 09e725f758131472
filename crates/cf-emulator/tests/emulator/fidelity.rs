//! The API's errors for invalid requests.

use cf_emulator::{Emulator, TokenSpec};
use http::{Method, StatusCode};
use serde_json::json;

use crate::client::{Client, with_zone};

#[tokio::test]
async fn routes_and_methods() {
    let (_emulator, client, zone) = with_zone().await;
    for path in [
        "/nothing",
        "/zones/short",
        "/zones//dns_records",
        "/accounts/x/rulesets",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.failure(), (404, 7003), "{path}");
        assert_eq!(answer.json()["errors"][1]["code"], 7000);
    }
    for (method, path) in [
        (Method::PUT, "/zones".to_owned()),
        (Method::DELETE, "/user/tokens/verify".to_owned()),
        (Method::POST, format!("{zone}/dnssec")),
        (
            Method::PATCH,
            format!("{zone}/filters/x/y").replace("/x/y", ""),
        ),
    ] {
        let answer = client.call(method.clone(), &path, Some(json!({}))).await;
        let allowed = answer.status != StatusCode::METHOD_NOT_ALLOWED;
        assert!(!allowed, "{method} {path}: {}", answer.status);
    }
}

#[tokio::test]
async fn bodies() {
    let (emulator, client, zone) = with_zone().await;
    let account = emulator.account_id();
    for path in [
        "/zones".to_owned(),
        format!("{zone}/filters"),
        format!("/accounts/{account}/rulesets"),
        format!("/accounts/{account}/storage/kv/namespaces"),
    ] {
        let kind = Some("application/json");
        let broken = client.try_send(Method::POST, &path, kind, "{\"a\":").await;
        let broken = broken.unwrap();
        assert_eq!(broken.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(broken.json()["success"], false);
    }
    // The invalid field is named, by a product or by the description.
    for (path, body, field) in [
        (
            format!("{zone}/dns_records"),
            json!({ "name": "a", "content": "192.0.2.1" }),
            "type",
        ),
        (
            format!("{zone}/dns_records"),
            json!({ "type": "A", "name": "a" }),
            "content",
        ),
        (
            format!("/accounts/{account}/rulesets"),
            json!({ "kind": "zone" }),
            "kind",
        ),
        (
            format!("{zone}/waiting_rooms"),
            json!({ "name": "a", "host": 1 }),
            "host",
        ),
        (
            format!("/accounts/{account}/logpush/jobs"),
            json!({ "destination_conf": "s3://a", "enabled": "yes" }),
            "enabled",
        ),
    ] {
        let answer = client.post(&path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let error = &answer.json()["errors"][0];
        assert!(
            error["message"].as_str().unwrap().contains(field),
            "{path}: {error}"
        );
    }
}

#[tokio::test]
async fn pages_that_are_none() {
    let (emulator, client, zone) = with_zone().await;
    let account = emulator.account_id();
    for path in [
        "/zones".to_owned(),
        format!("{zone}/dns_records"),
        format!("{zone}/filters"),
        format!("/accounts/{account}/members"),
        format!("/accounts/{account}/storage/kv/namespaces"),
    ] {
        for bad in ["page=0", "page=-1", "page=x", "per_page=0", "per_page=many"] {
            let answer = client.get(&format!("{path}?{bad}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}?{bad}");
            assert!(answer.json()["errors"][0]["code"].is_number());
        }
        let beyond = client.get(&format!("{path}?page=99")).await;
        assert_eq!(beyond.result(), json!([]), "{path}");
    }
    let word = client
        .get(&format!("{zone}/dns_records?direction=up"))
        .await;
    assert_eq!(word.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn credentials_of_each_form() {
    let emulator = Emulator::start().await.unwrap();
    emulator.add_api_key("ada@example.com", "0123456789abcdef");
    emulator.add_user_service_key("v1.0-secret");
    let bearer = format!("Bearer {}", emulator.token());
    let email = ("x-auth-email", "ada@example.com");
    for (headers, outcome) in [
        (vec![("authorization", bearer.as_str())], None),
        (vec![email, ("x-auth-key", "0123456789abcdef")], None),
        (vec![("x-auth-user-service-key", "v1.0-secret")], None),
        (vec![], Some((401, 9106))),
        (vec![("authorization", "Bearer unknown")], Some((403, 9109))),
        (vec![("authorization", "Basic eDp5")], Some((400, 6003))),
        (
            vec![email, ("x-auth-key", "fedcba9876543210")],
            Some((403, 9103)),
        ),
        (vec![email], Some((400, 6003))),
        (
            vec![("x-auth-user-service-key", "v1.0-wrong")],
            Some((401, 10000)),
        ),
    ] {
        let answer = Client::with_headers(&emulator, &headers)
            .get("/zones")
            .await;
        match outcome {
            None => drop(answer.result()),
            Some(refused) => assert_eq!(answer.failure(), refused, "{headers:?}"),
        }
    }
}

#[tokio::test]
async fn a_permission_to_read_is_none_to_write() {
    let (emulator, _, zone) = with_zone().await;
    let account = emulator.account_id();
    for (group, path, body) in [
        ("DNS Read", format!("{zone}/dns_records"), json!({})),
        (
            "Workers KV Storage Read",
            format!("/accounts/{account}/storage/kv/namespaces"),
            json!({ "title": "a" }),
        ),
        (
            "D1 Read",
            format!("/accounts/{account}/d1/database"),
            json!({ "name": "a" }),
        ),
        (
            "Workers R2 Storage Read",
            format!("/accounts/{account}/r2/buckets"),
            json!({ "name": "abc" }),
        ),
    ] {
        let token = emulator.add_token(TokenSpec::new([group])).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        client.get(&path).await.result();
        let refused = client.post(&path, body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        let elsewhere = client.get("/user/tokens").await;
        assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "{group}");
    }
}
