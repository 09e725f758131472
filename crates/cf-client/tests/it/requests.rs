//! What is sent, what comes back besides the value, streamed replies, requests by path.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{Answer, SECRET, Server, TOKEN, ZONE, failure, reply, success};
use cf_client::transport::TransportErrorKind;
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Body, Credential, ErrorKind, Method};
use http::header::{HeaderName, HeaderValue, USER_AGENT};
use serde_json::{Value, json};
use tokio::time::Instant;

#[tokio::test]
async fn requests_carry_what_they_should() {
    let server = Server::always(success("{}")).await;
    let name = HeaderName::from_static("x-own");
    let client = server
        .builder()
        .user_agent("my-app/1.2")
        .header(name.clone(), HeaderValue::from_static("client"))
        .build()
        .unwrap();
    client.zones().get(ZONE).await.unwrap();
    let record = ARecordParam::new("www", "192.0.2.1");
    client
        .dns()
        .records()
        .create(ZONE, record)
        .header(name, HeaderValue::from_static("call"))
        .query("new", "a b")
        .await
        .unwrap();
    let received = server.received();

    let get = &received[0];
    assert_eq!((get.method.as_str(), get.body.as_str()), ("GET", ""));
    assert_eq!(get.target, format!("/client/v4/zones/{ZONE}"));
    assert_eq!(
        get.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    assert_eq!(get.header("accept"), Some("application/json"));
    assert_eq!(get.header("x-own"), Some("client"));
    let agent = get.header("user-agent").unwrap();
    assert!(
        agent.starts_with("cf-client/") && agent.ends_with(" my-app/1.2"),
        "{agent}"
    );

    let post = &received[1];
    assert_eq!(
        post.target,
        format!("/client/v4/zones/{ZONE}/dns_records?new=a%20b")
    );
    assert_eq!(post.header("content-type"), Some("application/json"));
    assert_eq!(post.header("x-own"), Some("call"));
    let sent: Value = serde_json::from_str(&post.body).unwrap();
    assert_eq!(
        sent,
        json!({"type": "A", "name": "www", "content": "192.0.2.1"})
    );
}

#[tokio::test]
async fn every_kind_of_credential_is_sent_its_way() {
    let server = Server::always(success("{}")).await;
    let key = "0123456789abcdef0123456789abcdef01234";
    let credential = Credential::api_key("ada@example.com", key).unwrap();
    let builder = cf_client::Client::builder()
        .base_url(&server.base_url)
        .credential(credential);
    builder.build().unwrap().zones().get(ZONE).await.unwrap();
    let credential = Credential::user_service_key("v1.0-abc").unwrap();
    let builder = cf_client::Client::builder()
        .base_url(&server.base_url)
        .credential(credential);
    let own = HeaderValue::from_static("mine");
    builder
        .header(USER_AGENT, own)
        .build()
        .unwrap()
        .zones()
        .get(ZONE)
        .await
        .unwrap();
    let received = server.received();
    assert_eq!(received[0].header("x-auth-email"), Some("ada@example.com"));
    assert_eq!(received[0].header("x-auth-key"), Some(key));
    assert_eq!(received[0].header("authorization"), None);
    assert_eq!(
        received[1].header("x-auth-user-service-key"),
        Some("v1.0-abc")
    );
    assert_eq!(received[1].header("user-agent"), Some("mine"));
}

#[tokio::test]
async fn a_refused_service_key_says_that_these_no_longer_work() {
    let refusals = [
        failure(401, 10000, "Authentication error"),
        failure(403, 9109, "Unauthorized to access requested resource"),
        failure(400, 9106, "Authentication failed"),
        failure(400, 6003, "Invalid request headers"),
    ];
    for refusal in refusals {
        let server = Server::always(refusal.clone()).await;
        let refused = async |credential| {
            let builder = cf_client::Client::builder().base_url(&server.base_url);
            let client = builder.credential(credential).build().unwrap();
            client.zones().get(ZONE).await.unwrap_err().to_string()
        };
        let text = refused(Credential::user_service_key("v1.0-abc").unwrap()).await;
        assert!(
            text.contains("2026-09-30") && text.contains("API token"),
            "{text}"
        );
        let text = refused(Credential::api_token(TOKEN).unwrap()).await;
        assert!(!text.contains("2026-09-30"), "{text}");
    }
    // An error that is not about the credential does not mention it.
    let server = Server::always(failure(404, 1049, "No such zone")).await;
    let builder = cf_client::Client::builder().base_url(&server.base_url);
    let key = Credential::user_service_key("v1.0-abc").unwrap();
    let client = builder.credential(key).build().unwrap();
    let text = client.zones().get(ZONE).await.unwrap_err().to_string();
    assert!(!text.contains("2026-09-30"), "{text}");
}

#[tokio::test]
async fn meta_tells_of_the_reply() {
    let body = r#"{"success":true,"errors":[],"messages":[{"code":10,"message":"mind"}],
        "result":[],"result_info":{"page":1,"total_count":0}}"#;
    let headers = [
        ("content-type", "application/json"),
        ("cf-ray", "8f00ba7-FRA"),
        ("ratelimit", "\"default\";r=1199;t=300"),
        ("ratelimit-policy", "\"default\";q=1200;w=300"),
        ("x-secret", "s3cr3t"),
    ];
    let server = Server::always(reply(200, &headers, body)).await;
    let client = server.client();
    let (zones, meta) = client.zones().list().with_meta().await.unwrap();
    assert!(zones.is_empty());
    assert_eq!(meta.status(), 200);
    assert_eq!(meta.ray_id(), Some("8f00ba7-FRA"));
    let limits = meta.rate_limits();
    assert_eq!(limits.limits[0].name, "default");
    assert_eq!(limits.limits[0].remaining, Some(1199));
    assert_eq!(limits.limits[0].quota, Some(1200));
    assert_eq!(limits.limits[0].window, Some(Duration::from_secs(300)));
    assert_eq!(meta.rate_limit_wait(), Duration::ZERO);
    assert_eq!(meta.messages()[0].message(), "mind");
    assert_eq!(meta.result_info().unwrap().total_count, Some(0));
    assert_eq!((meta.retries(), meta.drift_count()), (0, 0));
    assert_eq!(meta.headers()["x-secret"], "s3cr3t");
    assert!(!format!("{meta:?}").contains(SECRET));
}

#[tokio::test]
async fn raw_replies_are_no_errors() {
    let server = Server::always(failure(404, 81044, "Record does not exist.")).await;
    let client = server.client();
    let response = client
        .dns()
        .records()
        .get(ZONE, "1")
        .send_raw()
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["cf-ray"], "8f00ba7-FRA");
    let body = response.into_body().bytes(10_000).await.unwrap();
    assert!(body.windows(5).any(|window| window == b"81044"));
}

#[tokio::test]
async fn raw_replies_stream_without_a_bound() {
    let long = "x".repeat(300_000);
    let server = Server::always(reply(200, &[], &long)).await;
    let client = server.builder().max_reply_bytes(10).build().unwrap();
    let mut body = client
        .dns()
        .records()
        .export(ZONE)
        .send_raw()
        .await
        .unwrap()
        .into_body();
    assert_eq!(body.content_length(), Some(300_000));
    let mut length = 0;
    while let Some(chunk) = body.chunk().await {
        length += chunk.unwrap().len();
    }
    assert_eq!(length, 300_000);
}

#[tokio::test(start_paused = true)]
async fn raw_replies_are_bounded_in_time() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    // One byte per second: never silent for long, so it lasts until the deadline.
    let drip = head.clone();
    let server = Server::start(move |_, _| Answer::Drip(drip.clone())).await;
    let client = server
        .builder()
        .deadline(Duration::from_secs(90))
        .build()
        .unwrap();
    let started = Instant::now();
    let body = client
        .dns()
        .records()
        .export(ZONE)
        .send_raw()
        .await
        .unwrap()
        .into_body();
    let error = body.bytes(1_000_000).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Timeout);
    assert_eq!(started.elapsed().as_secs(), 90);

    // Nothing at all: one silence.
    let server = Server::start(move |_, _| Answer::Bytes(head.clone())).await;
    let client = server
        .builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let started = Instant::now();
    let mut body = client
        .dns()
        .records()
        .export(ZONE)
        .send_raw()
        .await
        .unwrap()
        .into_body();
    let error = body.chunk().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Timeout);
    assert_eq!(started.elapsed().as_secs(), 20);
    assert!(body.chunk().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn raw_requests_are_repeated_like_others() {
    let server = Server::scripted([failure(503, 1, "later"), success("{}")]).await;
    let response = server.client().zones().get(ZONE).send_raw().await.unwrap();
    assert_eq!((response.status().as_u16(), server.count()), (200, 2));

    let server = Server::always(failure(503, 1, "later")).await;
    let response = server.client().zones().get(ZONE).send_raw().await.unwrap();
    assert_eq!((response.status().as_u16(), server.count()), (503, 3));
}

#[tokio::test]
async fn paths_of_ones_own_go_the_same_way() {
    let server = Server::always(success(r#"{"a":1,"b":2}"#)).await;
    let client = server.client();
    let numbers: BTreeMap<String, u8> = client
        .request(Method::PATCH, "/zones/1/new_thing")
        .query("dry_run", "true")
        .header(
            HeaderName::from_static("x-own"),
            HeaderValue::from_static("1"),
        )
        .json(&json!({"name": "mine"}))
        .send()
        .await
        .unwrap();
    assert_eq!(numbers["b"], 2);
    let sent = &server.received()[0];
    assert_eq!(sent.method, "PATCH");
    assert_eq!(sent.target, "/client/v4/zones/1/new_thing?dry_run=true");
    assert_eq!(sent.body, r#"{"name":"mine"}"#);
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(sent.header("x-own"), Some("1"));
    assert_eq!(
        sent.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );

    let call = client
        .request(Method::GET, "/things/1")
        .with_meta::<Value>();
    let (thing, meta) = call.await.unwrap();
    assert_eq!(
        (thing["a"].as_u64(), meta.ray_id()),
        (Some(1), Some("8f00ba7-FRA"))
    );

    let response = client
        .request(Method::PUT, "/things/1")
        .body("plain")
        .send_raw()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(server.received()[2].body, "plain");
}

#[tokio::test]
async fn bare_replies_are_read_whole() {
    let server = Server::always(crate::support::json(200, r#"{"keys":[1,2]}"#)).await;
    let bare: Value = server
        .client()
        .request(Method::GET, "/x")
        .send()
        .await
        .unwrap();
    assert_eq!(bare, json!({"keys": [1, 2]}));
}

#[tokio::test]
async fn refusals_by_path_are_errors_of_the_api() {
    let server = Server::always(failure(200, 7, "no")).await;
    let error = server
        .client()
        .request(Method::GET, "/zones/1")
        .send::<Value>()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(
        error.to_string(),
        "GET /zones/1: 7: no (200 OK) [ray 8f00ba7-FRA]"
    );
}

#[tokio::test]
async fn mismatches_name_the_place_and_not_the_value() {
    let server = Server::always(success(r#"{"a":"s3cr3t"}"#)).await;
    let call = server
        .client()
        .request(Method::GET, "/tokens/1")
        .send::<BTreeMap<String, u8>>();
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error.to_string().contains("expected u8 at line 1, column"),
        "{error}"
    );
    assert_eq!(error.body(), Some(br#"{"a":"s3cr3t"}"#.as_slice()));
    assert!(!format!("{error} {error:?}").contains(SECRET));
    assert!(std::error::Error::source(&error).is_none());
}

#[tokio::test]
async fn a_call_can_go_elsewhere() {
    let (usual, other) = (
        Server::always(success("{}")).await,
        Server::always(success("{}")).await,
    );
    let client = usual.client();
    client
        .zones()
        .get(ZONE)
        .base_url(&other.base_url)
        .await
        .unwrap();
    let request = client
        .request(Method::GET, "/zones/1")
        .base_url(format!("{}/", other.base_url));
    request.send::<Value>().await.unwrap();
    assert_eq!((usual.count(), other.count()), (0, 2));
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(
        other.received()[0].header("authorization"),
        Some(bearer.as_str())
    );

    // The same rules as for the client's own URL: no credential in the clear.
    for url in ["http://example.com/client/v4", "example.com", ""] {
        let error = client.zones().get(ZONE).base_url(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{url}");
        assert_eq!(error.request().unwrap().operation, Some("zones.get"));
        let request = client.request(Method::GET, "/zones/1").base_url(url);
        assert_eq!(
            request.send::<Value>().await.unwrap_err().kind(),
            ErrorKind::Build
        );
    }
}

#[tokio::test]
async fn no_idempotency_key_unless_asked_for() {
    let server = Server::always(success("{}")).await;
    let client = server.client();
    let create = || {
        client
            .dns()
            .records()
            .create(ZONE, ARecordParam::new("www", "192.0.2.1"))
    };
    create().await.unwrap();
    create()
        .with_idempotency_key(HeaderValue::from_static("mine"))
        .await
        .unwrap();
    let received = server.received();
    assert_eq!(received[0].header("idempotency-key"), None);
    assert_eq!(received[1].header("idempotency-key"), Some("mine"));
}

#[tokio::test]
async fn a_client_has_query_parameters_of_its_own() {
    let server = Server::scripted([success("{}"), success("[]")]).await;
    let client = server
        .builder()
        .query("trace", "a b&c")
        .query("page", "9")
        .build()
        .unwrap();
    client.zones().get(ZONE).await.unwrap();
    client.zones().list().page(1).await.unwrap();
    client
        .request(Method::GET, "/x")
        .query("trace", "own")
        .send::<Value>()
        .await
        .unwrap();
    let targets: Vec<_> = server
        .received()
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert_eq!(
        targets,
        [
            format!("/client/v4/zones/{ZONE}?trace=a%20b%26c&page=9"),
            "/client/v4/zones?page=1&trace=a%20b%26c".to_owned(),
            "/client/v4/x?trace=own&page=9".to_owned(),
        ]
    );
}

/// A body of two pieces.
fn pieces() -> impl http_body::Body<Data = bytes::Bytes, Error = std::convert::Infallible> {
    let pieces = ["one", "two"].map(|piece| Ok(http_body::Frame::data(bytes::Bytes::from(piece))));
    http_body_util::StreamBody::new(futures_util::stream::iter(pieces))
}

#[tokio::test(start_paused = true)]
async fn streams_are_sent_again_only_where_they_can_be() {
    let later = || [failure(503, 1, "later"), success("1")];
    let server = Server::scripted(later()).await;
    let client = server.client();
    let put = || client.request(Method::PUT, "/object");
    let call = put().body(Body::replayable(Some(6), pieces)).send::<u8>();
    assert_eq!(call.await.unwrap(), 1);
    let bodies: Vec<_> = server
        .received()
        .into_iter()
        .map(|request| request.body)
        .collect();
    assert_eq!(bodies, ["onetwo", "onetwo"]);

    let server = Server::scripted(later()).await;
    let client = server.client();
    let put = client
        .request(Method::PUT, "/object")
        .body(Body::stream(Some(6), pieces()));
    let error = put.send::<u8>().await.unwrap_err();
    assert_eq!(
        (error.status().unwrap().as_u16(), error.retries()),
        (503, 0)
    );
    assert_eq!(server.count(), 1, "never a second time, and never empty");
    assert_eq!(server.received()[0].body, "onetwo");
}
