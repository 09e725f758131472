//! Control over HTTP: reset, snapshots, seeds, faults, the request log.

use bytes::Bytes;
use cf_emulator::{Emulator, TokenSpec};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Client, with_zone};

/// A client of the control routes, without a credential.
fn admin(emulator: &Emulator) -> Client {
    let mut client = Client::with_headers(emulator, &[]);
    client.base_url = client.base_url.replace("/client/v4", "/_emulator");
    client
}

#[tokio::test]
async fn equal_states_have_equal_snapshots() {
    let emulator = Emulator::start().await.unwrap();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let token = TokenSpec::new(["Zone Read"]).name(name);
        emulator.add_token(token).unwrap();
        emulator.add_api_key(&format!("{name}@example.com"), name);
        emulator.add_user_service_key(name);
    }
    let before = emulator.snapshot();
    emulator.restore(&before).unwrap();
    assert_eq!(emulator.snapshot(), before);
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let (emulator, client, zone) = with_zone().await;
    let admin = admin(&emulator);
    let record = json!({ "type": "A", "name": "www", "content": "192.0.2.1" });
    client
        .post(&format!("{zone}/dns_records"), record)
        .await
        .result();
    let before = admin.get("/snapshot").await.json();
    let records = client.get(&format!("{zone}/dns_records")).await.result();
    client.delete(&zone).await.result();
    assert_eq!(client.get(&zone).await.failure(), (404, 1001));
    assert_eq!(
        admin.put("/snapshot", before.clone()).await.status,
        StatusCode::OK
    );
    assert_eq!(
        client.get(&format!("{zone}/dns_records")).await.result(),
        records
    );
    assert_eq!(admin.get("/snapshot").await.json(), before);

    // Another emulator can restore it, tokens included.
    let other = Emulator::start().await.unwrap();
    other.restore(&before).unwrap();
    let moved = Client::with_token(&other, emulator.token());
    assert_eq!(
        moved.get(&format!("{zone}/dns_records")).await.result(),
        records
    );

    for bad in [
        json!({}),
        json!({ "format": 99 }),
        json!({ "format": 1, "tables": { "zones": [[1]] } }),
    ] {
        assert_eq!(
            admin.put("/snapshot", bad).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    assert_eq!(admin.get("/snapshot").await.json(), before);
}

/// In a snapshot, long content is a list of pieces; a single piece may be a plain string.
#[tokio::test]
async fn snapshots_have_what_is_stored_in_pieces() {
    let emulator = Emulator::start().await.unwrap();
    let (client, admin) = (Client::new(&emulator), admin(&emulator));
    let buckets = format!("/accounts/{}/r2/buckets", emulator.account_id());
    let bucket = json!({ "name": "bucket" });
    client.post(&buckets, bucket).await.result();
    let objects = format!("{buckets}/bucket/objects");
    let lengths = [0, 1, 4096, 4097, 65_535, 65_536, 65_537, 200_000];
    for length in lengths {
        let object = format!("{objects}/{length}");
        let put = client.try_send(Method::PUT, &object, None, vec![7; length]);
        put.await.unwrap().result();
    }
    let check = async || {
        for length in lengths {
            let object = client.get(&format!("{objects}/{length}")).await;
            assert!(object.body == vec![7; length], "{length}");
        }
    };
    let before = admin.get("/snapshot").await.json();
    assert_eq!(emulator.snapshot(), before);
    emulator.reset();
    let restored = admin.put("/snapshot", before.clone()).await;
    assert_eq!(restored.status, StatusCode::OK);
    check().await;

    let mut joined = before.clone();
    for file in joined["files"].as_object_mut().unwrap().values_mut() {
        let pieces = file.as_array().unwrap().iter();
        let joined: String = pieces.map(|piece| piece.as_str().unwrap()).collect();
        *file = joined.into();
    }
    emulator.reset();
    emulator.restore(&joined).unwrap();
    check().await;

    for piece in [json!("0"), json!("zz"), json!(1), json!([["00"]])] {
        let mut broken = before.clone();
        broken["files"] = json!({ "x": piece });
        let refused = admin.put("/snapshot", broken.clone()).await;
        assert_eq!(
            refused.status,
            StatusCode::BAD_REQUEST,
            "{}",
            refused.json()
        );
        emulator.restore(&broken).unwrap_err();
    }
    for broken in ["", "{", "[]", "{\"format\":2}", "{\"format\":2,}"] {
        let refused = admin.try_send(Method::PUT, "/snapshot", None, broken).await;
        assert_eq!(refused.unwrap().status, StatusCode::BAD_REQUEST, "{broken}");
    }
    check().await;
}

#[tokio::test]
async fn a_reset_leads_back_to_the_seed_of_the_start() {
    let seed = json!({ "accounts": [{ "zones": [{ "name": "example.com" }] }] });
    let emulator = Emulator::builder()
        .seed(seed.to_string())
        .start()
        .await
        .unwrap();
    let (client, admin) = (Client::new(&emulator), admin(&emulator));
    emulator
        .add_zone(emulator.account_id(), "example.net")
        .unwrap();
    admin
        .post(
            "/faults",
            json!({ "fault": "status=500", "times": "always" }),
        )
        .await;
    assert_eq!(
        client.get("/zones").await.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(admin.post("/reset", json!({})).await.status, StatusCode::OK);
    let zones = client.get("/zones").await.result();
    assert_eq!(
        (zones.as_array().unwrap().len(), &zones[0]["name"]),
        (1, &json!("example.com"))
    );
    assert_eq!(emulator.requests().len(), 1);
}

#[tokio::test]
async fn seeds_and_the_log_over_http() {
    let emulator = Emulator::start().await.unwrap();
    let (client, admin) = (Client::new(&emulator), admin(&emulator));
    let seed = json!({ "accounts": [{ "zones": [{ "name": "example.org" }] }] });
    assert_eq!(
        admin.post("/seed", seed.clone()).await.status,
        StatusCode::OK
    );
    let again = admin.post("/seed", seed).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(
        again.json()["error"]
            .as_str()
            .unwrap()
            .contains("example.org")
    );
    client.get("/zones?name=example.org").await.result();
    let log = admin.get("/requests").await.json();
    let entry = &log["requests"][0];
    assert_eq!(
        (&entry["path"], &entry["query"], &entry["status"]),
        (
            &json!("/client/v4/zones"),
            &json!("name=example.org"),
            &json!(200)
        )
    );
    assert!(!log.to_string().contains(emulator.token()));
    admin.delete("/requests").await;
    assert_eq!(
        admin.get("/requests").await.json(),
        json!({ "requests": [] })
    );
    let status = admin.get("").await.json();
    assert_eq!(status["objects"]["zones"], 1, "{status}");
}

#[tokio::test]
async fn faults_by_route_strike_what_they_name() {
    let emulator = Emulator::start().await.unwrap();
    let (client, admin) = (Client::new(&emulator), admin(&emulator));
    let fault = json!({ "fault": "rate_limit=7", "method": "GET", "path": "/zones", "times": 2 });
    assert_eq!(admin.post("/faults", fault).await.status, StatusCode::OK);
    client.get("/accounts").await.result();
    for _ in 0..2 {
        let limited = client.get("/zones").await;
        assert_eq!(limited.failure(), (429, 10100));
        assert_eq!(limited.headers["retry-after"], "7");
        assert_eq!(
            limited.headers["ratelimit-policy"],
            "\"default\";q=1200;w=300"
        );
    }
    client.get("/zones").await.result();
    for bad in [
        json!({}),
        json!({ "fault": "explode" }),
        json!({ "fault": "cut", "times": "twice" }),
        json!({ "fault": "delay=long" }),
    ] {
        let answer = admin.post("/faults", bad).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.json()["error"].is_string());
    }
    admin
        .post("/faults", json!({ "fault": "cut", "times": "always" }))
        .await;
    assert!(
        client
            .try_send(Method::GET, "/zones", None, Bytes::new())
            .await
            .is_err()
    );
    admin.delete("/faults").await;
    client.get("/zones").await.result();
}

#[tokio::test]
async fn faults_by_header_strike_that_request() {
    let (emulator, client, zone) = with_zone().await;
    let with = |fault: &str| {
        let token = format!("Bearer {}", emulator.token());
        Client::with_headers(
            &emulator,
            &[("authorization", &token), ("x-emulator-fault", fault)],
        )
    };
    let drifted =
        with("drop=/result/name; null=/result/status; unknown=/result/type; set=/result/new:[1]")
            .get(&zone)
            .await
            .result();
    assert_eq!(drifted.get("name"), None);
    assert_eq!(
        (&drifted["status"], &drifted["new"]),
        (&Value::Null, &json!([1]))
    );
    assert_ne!(drifted["type"], "full");
    let page = with("html=502").get(&zone).await;
    assert_eq!(
        (page.status, page.body.starts_with(b"<!DOCTYPE html>")),
        (StatusCode::BAD_GATEWAY, true)
    );
    assert_eq!(with("status=503").get(&zone).await.failure(), (503, 10503));
    for cut in ["cut", "cut_body=20"] {
        assert!(
            with(cut)
                .try_send(Method::GET, &zone, None, Bytes::new())
                .await
                .is_err(),
            "{cut}"
        );
    }
    assert_eq!(with("explode").get(&zone).await.failure(), (400, 1003));
    client.get(&zone).await.result();
}

#[tokio::test]
async fn pages_of_other_sites_do_not_steer() {
    let emulator = Emulator::start().await.unwrap();
    for (origin, allowed) in [
        ("https://evil.example", false),
        (&format!("http://{}", emulator.address()), true),
    ] {
        let mut client = admin(&emulator);
        client.headers = vec![("origin", origin.to_owned())];
        let answer = client.post("/reset", json!({})).await;
        assert_eq!(answer.status == StatusCode::OK, allowed, "{origin}");
    }
    assert_eq!(
        admin(&emulator).get("/nothing").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        admin(&emulator).get("/reset").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn the_page_shows_state_and_requests_and_runs_nothing() {
    let (emulator, client, zone) = with_zone().await;
    client.get(&zone).await.result();
    client.get("/nothing?a='&lt;=1").await;
    let mut browser = Client::with_headers(&emulator, &[]);
    browser.base_url = browser.base_url.replace("/client/v4", "");
    let page = browser.get("/").await;
    assert_eq!(
        (page.status, &page.headers["content-type"]),
        (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
    );
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    for part in [
        "<h1>cf-emulator",
        "<a href=\"/products/zones\">Zones</a>",
        "/client/v4/nothing?a=&#39;&amp;lt;=1",
        "class=\"status bad\">404",
        "&quot;code&quot;:7003",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains("<script") && !html.contains(emulator.token()));
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
}
