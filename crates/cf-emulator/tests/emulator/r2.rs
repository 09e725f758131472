//! R2 buckets and their objects.

use bytes::Bytes;
use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::json;

use crate::client::Client;

async fn bucket() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let all = format!("/accounts/{}/r2/buckets", emulator.account_id());
    client
        .post(&all, json!({ "name": "photos" }))
        .await
        .result();
    (emulator, client, format!("{all}/photos"))
}

async fn put(client: &Client, path: &str, body: impl Into<Bytes>) -> serde_json::Value {
    let answer = client
        .try_send(Method::PUT, path, Some("image/png"), body)
        .await
        .unwrap();
    answer.result()
}

#[tokio::test]
async fn buckets_come_and_go() {
    let (_emulator, client, bucket) = bucket().await;
    let all = bucket.rsplit_once('/').unwrap().0;
    assert_eq!(
        client.get(&bucket).await.result()["storage_class"],
        "Standard"
    );
    assert_eq!(
        client
            .post(all, json!({ "name": "photos" }))
            .await
            .failure(),
        (409, 10004)
    );
    for name in ["", "ab", "Photos", "-photos", "pho_tos"] {
        assert_eq!(
            client.post(all, json!({ "name": name })).await.failure(),
            (400, 10005),
            "{name}"
        );
    }
    for name in ["archive", "backup"] {
        client.post(all, json!({ "name": name })).await.result();
    }
    let first = client.get(&format!("{all}?per_page=2")).await.json();
    assert_eq!(first["result"]["buckets"][1]["name"], "backup");
    let cursor = first["result_info"]["cursor"].as_str().unwrap();
    let rest = client
        .get(&format!("{all}?per_page=2&cursor={cursor}"))
        .await
        .json();
    assert_eq!(rest["result"]["buckets"][0]["name"], "photos");
    assert_eq!(rest["result_info"].get("cursor"), None);
    put(&client, &format!("{bucket}/objects/a"), "x").await;
    assert_eq!(client.delete(&bucket).await.failure(), (409, 10008));
    client.delete(&format!("{bucket}/objects/a")).await.result();
    client.delete(&bucket).await.result();
    assert_eq!(client.get(&bucket).await.failure(), (404, 10006));
    assert_eq!(
        client.get(&format!("{bucket}/objects")).await.failure(),
        (404, 10006)
    );
}

#[tokio::test]
async fn objects_are_bytes_with_headers() {
    let (_emulator, client, bucket) = bucket().await;
    let bytes = Bytes::from((0..=255).cycle().take(100_000).collect::<Vec<u8>>());
    let stored = put(
        &client,
        &format!("{bucket}/objects/2024%2Fcat.png"),
        bytes.clone(),
    )
    .await;
    assert_eq!(
        (&stored["key"], &stored["size"]),
        (&json!("2024/cat.png"), &json!("100000"))
    );
    // The slashes of the key may also be unescaped.
    let read = client.get(&format!("{bucket}/objects/2024/cat.png")).await;
    assert_eq!((read.status, &read.body), (StatusCode::OK, &bytes));
    assert_eq!(read.headers["content-type"], "image/png");
    assert_eq!(
        read.headers["etag"],
        format!("\"{}\"", stored["etag"].as_str().unwrap())
    );
    assert!(
        read.headers["last-modified"]
            .to_str()
            .unwrap()
            .ends_with(" GMT")
    );
    assert_eq!(
        client
            .get(&format!("{bucket}/objects/nothing"))
            .await
            .failure(),
        (404, 10007)
    );
}

#[tokio::test]
async fn listings_have_prefixes_delimiters_and_cursors() {
    let (_emulator, client, bucket) = bucket().await;
    for key in ["b/2", "a", "b/1", "c/x/1", "d"] {
        put(&client, &format!("{bucket}/objects/{key}"), key.to_owned()).await;
    }
    let keys = |page: &serde_json::Value| {
        page["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["key"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = client.get(&format!("{bucket}/objects")).await.json();
    assert_eq!(keys(&all), ["a", "b/1", "b/2", "c/x/1", "d"]);
    let top = client
        .get(&format!("{bucket}/objects?delimiter=/"))
        .await
        .json();
    assert_eq!(keys(&top), ["a", "d"]);
    assert_eq!(top["result_info"]["delimited"], json!(["b/", "c/"]));
    let below = client
        .get(&format!("{bucket}/objects?prefix=c/&delimiter=/"))
        .await
        .json();
    assert_eq!(below["result_info"]["delimited"], json!(["c/x/"]));
    let first = client
        .get(&format!("{bucket}/objects?delimiter=/&per_page=2"))
        .await
        .json();
    assert_eq!(
        (keys(&first), &first["result_info"]["is_truncated"]),
        (vec!["a".to_owned()], &json!(true))
    );
    let cursor = first["result_info"]["cursor"].as_str().unwrap();
    let rest = client
        .get(&format!(
            "{bucket}/objects?delimiter=/&per_page=2&cursor={cursor}"
        ))
        .await
        .json();
    assert_eq!(
        (keys(&rest), &rest["result_info"]["delimited"]),
        (vec!["d".to_owned()], &json!(["c/"]))
    );
}

#[tokio::test]
async fn a_bucket_stays_in_a_jurisdiction_that_exists() {
    let emulator = Emulator::start().await.unwrap();
    let buckets = format!("/accounts/{}/r2/buckets", emulator.account_id());
    let bearer = format!("Bearer {}", emulator.token());
    for (asked, given) in [("", Some("default")), ("eu", Some("eu")), ("mars", None)] {
        let headers = [("authorization", &*bearer), ("cf-r2-jurisdiction", asked)];
        let client = Client::with_headers(&emulator, &headers);
        let name = format!("photos-{asked}x");
        let made = client.post(&buckets, json!({ "name": name })).await;
        match given {
            Some(given) => assert_eq!(made.result()["jurisdiction"], given),
            None => assert_eq!(made.failure(), (400, 1003)),
        }
    }
}
