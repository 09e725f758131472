//! DNS records: life cycle, validation, filters, paging, batches.

use crate::client::with_zone;
use serde_json::{Value, json};

fn is_time(value: &Value) -> bool {
    // 2026-01-02T03:04:05.678901Z
    let text = value.as_str().unwrap();
    text.len() == 27 && text.ends_with('Z') && text.as_bytes()[19] == b'.'
}

#[tokio::test]
async fn a_record_from_creation_to_deletion() {
    let (_emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let body = json!({
        "type": "A", "name": "www", "content": "192.0.2.1", "proxied": true, "ttl": 300,
        "comment": "web", "tags": ["owner:ada"], "made_up": { "kept": [1] },
    });
    let created = client.post(&records, body).await.result();
    assert_eq!(created["name"], "www.example.com");
    assert_eq!(created["ttl"], 1, "a proxied record has the proxy's TTL");
    assert_eq!(created["proxiable"], true);
    assert_eq!(created["comment"], "web");
    assert_eq!(created["settings"], json!({}));
    assert_eq!(created["made_up"], json!({ "kept": [1] }));
    assert_eq!(created["meta"]["source"], "primary");
    for time in [
        "created_on",
        "modified_on",
        "comment_modified_on",
        "tags_modified_on",
    ] {
        assert!(is_time(&created[time]), "{time}: {created}");
    }
    let id = created["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let one = format!("{records}/{id}");
    assert_eq!(client.get(&one).await.result(), created);

    let edited = client
        .patch(&one, json!({ "proxied": false, "comment": null }))
        .await
        .result();
    assert_eq!(edited["content"], "192.0.2.1");
    assert_eq!(edited["proxied"], false);
    assert_eq!(edited["comment"], Value::Null);
    assert_eq!(edited["created_on"], created["created_on"]);
    assert_ne!(edited["modified_on"], created["modified_on"]);
    assert_eq!(edited["made_up"], created["made_up"]);
    assert_eq!(edited["tags_modified_on"], created["tags_modified_on"]);

    let body = json!({ "type": "AAAA", "name": "www", "content": "2001:DB8:0:0::1", "ttl": 120 });
    let updated = client.put(&one, body).await.result();
    assert_eq!(updated["id"], created["id"]);
    assert_eq!(updated["content"], "2001:db8::1");
    assert_eq!(updated["ttl"], 120);
    assert_eq!(
        updated["tags"],
        json!([]),
        "an update leaves nothing of the old record"
    );
    assert_eq!(updated.get("made_up"), None);

    assert_eq!(client.delete(&one).await.result(), json!({ "id": id }));
    assert_eq!(client.get(&one).await.failure(), (404, 81044));
    assert_eq!(client.patch(&one, json!({})).await.failure(), (404, 81044));
    assert_eq!(client.delete(&one).await.failure(), (404, 81044));
}
