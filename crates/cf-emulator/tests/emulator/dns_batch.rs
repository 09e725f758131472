//! Batches: in the API's order, all or nothing.

use serde_json::{Value, json};

use crate::client::with_zone;

#[tokio::test]
async fn a_batch_deletes_patches_puts_then_posts() {
    let (emulator, client, zone) = with_zone().await;
    let zone_id = zone.trim_start_matches("/zones/").to_owned();
    let add = |record: Value| emulator.add_record(&zone_id, record).unwrap();
    let gone = add(json!({ "type": "A", "name": "www", "content": "192.0.2.1" }));
    let edited = add(json!({ "type": "A", "name": "api", "content": "192.0.2.2", "comment": "c" }));
    let replaced = add(json!({ "type": "TXT", "name": "t", "content": "old", "comment": "c" }));
    let batch = json!({
        // Possible only because the delete comes first, whatever the order here.
        "posts": [{ "type": "CNAME", "name": "www", "content": "example.com" }],
        "puts": [{ "id": replaced, "type": "TXT", "name": "t", "content": "new" }],
        "patches": [{ "id": edited, "content": "192.0.2.3" }],
        "deletes": [{ "id": gone }],
    });
    let result = client
        .post(&format!("{zone}/dns_records/batch"), batch)
        .await
        .result();
    assert_eq!(result["deletes"][0]["id"], json!(gone));
    assert_eq!(result["deletes"][0]["content"], "192.0.2.1");
    assert_eq!(result["patches"][0]["content"], "192.0.2.3");
    assert_eq!(result["patches"][0]["comment"], "c");
    assert_eq!(result["puts"][0]["content"], "new");
    assert_eq!(result["puts"][0]["comment"], Value::Null);
    assert_eq!(result["posts"][0]["name"], "www.example.com");
    let all = client.get(&format!("{zone}/dns_records")).await.json();
    assert_eq!(all["result_info"]["total_count"], 3);
}

#[tokio::test]
async fn a_batch_with_one_bad_change_changes_nothing() {
    let (emulator, client, zone) = with_zone().await;
    let zone_id = zone.trim_start_matches("/zones/");
    let record = json!({ "type": "A", "name": "www", "content": "192.0.2.1" });
    let id = emulator.add_record(zone_id, record).unwrap();
    let before = client.get(&format!("{zone}/dns_records")).await.json();
    let unknown = "00000000000000000000000000000000";
    for (expected, bad) in [
        (
            (404, 81044),
            json!({ "deletes": [{ "id": id }, { "id": unknown }] }),
        ),
        (
            (404, 81044),
            json!({ "deletes": [{ "id": id }], "patches": [{ "id": unknown }] }),
        ),
        (
            (404, 81044),
            json!({ "deletes": [{ "id": id }], "patches": [{ "ttl": 60 }] }),
        ),
        (
            (400, 9021),
            json!({ "deletes": [{ "id": id }], "posts": [
            { "type": "A", "name": "b", "content": "192.0.2.2" },
            { "type": "A", "name": "c", "content": "192.0.2.2", "ttl": 2 },
        ] }),
        ),
        (
            (400, 81058),
            json!({ "posts": [
            { "type": "A", "name": "b", "content": "192.0.2.2" },
            { "type": "A", "name": "b", "content": "192.0.2.2" },
        ] }),
        ),
        ((400, 9207), json!({ "posts": { "type": "A" } })),
        ((400, 9207), json!({ "posts": ["A"] })),
    ] {
        let answer = client
            .post(&format!("{zone}/dns_records/batch"), bad.clone())
            .await;
        assert_eq!(answer.failure(), expected, "{bad}");
        assert_eq!(
            client.get(&format!("{zone}/dns_records")).await.json(),
            before,
            "{bad}"
        );
    }
    let nothing = client
        .post(&format!("{zone}/dns_records/batch"), json!({}))
        .await
        .result();
    assert_eq!(
        nothing,
        json!({ "deletes": [], "patches": [], "puts": [], "posts": [] })
    );
}
