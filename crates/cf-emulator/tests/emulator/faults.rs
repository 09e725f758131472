//! Faults on demand.

use std::time::{Duration, Instant};

use cf_emulator::{Emulator, Fault};
use http::{Method, StatusCode};
use serde_json::json;

use crate::client::{Client, with_zone};

#[tokio::test]
async fn canned_replies() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let fault = Fault::reply(StatusCode::IM_A_TEAPOT, "short and stout").header("x-pot", "1");
    emulator.inject(fault.times(2));
    for _ in 0..2 {
        let answer = client.get("/zones").await;
        assert_eq!(answer.status, StatusCode::IM_A_TEAPOT);
        assert_eq!(answer.headers["x-pot"], "1");
        assert_eq!(&answer.body[..], b"short and stout");
    }
    client.get("/zones").await.result();

    emulator.inject(Fault::error(StatusCode::SERVICE_UNAVAILABLE, 1200, "busy"));
    assert_eq!(client.get("/zones").await.failure(), (503, 1200));

    emulator.inject(Fault::rate_limited(Duration::from_millis(1500)));
    let answer = client.get("/zones").await;
    assert_eq!(answer.failure(), (429, 10100));
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(answer.headers["ratelimit"], "\"default\";r=0;t=2");
    assert_eq!(
        answer.headers["ratelimit-policy"],
        "\"default\";q=1200;w=300"
    );

    emulator.inject(Fault::html(StatusCode::BAD_GATEWAY));
    let answer = client.get("/zones").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(
        answer.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(answer.body.starts_with(b"<!DOCTYPE html>"));
}

#[tokio::test]
async fn faults_strike_where_they_are_told_to() {
    let (emulator, client, zone) = with_zone().await;
    let fault = || Fault::error(StatusCode::INTERNAL_SERVER_ERROR, 1, "no");
    emulator.inject(fault().on(Method::GET, "/zones/*/dns_records").always());
    client.get("/zones").await.result();
    client.get(&zone).await.result();
    let record = json!({ "type": "TXT", "name": "a", "content": "x" });
    client
        .post(&format!("{zone}/dns_records"), record)
        .await
        .result();
    for _ in 0..3 {
        let answer = client.get(&format!("{zone}/dns_records?page=1")).await;
        assert_eq!(answer.failure(), (500, 1));
    }
    emulator.clear_faults();
    client.get(&format!("{zone}/dns_records")).await.result();

    // They apply in the order of their injection.
    emulator.inject(Fault::error(StatusCode::BAD_GATEWAY, 1, "first"));
    emulator.inject(Fault::error(StatusCode::GATEWAY_TIMEOUT, 2, "second"));
    assert_eq!(client.get("/zones").await.failure(), (502, 1));
    assert_eq!(client.get("/zones").await.failure(), (504, 2));
    client.get("/zones").await.result();
    // Zero times means never.
    emulator.inject(Fault::cut().times(0));
    client.get("/zones").await.result();
}

#[tokio::test]
async fn delays_and_cuts() {
    let (emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let count = async || {
        client.get(&records).await.json()["result_info"]["total_count"]
            .as_u64()
            .unwrap()
    };
    let record = |name: &str| json!({ "type": "TXT", "name": name, "content": "x" }).to_string();
    let post = async |name: &str| {
        client
            .try_send(
                Method::POST,
                &records,
                Some("application/json"),
                record(name),
            )
            .await
    };
    emulator.inject(Fault::delay(Duration::from_millis(60)));
    emulator.inject(Fault::delay(Duration::from_millis(40)));
    let started = Instant::now();
    client.get("/zones").await.result();
    assert!(started.elapsed() >= Duration::from_millis(100));

    emulator.inject(Fault::cut());
    assert!(post("a").await.is_err());
    assert_eq!(count().await, 0, "nothing was done");

    emulator.inject(Fault::lose_reply());
    assert!(post("a").await.is_err());
    assert_eq!(count().await, 1, "it was done, and nobody told");

    emulator.inject(Fault::cut_body(10));
    assert!(post("b").await.is_err(), "half a reply is none");
    assert_eq!(count().await, 2);
    let statuses: Vec<_> = emulator
        .requests()
        .iter()
        .filter(|r| r.method == Method::POST)
        .map(|r| r.status)
        .collect();
    assert_eq!(statuses, [None, None, Some(StatusCode::OK)]);
}

#[tokio::test]
async fn lists_that_ignore_the_page() {
    let (emulator, client, zone) = with_zone().await;
    let zone_id = zone.trim_start_matches("/zones/");
    for n in 0..3 {
        let record = json!({ "type": "TXT", "name": format!("n{n}"), "content": "x" });
        emulator.add_record(zone_id, record).unwrap();
    }
    let page = format!("{zone}/dns_records?per_page=2&page=2");
    assert_eq!(
        client.get(&page).await.result().as_array().unwrap().len(),
        1
    );
    emulator.inject(Fault::ignore_page());
    let ignored = client.get(&page).await.json();
    assert_eq!(ignored["result"].as_array().unwrap().len(), 2);
    assert_eq!(ignored["result_info"]["page"], 1);
}

#[tokio::test]
async fn replies_that_drift() {
    let (emulator, client, zone) = with_zone().await;
    emulator
        .add_zone(emulator.account_id(), "other.com")
        .unwrap();
    emulator.inject(Fault::drop_field("/result/*/name"));
    emulator.inject(Fault::null_field("/result/*/plan"));
    emulator.inject(Fault::set_field("/result/*/status", "sleeping"));
    emulator.inject(Fault::set_field("/result/1/meta/new~1field", json!([1])));
    emulator.inject(Fault::drop_field("/messages"));
    let drifted = client.get("/zones").await.json();
    for zone in drifted["result"].as_array().unwrap() {
        assert_eq!(zone.get("name"), None);
        assert_eq!(zone["plan"], json!(null));
        assert_eq!(zone["status"], "sleeping");
    }
    assert_eq!(drifted["result"][1]["meta"]["new/field"], json!([1]));
    assert_eq!(drifted.get("messages"), None);
    // Only the reply drifts.
    assert_eq!(client.get(&zone).await.result()["name"], "example.com");
    // Pointers to nothing have no effect, and one to everything replaces it.
    for pointer in [
        "/result/7/name",
        "/result/*/a/b/c",
        "nonsense",
        "/success/x",
    ] {
        emulator.inject(Fault::drop_field(pointer));
    }
    client.get("/zones").await.result();
    emulator.inject(Fault::set_field("", json!(1)));
    assert_eq!(client.get("/zones").await.json(), json!(1));
}

#[tokio::test]
async fn what_is_answered_without_a_connection_is_the_same() {
    let emulator = Emulator::builder().body_limit(64).start().await.unwrap();
    let ask = |method: Method, body: &'static str| {
        let request = http::Request::builder()
            .method(method)
            .uri("/client/v4/zones?per_page=5")
            .header("authorization", format!("Bearer {}", emulator.token()))
            .body(body)
            .unwrap();
        emulator.answer(request)
    };
    let created = ask(Method::POST, r#"{"name":"example.com"}"#)
        .await
        .unwrap();
    assert_eq!(created.status(), StatusCode::OK);
    let over_a_connection = Client::new(&emulator).get("/zones?per_page=5").await;
    let listed = ask(Method::GET, "").await.unwrap();
    assert_eq!(listed.body(), &over_a_connection.body);
    assert_eq!(emulator.requests().len(), 3);

    let long = "                                                                 ";
    assert_eq!(ask(Method::POST, long).await.unwrap().status(), 413);
    for fault in [Fault::cut(), Fault::cut_body(3)] {
        emulator.inject(fault);
        let error = ask(Method::GET, "").await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}
