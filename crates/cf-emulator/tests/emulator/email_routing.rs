//! Email routing: settings, rules, addresses.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

/// The path of an account's addresses, and a client of the controls.
fn addresses(emulator: &Emulator) -> (String, Client) {
    let path = format!(
        "/accounts/{}/email/routing/addresses",
        emulator.account_id()
    );
    let control = Client {
        base_url: emulator.base_url().replace("/client/v4", "/_emulator"),
        headers: Vec::new(),
    };
    (path, control)
}

fn rule(to: &str, action: Value) -> Value {
    json!({ "name": "team", "matchers": [{ "type": "literal", "field": "to", "value": to }], "actions": [action] })
}

#[tokio::test]
async fn an_address_is_verified_by_its_owner() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let (addresses, control) = addresses(&emulator);
    let made = client
        .post(&addresses, json!({ "email": "Ada@example.org" }))
        .await
        .result();
    assert_eq!(
        (&made["email"], made.get("verified")),
        (&json!("Ada@example.org"), None)
    );
    let again = client
        .post(&addresses, json!({ "email": "ada@example.org" }))
        .await;
    assert_eq!(again.failure(), (409, 2007));
    for bad in ["", "ada", "@example.org", "a b@example.org", "ada@host"] {
        assert_eq!(
            client
                .post(&addresses, json!({ "email": bad }))
                .await
                .failure(),
            (400, 2007),
            "{bad}"
        );
    }
    let open = format!("{addresses}?verified=false");
    assert_eq!(client.get(&open).await.result(), json!([made]));
    let visit = control
        .post("/email-addresses", json!({ "email": "ada@example.org" }))
        .await;
    assert!(visit.json()["verified"].is_string());
    assert_eq!(client.get(&open).await.result(), json!([]));
    let path = format!("{addresses}/{}", made["id"].as_str().unwrap());
    assert_eq!(
        client.get(&path).await.result()["verified"],
        visit.json()["verified"]
    );
    let unknown = control
        .post("/email-addresses", json!({ "email": "eve@example.org" }))
        .await;
    assert_eq!(unknown.status, 400);
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure(), (404, 2015));
}

#[tokio::test]
async fn rules_forward_only_to_verified_addresses() {
    let (emulator, client, zone) = with_zone().await;
    let (addresses, control) = addresses(&emulator);
    let rules = format!("{zone}/email/routing/rules");
    let forward = rule(
        "team@example.com",
        json!({ "type": "forward", "value": ["ada@example.org"] }),
    );
    assert_eq!(
        client.post(&rules, forward.clone()).await.failure(),
        (400, 2054)
    );
    client
        .post(&addresses, json!({ "email": "ada@example.org" }))
        .await
        .result();
    assert_eq!(
        client.post(&rules, forward.clone()).await.failure(),
        (400, 2054)
    );
    control
        .post("/email-addresses", json!({ "email": "ada@example.org" }))
        .await;
    let made = client.post(&rules, forward.clone()).await.result();
    assert_eq!(
        (&made["matchers"], &made["enabled"]),
        (&forward["matchers"], &json!(true))
    );
    let worker = rule(
        "team@example.com",
        json!({ "type": "worker", "value": ["none"] }),
    );
    assert_eq!(client.post(&rules, worker).await.failure(), (400, 2016));
    let all = json!({ "matchers": [{ "type": "all" }], "actions": [{ "type": "drop" }] });
    assert_eq!(
        client.post(&rules, all.clone()).await.failure(),
        (400, 2020)
    );
    for bad in [
        json!({}),
        rule("team", json!({ "type": "drop" })),
        rule("team@example.com", json!({ "type": "forward" })),
        rule("team@example.com", json!({ "type": "bounce" })),
    ] {
        assert_eq!(
            client.post(&rules, bad.clone()).await.failure(),
            (400, 2007),
            "{bad}"
        );
    }

    let path = format!("{rules}/{}", made["id"].as_str().unwrap());
    let mut dropped = rule("team@example.com", json!({ "type": "drop" }));
    dropped["enabled"] = json!(false);
    let updated = client.put(&path, dropped).await.result();
    assert_eq!(client.get(&path).await.result(), updated);
    let of_account = format!("/accounts/{}/email/routing/rules", emulator.account_id());
    let found = client.get(&of_account).await.result();
    assert_eq!(
        (&found[0]["id"], &found[0]["zone"]["name"]),
        (&made["id"], &json!("example.com"))
    );

    let catch_all = format!("{rules}/catch_all");
    assert_eq!(client.get(&catch_all).await.result()["enabled"], false);
    let mut on = all;
    on["enabled"] = json!(true);
    client.put(&catch_all, on).await.result();
    assert_eq!(client.get(&catch_all).await.result()["enabled"], true);
    let enabled = client.get(&format!("{rules}?enabled=true")).await.result();
    assert_eq!(
        (
            enabled.as_array().unwrap().len(),
            &enabled[0]["matchers"][0]["type"]
        ),
        (1, &json!("all"))
    );
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure(), (404, 2027));
}

#[tokio::test]
async fn zones_route_mail_once_they_are_told_to() {
    let (emulator, client, zone) = with_zone().await;
    let path = format!("{zone}/email/routing");
    let of_account = format!("/accounts/{}/email/routing/zones", emulator.account_id());
    let before = client.get(&path).await.result();
    assert_eq!(
        (&before["name"], &before["enabled"], &before["status"]),
        (&json!("example.com"), &json!(false), &json!("unconfigured"))
    );
    assert_eq!(client.get(&of_account).await.result(), json!([]));
    client
        .post(&format!("{path}/enable"), json!({}))
        .await
        .result();
    let on = client.get(&path).await.result();
    assert_eq!(
        (&on["enabled"], &on["status"]),
        (&json!(true), &json!("ready"))
    );
    assert_eq!(client.get(&of_account).await.result(), json!([on]));
    let edited = client
        .patch(&path, json!({ "support_subaddress": true }))
        .await
        .result();
    assert_eq!(
        (&edited["support_subaddress"], &edited["enabled"]),
        (&json!(true), &json!(true))
    );
    let off = client
        .post(&format!("{path}/disable"), json!({}))
        .await
        .result();
    assert_eq!(
        (&off["enabled"], &off["support_subaddress"]),
        (&json!(false), &json!(true))
    );
}
