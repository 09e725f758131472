//! What errors say: which request, whose words, what to do, and nothing that should not be shown.

use crate::support::{SECRET, Server, TOKEN, ZONE, json, reply};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, Method};
use serde_json::Value;

#[tokio::test]
async fn a_mismatch_names_the_request_and_keeps_the_body() {
    let body = r#"{"success":true,"result":{"zones":[]}}"#;
    let server = Server::always(json(200, body)).await;
    let error = server.client().zones().list().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "zones.list (GET /zones): the reply (200 OK) has an object instead of an array at `/result` \
         [ray 8f00ba7-FRA]; `send_raw()` and `Client::request` can still read it"
    );
    assert_eq!(error.body(), Some(body.as_bytes()));
    assert!(!error.is_retryable() && error.api_errors().is_empty());

    let server = Server::always(json(200, r#"{"success":true,"result":[]}"#)).await;
    let record = ARecordParam::new("www", "192.0.2.1");
    let client = server.client();
    let error = client.dns().records().create(ZONE, record);
    let shown = error.await.unwrap_err().to_string();
    assert!(
        shown.ends_with("; judging by the reply's status, the request was carried out"),
        "{shown}"
    );
}

/// Errors from others than the API show their own words.
#[tokio::test]
async fn words_are_shown_wherever_they_stand() {
    let text = "text/plain";
    let problem = "application/problem+json";
    for (status, media_type, body, words) in [
        (401, text, "Expired JWT\n", "Expired JWT"),
        (401, "", "Expired JWT", "Expired JWT"),
        (
            503,
            text,
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
        ),
        (404, text, "404 page not found\n", "404 page not found"),
        (
            413,
            text,
            "Payload\r\n\r\n   Too Large\t!",
            "Payload Too Large !",
        ),
        (
            422,
            problem,
            r#"{"type":"about:blank","title":"Unprocessable","status":422,"detail":"name is taken"}"#,
            "Unprocessable: name is taken",
        ),
        (404, problem, r#"{"title":"Not Found"}"#, "Not Found"),
        (
            400,
            "application/json",
            r#"{"error":"no such thing"}"#,
            "no such thing",
        ),
        (
            400,
            "application/json",
            r#"{"error":"invalid_grant","error_description":"it is over"}"#,
            "invalid_grant: it is over",
        ),
        (
            400,
            "application/json",
            r#"{"message":"Bad Request"}"#,
            "Bad Request",
        ),
        (
            400,
            "application/json",
            r#"{"code":7,"message":"Bad Request"}"#,
            "7: Bad Request",
        ),
        (
            400,
            "application/json",
            r#"{"errors":{"detail":"Bad Request"}}"#,
            "Bad Request",
        ),
        (
            400,
            "application/json",
            r#"{"errors":{"name":["is taken","is long"]}}"#,
            "name: is taken; is long",
        ),
        (
            400,
            "application/json",
            r#"{"data":null,"errors":[{"message":"unknown field","path":null}]}"#,
            "unknown field",
        ),
        (
            400,
            "application/json",
            r#"{"success":false,"errors":[],"messages":[{"message":"locked"}]}"#,
            "locked",
        ),
        (
            502,
            "text/html",
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>",
            "502 Bad Gateway",
        ),
        (
            403,
            "text/html",
            "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title>",
            "Attention Required! | Cloudflare",
        ),
        (
            500,
            "text/html",
            "<html><body><h1>Server <b>Error</b></h1></body></html>",
            "Server Error",
        ),
        (
            400,
            "application/xml",
            "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>",
            "The key does not exist.",
        ),
        (
            200,
            text,
            "Service is down for maintenance",
            "Service is down for maintenance",
        ),
    ] {
        let server = Server::always(reply(status, &[("content-type", media_type)], body)).await;
        let client = server.builder().retries(0).build().unwrap();
        for error in [
            client.zones().get(ZONE).await.unwrap_err(),
            client
                .request(Method::GET, "/x")
                .send::<Value>()
                .await
                .unwrap_err(),
        ] {
            let shown = error.to_string();
            assert!(shown.contains(words), "{body}: {shown}");
            assert!(!shown.contains("without saying why"), "{shown}");
            assert_eq!(error.body(), Some(body.as_bytes()));
        }
    }
}

/// Words of others end up in terminals and logs.
#[tokio::test]
async fn words_are_shown_tame() {
    let long = "word ".repeat(100_000);
    let forged = "a\u{1b}[2J\u{1b}]0;title\u{7}b\r\nERROR c\u{202e}d\u{0}e\u{9b}31mf";
    let token = format!("bad token {TOKEN} in Bearer {TOKEN}, token={TOKEN}, password: hunter2");
    let url = "see https://ada:s3cr3t@example.com/x?token=s3cr3t";
    for words in [long.as_str(), forged, &token, url] {
        let as_json = serde_json::json!({ "message": words }).to_string();
        let page = format!("<html><title>{words}</title>");
        for (media_type, body) in [
            ("text/plain", words),
            ("application/json", as_json.as_str()),
            ("text/html", page.as_str()),
        ] {
            let server = Server::always(reply(400, &[("content-type", media_type)], body)).await;
            let error = server.client().zones().get(ZONE).await.unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.len() < 2_000, "{media_type}: {} bytes", shown.len());
            assert!(
                !shown.contains(|c: char| c.is_control() || c == '\u{202e}'),
                "{shown:?}"
            );
            assert!(!shown.contains("[2J") && !shown.contains("31m"), "{shown}");
            assert!(
                !shown.contains(SECRET) && !shown.contains("hunter2"),
                "{shown}"
            );
        }
    }
}

/// Bodies without readable words are not shown: they can be anyone's data.
#[tokio::test]
async fn what_is_not_said_to_people_is_not_shown() {
    for (media_type, body) in [
        ("application/json", "hush hush"),
        (
            "application/json",
            r#"{"success":false,"result":"hush hush"}"#,
        ),
        ("application/json", r#"{"user":"hush hush"}"#),
        ("text/plain", r#"{"user":"hush hush""#),
        ("application/octet-stream", "hush hush"),
        ("image/png", "hush hush"),
        ("text/html", "<html><body>hush hush</body></html>"),
    ] {
        for status in [200, 400, 500] {
            let server = Server::always(reply(status, &[("content-type", media_type)], body)).await;
            let client = server.builder().retries(0).build().unwrap();
            let error = client.zones().get(ZONE).await.unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hush"), "{media_type} {status}: {shown}");
        }
    }
}

/// A user's call cannot verify an account's token.
#[tokio::test]
async fn the_advice_names_the_call_that_can_verify_the_token() {
    let refusal = r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#;
    for status in [401, 403, 400] {
        let server = Server::always(json(status, refusal)).await;
        for (token, right, wrong) in [
            (
                "cfat_0123456789abcdef0123456789abcdef01234567",
                "accounts().tokens().verify(",
                "user().tokens()",
            ),
            (
                "cfut_0123456789abcdef0123456789abcdef01234567",
                "user().tokens().verify(",
                "accounts()",
            ),
            (
                "0123456789abcdefGHIJ0123456789abcdef0123",
                "user().tokens().verify(",
                "accounts()",
            ),
        ] {
            let client = Client::builder()
                .api_token(token)
                .base_url(&server.base_url);
            let error = client.build().unwrap().zones().get(ZONE).await.unwrap_err();
            let shown = error.to_string();
            assert!(
                shown.contains(right) && !shown.contains(wrong),
                "{status}: {shown}"
            );
        }
    }
}
