//! DNS records: life cycle, validation, filters, paging, batches.

use crate::client::{with_paid_zone, with_zone};
use serde_json::{Value, json};

fn is_time(value: &Value) -> bool {
    // 2026-01-02T03:04:05.678901Z
    let text = value.as_str().unwrap();
    text.len() == 27 && text.ends_with('Z') && text.as_bytes()[19] == b'.'
}

#[tokio::test]
async fn a_record_from_creation_to_deletion() {
    let (_emulator, client, zone) = with_paid_zone().await;
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

#[tokio::test]
async fn structured_records_say_the_same_in_data_and_content() {
    let (_emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let srv = client
        .post(
            &records,
            json!({
                "type": "SRV", "name": "_sip._tcp",
                "data": { "priority": 10, "weight": 5, "port": 5060, "target": "sip.example.com" },
            }),
        )
        .await
        .result();
    assert_eq!(srv["name"], "_sip._tcp.example.com");
    assert_eq!(srv["content"], "5 5060 sip.example.com");
    assert_eq!(srv["priority"], 10);
    let one = format!("{records}/{}", srv["id"].as_str().unwrap());
    let edited = client.patch(&one, json!({ "priority": 20 })).await.result();
    assert_eq!(
        (&edited["priority"], &edited["data"]["priority"]),
        (&json!(20), &json!(20))
    );
    let edited = client
        .patch(&one, json!({ "content": "1 443 other.example.com" }))
        .await
        .result();
    assert_eq!(
        edited["data"],
        json!({ "priority": 20, "weight": 1, "port": 443, "target": "other.example.com" })
    );

    for (body, content, data) in [
        (
            json!({ "type": "CAA", "name": "@", "data": { "flags": 0, "tag": "issue", "value": "ca.example" } }),
            "0 issue \"ca.example\"",
            json!({ "flags": 0, "tag": "issue", "value": "ca.example" }),
        ),
        (
            json!({ "type": "CAA", "name": "b", "content": "128 issuewild \";\"" }),
            "128 issuewild \";\"",
            json!({ "flags": 128, "tag": "issuewild", "value": ";" }),
        ),
        (
            json!({ "type": "TLSA", "name": "_443._tcp", "content": "3 1 1 aabb ccdd" }),
            "3 1 1 aabb ccdd",
            json!({ "usage": 3, "selector": 1, "matching_type": 1, "certificate": "aabb ccdd" }),
        ),
        (
            json!({ "type": "HTTPS", "name": "@", "content": "1 . alpn=\"h3,h2\" port=443" }),
            "1 . alpn=\"h3,h2\" port=443",
            json!({ "priority": 1, "target": ".", "value": "alpn=\"h3,h2\" port=443" }),
        ),
        (
            json!({ "type": "NAPTR", "name": "n", "content": "100 10 \"S\" \"SIP+D2U\" \"\" _sip._udp.example.com." }),
            "100 10 \"S\" \"SIP+D2U\" \"\" _sip._udp.example.com",
            json!({ "order": 100, "preference": 10, "flags": "S", "service": "SIP+D2U", "regex": "", "replacement": "_sip._udp.example.com" }),
        ),
        (
            json!({ "type": "LOC", "name": "l", "content": "37 46 30.5 N 122 23 30 W 12.5m" }),
            "37 46 30.5 N 122 23 30 W 12.50m 1.00m 10000.00m 10.00m",
            json!({
                "lat_degrees": 37, "lat_minutes": 46, "lat_seconds": 30.5, "lat_direction": "N",
                "long_degrees": 122, "long_minutes": 23, "long_seconds": 30, "long_direction": "W",
                "altitude": 12.5, "size": 1, "precision_horz": 10000, "precision_vert": 10,
            }),
        ),
        (
            json!({ "type": "URI", "name": "u", "priority": 7, "data": { "weight": 1, "target": "https://example.com/" } }),
            "1 \"https://example.com/\"",
            json!({ "weight": 1, "target": "https://example.com/" }),
        ),
    ] {
        let record = client.post(&records, body).await.result();
        assert_eq!(record["content"], content);
        assert_eq!(record["data"], data);
        assert_eq!(record["proxiable"], false);
    }
    // The old way to name an SRV record.
    let old = json!({
        "type": "SRV",
        "data": {
            "service": "_xmpp", "proto": "_tcp", "name": "example.com",
            "priority": 1, "weight": 2, "port": 3, "target": "x.example.com",
        },
    });
    assert_eq!(
        client.post(&records, old).await.result()["name"],
        "_xmpp._tcp.example.com"
    );
}

#[tokio::test]
async fn dns_settings_and_dnssec_are_remembered() {
    let (emulator, client, zone) = with_zone().await;
    let settings = client.get(&format!("{zone}/dns_settings")).await.result();
    assert_eq!(settings["nameservers"]["type"], "cloudflare.standard");
    let changes = json!({ "flatten_all_cnames": true, "soa": { "ttl": 1800 } });
    client
        .patch(&format!("{zone}/dns_settings"), changes)
        .await
        .result();
    let settings = client.get(&format!("{zone}/dns_settings")).await.result();
    assert_eq!(settings["flatten_all_cnames"], true);
    assert_eq!(
        (&settings["soa"]["ttl"], &settings["soa"]["retry"]),
        (&json!(1800), &json!(2400))
    );
    let wrong = client
        .patch(
            &format!("{zone}/dns_settings"),
            json!({ "zone_mode": "upside down" }),
        )
        .await;
    assert_eq!(wrong.failure(), (400, 1003));

    let account = format!("/accounts/{}/dns_settings", emulator.account_id());
    client
        .patch(&account, json!({ "zone_defaults": { "ns_ttl": 300 } }))
        .await
        .result();
    assert_eq!(
        client.get(&account).await.result()["zone_defaults"]["ns_ttl"],
        300
    );

    let dnssec = format!("{zone}/dnssec");
    assert_eq!(client.get(&dnssec).await.result()["status"], "disabled");
    let on = client
        .patch(&dnssec, json!({ "status": "active" }))
        .await
        .result();
    assert_eq!(on["status"], "active");
    assert!(
        on["ds"]
            .as_str()
            .unwrap()
            .starts_with("example.com. 3600 IN DS ")
    );
    assert_eq!(
        on["public_key"].as_str().unwrap().len(),
        88,
        "64 bytes in base64"
    );
    assert_eq!(client.get(&dnssec).await.result(), on);
    assert_eq!(
        client
            .patch(&dnssec, json!({ "status": "on" }))
            .await
            .failure(),
        (400, 1003)
    );
    assert_eq!(client.delete(&dnssec).await.result(), "");
    assert_eq!(client.get(&dnssec).await.result()["status"], "disabled");
}
