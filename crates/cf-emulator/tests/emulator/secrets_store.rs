//! The secrets store.

use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::client::Client;

/// A store and the path of its secrets.
async fn store() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let stores = format!("/accounts/{}/secrets_store/stores", emulator.account_id());
    let made = client
        .post(&stores, json!({ "name": "main" }))
        .await
        .result();
    assert_eq!(
        (&made["name"], &made["account_id"]),
        (&json!("main"), &json!(emulator.account_id()))
    );
    let another = client.post(&stores, json!({ "name": "other" })).await;
    assert_eq!(another.failure(), (400, 1003));
    let path = format!("{stores}/{}/secrets", made["id"].as_str().unwrap());
    (emulator, client, path)
}

fn secret(name: &str) -> Value {
    json!({ "name": name, "value": "hush-hush", "scopes": ["workers"], "comment": "for tests" })
}

#[tokio::test]
async fn a_secret_from_creation_to_deletion() {
    let (emulator, client, secrets) = store().await;
    let made = client
        .post(&secrets, json!([secret("one"), secret("two")]))
        .await;
    let all = client.get(&secrets).await;
    assert_eq!(all.result(), made.result());
    let one = made.result()[0].clone();
    assert_eq!(
        (&one["name"], &one["scopes"], &one["comment"]),
        (&json!("one"), &json!(["workers"]), &json!("for tests"))
    );
    let path = format!("{secrets}/{}", one["id"].as_str().unwrap());
    let edited = client
        .patch(
            &path,
            json!({ "value": "hush-new", "scopes": ["workers", "ai_gateway"] }),
        )
        .await;
    assert_eq!(edited.result()["scopes"], json!(["workers", "ai_gateway"]));
    let copy = json!({ "name": "three", "scopes": ["workers"] });
    let copied = client.post(&format!("{path}/duplicate"), copy).await;
    assert_eq!(copied.result()["name"], "three");
    for answer in [made, all, edited, copied, client.get(&path).await] {
        assert!(!String::from_utf8_lossy(&answer.body).contains("hush"));
    }
    assert!(!emulator.snapshot().to_string().contains("hush"));

    let quota = format!("/accounts/{}/secrets_store/quota", emulator.account_id());
    assert_eq!(client.get(&quota).await.result()["secrets"]["usage"], 3);
    let found = client
        .get(&format!("{secrets}?search=TH&scopes=workers"))
        .await
        .result();
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["name"]),
        (1, &json!("three"))
    );
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure(), (404, 1001));
    let rest = client.get(&secrets).await.result();
    let named = json!([{ "id": rest[0]["id"] }]);
    client
        .call(Method::DELETE, &secrets, Some(named))
        .await
        .result();
    assert_eq!(
        client
            .get(&secrets)
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let store = secrets.strip_suffix("/secrets").unwrap();
    assert_eq!(client.delete(store).await.failure(), (400, 1001));
    client.delete(&format!("{store}?force=true")).await.result();
    assert_eq!(client.get(&secrets).await.failure(), (404, 1001));
}

#[tokio::test]
async fn secrets_are_checked_and_all_or_none_is_made() {
    let (_emulator, client, secrets) = store().await;
    let without = |field: &str| {
        let mut secret = secret("new");
        secret.as_object_mut().unwrap().remove(field);
        secret
    };
    for (bodies, failure) in [
        (json!([secret("a"), without("name")]), (400, 1001)),
        (json!([secret("a"), without("value")]), (400, 1001)),
        (json!([secret("a"), without("scopes")]), (400, 1001)),
        (json!([secret("a"), secret("a")]), (409, 1003)),
        (
            json!([secret("a"), { "name": "b", "value": "c", "scopes": [] }]),
            (400, 1001),
        ),
        (
            json!([secret("a"), { "name": "b", "value": "c", "scopes": ["moon"] }]),
            (400, 1001),
        ),
        (json!(secret("a")), (400, 1001)),
    ] {
        let refused = client.post(&secrets, bodies.clone()).await;
        assert_eq!(refused.failure(), failure, "{bodies}");
    }
    assert_eq!(client.get(&secrets).await.result(), json!([]));
    client.post(&secrets, json!([secret("a")])).await.result();
    assert_eq!(
        client.post(&secrets, json!([secret("a")])).await.failure(),
        (409, 1003)
    );
}
