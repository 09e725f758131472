//! Zones, their plans and settings.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

#[tokio::test]
async fn a_zone_from_creation_to_deletion() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = emulator.account_id();
    let body = json!({
        "name": "Example.org", "account": { "id": account }, "type": "full",
        "jump_start": true, "extra": 1, "status": "active",
        "id": "0".repeat(32),
    });
    let zone = client.post("/zones", body.clone()).await.result();
    assert_eq!(zone["name"], "example.org");
    assert_eq!(
        zone["status"], "pending",
        "only Cloudflare makes a zone active"
    );
    assert_ne!(
        zone["id"],
        "0".repeat(32),
        "nor does a caller choose its identifier"
    );
    assert_eq!(zone["activated_on"], Value::Null);
    assert_eq!(zone["account"]["id"], account);
    assert!(zone["account"]["name"].is_string());
    assert_eq!(zone["plan"]["legacy_id"], "free");
    assert_eq!(zone["name_servers"].as_array().unwrap().len(), 2);
    assert_eq!(zone["extra"], 1);
    assert!(
        zone["permissions"]
            .as_array()
            .unwrap()
            .contains(&json!("#zone:edit"))
    );
    let path = format!("/zones/{}", zone["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.result(), zone);

    let duplicate = client.post("/zones", body).await;
    assert_eq!(duplicate.failure(), (400, 1061));
    assert_eq!(
        duplicate.json()["errors"][0]["message"],
        "example.org already exists"
    );

    let paused = client
        .patch(&path, json!({ "paused": true, "name": "else.com" }))
        .await
        .result();
    assert_eq!(
        (&paused["paused"], &paused["name"]),
        (&json!(true), &json!("example.org"))
    );
    let plan = json!({ "plan": { "id": "1feeeeeeeeeeeeeeeeeeeeeeeeeeeeee" } });
    assert_eq!(
        client.patch(&path, plan).await.result()["plan"]["legacy_id"],
        "pro"
    );
    assert_eq!(
        client
            .patch(&path, json!({ "type": "partial" }))
            .await
            .result()["type"],
        "partial"
    );
    for bad in [
        json!({ "paused": "yes" }),
        json!({ "type": "half" }),
        json!({ "plan": { "id": "gold" } }),
        json!({ "vanity_name_servers": [1] }),
    ] {
        assert_eq!(client.patch(&path, bad).await.failure(), (400, 1003));
    }

    let check = client
        .put(&format!("{path}/activation_check"), json!({}))
        .await
        .result();
    assert_eq!(check, json!({ "id": zone["id"] }));
    let active = client.get(&path).await.result();
    assert_eq!(active["status"], "active");
    assert!(active["activated_on"].is_string());

    let records = format!("{path}/dns_records");
    client
        .post(
            &records,
            json!({ "type": "TXT", "name": "@", "content": "x" }),
        )
        .await
        .result();
    assert_eq!(
        client.delete(&path).await.result(),
        json!({ "id": zone["id"] })
    );
    assert_eq!(client.get(&path).await.failure(), (404, 1001));
    assert_eq!(client.get(&records).await.failure(), (404, 1001));
}

#[tokio::test]
async fn a_zone_needs_a_name_and_an_account() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = json!({ "id": emulator.account_id() });
    for (code, body) in [
        (1003, json!({ "account": account })),
        (1049, json!({ "account": account, "name": "localhost" })),
        (1049, json!({ "account": account, "name": "-a.com" })),
        (1049, json!({ "account": account, "name": "a b.com" })),
        (
            1003,
            json!({ "account": account, "name": "a.com", "type": "x" }),
        ),
        (1003, json!({ "account": { "id": "x" }, "name": "a.com" })),
        (1003, json!({ "account": "x", "name": "a.com" })),
    ] {
        assert_eq!(
            client.post("/zones", body.clone()).await.failure(),
            (400, code),
            "{body}"
        );
    }
    // The account can be left out if there is only one.
    let zone = client
        .post("/zones", json!({ "name": "a.com" }))
        .await
        .result();
    assert_eq!(zone["account"]["id"], account["id"]);
    let internal = json!({ "name": "corp.test", "type": "internal" });
    assert_eq!(
        client.post("/zones", internal).await.result()["status"],
        "active"
    );
}

#[tokio::test]
async fn zones_are_found_by_name_status_type_and_account() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let other = emulator.add_account("Other");
    for name in ["b.com", "a.com", "c.org"] {
        emulator.add_zone(emulator.account_id(), name).unwrap();
    }
    emulator.add_zone(&other, "d.org").unwrap();
    client
        .post("/zones", json!({ "name": "e.com", "type": "partial" }))
        .await
        .result();
    let names = async |query: &str| -> Vec<String> {
        let zones = client.get(&format!("/zones?{query}")).await.result();
        zones
            .as_array()
            .unwrap()
            .iter()
            .map(|z| z["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("").await,
        ["a.com", "b.com", "c.org", "d.org", "e.com"]
    );
    assert_eq!(
        names("direction=desc").await,
        ["e.com", "d.org", "c.org", "b.com", "a.com"]
    );
    assert_eq!(names("name=A.com").await, ["a.com"]);
    assert_eq!(names("name=ends_with:.org").await, ["c.org", "d.org"]);
    assert_eq!(names("name=contains:b").await, ["b.com"]);
    assert_eq!(names("status=pending").await, ["e.com"]);
    assert_eq!(names(&format!("account.id={other}")).await, ["d.org"]);
    assert_eq!(names("account.name=other").await, ["d.org"]);
    assert_eq!(names("type=partial&type=secondary").await, ["e.com"]);
    assert_eq!(names("name=a.com&status=pending").await, [""; 0]);
    assert_eq!(
        names("name=a.com&status=pending&match=any").await,
        ["a.com", "e.com"]
    );
    assert_eq!(names("order=status&direction=desc").await[0], "e.com");
    for query in [
        "order=size",
        "status=gone",
        "type=x",
        "match=none",
        "page=x",
    ] {
        assert_eq!(
            client.get(&format!("/zones?{query}")).await.failure(),
            (400, 1003),
            "{query}"
        );
    }
    // There are never fewer than five or more than fifty per page.
    for (asked, given) in [(1, 5), (7, 7), (1000, 50)] {
        let page = client.get(&format!("/zones?per_page={asked}")).await.json();
        assert_eq!(page["result_info"]["per_page"], given);
    }
    assert_eq!(
        client.get("/zones").await.json()["result_info"]["per_page"],
        20
    );
}

#[tokio::test]
async fn settings_and_plans() {
    let (_emulator, client, zone) = with_zone().await;
    let ssl = client.get(&format!("{zone}/settings/ssl")).await.result();
    let expected = json!({ "id": "ssl", "value": "off", "editable": true, "modified_on": null });
    assert_eq!(ssl, expected);
    let set = client
        .patch(
            &format!("{zone}/settings/ssl"),
            json!({ "value": "strict" }),
        )
        .await;
    assert_eq!(set.result()["value"], "strict");
    let ssl = client.get(&format!("{zone}/settings/ssl")).await.result();
    assert_eq!(ssl["value"], "strict");
    assert!(ssl["modified_on"].is_string());
    let wrong = client
        .patch(&format!("{zone}/settings/ssl"), json!({ "value": "on" }))
        .await;
    assert_eq!(wrong.failure(), (400, 1007));
    assert_eq!(
        client.get(&format!("{zone}/settings/nope")).await.failure(),
        (400, 1006)
    );
    let path = format!("{zone}/settings/ssl");
    let none = client.patch(&path, json!({})).await.result();
    assert_eq!(none, ssl, "an empty change is none");
    let unknown = client
        .patch(&format!("{zone}/settings/nope"), json!({ "value": "on" }))
        .await;
    assert_eq!(unknown.failure(), (400, 1006));

    let items = json!({ "items": [
        { "id": "http3", "value": "off" }, { "id": "browser_cache_ttl", "value": 60 },
    ] });
    client
        .patch(&format!("{zone}/settings"), items)
        .await
        .result();
    let half =
        json!({ "items": [{ "id": "http2", "value": "off" }, { "id": "ipv6", "value": 1 }] });
    assert_eq!(
        client
            .patch(&format!("{zone}/settings"), half)
            .await
            .failure(),
        (400, 1007)
    );
    let all = client.get(&format!("{zone}/settings")).await.result();
    let value = |id: &str| {
        all.as_array()
            .unwrap()
            .iter()
            .find(|s| s["id"] == id)
            .unwrap()["value"]
            .clone()
    };
    assert_eq!(
        (value("http3"), value("http2")),
        (json!("off"), json!("on"))
    );
    assert_eq!(
        (value("browser_cache_ttl"), value("ssl")),
        (json!(60), json!("strict"))
    );

    let plans = client
        .get(&format!("{zone}/available_plans"))
        .await
        .result();
    assert_eq!(plans.as_array().unwrap().len(), 4);
    let free = format!(
        "{zone}/available_plans/{}",
        plans[0]["id"].as_str().unwrap()
    );
    assert_eq!(client.get(&free).await.result()["is_subscribed"], true);
    assert_eq!(
        client
            .get(&format!("{zone}/available_plans/x"))
            .await
            .failure(),
        (404, 1003)
    );
}
