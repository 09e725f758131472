//! Names in either of their spellings, and names that cannot be zones.

use cf_emulator::Emulator;
use serde_json::json;

use crate::client::{Client, with_zone};

#[tokio::test]
async fn names_in_unicode_become_punycode_and_both_find_the_record() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let zone = emulator
        .add_zone(emulator.account_id(), "bücher.example")
        .unwrap();
    for name in [
        "name=b%C3%BCcher.example",
        "name=xn--bcher-kva.example",
        "name=B%C3%9CCHER.example",
    ] {
        let found = client.get(&format!("/zones?{name}")).await.result();
        assert_eq!(found[0]["id"], zone, "{name}");
    }
    // It is the same zone in the other spelling.
    let taken = client
        .post("/zones", json!({ "name": "xn--bcher-kva.example" }))
        .await;
    assert_eq!(taken.failure(), (400, 1061));

    let records = format!("/zones/{zone}/dns_records");
    let made = client
        .post(
            &records,
            json!({ "type": "CNAME", "name": "Käse.bücher.example", "content": "MÜNCHEN.de." }),
        )
        .await
        .result();
    assert_eq!(made["name"], "xn--kse-qla.xn--bcher-kva.example");
    assert_eq!(made["content"], "xn--mnchen-3ya.de");
    for name in [
        "k%C3%A4se.b%C3%BCcher.example",
        "xn--kse-qla.xn--bcher-kva.example",
        "xn--kse-qla.b%C3%BCcher.example.",
    ] {
        let found = client.get(&format!("{records}?name={name}")).await.result();
        assert_eq!(found[0]["id"], made["id"], "{name}");
    }
    // Relative, and in the other spelling: identical, though.
    let again = json!({ "type": "CNAME", "name": "xn--kse-qla", "content": "xn--mnchen-3ya.de" });
    assert_eq!(client.post(&records, again).await.failure(), (400, 81058));
}

#[tokio::test]
async fn a_subdomain_is_no_zone() {
    let (_emulator, client, zone) = with_zone().await;
    for name in [
        "www.example.com",
        "a.b.example.org",
        "shop.Example.NET",
        "x.y.test",
    ] {
        let refused = client.post("/zones", json!({ "name": name })).await;
        assert_eq!(refused.failure(), (400, 1116), "{name}");
    }
    for name in ["example.co.uk", "other.net"] {
        client
            .post("/zones", json!({ "name": name }))
            .await
            .result();
    }
    // Below a zone that is here, whatever the suffix.
    let refused = client
        .post("/zones", json!({ "name": "www.example.co.uk" }))
        .await;
    assert_eq!(refused.failure(), (400, 1116));
    // The Enterprise plan allows it.
    let plan = json!({ "plan": { "id": "enterprise" } });
    client.patch(&zone, plan).await.result();
    client
        .post("/zones", json!({ "name": "shop.example.com" }))
        .await
        .result();
}
