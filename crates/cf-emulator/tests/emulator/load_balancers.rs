//! Load balancers and their references to pools.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

/// An emulator with a zone, and the paths of its pools and load balancers.
pub(crate) async fn start() -> (Emulator, Client, String, String) {
    let (emulator, client, zone) = with_zone().await;
    let account = format!("/accounts/{}/load_balancers", emulator.account_id());
    (emulator, client, account, format!("{zone}/load_balancers"))
}

pub(crate) fn origins() -> Value {
    json!([{ "name": "one", "address": "192.0.2.1" }, { "name": "two", "address": "two.example.com", "enabled": false }])
}

pub(crate) async fn pool(client: &Client, account: &str, name: &str) -> String {
    let body = json!({ "name": name, "origins": origins() });
    let made = client.post(&format!("{account}/pools"), body).await;
    made.result()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_in_use_stays() {
    let (_emulator, client, account, balancers) = start().await;
    let monitor = client
        .post(&format!("{account}/monitors"), json!({}))
        .await
        .result();
    let monitor = monitor["id"].as_str().unwrap();
    let (first, second) = (
        pool(&client, &account, "first").await,
        pool(&client, &account, "second").await,
    );
    let first_path = format!("{account}/pools/{first}");
    client
        .patch(&first_path, json!({ "monitor": monitor }))
        .await
        .result();
    let body = json!({
        "name": "www.example.com",
        "default_pools": [first],
        "fallback_pool": first,
        "rules": [{ "name": "r", "condition": "true", "overrides": { "region_pools": { "WEU": [second] } } }],
    });
    let balancer = client.post(&balancers, body).await.result();
    let second_path = format!("{account}/pools/{second}");
    let monitor_path = format!("{account}/monitors/{monitor}");
    for path in [&first_path, &second_path, &monitor_path] {
        assert_eq!(client.delete(path).await.failure(), (412, 1005), "{path}");
    }
    let references = client
        .get(&format!("{first_path}/references"))
        .await
        .result();
    let kinds: Vec<_> = references
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["reference_type"].as_str().unwrap(),
                one["resource_type"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [("referrer", "load_balancer"), ("referral", "monitor")]
    );
    let references = client
        .get(&format!("{monitor_path}/references"))
        .await
        .result();
    assert_eq!(
        (&references[0]["resource_id"], &references[1]),
        (&json!(first), &Value::Null)
    );

    let filtered = client
        .get(&format!("{account}/pools?monitor={monitor}"))
        .await
        .result();
    assert_eq!(
        (&filtered[0]["id"], filtered.as_array().unwrap().len()),
        (&json!(first), 1)
    );
    let found = client
        .get(&format!("{account}/search?query=FIRST&references=*"))
        .await
        .result();
    let found = &found["items"][0]["resources"];
    assert_eq!(
        (
            &found[0]["resource_name"],
            found[0]["references"].as_array().unwrap().len()
        ),
        (&json!("first"), 2)
    );

    let path = format!("{balancers}/{}", balancer["id"].as_str().unwrap());
    client.delete(&path).await.result();
    for path in [&first_path, &second_path, &monitor_path] {
        client.delete(path).await.result();
    }
}

#[tokio::test]
async fn a_load_balancer_needs_its_pools_and_its_name() {
    let (_emulator, client, account, balancers) = start().await;
    let id = pool(&client, &account, "p").await;
    let with = |extra: Value| {
        let mut body =
            json!({ "name": "www.example.com", "default_pools": [id], "fallback_pool": id });
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        body
    };
    let unknown = "0123456789abcdef0123456789abcdef";
    for extra in [
        json!({ "default_pools": [] }),
        json!({ "default_pools": [unknown] }),
        json!({ "fallback_pool": unknown }),
        json!({ "name": "www.example.org" }),
        json!({ "name": "badexample.com" }),
        json!({ "region_pools": { "ATLANTIS": [id] } }),
        json!({ "region_pools": { "WEU": [unknown] } }),
        json!({ "country_pools": { "DE": [unknown] } }),
        json!({ "steering_policy": "chance" }),
        json!({ "proxied": true, "ttl": 60 }),
        json!({ "random_steering": { "default_weight": 2 } }),
        json!({ "session_affinity": "cookie", "session_affinity_ttl": 60 }),
        json!({ "session_affinity": "header" }),
    ] {
        let answer = client.post(&balancers, with(extra.clone())).await;
        assert_eq!(answer.failure(), (400, 1002), "{extra}");
    }
    let made = client
        .post(&balancers, with(json!({ "region_pools": { "WEU": [id] } })))
        .await
        .result();
    assert_eq!(
        (&made["ttl"], &made["steering_policy"]),
        (&json!(30), &json!("geo"))
    );
    assert_eq!(made["zone_name"], "example.com");
    assert_eq!(
        client.post(&balancers, with(json!({}))).await.failure(),
        (400, 1002),
        "the name is taken"
    );

    let path = format!("{balancers}/{}", made["id"].as_str().unwrap());
    let edited = client
        .patch(&path, json!({ "proxied": true }))
        .await
        .result();
    assert_eq!(
        (&edited["ttl"], &edited["region_pools"]["WEU"][0]),
        (&Value::Null, &json!(id))
    );
    let replaced = client
        .put(&path, with(json!({ "ttl": 120 })))
        .await
        .result();
    assert_eq!(
        (
            &replaced["ttl"],
            &replaced["steering_policy"],
            &replaced["id"]
        ),
        (&json!(120), &json!("off"), &made["id"])
    );
    assert_eq!(client.get(&path).await.result(), replaced);
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure(), (404, 1001));
}

#[tokio::test]
async fn load_balancers_of_accounts_use_the_same_pools() {
    let (_emulator, client, account, _) = start().await;
    let id = pool(&client, &account, "p").await;
    let body = json!({ "name": "private", "default_pools": [id], "fallback_pool": id });
    let made = client.post(&account, body).await.result();
    assert_eq!(client.get(&account).await.result()[0]["id"], made["id"]);
    assert_eq!(
        client
            .delete(&format!("{account}/pools/{id}"))
            .await
            .failure(),
        (412, 1005)
    );
    client
        .delete(&format!("{account}/{}", made["id"].as_str().unwrap()))
        .await
        .result();
    client
        .delete(&format!("{account}/pools/{id}"))
        .await
        .result();
}

#[tokio::test]
async fn health_and_previews_go_by_what_is_switched_on() {
    let (_emulator, client, account, _) = start().await;
    let id = pool(&client, &account, "p").await;
    let path = format!("{account}/pools/{id}");
    assert_eq!(
        client.get(&format!("{path}/health")).await.result()["pop_health"],
        json!({})
    );
    let monitor = client
        .post(&format!("{account}/monitors"), json!({}))
        .await
        .result();
    client
        .patch(&path, json!({ "monitor": monitor["id"] }))
        .await
        .result();
    let seen = client.get(&format!("{path}/health")).await.result();
    let seen = &seen["pop_health"]["Amsterdam, NL"];
    assert_eq!(
        (
            &seen["healthy"],
            &seen["origins"][0]["192.0.2.1"]["healthy"],
            &seen["origins"][1]["two.example.com"]["healthy"]
        ),
        (&json!(true), &json!(true), &json!(false))
    );
    let monitor = format!("{account}/monitors/{}", monitor["id"].as_str().unwrap());
    for path in [&path, &monitor] {
        assert_eq!(
            client
                .post(&format!("{path}/preview"), json!({ "interval": 1 }))
                .await
                .failure(),
            (400, 1002)
        );
        let preview = client
            .post(&format!("{path}/preview"), json!({ "path": "/ok" }))
            .await
            .result();
        assert_eq!(preview["pools"][&id], "p");
        let preview = format!(
            "{account}/preview/{}",
            preview["preview_id"].as_str().unwrap()
        );
        assert_eq!(client.get(&preview).await.result()[&id]["healthy"], true);
    }
    let unknown = format!("{account}/preview/0123456789abcdef0123456789abcdef");
    assert_eq!(client.get(&unknown).await.failure(), (404, 1001));
}

#[tokio::test]
async fn regions_are_found_by_country() {
    let (_emulator, client, account, _) = start().await;
    let all = client.get(&format!("{account}/regions")).await.result();
    assert_eq!(all["regions"].as_array().unwrap().len(), 13);
    let some = client
        .get(&format!("{account}/regions?country_code_a2=jp"))
        .await
        .result();
    assert_eq!(
        (&some["regions"][0]["region_code"], &some["regions"][1]),
        (&json!("NEAS"), &Value::Null)
    );
    assert_eq!(
        client.get(&format!("{account}/regions/WEU")).await.result()["region_code"],
        "WEU"
    );
    assert_eq!(
        client
            .get(&format!("{account}/regions/MARS"))
            .await
            .failure(),
        (404, 1001)
    );
}

#[tokio::test]
async fn pools_and_load_balancers_have_groups_of_their_own() {
    let (emulator, _, account, balancers) = start().await;
    let pools = format!("{account}/pools");
    for (group, may, may_not) in [
        ("Load Balancers Read", &balancers, &pools),
        (
            "Load Balancing: Monitors and Pools Read",
            &pools,
            &balancers,
        ),
    ] {
        let token = emulator.add_token(TokenSpec::new([group])).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        assert_eq!(client.get(may).await.result(), json!([]));
        assert_eq!(client.get(may_not).await.failure(), (403, 10000));
        assert_eq!(client.post(may, json!({})).await.failure(), (403, 10000));
    }
}
