//! Lists; their items are tested with the rules.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

async fn start() -> (Emulator, Client, String, String) {
    let (emulator, client, zone) = with_zone().await;
    let lists = format!("/accounts/{}/rules/lists", emulator.account_id());
    (emulator, client, lists, zone)
}

#[tokio::test]
async fn a_list_is_made_described_and_deleted() {
    let (_emulator, client, lists, _) = start().await;
    let made = client
        .post(
            &lists,
            json!({ "name": "blocked_ips", "kind": "ip", "description": "bad" }),
        )
        .await
        .result();
    assert_eq!(
        (&made["num_items"], &made["num_referencing_filters"]),
        (&json!(0), &json!(0))
    );
    let path = format!("{lists}/{}", made["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.result(), made);
    let changed = client
        .put(&path, json!({ "description": "worse" }))
        .await
        .result();
    assert_eq!(
        (&changed["description"], &changed["name"]),
        (&json!("worse"), &json!("blocked_ips"))
    );
    assert_eq!(client.get(&lists).await.result(), json!([changed]));
    client
        .post(&format!("{path}/items"), json!([{ "ip": "192.0.2.1" }]))
        .await
        .result();
    assert_eq!(client.delete(&path).await.result()["id"], made["id"]);
    for gone in [
        client.get(&path).await,
        client.delete(&path).await,
        client.put(&path, json!({})).await,
        client.get(&format!("{path}/items")).await,
    ] {
        assert_eq!(gone.failure(), (404, 10001));
    }
}

#[tokio::test]
async fn what_a_list_cannot_be() {
    let (_emulator, client, lists, _) = start().await;
    for body in [
        json!({ "name": "a" }),
        json!({ "kind": "ip" }),
        json!({ "name": "a", "kind": "cat" }),
        json!({ "name": "", "kind": "ip" }),
        json!({ "name": "With Space", "kind": "ip" }),
        json!({ "name": "a".repeat(51), "kind": "ip" }),
        json!({ "name": "a", "kind": "ip", "description": "d".repeat(501) }),
    ] {
        assert_eq!(
            client.post(&lists, body.clone()).await.failure(),
            (400, 10022),
            "{body}"
        );
    }
    let body = json!({ "name": "a", "kind": "asn" });
    client.post(&lists, body.clone()).await.result();
    assert_eq!(client.post(&lists, body).await.failure(), (409, 10014));
}

#[tokio::test]
async fn rules_hold_the_lists_that_they_name() {
    let (_emulator, client, lists, zone) = start().await;
    let mut paths = Vec::new();
    for name in ["bad", "badger"] {
        let made = client
            .post(&lists, json!({ "name": name, "kind": "ip" }))
            .await
            .result();
        paths.push(format!("{lists}/{}", made["id"].as_str().unwrap()));
    }
    let entry = format!("{zone}/rulesets/phases/http_request_firewall_custom/entrypoint");
    let rule = json!({ "action": "block", "expression": "(ip.src in $badger)" });
    client
        .put(&entry, json!({ "rules": [rule] }))
        .await
        .result();
    assert_eq!(
        client.get(&paths[1]).await.result()["num_referencing_filters"],
        1
    );
    assert_eq!(client.delete(&paths[1]).await.failure(), (400, 10022));
    assert_eq!(
        client.get(&paths[0]).await.result()["num_referencing_filters"],
        0
    );
    client.delete(&paths[0]).await.result();
    client.put(&entry, json!({ "rules": [] })).await.result();
    client.delete(&paths[1]).await.result();
    assert_eq!(
        client.get(&lists).await.json()["result"],
        Value::Array(Vec::new())
    );
}

#[tokio::test]
async fn lists_ask_for_their_groups() {
    let (emulator, _, lists, _) = start().await;
    for (group, read) in [
        ("Account Rule Lists Read", 200),
        ("Account Rulesets Write", 403),
    ] {
        let token = emulator.add_token(TokenSpec::new([group])).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        assert_eq!(client.get(&lists).await.status, read);
        assert_eq!(client.post(&lists, json!({})).await.failure(), (403, 10000));
    }
}
