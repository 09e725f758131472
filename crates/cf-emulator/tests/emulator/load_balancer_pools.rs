//! Pools of origins, and their monitors.

use serde_json::{Value, json};

use crate::load_balancers::{origins, pool, start};

#[tokio::test]
async fn a_pool_is_made_read_changed_and_deleted() {
    let (_emulator, client, account, _) = start().await;
    let pools = format!("{account}/pools");
    let id = pool(&client, &account, "primary").await;
    let path = format!("{pools}/{id}");
    let made = client.get(&path).await.result();
    assert_eq!(
        (
            &made["enabled"],
            &made["minimum_origins"],
            &made["origins"][0]["weight"],
            &made["origins"][0]["enabled"]
        ),
        (&json!(true), &json!(1), &json!(1), &json!(true))
    );
    let edited = client
        .patch(&path, json!({ "enabled": false, "description": "first" }))
        .await
        .result();
    assert_eq!(
        (&edited["description"], &edited["name"]),
        (&json!("first"), &json!("primary"))
    );
    assert!(edited["disabled_at"].is_string(), "{edited}");
    assert_eq!(edited["created_on"], made["created_on"]);
    let again = json!({ "name": "second", "origins": origins() });
    let replaced = client.put(&path, again).await.result();
    assert_eq!(
        (&replaced["description"], &replaced["disabled_at"]),
        (&json!(""), &Value::Null)
    );
    client
        .patch(&path, json!({ "notification_email": "ada@example.com" }))
        .await
        .result();
    let all = client
        .patch(&pools, json!({ "notification_email": "" }))
        .await
        .result();
    assert_eq!(all[0]["notification_email"], "");
    assert_eq!(client.delete(&path).await.result()["id"], id);
    assert_eq!(client.get(&path).await.failure(), (404, 1001));
    assert_eq!(client.delete(&path).await.failure(), (404, 1001));
}

#[tokio::test]
async fn a_pool_that_cannot_be_is_refused() {
    let (_emulator, client, account, _) = start().await;
    let origin = |extra: Value| {
        let mut origin = json!({ "name": "a", "address": "192.0.2.1" });
        origin
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        json!({ "name": "p", "origins": [origin] })
    };
    for body in [
        json!({ "name": "p" }),
        json!({ "name": "p", "origins": [] }),
        json!({ "name": "with space", "origins": origins() }),
        json!({ "name": "p", "origins": [{ "name": "a", "address": "192.0.2.1" }, { "name": "a", "address": "192.0.2.2" }] }),
        json!({ "name": "p", "origins": origins(), "minimum_origins": 3 }),
        json!({ "name": "p", "origins": origins(), "latitude": 10 }),
        json!({ "name": "p", "origins": origins(), "latitude": 91, "longitude": 0 }),
        json!({ "name": "p", "origins": origins(), "monitor": "0123456789abcdef0123456789abcdef" }),
        origin(json!({ "weight": 1.5 })),
        origin(json!({ "address": "not an address" })),
        origin(json!({ "port": 70000 })),
        origin(json!({ "enabled": "yes" })),
    ] {
        let answer = client.post(&format!("{account}/pools"), body.clone()).await;
        assert_eq!(answer.failure(), (400, 1002), "{body}");
    }
}

#[tokio::test]
async fn monitors_have_the_fields_of_their_type() {
    let (_emulator, client, account, _) = start().await;
    let monitors = format!("{account}/monitors");
    let http = client
        .post(&monitors, json!({ "expected_codes": "2xx, 301" }))
        .await
        .result();
    assert_eq!(
        (
            &http["type"],
            &http["method"],
            &http["port"],
            &http["interval"]
        ),
        (&json!("http"), &json!("GET"), &json!(80), &json!(60))
    );
    let tcp = client
        .post(&monitors, json!({ "type": "tcp", "port": 22 }))
        .await
        .result();
    assert_eq!(
        (&tcp["method"], &tcp["path"]),
        (&json!("connection_established"), &Value::Null)
    );
    for body in [
        json!({ "type": "tcp" }),
        json!({ "type": "carrier pigeon" }),
        json!({ "interval": 4 }),
        json!({ "timeout": 11 }),
        json!({ "retries": 6 }),
        json!({ "interval": 5, "timeout": 5 }),
        json!({ "expected_codes": "fine" }),
        json!({ "path": "health" }),
        json!({ "method": "POST" }),
    ] {
        assert_eq!(
            client.post(&monitors, body.clone()).await.failure(),
            (400, 1002),
            "{body}"
        );
    }
    let path = format!("{monitors}/{}", tcp["id"].as_str().unwrap());
    let edited = client
        .patch(&path, json!({ "interval": 90 }))
        .await
        .result();
    assert_eq!(
        (&edited["interval"], &edited["port"]),
        (&json!(90), &json!(22))
    );
    // Fields that a kind does not have are removed when the kind changes.
    let replaced = client.put(&path, json!({ "type": "https" })).await.result();
    assert_eq!(
        (&replaced["port"], &replaced["path"]),
        (&json!(443), &json!("/"))
    );
    assert_eq!(
        client.get(&monitors).await.json()["result_info"]["total_count"],
        2
    );
}
