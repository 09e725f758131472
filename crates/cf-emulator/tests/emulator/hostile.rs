//! Requests that are wrong, by mistake or on purpose.

use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, with_zone};

const ZONE: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn paths_that_lead_nowhere() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    for path in [
        "/nothing",
        "/zones/example.com",
        "/zones/0123",
        "/zones/../accounts",
        "/zones/%2e%2e",
        "/zones/..%2Faccounts",
        "/zones/%ff%fe",
        "/zones/%00",
        "/zones//dns_records",
        "//",
        "/zones/0123456789abcdef0123456789abcdef/dns_records/x",
        "/zones/0123456789abcdef0123456789abcdef/dns_records/batch/x",
        &format!("/{}", "a/".repeat(2000)),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.failure(), (404, 7003), "{path}");
        let errors = answer.json()["errors"].clone();
        let message = errors[0]["message"].as_str().unwrap();
        assert!(
            message.starts_with("Could not route to /client/v4/"),
            "{message}"
        );
        assert_eq!(
            errors[1],
            json!({ "code": 7000, "message": "No route for that URI" })
        );
    }
    let mut outside = Client::new(&emulator);
    outside.base_url = outside.base_url.replace("/client/v4", "");
    for path in ["/client", "/client/v4", "/client/v5/zones"] {
        assert_eq!(outside.get(path).await.failure(), (404, 7003), "{path}");
    }
    let scan = format!("/zones/{ZONE}/dns_records/nowhere");
    assert_eq!(client.post(&scan, json!({})).await.failure(), (404, 7003));
    assert_eq!(
        client.get(&format!("/zones/{ZONE}")).await.failure(),
        (404, 1001)
    );
    assert_eq!(
        client
            .get(&format!("/zones/{ZONE}/dns_records"))
            .await
            .failure(),
        (404, 1001)
    );
    assert_eq!(
        client.get(&format!("/accounts/{ZONE}")).await.failure(),
        (404, 7003)
    );
}

#[tokio::test]
async fn methods_that_a_path_does_not_have() {
    let (_emulator, client, zone) = with_zone().await;
    for (method, path) in [
        (Method::PUT, "/zones"),
        (Method::DELETE, "/user"),
        (Method::POST, &zone),
        (Method::GET, &format!("{zone}/dns_records/batch")),
        (Method::from_bytes(b"BREW").unwrap(), "/zones"),
    ] {
        let answer = client.call(method.clone(), path, None).await;
        assert_eq!(answer.failure(), (405, 10405), "{method} {path}");
    }
}

#[tokio::test]
async fn bodies_that_are_none() {
    let (_emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    let json = Some("application/json; charset=utf-8");
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"text\"",
        "{\"type\":\"A\",}",
        "\u{0}",
        "{}{}",
    ] {
        for (path, code) in [(records.as_str(), 9207), ("/zones", 6007)] {
            let answer = client
                .try_send(Method::POST, path, json, body)
                .await
                .unwrap();
            assert_eq!(answer.failure(), (400, code), "{body:?} {path}");
        }
    }
    let deep = format!("{}{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    let answer = client
        .try_send(Method::POST, "/zones", json, deep)
        .await
        .unwrap();
    assert_eq!(answer.failure(), (400, 6007));
    let answer = client
        .try_send(Method::POST, "/zones", json, &b"{\"name\":\"\xff\"}"[..])
        .await;
    assert_eq!(answer.unwrap().failure(), (400, 6007));
    let form = Some("application/x-www-form-urlencoded");
    let answer = client
        .try_send(Method::POST, &records, form, "{}")
        .await
        .unwrap();
    assert_eq!(answer.failure(), (400, 9207));
}

#[tokio::test]
async fn queries_that_make_no_sense() {
    let (_emulator, client, zone) = with_zone().await;
    for query in ["&&&", "=", "a", "%zz=%", "name=%ff", "name=%", "=&=&a=b=c"] {
        client
            .get(&format!("{zone}/dns_records?{query}"))
            .await
            .result();
    }
    let huge = format!("per_page={}", "9".repeat(40));
    assert_eq!(
        client.get(&format!("/zones?{huge}")).await.failure(),
        (400, 1003)
    );
    let far = client.get(&format!("/zones?page={}", u64::MAX)).await;
    assert_eq!(far.result(), json!([]));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let emulator = Emulator::builder().body_limit(1000).start().await.unwrap();
    let client = Client::new(&emulator);
    let answer = client
        .post("/zones", json!({ "name": "a".repeat(1000) }))
        .await;
    assert_eq!(answer.failure(), (413, 10413));
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(
        client
            .post("/zones", json!({ "name": "a.com" }))
            .await
            .result()["name"],
        "a.com"
    );
}

#[tokio::test]
async fn what_is_not_http_gets_no_further() {
    let emulator = Emulator::start().await.unwrap();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /client/v4/zones HTTP/1.1\r\nbad header\r\n\r\n".to_vec(),
        format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(1000)).into_bytes(),
        format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)).into_bytes(),
    ] {
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        let head = String::from_utf8_lossy(&reply[..reply.len().min(12)]).into_owned();
        assert!(head.is_empty() || head.starts_with("HTTP/1.1 4"), "{head}");
    }
    Client::new(&emulator).get("/zones").await.result();
    assert_eq!(emulator.requests().len(), 1);
}

#[tokio::test]
async fn every_reply_has_the_headers_of_the_api() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let (good, bad) = (client.get("/zones").await, client.get("/nowhere").await);
    assert_eq!(bad.status, StatusCode::NOT_FOUND);
    for answer in [&good, &bad] {
        assert_eq!(answer.headers["content-type"], "application/json");
        assert!(answer.headers["cf-ray"].to_str().unwrap().ends_with("-EMU"));
        assert!(answer.headers.contains_key("api-version"));
        assert!(answer.headers.contains_key("date"));
    }
    assert_ne!(good.headers["cf-ray"], bad.headers["cf-ray"]);
    let json = good.json();
    assert_eq!(
        (&json["errors"], &json["messages"]),
        (&json!([]), &json!([]))
    );
}
