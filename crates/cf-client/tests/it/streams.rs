//! Streamed replies: objects, values, logs.

use std::time::Duration;

use crate::support::{Answer, SECRET, Server, ZONE, failure, reply};
use cf_client::{Client, Download, ErrorKind, Method};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

const LONG: usize = 3_000_000;

async fn stream(client: &Client, path: &str) -> Result<Download, cf_client::Error> {
    client.request(Method::GET, path).send_stream().await
}

#[tokio::test]
async fn bodies_come_piece_by_piece() {
    let server = Server::always(reply(200, &[("etag", "x")], &"x".repeat(LONG))).await;
    let client = server.builder().max_reply_bytes(10).build().unwrap();
    let call = client.dns().records().export(ZONE);
    let mut download = call.send_stream().await.unwrap();
    assert_eq!(
        (download.status().as_u16(), &download.headers()["etag"]),
        (200, &"x".parse().unwrap())
    );
    assert_eq!(download.content_length(), Some(LONG as u64));
    let (mut length, mut chunks) = (0, 0);
    while let Some(chunk) = download.chunk().await {
        length += chunk.unwrap().len();
        chunks += 1;
    }
    assert_eq!(length, LONG);
    assert!(chunks > 1, "it was never whole in memory");

    let download = stream(&client, "/object").await.unwrap();
    assert_eq!(download.bytes(LONG).await.unwrap().len(), LONG);
    let download = stream(&client, "/object").await.unwrap();
    assert_eq!(
        download.bytes(1000).await.unwrap_err().kind(),
        ErrorKind::TooLarge
    );
}

#[tokio::test]
async fn refusals_are_errors_before_the_first_byte() {
    let json_type = [("content-type", "application/json")];
    let refusal = r#"{"success":false,"errors":[{"code":10009,"message":"key not found"}]}"#;
    for answer in [
        failure(404, 10009, "key not found"),
        reply(200, &json_type, refusal),
    ] {
        let server = Server::always(answer).await;
        let client = server.client();
        for error in [
            stream(&client, "/values/1").await.unwrap_err(),
            client
                .dns()
                .records()
                .export(ZONE)
                .send_stream()
                .await
                .unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Api);
            assert!(error.has_code(10009), "{error}");
        }
    }
    let server = Server::always(reply(302, &[("location", "https://example.com/")], "")).await;
    let error = stream(&server.client(), "/object").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
}

#[tokio::test]
async fn values_that_are_json_are_values() {
    let headers = [("content-type", "application/json")];
    let server = Server::always(reply(200, &headers, r#"{"mine":1}"#)).await;
    let download = stream(&server.client(), "/values/1").await.unwrap();
    assert_eq!(download.bytes(100).await.unwrap(), r#"{"mine":1}"#);
}

#[tokio::test]
async fn logs_come_line_by_line() {
    let body = "{\"n\":1}\n{\"n\":2}\r\n\n  \n{\"n\":3}";
    let server = Server::always(reply(200, &[], body)).await;
    let client = server.client();
    let lines = stream(&client, "/logs").await.unwrap().lines();
    let lines: Vec<String> = lines.map(Result::unwrap).collect().await;
    assert_eq!(lines, ["{\"n\":1}", "{\"n\":2}", "", "  ", "{\"n\":3}"]);

    let mut values = stream(&client, "/logs")
        .await
        .unwrap()
        .json_lines::<Value>();
    for number in 1..=3 {
        assert_eq!(
            values.next().await.unwrap().unwrap(),
            json!({ "n": number })
        );
    }
    assert!(values.next().await.is_none());
}

/// However the network splits them.
#[tokio::test]
async fn lines_do_not_depend_on_chunks() {
    for cut in 1..12 {
        let text = "ä,b\nc\n\nd\n";
        let mut body = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for chunk in text.as_bytes().chunks(cut) {
            body.extend(format!("{:x}\r\n", chunk.len()).bytes());
            body.extend(chunk);
            body.extend(b"\r\n");
        }
        body.extend(b"0\r\n\r\n");
        let server = Server::always(body).await;
        let lines = stream(&server.client(), "/logs").await.unwrap().lines();
        let lines: Vec<String> = lines.map(Result::unwrap).collect().await;
        assert_eq!(lines, ["ä,b", "c", "", "d"], "{cut}");
    }
}

#[tokio::test]
async fn a_bad_line_is_an_error_and_the_next_one_follows() {
    let body = format!("{{\"a\":1}}\n{SECRET}\n{{\"a\":\"{SECRET}\"}}\n{{\"a\":2}}\n");
    let server = Server::always(reply(200, &[], &body)).await;
    let logs = stream(&server.client(), "/logs").await.unwrap();
    let mut lines = logs.json_lines::<std::collections::BTreeMap<String, u8>>();
    assert_eq!(lines.next().await.unwrap().unwrap()["a"], 1);
    for _ in 0..2 {
        let error = lines.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!format!("{error} {error:?}").contains(SECRET));
    }
    assert_eq!(lines.next().await.unwrap().unwrap()["a"], 2);
    assert!(lines.next().await.is_none());
}

#[tokio::test]
async fn lines_have_a_limit_and_half_a_line_is_none() {
    let server = Server::always(reply(200, &[], &"x".repeat(100_000))).await;
    let mut lines = stream(&server.client(), "/logs")
        .await
        .unwrap()
        .lines()
        .max_line_bytes(1000);
    let error = lines.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("max_line_bytes"), "{error}");
    assert!(lines.next().await.is_none());

    // Even if its end is there already.
    let server = Server::always(reply(200, &[], "one\nthree\nfour\n")).await;
    let mut lines = stream(&server.client(), "/logs")
        .await
        .unwrap()
        .lines()
        .max_line_bytes(4);
    assert_eq!(lines.next().await.unwrap().unwrap(), "one");
    assert_eq!(
        lines.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::TooLarge
    );
    assert!(lines.next().await.is_none());

    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\none\ntw".to_vec();
    let server = Server::start(move |_, _| Answer::Cut(cut.clone())).await;
    let mut lines = stream(&server.client(), "/logs").await.unwrap().lines();
    assert_eq!(lines.next().await.unwrap().unwrap(), "one");
    let error = lines.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(error.request().unwrap().path, "/logs");
    assert!(lines.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn streams_are_bounded_in_time() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let server = Server::start(move |_, _| Answer::Drip(head.clone())).await;
    let client = server
        .builder()
        .deadline(Duration::from_secs(90))
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let error = stream(&client, "/object")
        .await
        .unwrap()
        .bytes(LONG)
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(started.elapsed().as_secs(), 90);
}
