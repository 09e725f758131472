//! Starting, seeding and stopping.

use std::time::Duration;

use cf_emulator::{Emulator, Fault};
use serde_json::json;
use tokio::net::TcpStream;

use crate::client::Client;

#[tokio::test]
async fn several_emulators_do_not_share_anything() {
    let (one, two) = (
        Emulator::start().await.unwrap(),
        Emulator::start().await.unwrap(),
    );
    assert_ne!(one.base_url(), two.base_url());
    assert_ne!(one.account_id(), two.account_id());
    one.add_zone(one.account_id(), "example.com").unwrap();
    assert_eq!(
        Client::new(&one)
            .get("/zones")
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(Client::new(&two).get("/zones").await.result(), json!([]));
    let stranger = Client::with_token(&one, two.token());
    assert_eq!(stranger.get("/zones").await.failure(), (403, 9109));
}

#[tokio::test]
async fn a_port_can_be_taken_once() {
    let first = Emulator::start().await.unwrap();
    let port = first.address().port();
    let second = Emulator::builder().port(port).start().await;
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    first.stop().await.unwrap();
    let again = Emulator::builder().port(port).start().await.unwrap();
    assert_eq!(again.address().port(), port);
    let error = Emulator::builder()
        .token("two words")
        .start()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn stopping_lets_requests_finish() {
    let emulator = Emulator::start().await.unwrap();
    let address = emulator.address();
    let client = Client::new(&emulator);
    emulator.inject(Fault::delay(Duration::from_millis(200)));
    // An idle connection does not delay it.
    let _idle = TcpStream::connect(address).await.unwrap();
    let running = tokio::spawn(async move { client.get("/ips").await.result() });
    // The fault is taken once the request is in flight.
    let mut admin = Client::with_headers(&emulator, &[]);
    admin.base_url = admin.base_url.replace("/client/v4", "/_emulator");
    while admin.get("").await.json()["faults"] != 0 {
        tokio::task::yield_now().await;
    }
    emulator.stop().await.unwrap();
    assert!(running.await.unwrap()["etag"].is_string());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn dropping_stops() {
    let emulator = Emulator::start().await.unwrap();
    let address = emulator.address();
    drop(emulator);
    let closed = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), closed)
        .await
        .expect("still listening");
}

#[test]
fn a_program_without_a_runtime_can_start_one() {
    use std::io::{Read, Write};
    let emulator = Emulator::builder().start_blocking().unwrap();
    let mut stream = std::net::TcpStream::connect(emulator.address()).unwrap();
    stream
        .write_all(b"GET /client/v4/ips HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    let taken = Emulator::builder()
        .port(emulator.address().port())
        .start_blocking();
    assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn seeds_are_taken_or_explained() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    emulator
        .seed(
            r#"{ "accounts": [
                { "zones": [{ "name": "a.com", "records": [
                    { "type": "A", "name": "www", "content": "192.0.2.1" }] }] },
                { "name": "Second", "zones": [{ "name": "b.com" }] }
            ] }"#,
        )
        .unwrap();
    let zones = client.get("/zones").await.result();
    assert_eq!(zones[0]["account"]["id"], emulator.account_id());
    assert_eq!(zones[1]["account"]["name"], "Second");
    assert_eq!(zones[0]["status"], "active");
    let records = format!("/zones/{}/dns_records", zones[0]["id"].as_str().unwrap());
    assert_eq!(client.get(&records).await.result()[0]["name"], "www.a.com");
    let keys = json!({
        "tokens": [
            { "value": "reader", "name": "r", "permissions": ["Zone Read"], "zones": [zones[1]["id"]] },
            { "value": "nobody" },
        ],
        "api_keys": [{ "email": "ada@example.com", "key": "key-of-ada" }],
    });
    emulator.seed(&keys.to_string()).unwrap();
    let reader = Client::with_token(&emulator, "reader");
    assert_eq!(reader.get("/zones").await.result()[0]["name"], "b.com");
    let nobody = Client::with_token(&emulator, "nobody");
    assert_eq!(nobody.get("/zones").await.failure(), (403, 9109));
    let headers = [
        ("x-auth-email", "ada@example.com"),
        ("x-auth-key", "key-of-ada"),
    ];
    Client::with_headers(&emulator, &headers)
        .get("/user")
        .await
        .result();
    let id = |digit: &str| digit.repeat(32);
    let seed = json!({ "accounts": [{ "name": "Third", "id": id("a"), "zones": [
        { "name": "c.org", "id": id("b"), "records": [
            { "id": id("c"), "type": "TXT", "name": "@", "content": "x" }] }] }] });
    emulator.seed(&seed.to_string()).unwrap();
    let record = client
        .get(&format!("/zones/{}/dns_records/{}", id("b"), id("c")))
        .await
        .result();
    assert_eq!(
        (&record["id"], &record["name"]),
        (&json!(id("c")), &json!("c.org"))
    );
    assert_eq!(
        client.get(&format!("/accounts/{}", id("a"))).await.result()["name"],
        "Third"
    );
    for (seed, why) in [
        (
            r#"{ "accounts": [{ "name": "x", "id": "short" }] }"#,
            "32 hexadecimal digits",
        ),
        (seed.to_string().as_str(), "is taken"),
        (r#"{ "tokens": [{ "value": "reader" }] }"#, "taken"),
        (
            r#"{ "tokens": [{ "value": "two words" }] }"#,
            "cannot be a token",
        ),
        (
            r#"{ "tokens": [{ "permissions": ["All"] }] }"#,
            "no permission group All",
        ),
        (
            r#"{ "api_keys": [{ "email": "a@example.com" }] }"#,
            "email and key",
        ),
        ("{", "the seed"),
        (r#"{ "accounts": 1 }"#, "accounts"),
        (r#"{ "accounts": [{ "zones": [{}] }] }"#, "no name"),
        (
            r#"{ "accounts": [{ "zones": [{ "name": "a.com" }] }] }"#,
            "1061",
        ),
        (
            r#"{ "accounts": [{ "zones": [{ "name": "c.com", "records": [1] }] }] }"#,
            "object",
        ),
    ] {
        let error = emulator.seed(seed).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let error = emulator.add_zone(&"0".repeat(32), "x.com").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot add zone x.com: Invalid or missing account.id (1003)"
    );
}
