//! What tokens may do, and on which resources.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

fn with(emulator: &Emulator, groups: &[&str]) -> Client {
    let token = emulator
        .add_token(TokenSpec::new(groups.iter().copied()))
        .unwrap();
    Client::with_token(emulator, &token.value)
}

#[tokio::test]
async fn each_operation_asks_for_its_group() {
    let (emulator, _, zone) = with_zone().await;
    let nothing = emulator.add_token(TokenSpec::powerless()).unwrap();
    let nothing = Client::with_token(&emulator, &nothing.value);
    let account = format!("/accounts/{}", emulator.account_id());
    nothing.get("/user/tokens/verify").await.result();
    nothing.get("/ips").await.result();
    for (group, path, code) in [
        ("Zone Read", "/zones".to_owned(), 9109),
        ("Zone Read", zone.clone(), 9109),
        ("Zone Settings Read", format!("{zone}/settings/ssl"), 9109),
        ("DNS Read", format!("{zone}/dns_records"), 10000),
        ("DNS Read", format!("{zone}/dnssec"), 10000),
        (
            "Zone DNS Settings Read",
            format!("{zone}/dns_settings"),
            9109,
        ),
        ("Account Settings Read", "/accounts".to_owned(), 10000),
        ("Account Settings Read", account.clone(), 10000),
        ("Account Settings Read", format!("{account}/members"), 10000),
        ("Account Settings Read", format!("{account}/roles"), 10000),
        (
            "Account API Tokens Read",
            format!("{account}/tokens"),
            10000,
        ),
        (
            "Account DNS Settings Read",
            format!("{account}/dns_settings"),
            10000,
        ),
        ("User Details Read", "/user".to_owned(), 9109),
        ("API Tokens Read", "/user/tokens".to_owned(), 9109),
        ("Memberships Read", "/memberships".to_owned(), 9109),
    ] {
        assert_eq!(nothing.get(&path).await.failure(), (403, code), "{path}");
        with(&emulator, &[group]).get(&path).await.result();
        // Write includes read.
        let write = group.replace(" Read", " Write");
        with(&emulator, &[&write]).get(&path).await.result();
    }
}

/// Operations that no product implements by hand require what the description says.
#[tokio::test]
async fn described_operations_ask_for_their_groups() {
    let (emulator, _, zone) = with_zone().await;
    let account = format!("/accounts/{}", emulator.account_id());
    let nothing = emulator.add_token(TokenSpec::powerless()).unwrap();
    let nothing = Client::with_token(&emulator, &nothing.value);
    for (groups, path) in [
        (
            &["Stream Read", "Stream Write"][..],
            format!("{account}/stream"),
        ),
        (&["Logs Read"], format!("{zone}/logs/received/fields")),
        (
            &["IP Prefixes: Read", "IP Prefixes: Write"],
            format!("{account}/addressing/prefixes"),
        ),
        (
            &["Zaraz Read", "Zaraz Edit", "Zaraz Admin"],
            format!("{zone}/settings/zaraz/config"),
        ),
        (
            &["Domain Page Shield Read", "Domain Page Shield"],
            format!("{zone}/page_shield/scripts"),
        ),
        // An account group for a path with one of its zones.
        (&["Billing Read"], format!("{zone}/available_rate_plans")),
        // A zone group for a path without a zone.
        (
            &["SSL and Certificates Read"],
            format!("/certificates?zone_id={}", &zone["/zones/".len()..]),
        ),
        (&["User Details Read"], "/radar/datasets".to_owned()),
        // Any of several groups is enough.
        (
            &["Magic Transit Read", "Magic WAN Read", "Magic WAN Write"],
            format!("{account}/magic/sites"),
        ),
    ] {
        let refused = nothing.get(&path).await;
        assert_eq!(refused.status, 403, "{path}");
        let why = refused.json()["errors"][0]["error_chain"][0]["message"].to_string();
        assert!(why.contains(groups[0]), "{path}: {why}");
        for group in groups {
            let allowed = with(&emulator, &[group]).get(&path).await;
            assert_eq!(allowed.status, 200, "{path} with {group}");
        }
        let other = with(&emulator, &["Waiting Rooms Write", "Images Write"]);
        assert_eq!(other.get(&path).await.status, 403, "{path}");
    }
    // If an operation's permission is unknown, any token will do.
    nothing.get(&format!("{account}/moq/relays")).await.result();
}

#[tokio::test]
async fn who_may_read_may_not_write() {
    let (emulator, _, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let record = json!({ "type": "TXT", "name": "a", "content": "x" });
    let reader = with(&emulator, &["DNS Read", "Zone Read"]);
    assert_eq!(
        reader.post(&records, record.clone()).await.failure(),
        (403, 10000)
    );
    assert_eq!(reader.delete(&zone).await.failure(), (403, 9109));
    let seen = reader.get(&zone).await.result();
    assert_eq!(
        seen["permissions"],
        json!(["#dns_records:read", "#zone:read"])
    );
    let writer = with(&emulator, &["DNS Write"]);
    writer.post(&records, record).await.result();
    assert_eq!(
        writer.get(&zone).await.failure(),
        (403, 9109),
        "zones are another matter"
    );
}

#[tokio::test]
async fn a_refusal_names_what_is_missing() {
    let (emulator, _, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let reason = async |client: &Client, path: &str| {
        let refusal = client.post(path, json!({})).await.json();
        let chain = refusal["errors"][0]["error_chain"].clone();
        chain[0]["message"].as_str().unwrap().to_owned()
    };
    let reader = with(&emulator, &["DNS Read"]);
    assert!(
        reason(&reader, &records)
            .await
            .contains("lacks the permission group \"DNS Write\"")
    );
    assert!(reason(&reader, "/zones").await.contains("\"Zone Write\""));
    let other = emulator.add_zone(emulator.account_id(), "b.com").unwrap();
    let elsewhere = emulator
        .add_token(TokenSpec::new(["DNS Write"]).zones([other]))
        .unwrap();
    let elsewhere = Client::with_token(&emulator, &elsewhere.value);
    let reason = reason(&elsewhere, &records).await;
    assert!(reason.contains("resources do not include"), "{reason}");
}

#[tokio::test]
async fn a_token_reaches_only_its_zones() {
    let (emulator, _, mine) = with_zone().await;
    let theirs = format!(
        "/zones/{}",
        emulator.add_zone(emulator.account_id(), "b.com").unwrap()
    );
    let spec =
        TokenSpec::new(["Zone Write", "DNS Write"]).zones([mine.trim_start_matches("/zones/")]);
    let token = emulator.add_token(spec).unwrap();
    let client = Client::with_token(&emulator, &token.value);
    let list = client.get("/zones").await.json();
    assert_eq!(list["result_info"]["total_count"], 1);
    assert_eq!(list["result"][0]["name"], "example.com");
    client.get(&format!("{mine}/dns_records")).await.result();
    assert_eq!(client.get(&theirs).await.failure(), (403, 9109));
    assert_eq!(
        client.get(&format!("{theirs}/dns_records")).await.failure(),
        (403, 10000)
    );
    assert_eq!(
        client
            .post("/zones", json!({ "name": "c.com" }))
            .await
            .failure(),
        (403, 9109)
    );
}

#[tokio::test]
async fn policies_can_name_an_account_or_deny() {
    let (emulator, owner, zone) = with_zone().await;
    let zone_id = zone.trim_start_matches("/zones/");
    let other = emulator.add_account("Other");
    emulator.add_zone(&other, "other.com").unwrap();
    let read = json!([{ "id": "c8fed203ed3043cba015a93ad1616f1f" }]);
    let policy = |effect: &str, resources: Value| json!({ "effect": effect, "resources": resources, "permission_groups": read });
    let everywhere = json!({ "com.cloudflare.api.account.zone.*": "*" });
    let in_other = json!({ format!("com.cloudflare.api.account.{other}"): everywhere });
    let first = json!({ format!("com.cloudflare.api.account.zone.{zone_id}"): "*" });
    for (policies, names) in [
        (
            json!([policy("allow", everywhere.clone())]),
            &["example.com", "other.com"][..],
        ),
        (json!([policy("allow", in_other.clone())]), &["other.com"]),
        (
            json!([policy("allow", everywhere.clone()), policy("deny", first)]),
            &["other.com"],
        ),
        (
            json!([
                policy("allow", everywhere.clone()),
                policy("deny", in_other)
            ]),
            &["example.com"],
        ),
    ] {
        let created = owner
            .post("/user/tokens", json!({ "name": "t", "policies": policies }))
            .await;
        let token = created.result()["value"].as_str().unwrap().to_owned();
        let zones = Client::with_token(&emulator, &token)
            .get("/zones")
            .await
            .result();
        let seen: Vec<_> = zones
            .as_array()
            .unwrap()
            .iter()
            .map(|z| z["name"].clone())
            .collect();
        assert_eq!(seen, names, "{policies}");
    }
}
