//! Rulesets, lists and cache purges.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

const PHASE: &str = "http_request_firewall_custom";

fn rule(expression: &str) -> Value {
    json!({ "action": "block", "expression": expression })
}

#[tokio::test]
async fn entry_points_come_into_being_and_count_versions() {
    let (_emulator, client, zone) = with_zone().await;
    let entry = format!("{zone}/rulesets/phases/{PHASE}/entrypoint");
    assert_eq!(client.get(&entry).await.failure(), (404, 10003));
    let first = client
        .put(&entry, json!({ "rules": [rule("ip.src eq 192.0.2.1")] }))
        .await
        .result();
    assert_eq!(
        (&first["version"], &first["kind"], &first["phase"]),
        (&json!("1"), &json!("zone"), &json!(PHASE))
    );
    let kept = &first["rules"][0];
    assert_eq!(
        (&kept["version"], &kept["enabled"], &kept["ref"]),
        (&json!("1"), &json!(true), &kept["id"])
    );
    let more = json!({ "rules": [rule("http.host eq \"a)b\""), kept] });
    let second = client.put(&entry, more).await.result();
    assert_eq!(second["version"], "2");
    assert_eq!(&second["rules"][1], kept);
    assert_eq!(second["rules"][0]["version"], "2");
    let versions = client.get(&format!("{entry}/versions")).await.result();
    assert_eq!(
        (&versions[0]["version"], versions[0].get("rules")),
        (&json!("2"), None)
    );
    assert_eq!(
        client.get(&format!("{entry}/versions/1")).await.result(),
        first
    );
    let listed = client.get(&format!("{zone}/rulesets")).await.result();
    assert_eq!(
        (&listed[0]["id"], listed[0].get("rules")),
        (&first["id"], None)
    );
    let path = format!("{zone}/rulesets/{}", first["id"].as_str().unwrap());
    assert_eq!(
        client.delete(&format!("{path}/versions/2")).await.failure(),
        (400, 20018)
    );
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(client.get(&entry).await.failure(), (404, 10003));
}

#[tokio::test]
async fn rules_are_placed_changed_and_removed() {
    let (emulator, client, _) = with_zone().await;
    let rulesets = format!("/accounts/{}/rulesets", emulator.account_id());
    let body = json!({ "name": "mine", "kind": "custom", "phase": PHASE, "rules": [rule("true"), rule("false")] });
    let made = client.post(&rulesets, body.clone()).await.result();
    let path = format!("{rulesets}/{}/rules", made["id"].as_str().unwrap());
    let mut new = rule("ssl");
    new["position"] = json!({ "before": made["rules"][1]["id"] });
    let ruleset = client.post(&path, new).await.result();
    let expressions = |ruleset: &Value| {
        ruleset["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["expression"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(expressions(&ruleset), ["true", "ssl", "false"]);
    let one = format!("{path}/{}", ruleset["rules"][1]["id"].as_str().unwrap());
    let edited = client
        .patch(
            &one,
            json!({ "enabled": false, "position": { "index": 1 } }),
        )
        .await
        .result();
    assert_eq!(
        (expressions(&edited), &edited["rules"][0]["enabled"]),
        (
            vec!["ssl".to_owned(), "true".to_owned(), "false".to_owned()],
            &json!(false)
        )
    );
    assert_eq!(edited["rules"][0]["id"], ruleset["rules"][1]["id"]);
    assert_eq!(
        expressions(&client.delete(&one).await.result()),
        ["true", "false"]
    );
    assert_eq!(client.delete(&one).await.failure(), (404, 10003));
    for (bad, failure) in [
        (rule(""), (400, 1003)),
        (json!({ "expression": "true" }), (400, 1003)),
        (rule("(a"), (400, 20127)),
        (rule("a \""), (400, 20127)),
    ] {
        assert_eq!(client.post(&path, bad).await.failure(), failure);
    }
    let rehearsal = client
        .post(&format!("{path}?dry_run=true"), rule("x"))
        .await
        .result();
    assert_eq!(rehearsal["rules"].as_array().unwrap().len(), 3);
    assert_eq!(
        client
            .get(&format!("{rulesets}/{}", made["id"].as_str().unwrap()))
            .await
            .result()["version"],
        "4"
    );
}

#[tokio::test]
async fn lists_keep_items_by_what_they_are() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let lists = format!("/accounts/{}/rules/lists", emulator.account_id());
    let made = client
        .post(&lists, json!({ "name": "blocked", "kind": "ip" }))
        .await
        .result();
    assert_eq!(made["num_items"], 0);
    let list = format!("{lists}/{}", made["id"].as_str().unwrap());
    let items = format!("{list}/items");
    let started = client
        .post(
            &items,
            json!([{ "ip": "192.0.2.1" }, { "ip": "2001:db8::/32", "comment": "docs" }]),
        )
        .await
        .result();
    let operation = format!(
        "{lists}/bulk_operations/{}",
        started["operation_id"].as_str().unwrap()
    );
    assert_eq!(client.get(&operation).await.result()["status"], "completed");
    client
        .post(&items, json!([{ "ip": "192.0.2.1", "comment": "again" }]))
        .await
        .result();
    let shown = client.get(&items).await.result();
    assert_eq!(
        (shown.as_array().unwrap().len(), &shown[0]["comment"]),
        (2, &json!("again"))
    );
    assert_eq!(client.get(&list).await.result()["num_items"], 2);
    let page = client.get(&format!("{items}?per_page=1")).await.json();
    let cursor = page["result_info"]["cursors"]["after"].as_str().unwrap();
    let next = client
        .get(&format!("{items}?per_page=1&cursor={cursor}"))
        .await
        .json();
    assert_eq!(
        (
            &next["result"][0]["comment"],
            next["result_info"]["cursors"].get("after")
        ),
        (&json!("docs"), None)
    );
    for bad in [
        json!([{ "ip": "192.0.2.300" }]),
        json!([{ "ip": "10.0.0.0/33" }]),
        json!([{ "asn": 1 }]),
    ] {
        assert_eq!(client.put(&items, bad).await.failure(), (400, 10022));
    }
    let doomed = json!({ "items": [{ "id": shown[0]["id"] }] });
    client
        .call(http::Method::DELETE, &items, Some(doomed))
        .await
        .result();
    client
        .put(&items, json!([{ "ip": "198.51.100.0/24" }]))
        .await
        .result();
    assert_eq!(client.get(&list).await.result()["num_items"], 1);
}

#[tokio::test]
async fn purges_are_checked() {
    let (_emulator, client, zone) = with_zone().await;
    let purge = format!("{zone}/purge_cache");
    for good in [
        json!({ "purge_everything": true }),
        json!({ "files": ["https://example.com/a", { "url": "https://example.com/b", "headers": {} }] }),
        json!({ "tags": ["a"] }),
    ] {
        assert_eq!(
            client.post(&purge, good).await.result()["id"],
            zone.rsplit_once('/').unwrap().1
        );
    }
    for (bad, code) in [
        (json!({}), 1012),
        (json!({ "purge_everything": true, "hosts": ["a"] }), 1012),
        (json!({ "files": ["/relative"] }), 1016),
        (json!({ "tags": vec!["t"; 101] }), 1094),
        (json!({ "hosts": "a" }), 1003),
    ] {
        assert_eq!(
            client.post(&purge, bad.clone()).await.failure(),
            (400, code),
            "{bad}"
        );
    }
}
