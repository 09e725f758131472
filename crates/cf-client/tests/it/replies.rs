//! Replies without a value, over real sockets.

use std::time::Duration;

use crate::support::{Answer, Server, ZONE, failure, json, reply, success};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, Error, ErrorKind};
use http::StatusCode;

/// The error of getting a zone from a server that answers this way.
async fn error_of(reply: Vec<u8>) -> Error {
    let server = Server::always(reply).await;
    let client = server.builder().retries(0).build().unwrap();
    client
        .zones()
        .get(ZONE)
        .await
        .expect_err("the reply holds no zone")
}

#[tokio::test]
async fn success_false_is_an_error_whatever_the_status() {
    let error = error_of(failure(200, 1004, "DNS Validation Error")).await;
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.status(), Some(StatusCode::OK));
    assert!(error.has_code(1004));
    assert!(!error.has_code(1005));
    assert_eq!(error.api_errors()[0].message(), "DNS Validation Error");
    assert_eq!(error.ray_id(), Some("8f00ba7-FRA"));
    let request = error.request().unwrap();
    assert_eq!(request.operation, Some("zones.get"));
    assert_eq!(request.method, "GET");
    assert_eq!(request.path, "/zones/{zone_id}");
    assert_eq!(
        error.to_string(),
        "zones.get (GET /zones/{zone_id}): 1004: DNS Validation Error (200 OK) [ray 8f00ba7-FRA]"
    );
}

#[tokio::test]
async fn codes_behind_others_are_found() {
    let body = r#"{"success":false,"errors":[{"code":6003,"message":"Invalid request headers",
        "error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}]}"#;
    let error = error_of(json(400, body)).await;
    assert!(error.has_code(6003) && error.has_code(6111));
    assert!(error.to_string().contains("copy it again"), "{error}");
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let error = error_of(failure(403, 10000, "Authentication error")).await;
    assert!(error.is_auth() && !error.is_not_found() && !error.is_retryable());
    assert!(error.to_string().contains("tokens().verify()"), "{error}");

    let error = error_of(failure(400, 9109, "Invalid access token")).await;
    assert!(error.is_auth());

    let error = error_of(failure(404, 1001, "Invalid zone identifier")).await;
    assert!(error.is_not_found() && !error.is_auth());
    assert!(error.to_string().contains("check the IDs"), "{error}");

    let error = error_of(failure(500, 1, "oh no")).await;
    assert!(error.is_retryable());
    assert!(
        error.to_string().contains("cloudflarestatus.com"),
        "{error}"
    );
}

#[tokio::test]
async fn error_bodies_of_any_shape_keep_their_status() {
    let shapes = [
        r#"{"success":false,"errors":null}"#,
        r#"{"success":false,"errors":{}}"#,
        r#"{"success":false,"errors":"nope"}"#,
        r#"{"success":false,"errors":["nope"]}"#,
        r#"{"success":false,"errors":[{"message":"nope"}]}"#,
        r#"{"success":false,"errors":[{"code":"7003","message":"nope"}]}"#,
        r#"{"errors":[{"code":1}]}"#,
        r#"{"error":"nope"}"#,
        "{}",
        "[]",
        "null",
        "nope",
        "",
        "{\"success\":fal",
    ];
    for shape in shapes {
        let error = error_of(json(418, shape)).await;
        assert_eq!(error.kind(), ErrorKind::Api, "{shape}");
        assert_eq!(error.status(), Some(StatusCode::IM_A_TEAPOT), "{shape}");
        assert_eq!(error.body(), Some(shape.as_bytes()), "{shape}");
        assert!(error.to_string().contains("418"), "{shape}: {error}");
    }
    for shape in &shapes[2..6] {
        let error = error_of(json(400, shape)).await;
        assert_eq!(error.api_errors()[0].message(), "nope", "{shape}");
    }
    let error = error_of(json(400, r#"{"error":{"message":"nope"}}"#)).await;
    assert_eq!(error.api_errors()[0].message(), "nope");
    let error = error_of(json(400, shapes[5])).await;
    assert!(error.has_code(7003), "a code spelled as text");
}

#[tokio::test]
async fn web_pages_are_told_from_the_api() {
    let page = "<!DOCTYPE html><html><body>502 Bad gateway</body></html>";
    for status in [200, 403, 502] {
        let error = error_of(reply(status, &[("content-type", "text/html")], page)).await;
        assert_eq!(error.kind(), ErrorKind::Html, "{status}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.body(), Some(page.as_bytes()));
        assert!(error.to_string().contains("proxy or firewall"), "{error}");
        assert!(
            !error.is_auth(),
            "a firewall knows nothing of the credential"
        );
        assert!(!error.to_string().contains("Bad gateway</body>"), "{error}");
    }
    // A web page does not mean that there is no such zone, either.
    assert!(!error_of(reply(404, &[], page)).await.is_not_found());
    // Without a content type, too.
    assert_eq!(
        error_of(reply(200, &[], page)).await.kind(),
        ErrorKind::Html
    );
}

#[tokio::test]
async fn empty_and_garbled_bodies() {
    assert_eq!(error_of(json(200, "")).await.kind(), ErrorKind::Empty);
    assert_eq!(error_of(json(200, " \n")).await.kind(), ErrorKind::Empty);
    for body in ["OK", "{", r#"{"success":true,"result":{"id":"1""#] {
        let error = error_of(json(200, body)).await;
        assert_eq!(error.kind(), ErrorKind::NotJson, "{body}");
        assert_eq!(error.body(), Some(body.as_bytes()));
    }
}

#[tokio::test]
async fn truncated_replies_are_interruptions() {
    let mut cut = success(r#"{"id":"1","name":"example.com"}"#);
    cut.truncate(cut.len() - 10);
    let server = Server::start(move |_, _| Answer::Cut(cut.clone())).await;
    let client = server.builder().retries(0).build().unwrap();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(error.status(), Some(StatusCode::OK));
    assert!(error.is_retryable(), "a GET does no harm");

    let error = client
        .dns()
        .records()
        .create(ZONE, ARecordParam::new("www", "192.0.2.1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(!error.is_retryable(), "a POST may act twice");
    assert!(
        error.to_string().contains("check before repeating it"),
        "{error}"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::always(success("{}")).await;
    let location = format!("{}/zones?token=hidden", elsewhere.base_url);
    for status in [301, 302, 303, 307, 308] {
        let error = error_of(reply(status, &[("location", &location)], "")).await;
        assert_eq!(error.kind(), ErrorKind::Redirect, "{status}");
        assert!(error.to_string().contains(&elsewhere.base_url), "{error}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    assert_eq!(elsewhere.count(), 0, "nothing went to the other server");
}

#[tokio::test]
async fn replies_are_bounded() {
    let long = format!(r#"{{"id":"1","name":"{}"}}"#, "x".repeat(5000));
    let server = Server::always(success(&long)).await;
    let client = server.builder().max_reply_bytes(4000).build().unwrap();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("max_reply_bytes"), "{error}");
    assert_eq!(server.count(), 1, "it would be too large again");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_ends_with_the_attempt() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let server = Server::start(move |_, _| Answer::Drip(head.clone())).await;
    let client = server
        .builder()
        .retries(0)
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(started.elapsed().as_secs(), 30);
    assert!(
        error.to_string().contains("no complete reply within 30s"),
        "{error}"
    );
}

#[tokio::test]
async fn what_nests_too_deep_is_kept_not_followed() {
    let deep = format!(
        r#"{{"id":"1","name":"example.com","deep":{}1{}}}"#,
        "[".repeat(9000),
        "]".repeat(9000)
    );
    let server = Server::always(success(&deep)).await;
    let zone = server.client().zones().get(ZONE).await.unwrap();
    assert_eq!(zone.name, "example.com");
}

#[tokio::test]
async fn drift_is_taken_unless_the_client_is_strict() {
    let server = Server::always(success(r#"{"id":"1","name":7,"brand_new":"s3cr3t"}"#)).await;
    let client = server.client();
    let (zone, meta) = client.zones().get(ZONE).with_meta().await.unwrap();
    assert_eq!(zone.id, "1");
    let spots: Vec<_> = meta.drift().iter().map(|drift| drift.pointer()).collect();
    assert!(
        spots.contains(&"/result/name") && spots.contains(&"/result/brand_new"),
        "{spots:?}"
    );
    assert!(meta.drift_count() >= 2);

    let strict = server.builder().strict(true).build().unwrap();
    let error = strict.zones().get(ZONE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drift);
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn no_content_is_a_value_where_none_is_due() {
    let server = Server::always(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
    let nothing: Option<String> = server
        .client()
        .request(http::Method::DELETE, "/things/1")
        .send()
        .await
        .unwrap();
    assert_eq!(nothing, None);
}

/// Programs print an error followed by its sources, so they must not repeat each other.
#[tokio::test]
async fn nothing_is_said_twice() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let nobody = Client::builder()
        .api_token("cfut_test")
        .base_url(format!("http://{address}"))
        .retries(0)
        .build()
        .unwrap();
    for error in [
        error_of(failure(400, 81057, "it is there")).await,
        error_of(json(200, "")).await,
        error_of(json(200, "{")).await,
        nobody.zones().get(ZONE).await.unwrap_err(),
        nobody.zones().get("").await.unwrap_err(),
        Client::new("").unwrap_err(),
    ] {
        let mut said = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(behind) = cause {
            let text = behind.to_string();
            assert!(!said.contains(&text), "{said:?} has {text:?}");
            said = text;
            cause = behind.source();
        }
    }
}
