//! Where the description says little, callers still find the fields they read.

use cf_emulator::{Emulator, Fault};
use http::StatusCode;
use serde_json::json;

use crate::client::Client;

/// The SDKs read `result` from these replies, which the description does not have.
#[tokio::test]
async fn collections_without_a_described_reply_show_what_was_sent() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let limits = format!("/zones/{zone}/rate_limits");
    let body =
        json!({ "match": {}, "threshold": 60, "period": 900, "action": { "mode": "simulate" } });
    let made = client.post(&limits, body).await.result();
    let path = format!("{limits}/{}", made["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.result()["threshold"], 60);
    assert_eq!(client.get(&limits).await.result()[0], made);
    client.delete(&path).await.result();
    assert_eq!(client.get(&limits).await.result(), json!([]));
}

/// wrangler takes a deletion for failed unless the reply reports success.
#[tokio::test]
async fn replies_say_success_even_where_they_need_not() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let configs = format!("{account}/hyperdrive/configs");
    let origin = json!({ "database": "d", "host": "h", "port": 5432, "password": "p", "scheme": "postgres", "user": "u" });
    let made = client
        .post(&configs, json!({ "name": "db", "origin": origin }))
        .await
        .result();
    let gone = client
        .delete(&format!("{configs}/{}", made["id"].as_str().unwrap()))
        .await;
    assert_eq!(gone.json()["success"], true);
}

/// Settings that were never made have empty lists.
#[tokio::test]
async fn unset_documents_have_empty_lists() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let buckets = format!("/accounts/{}/r2/buckets", emulator.account_id());
    client
        .post(&buckets, json!({ "name": "photos" }))
        .await
        .result();
    let lifecycle = format!("{buckets}/photos/lifecycle");
    assert_eq!(
        client.get(&lifecycle).await.result(),
        json!({ "rules": [] })
    );
}

/// Vectors are NDJSON, and some requests may have no body at all.
#[tokio::test]
async fn bodies_that_are_no_json_object_are_taken() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let insert = format!(
        "/accounts/{}/vectorize/v2/indexes/small/insert",
        emulator.account_id()
    );
    let lines = "{\"id\":\"1\",\"values\":[1]}\n{\"id\":\"2\",\"values\":[2]}\n".to_owned();
    let kind = Some("application/x-ndjson");
    let sent = client
        .try_send(http::Method::POST, &insert, kind, lines)
        .await
        .unwrap();
    assert_eq!(sent.status, http::StatusCode::OK);
}

/// Shell scripts find the identifier of a zone without parsing JSON.
#[tokio::test]
async fn identifiers_come_first() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let answer = client.get("/zones?name=example.com").await;
    let start = format!("{{\"result\":[{{\"id\":\"{zone}\",\"name\":\"example.com\",");
    assert!(answer.body.starts_with(start.as_bytes()));
}

/// There are no rows that SQL could be about, and a made-up answer would look like one.
#[tokio::test]
async fn sql_is_refused_unless_a_test_says_what_it_comes_to() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let path = format!("{account}/analytics_engine/sql");
    let explorer = format!("{account}/logs/explorer/query/sql");
    let asked = format!("{path}?query=SELECT%201");
    for answer in [
        client.get(&asked).await,
        client.post(&path, json!("SELECT 1")).await,
        client.get(&explorer).await,
        client.post(&explorer, json!("SELECT 1")).await,
    ] {
        assert_eq!(answer.failure(), (501, 10501));
    }
    let rows =
        json!({ "meta": [{ "name": "1", "type": "UInt8" }], "data": [{ "1": 1 }], "rows": 1 });
    emulator.inject(Fault::reply(StatusCode::OK, rows.to_string()));
    assert_eq!(client.get(&asked).await.json(), rows);
}
