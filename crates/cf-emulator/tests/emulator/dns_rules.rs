//! Records that the API refuses.

use serde_json::{Value, json};

use crate::client::with_zone;

#[tokio::test]
async fn a_record_must_make_sense() {
    let (emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    for (code, body) in [
        (
            9005,
            json!({ "type": "A", "name": "a", "content": "192.0.2.256" }),
        ),
        (
            9005,
            json!({ "type": "A", "name": "a", "content": "2001:db8::1" }),
        ),
        (
            9006,
            json!({ "type": "AAAA", "name": "a", "content": "192.0.2.1" }),
        ),
        (
            9007,
            json!({ "type": "CNAME", "name": "a", "content": "192.0.2.1" }),
        ),
        (
            9039,
            json!({ "type": "CNAME", "name": "a", "content": "a.example.com" }),
        ),
        (
            9009,
            json!({ "type": "MX", "name": "a", "content": "192.0.2.1", "priority": 1 }),
        ),
        (
            9100,
            json!({ "type": "MX", "name": "a", "content": "mail.example.com" }),
        ),
        (
            9008,
            json!({ "type": "MX", "name": "a", "content": "m.example.com", "priority": 65536 }),
        ),
        (9100, json!({ "type": "A", "name": "a" })),
        (9100, json!({ "type": "A", "content": "192.0.2.1" })),
        (9100, json!({ "name": "a", "content": "192.0.2.1" })),
        (9100, json!({ "type": "SRV", "name": "_a._tcp" })),
        (
            9100,
            json!({ "type": "CAA", "name": "a", "data": { "flags": 0, "tag": "issue" } }),
        ),
        (
            9101,
            json!({ "type": "CAA", "name": "a", "data": { "flags": 256, "tag": "issue", "value": "x" } }),
        ),
        (
            9101,
            json!({ "type": "CAA", "name": "a", "content": "0 issue" }),
        ),
        (
            9101,
            json!({ "type": "SPF2000", "name": "a", "content": "x" }),
        ),
        (9101, json!({ "type": "A", "name": "a", "content": 7 })),
        (
            9101,
            json!({ "type": "TXT", "name": "a", "content": "x", "tags": "one" }),
        ),
        (
            9101,
            json!({ "type": "TXT", "name": "a", "content": "x", "comment": 1 }),
        ),
        (
            9021,
            json!({ "type": "A", "name": "a", "content": "192.0.2.1", "ttl": 59 }),
        ),
        (
            9021,
            json!({ "type": "A", "name": "a", "content": "192.0.2.1", "ttl": 86401 }),
        ),
        (
            9021,
            json!({ "type": "A", "name": "a", "content": "192.0.2.1", "ttl": 60.5 }),
        ),
        (
            9021,
            json!({ "type": "A", "name": "a", "content": "192.0.2.1", "ttl": "auto" }),
        ),
        (
            9004,
            json!({ "type": "TXT", "name": "a", "content": "x", "proxied": true }),
        ),
        (
            9003,
            json!({ "type": "A", "name": "a", "content": "192.0.2.1", "proxied": "yes" }),
        ),
        (
            9000,
            json!({ "type": "A", "name": "a..b", "content": "192.0.2.1" }),
        ),
        (
            9000,
            json!({ "type": "A", "name": "a b", "content": "192.0.2.1" }),
        ),
        (
            9000,
            json!({ "type": "A", "name": "x*", "content": "192.0.2.1" }),
        ),
        (
            9000,
            json!({ "type": "A", "name": "a.*", "content": "192.0.2.1" }),
        ),
        (
            9000,
            json!({ "type": "A", "name": "l".repeat(64), "content": "192.0.2.1" }),
        ),
    ] {
        let answer = client.post(&records, body.clone()).await;
        assert_eq!(answer.failure(), (400, code), "{body}");
    }
    let all = client.get(&records).await.json();
    assert_eq!(
        all["result_info"]["total_count"], 0,
        "nothing of that was kept"
    );
    // The same rules hold for seeds.
    let zone_id = zone.trim_start_matches("/zones/");
    let error = emulator.add_record(zone_id, json!({ "type": "A", "name": "a", "content": "x" }));
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("IPv4") && message.contains("9005"),
        "{message}"
    );
}

#[tokio::test]
async fn names_are_completed_and_wildcards_taken() {
    let (_emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    for (given, stored) in [
        ("www", "www.example.com"),
        ("WWW2.Example.Com", "www2.example.com"),
        ("dot.example.com.", "dot.example.com"),
        ("@", "example.com"),
        ("*", "*.example.com"),
        ("*.deep", "*.deep.example.com"),
        ("other.org", "other.org.example.com"),
        ("notexample.com", "notexample.com.example.com"),
        ("_dmarc", "_dmarc.example.com"),
    ] {
        let body = json!({ "type": "TXT", "name": given, "content": "x" });
        assert_eq!(client.post(&records, body).await.result()["name"], stored);
    }
}

#[tokio::test]
async fn some_records_exclude_each_other() {
    let (_emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let a = json!({ "type": "A", "name": "a", "content": "192.0.2.1" });
    let created = client.post(&records, a.clone()).await.result();
    assert_eq!(
        client.post(&records, a.clone()).await.failure(),
        (400, 81058)
    );
    // Another address, another type: fine. A CNAME next to either: not.
    client
        .post(
            &records,
            json!({ "type": "A", "name": "a", "content": "192.0.2.2" }),
        )
        .await
        .result();
    client
        .post(
            &records,
            json!({ "type": "TXT", "name": "a", "content": "x" }),
        )
        .await
        .result();
    let cname = json!({ "type": "CNAME", "name": "a", "content": "b.example.com" });
    assert_eq!(client.post(&records, cname).await.failure(), (400, 81053));

    let cname = json!({ "type": "CNAME", "name": "c", "content": "b.example.com" });
    let alias = client.post(&records, cname).await.result();
    let aaaa = json!({ "type": "AAAA", "name": "c", "content": "2001:db8::1" });
    assert_eq!(client.post(&records, aaaa).await.failure(), (400, 81054));
    let second = json!({ "type": "CNAME", "name": "c", "content": "d.example.com" });
    assert_eq!(client.post(&records, second).await.failure(), (400, 81053));

    // Changes are checked the same way, but a record does not conflict with itself.
    let one = format!("{records}/{}", alias["id"].as_str().unwrap());
    client.patch(&one, json!({ "ttl": 600 })).await.result();
    assert_eq!(
        client.patch(&one, json!({ "name": "a" })).await.failure(),
        (400, 81053)
    );
    let one = format!("{records}/{}", created["id"].as_str().unwrap());
    let taken = client.patch(&one, json!({ "content": "192.0.2.2" })).await;
    assert_eq!(taken.failure(), (400, 81058));
    assert_eq!(client.get(&one).await.result()["content"], "192.0.2.1");

    // Two priorities for the same mail server differ.
    let mx =
        |n: u32| json!({ "type": "MX", "name": "@", "content": "m.example.com", "priority": n });
    client.post(&records, mx(0)).await.result();
    client.post(&records, mx(10)).await.result();
    assert_eq!(client.post(&records, mx(10)).await.failure(), (400, 81058));
}

#[tokio::test]
async fn an_enterprise_zone_may_have_a_shorter_ttl() {
    let (_emulator, client, zone) = with_zone().await;
    let body = json!({ "type": "A", "name": "a", "content": "192.0.2.1", "ttl": 30 });
    let records = format!("{zone}/dns_records");
    assert_eq!(
        client.post(&records, body.clone()).await.failure(),
        (400, 9021)
    );
    client
        .patch(&zone, json!({ "plan": { "id": "enterprise" } }))
        .await
        .result();
    assert_eq!(client.post(&records, body).await.result()["ttl"], 30);
}

#[tokio::test]
async fn data_means_something() {
    let (_emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let loc = |field: &str, value: Value| {
        let mut data = json!({
            "lat_degrees": 52, "lat_minutes": 31, "lat_seconds": 12.5, "lat_direction": "N",
            "long_degrees": 13, "long_minutes": 24, "long_seconds": 34, "long_direction": "E",
            "altitude": 34, "size": 1, "precision_horz": 10000, "precision_vert": 10,
        });
        data[field] = value;
        json!({ "type": "LOC", "name": "loc", "data": data })
    };
    let with = |kind: &str, data: Value| json!({ "type": kind, "name": kind, "data": data });
    let ds = |digest: &str| {
        with(
            "DS",
            json!({ "key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": digest }),
        )
    };
    let sshfp = |print: &str| {
        with(
            "SSHFP",
            json!({ "algorithm": 4, "type": 2, "fingerprint": print }),
        )
    };
    let tlsa = |hash: &str| {
        with(
            "TLSA",
            json!({ "usage": 3, "selector": 1, "matching_type": 1, "certificate": hash }),
        )
    };
    let key = |key: &str| {
        with(
            "DNSKEY",
            json!({ "flags": 257, "protocol": 3, "algorithm": 13, "public_key": key }),
        )
    };
    let caa = |tag: &str| {
        with(
            "CAA",
            json!({ "flags": 0, "tag": tag, "value": "ca.example.org" }),
        )
    };
    for good in [
        loc("size", json!(2)),
        ds("ABcd 0123"),
        sshfp("00ff"),
        tlsa("d2ab"),
        key("mdsswUyr 3DPW132m"),
        caa("issuewild"),
    ] {
        let answer = client.post(&records, good.clone()).await;
        assert!(answer.status.is_success(), "{good}: {}", answer.json());
    }
    for bad in [
        loc("lat_degrees", json!(91)),
        loc("long_degrees", json!(181)),
        loc("lat_minutes", json!(60)),
        loc("long_seconds", json!(60)),
        loc("lat_direction", json!("E")),
        loc("long_direction", json!("up")),
        ds("abc"),
        ds("xyz0"),
        sshfp("?"),
        tlsa("hash"),
        key("*"),
        caa("iss ue"),
    ] {
        assert_eq!(
            client.post(&records, bad.clone()).await.failure().0,
            400,
            "{bad}"
        );
    }
}
