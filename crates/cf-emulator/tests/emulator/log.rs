//! The request log.

use std::sync::{Arc, Mutex};

use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn requests_are_kept_and_secrets_are_not() {
    const KEY: &str = "0123456789abcdef0123456789abcdef01234";
    let emulator = Emulator::builder()
        .user("ada@example.com", KEY)
        .start()
        .await
        .unwrap();
    emulator.add_user_service_key("v1.0-secret");
    Client::new(&emulator)
        .get("/zones?name=a%20b")
        .await
        .result();
    let headers = [("x-auth-email", "ada@example.com"), ("x-auth-key", KEY)];
    let body = json!({ "name": "a.com" });
    Client::with_headers(&emulator, &headers)
        .post("/zones", body.clone())
        .await
        .result();
    let headers = [
        ("x-auth-user-service-key", "v1.0-secret"),
        ("authorization", KEY),
    ];
    Client::with_headers(&emulator, &headers)
        .get("/nowhere")
        .await
        .failure();

    let log = emulator.requests();
    assert_eq!(log.len(), 3);
    assert_eq!(
        (&log[0].method, log[0].path.as_str()),
        (&Method::GET, "/client/v4/zones")
    );
    assert_eq!(log[0].query, "name=a%20b");
    assert_eq!(log[0].status, Some(StatusCode::OK));
    assert_eq!(log[0].headers["authorization"], "Bearer [redacted]");
    assert_eq!(log[1].body, body.to_string());
    assert_eq!(log[1].headers["x-auth-email"], "ada@example.com");
    assert_eq!(log[1].headers["x-auth-key"], "[redacted]");
    assert_eq!(log[2].headers["x-auth-user-service-key"], "[redacted]");
    assert_eq!(log[2].headers["authorization"], "[redacted]");
    assert_eq!(log[2].status, Some(StatusCode::NOT_FOUND));
    let everything = format!("{log:?} {emulator:?}");
    for secret in [KEY, "v1.0-secret", emulator.token()] {
        assert!(!everything.contains(secret));
    }
    emulator.clear_requests();
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn what_is_shown_of_requests_has_no_secrets_in_it() {
    const HUSH: &str = "hush-hush";
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let requests = [
        // Secret by its place, by its name, by the kind next to it, or by the URL in it.
        (
            "/stream/live_inputs/1/outputs",
            json!({ "url": HUSH, "streamKey": HUSH }),
        ),
        ("/magic/ipsec_tunnels", json!({ "name": "t", "psk": HUSH })),
        (
            "/pages/projects",
            json!({ "name": "p", "env": { "K": { "type": "secret_text", "value": HUSH } } }),
        ),
        (
            "/logpush/jobs",
            json!({ "destination_conf": format!("s3://b?secret-access-key={HUSH}") }),
        ),
        (
            "/devices/posture/integration",
            json!({ "config": { "client_secret": HUSH }, "deep": [{ "credentials": { "x": [HUSH] } }] }),
        ),
        (
            "/anything?access_token=hush-hush&page=1",
            json!({ "log": format!("{{\"token\":\"{HUSH}\"}}") }),
        ),
    ];
    for (path, body) in requests {
        client.post(&format!("{account}{path}"), body).await;
    }
    let form = format!(
        "--x\r\ncontent-disposition: form-data; name=\"client_secret\"\r\n\r\n{HUSH}\r\n--x--"
    );
    let form = client.try_send(
        Method::POST,
        "/forms",
        Some("Multipart/Form-Data; boundary=x"),
        form,
    );
    form.await.unwrap();
    let mut shown = vec![format!("{:?}", emulator.requests())];
    for path in [
        "/",
        "/products/stream",
        "/products/pages",
        "/products/logpush",
    ] {
        let url = format!("http://{}{path}", emulator.address());
        let request = http::Request::get(path)
            .header("host", emulator.address().to_string())
            .body(http_body_util::Full::default())
            .unwrap();
        let page = crate::client::send(&url, request).await.unwrap();
        shown.push(String::from_utf8(page.body.to_vec()).unwrap());
    }
    for shown in &shown {
        assert!(!shown.contains(HUSH), "{shown}");
    }
    assert!(
        shown[0].contains("access_token=[redacted]&page=1"),
        "{}",
        shown[0]
    );
    assert!(shown[1].contains("[redacted]"), "{}", shown[1]);
    // For assertions they are unchanged.
    assert!(emulator.requests()[0].body.ends_with(b"hush-hush\"}"));
}

#[tokio::test]
async fn an_observer_sees_each_request() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let emulator = Emulator::builder()
        .on_request(move |request| kept.lock().unwrap().push(request.path.clone()))
        .start()
        .await
        .unwrap();
    Client::new(&emulator).get("/ips").await.result();
    assert_eq!(*seen.lock().unwrap(), ["/client/v4/ips"]);
}

#[tokio::test]
async fn the_log_is_bounded() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let long = vec![b'x'; 3 << 20];
    for _ in 0..20 {
        let sent = client.try_send(
            Method::POST,
            "/zones",
            Some("application/json"),
            long.clone(),
        );
        assert_eq!(sent.await.unwrap().failure(), (400, 6007));
    }
    let log = emulator.requests();
    assert_eq!((log.len(), log[0].body.len()), (15, 1 << 20));

    let emulator = Emulator::builder()
        .log_limit(2, usize::MAX)
        .start()
        .await
        .unwrap();
    let client = Client::new(&emulator);
    for path in ["/ips", "/zones", "/accounts"] {
        client.get(path).await.result();
    }
    let log = emulator.requests();
    let paths: Vec<_> = log.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/client/v4/zones", "/client/v4/accounts"]);
    let reply: serde_json::Value = serde_json::from_slice(&log[1].reply_body).unwrap();
    assert_eq!(reply["result"][0]["id"], emulator.account_id());
    assert_eq!(log[1].reply_headers["content-type"], "application/json");

    let emulator = Emulator::builder().log_limit(0, 0).start().await.unwrap();
    Client::new(&emulator).get("/ips").await.result();
    assert!(emulator.requests().is_empty());
}
