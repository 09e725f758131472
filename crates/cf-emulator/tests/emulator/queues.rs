//! Queues: sending, pulling, acknowledging.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::Client;

async fn queue() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let all = format!("/accounts/{}/queues", emulator.account_id());
    let made = client
        .post(&all, json!({ "queue_name": "jobs" }))
        .await
        .result();
    let path = format!("{all}/{}", made["queue_id"].as_str().unwrap());
    (emulator, client, path)
}

async fn pull(client: &Client, queue: &str, body: Value) -> Vec<Value> {
    let pulled = client
        .post(&format!("{queue}/messages/pull"), body)
        .await
        .result();
    pulled["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn messages_are_sent_pulled_and_acknowledged() {
    let (_emulator, client, queue) = queue().await;
    let messages = format!("{queue}/messages");
    assert_eq!(
        client
            .post(&format!("{messages}/pull"), json!({}))
            .await
            .failure(),
        (400, 10201)
    );
    client
        .post(
            &format!("{queue}/consumers"),
            json!({ "type": "http_pull" }),
        )
        .await
        .result();
    client
        .post(&messages, json!({ "body": "first" }))
        .await
        .result();
    let batch = json!({ "messages": [{ "body": { "n": 2 }, "content_type": "json" }, { "body": "third" }] });
    let sent = client
        .post(&format!("{messages}/batch"), batch)
        .await
        .result();
    assert_eq!(sent["metadata"]["metrics"]["backlog_count"], 3);

    let pulled = pull(&client, &queue, json!({ "batch_size": 2 })).await;
    let bodies: Vec<_> = pulled
        .iter()
        .map(|message| message["body"].clone())
        .collect();
    assert_eq!(
        (bodies, &pulled[0]["attempts"]),
        (vec![json!("first"), json!("{\"n\":2}")], &json!(1))
    );
    // Leased messages are not delivered again.
    assert_eq!(pull(&client, &queue, json!({})).await.len(), 1);
    assert_eq!(pull(&client, &queue, json!({})).await.len(), 0);

    let ack = json!({ "acks": [{ "lease_id": pulled[0]["lease_id"] }], "retries": [{ "lease_id": pulled[1]["lease_id"] }, { "lease_id": "unknown" }] });
    let result = client.post(&format!("{messages}/ack"), ack).await.result();
    assert_eq!(
        (&result["ackCount"], &result["retryCount"]),
        (&json!(1), &json!(1))
    );
    assert!(result["warnings"]["unknown"].is_string());
    let again = pull(&client, &queue, json!({})).await;
    assert_eq!((again.len(), &again[0]["attempts"]), (1, &json!(2)));
    assert_eq!(
        client.get(&format!("{queue}/metrics")).await.result()["backlog_count"],
        2
    );
}

#[tokio::test]
async fn leases_end_and_delays_hold_back() {
    let (_emulator, client, queue) = queue().await;
    client
        .post(
            &format!("{queue}/consumers"),
            json!({ "type": "http_pull" }),
        )
        .await
        .result();
    let messages = format!("{queue}/messages");
    client
        .post(&messages, json!({ "body": "later", "delay_seconds": 60 }))
        .await
        .result();
    assert_eq!(pull(&client, &queue, json!({})).await.len(), 0);
    client
        .post(&messages, json!({ "body": "now" }))
        .await
        .result();
    let first = pull(&client, &queue, json!({ "visibility_timeout_ms": 0 })).await;
    let second = pull(&client, &queue, json!({})).await;
    assert_eq!(
        (&first[0]["id"], &second[0]["attempts"]),
        (&second[0]["id"], &json!(2))
    );
    let late = json!({ "acks": [{ "lease_id": first[0]["lease_id"] }] });
    let result = client.post(&format!("{messages}/ack"), late).await.result();
    assert_eq!(result["ackCount"], 0);
    for bad in [
        json!({}),
        json!({ "body": "x", "delay_seconds": 86_401 }),
        json!({ "body": 1, "content_type": "text" }),
    ] {
        assert_eq!(client.post(&messages, bad).await.failure(), (400, 1003));
    }
    let purge = format!("{queue}/purge");
    assert_eq!(client.post(&purge, json!({})).await.failure(), (400, 1003));
    client
        .post(&purge, json!({ "delete_messages_permanently": true }))
        .await
        .result();
    assert_eq!(
        client.get(&format!("{queue}/metrics")).await.result()["backlog_count"],
        0
    );
}

/// wrangler reads producers and consumers from the queue itself.
#[tokio::test]
async fn queues_tell_their_producers_and_consumers() {
    let (emulator, client, queue) = queue().await;
    let shown = client.get(&queue).await.result();
    assert_eq!(shown["consumers"], json!([]));
    assert_eq!(shown["producers_total_count"], 0);
    let consumer =
        json!({ "type": "worker", "script_name": "reader", "settings": { "batch_size": 7 } });
    let consumers = format!("{queue}/consumers");
    let workers = format!("/accounts/{}/workers/workers", emulator.account_id());
    let worker = json!({ "name": "reader" });
    client.post(&workers, worker).await.result();
    let made = client.post(&consumers, consumer.clone()).await.result();
    assert_eq!(
        client.post(&consumers, consumer).await.failure(),
        (409, 11004)
    );
    let list = format!("/accounts/{}/queues?name=jobs", emulator.account_id());
    let shown = client.get(&list).await.result()[0].clone();
    assert_eq!(shown["consumers_total_count"], 1);
    assert_eq!(shown["consumers"][0]["script"], "reader");
    assert_eq!(shown["consumers"][0]["settings"]["batch_size"], 7);
    assert_eq!(shown["consumers"][0]["settings"]["max_retries"], 3);
    let scripts = format!("/accounts/{}/workers/scripts", emulator.account_id());
    let of_script = format!("{scripts}/reader/queue-consumers");
    let found = client.get(&of_script).await.result();
    assert_eq!(found[0]["queue_id"], shown["queue_id"]);
    assert_eq!(found[0]["consumer_id"], made["consumer_id"]);
    let path = format!("{consumers}/{}", made["consumer_id"].as_str().unwrap());
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure().0, 404);
    assert_eq!(client.get(&of_script).await.result(), json!([]));
    let gone = client.delete(&queue).await.json();
    assert_eq!(
        (&gone["success"], &gone["errors"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(client.get(&queue).await.failure(), (404, 11000));
}
