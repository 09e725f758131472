//! Workers KV.

use bytes::Bytes;
use cf_emulator::{Emulator, Fault};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::Client;

async fn namespace() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let all = format!("/accounts/{}/storage/kv/namespaces", emulator.account_id());
    let made = client
        .post(&all, json!({ "title": "cache" }))
        .await
        .result();
    let path = format!("{all}/{}", made["id"].as_str().unwrap());
    (emulator, client, path)
}

async fn put(
    client: &Client,
    path: &str,
    kind: Option<&str>,
    body: impl Into<Bytes>,
) -> crate::client::Answer {
    client
        .try_send(Method::PUT, path, kind, body)
        .await
        .unwrap()
}

#[tokio::test]
async fn values_are_raw_bytes_under_any_key() {
    let (_emulator, client, namespace) = namespace().await;
    for (key, value) in [
        ("plain", &b"text"[..]),
        ("a%2Fb%20c", b"\0\xff{\"not\":\"parsed\"}"),
        ("%E2%98%83", b""),
        ("deep/er", b"2"),
    ] {
        let path = format!("{namespace}/values/{key}");
        put(&client, &path, None, value).await.result();
        let read = client.get(&path).await;
        assert_eq!((read.status, read.body.as_ref()), (StatusCode::OK, value));
        assert_eq!(read.headers["content-type"], "application/octet-stream");
    }
    let keys = client.get(&format!("{namespace}/keys")).await.result();
    let names: Vec<_> = keys
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a/b c", "deep/er", "plain", "☃"]);
    client
        .delete(&format!("{namespace}/values/plain"))
        .await
        .result();
    assert_eq!(
        client
            .get(&format!("{namespace}/values/plain"))
            .await
            .failure(),
        (404, 10009)
    );
    let elsewhere = namespace.rsplit_once('/').unwrap().0;
    let other = format!("{elsewhere}/{}/values/x", "0".repeat(32));
    assert_eq!(client.get(&other).await.failure(), (404, 10013));
}

#[tokio::test]
async fn metadata_comes_by_form() {
    let (_emulator, client, namespace) = namespace().await;
    let path = format!("{namespace}/values/key?expiration_ttl=3600");
    let form = "--B\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\nthe value\r\n\
                --B\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{\"tag\":1}\r\n--B--\r\n";
    put(
        &client,
        &path,
        Some("multipart/form-data; boundary=B"),
        form,
    )
    .await
    .result();
    let read = client.get(&format!("{namespace}/values/key")).await;
    assert_eq!(read.body.as_ref(), b"the value");
    assert!(read.headers.contains_key("expiration"));
    assert_eq!(
        client
            .get(&format!("{namespace}/metadata/key"))
            .await
            .result(),
        json!({ "tag": 1 })
    );
    let keys = client
        .get(&format!("{namespace}/keys?prefix=k"))
        .await
        .result();
    assert_eq!(keys[0]["metadata"], json!({ "tag": 1 }));
    let bad = form.replace("{\"tag\":1}", "{tag}");
    let answer = put(&client, &path, Some("multipart/form-data; boundary=B"), bad).await;
    assert_eq!(answer.failure(), (400, 10023));
    let without = form.replace("name=\"metadata\"", "name=\"other\"");
    let kind = Some("multipart/form-data; boundary=B");
    let answer = put(&client, &path, kind, without).await;
    assert_eq!(answer.failure(), (400, 10047));
}

#[tokio::test]
async fn expiry_has_a_floor_and_comes_true() {
    let (emulator, client, namespace) = namespace().await;
    let short = put(
        &client,
        &format!("{namespace}/values/k?expiration_ttl=59"),
        None,
        "v",
    )
    .await;
    assert_eq!(short.failure(), (400, 10033));
    let past = put(
        &client,
        &format!("{namespace}/values/k?expiration=1000000"),
        None,
        "v",
    )
    .await;
    assert_eq!(past.failure(), (400, 10034));
    put(
        &client,
        &format!("{namespace}/values/k?expiration_ttl=60"),
        None,
        "v",
    )
    .await
    .result();
    // A minute is too long for a test: set the state to what it would be by then.
    let mut snapshot = emulator.snapshot();
    let values = format!("{}/values", &namespace[1..]);
    snapshot["tables"][&values][0][2]["expiration"] = json!(1_000_000);
    emulator.restore(&snapshot).unwrap();
    assert_eq!(
        client.get(&format!("{namespace}/values/k")).await.failure(),
        (404, 10009)
    );
    assert_eq!(
        client.get(&format!("{namespace}/keys")).await.result(),
        json!([])
    );
}

#[tokio::test]
async fn bulk_writes_reads_and_deletes() {
    let (_emulator, client, namespace) = namespace().await;
    let pairs: Vec<Value> = (0..30)
        .map(|n| json!({ "key": format!("k{n:02}"), "value": format!("{{\"n\":{n}}}") }))
        .collect();
    let mut all = pairs.clone();
    all.push(json!({ "key": "binary", "value": "AP8=", "base64": true, "metadata": [1] }));
    let written = client
        .put(&format!("{namespace}/bulk"), json!(all))
        .await
        .result();
    assert_eq!(
        written,
        json!({ "successful_key_count": 31, "unsuccessful_keys": [] })
    );
    assert_eq!(
        client
            .get(&format!("{namespace}/values/binary"))
            .await
            .body
            .as_ref(),
        b"\0\xff"
    );

    let ask = json!({ "keys": ["k01", "nothing"], "type": "json" });
    let read = client
        .post(&format!("{namespace}/bulk/get"), ask)
        .await
        .result();
    assert_eq!(
        read,
        json!({ "values": { "k01": { "n": 1 }, "nothing": null } })
    );
    let ask = json!({ "keys": ["k02"], "withMetadata": true });
    let read = client
        .post(&format!("{namespace}/bulk/get"), ask)
        .await
        .result();
    assert_eq!(
        read["values"]["k02"],
        json!({ "value": "{\"n\":2}", "metadata": null })
    );

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client
            .get(&format!(
                "{namespace}/keys?limit=12&prefix=k&cursor={cursor}"
            ))
            .await
            .json();
        seen.extend(
            page["result"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["name"].clone()),
        );
        cursor = page["result_info"]["cursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(
        seen,
        pairs
            .iter()
            .map(|pair| pair["key"].clone())
            .collect::<Vec<_>>()
    );
    assert_eq!(
        client
            .get(&format!("{namespace}/keys?cursor=zz"))
            .await
            .failure(),
        (400, 10000)
    );

    // With one bad element, nothing is written.
    let half = json!([{ "key": "good", "value": "1" }, { "key": "bad" }]);
    assert_eq!(
        client
            .put(&format!("{namespace}/bulk"), half)
            .await
            .failure(),
        (400, 10012)
    );
    assert_eq!(
        client
            .get(&format!("{namespace}/values/good"))
            .await
            .failure(),
        (404, 10009)
    );
    client
        .post(&format!("{namespace}/bulk/delete"), json!(seen))
        .await
        .result();
    let left = client.get(&format!("{namespace}/keys")).await.result();
    assert_eq!(
        (left.as_array().unwrap().len(), &left[0]["name"]),
        (1, &json!("binary"))
    );
}

#[tokio::test]
async fn a_namespace_takes_its_values_along() {
    let (emulator, client, namespace) = namespace().await;
    put(&client, &format!("{namespace}/values/k"), None, "v")
        .await
        .result();
    client.delete(&namespace).await.result();
    assert_eq!(
        client.get(&format!("{namespace}/values/k")).await.failure(),
        (404, 10013)
    );
    assert_eq!(emulator.snapshot()["blobs"], json!({}));
}

/// A streamed reply equals one sent whole, wherever its pieces end.
#[tokio::test]
async fn large_values_are_read_together() {
    let (emulator, client, namespace) = namespace().await;
    let character = "\u{1}\"\\\u{e9}\u{20ac}\u{1f600}";
    let mut texts = Vec::new();
    for shift in 0..8 {
        let text = format!("{}{}", "x".repeat(shift), character.repeat(20_000));
        let mut bytes = text.into_bytes();
        // Invalid UTF-8: in the middle, and at the end.
        bytes[100_000..100_003].copy_from_slice(b"\xe2\x82a");
        bytes.extend_from_slice(b"\xf0\x9f");
        let path = format!("{namespace}/values/t{shift}");
        put(&client, &path, None, bytes.clone()).await.result();
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let ask = |name: &str, kind: &str| {
        let keys: Vec<_> = (0..8).map(|shift| format!("{name}{shift}")).collect();
        json!({ "keys": keys, "type": kind })
    };
    let read = format!("{namespace}/bulk/get");
    let reply = client.post(&read, ask("t", "text")).await;
    for (shift, text) in texts.iter().enumerate() {
        assert!(reply.result()["values"][format!("t{shift}")] == *text);
    }
    // The log has the start.
    let logged = emulator.requests().pop().unwrap().reply_body;
    assert!(logged.len() == 16 << 10 && reply.body.starts_with(&logged));

    let value = |shift: usize, text: &str| json!({ "n": shift, "deep": [{ "text": text }] });
    for (shift, text) in texts.iter().enumerate() {
        let path = format!("{namespace}/values/j{shift}");
        put(&client, &path, None, value(shift, text).to_string())
            .await
            .result();
    }
    let reply = client.post(&read, ask("j", "json")).await.result();
    for (shift, text) in texts.iter().enumerate() {
        assert!(reply["values"][format!("j{shift}")] == value(shift, text));
    }
    // Faults can change it all the same.
    emulator.inject(Fault::drop_field("/result/values/j3/deep"));
    let reply = client.post(&read, ask("j", "json")).await.result();
    assert_eq!(reply["values"]["j3"], json!({ "n": 3 }));
    // An error comes before anything is sent.
    let broken = format!("[{}", "0,".repeat(100_000));
    put(&client, &format!("{namespace}/values/j7"), None, broken)
        .await
        .result();
    let refused = client.post(&read, ask("j", "json")).await;
    assert_eq!(refused.failure(), (400, 10024));
}
