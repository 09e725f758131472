//! Scans, holds and usage.

use serde_json::json;

use crate::client::{Client, with_zone};

#[tokio::test]
async fn a_scan_adds_what_the_zone_does_not_have() {
    let (_emulator, client, zone) = with_zone().await;
    let record = json!({ "type": "A", "name": "example.com", "content": "192.0.2.7" });
    client
        .post(&format!("{zone}/dns_records"), record)
        .await
        .result();
    let scan = client
        .post(&format!("{zone}/dns_records/scan"), json!({}))
        .await
        .result();
    assert_eq!(scan, json!({ "recs_added": 2, "total_records_parsed": 2 }));
    let names = client
        .get(&format!("{zone}/dns_records?type=CNAME"))
        .await
        .result();
    assert_eq!(names[0]["name"], "www.example.com");
    let again = client
        .post(&format!("{zone}/dns_records/scan"), json!({}))
        .await
        .result();
    assert_eq!(again["recs_added"], 0);
    let usage = client
        .get(&format!("{zone}/dns_records/usage"))
        .await
        .result();
    assert_eq!(usage, json!({ "record_usage": 3, "record_quota": 200 }));
}

#[tokio::test]
async fn findings_wait_for_review() {
    let (_emulator, client, zone) = with_zone().await;
    let review = format!("{zone}/dns_records/scan/review");
    assert_eq!(client.get(&review).await.result(), json!([]));
    client
        .post(&format!("{zone}/dns_records/scan/trigger"), json!({}))
        .await
        .result();
    let found = client.get(&review).await.result();
    assert_eq!(found.as_array().unwrap().len(), 3);
    let decision = json!({
        "accepts": [{ "id": found[0]["id"], "type": "A", "name": "example.com", "content": "192.0.2.9" }],
        "rejects": [{ "id": found[1]["id"] }],
    });
    let result = client.post(&review, decision.clone()).await.result();
    assert_eq!(result["accepts"][0]["content"], "192.0.2.9");
    assert_eq!(result["rejects"], json!([found[1]["id"]]));
    assert_eq!(
        client.get(&review).await.result().as_array().unwrap().len(),
        1
    );
    let records = client.get(&format!("{zone}/dns_records")).await.result();
    assert_eq!(records.as_array().unwrap().len(), 1);
    assert_eq!(client.post(&review, decision).await.failure(), (400, 81044));
}

#[tokio::test]
async fn a_hold_keeps_the_name_from_other_accounts() {
    let (emulator, client, zone) = with_zone().await;
    let hold = format!("{zone}/hold");
    // Only this plan has subdomains as zones.
    let plan = json!({ "plan": { "id": "enterprise" } });
    client.patch(&zone, plan).await.result();
    assert_eq!(client.get(&hold).await.result()["hold"], false);
    let held = client
        .post(&format!("{hold}?include_subdomains=true"), json!({}))
        .await
        .result();
    assert_eq!(
        (&held["hold"], &held["include_subdomains"]),
        (&json!(true), &json!("true"))
    );
    let other = emulator.add_account("other");
    let add = async |client: &Client, name: &str| {
        client
            .post(
                "/zones",
                json!({ "name": name, "account": { "id": other } }),
            )
            .await
    };
    assert_eq!(add(&client, "example.com").await.failure(), (400, 1118));
    assert_eq!(
        add(&client, "deep.example.com").await.failure(),
        (400, 1118)
    );
    add(&client, "notexample.com").await.result();
    client
        .patch(&hold, json!({ "include_subdomains": false }))
        .await
        .result();
    add(&client, "deep.example.com").await.result();
    assert_eq!(client.delete(&hold).await.result()["hold"], false);
    add(&client, "example.com").await.result();
}
