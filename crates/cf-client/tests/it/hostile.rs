//! Cases in which other clients were seen to do harm; the rows of the table in `HOSTILE.md` name
//! their tests here and in the other files.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::support::{Answer, Server, ZONE, failure, json, reply, success};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, Credential, ErrorKind};

const KEY: &str = "0123456789abcdef0123456789abcdef01234";

fn record() -> ARecordParam {
    ARecordParam::new("www", "192.0.2.1")
}

#[tokio::test(start_paused = true)]
async fn a_post_is_sent_once_whatever_comes_back() {
    let page = reply(
        502,
        &[("content-type", "text/html")],
        "<html>bad gateway</html>",
    );
    for answer in [
        failure(500, 1, "x"),
        page,
        failure(409, 1, "x"),
        failure(408, 1, "x"),
    ] {
        let server = Server::always(answer).await;
        let client = server.client();
        let error = client
            .dns()
            .records()
            .create(ZONE, record())
            .await
            .unwrap_err();
        assert_eq!((error.retries(), server.count()), (0, 1), "{error}");
    }
}

#[tokio::test]
async fn a_redirected_post_is_not_reported_as_done() {
    let elsewhere = Server::always(success("{}")).await;
    let location = elsewhere.base_url.clone();
    for status in [301, 302, 303, 307, 308] {
        let server = Server::always(reply(status, &[("location", &location)], "")).await;
        let client = server.client();
        let error = client
            .dns()
            .records()
            .create(ZONE, record())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redirect, "{status}");
        assert_eq!((server.count(), elsewhere.count()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_takes_no_key_along() {
    let elsewhere = Server::always(success("{}")).await;
    let location = elsewhere.base_url.replace("127.0.0.1", "localhost");
    let server = Server::always(reply(307, &[("location", &location)], "")).await;
    let client = Client::builder()
        .credential(Credential::api_key("ada@example.com", KEY).unwrap())
        .base_url(&server.base_url)
        .build()
        .unwrap();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    assert_eq!(server.received()[0].header("x-auth-key"), Some(KEY));
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn absurd_waits_do_no_harm() {
    for absurd in [
        "99999999999999999999",
        "1e308",
        "-5",
        "NaN",
        "inf",
        "0x10",
        "",
    ] {
        let refusal = reply(429, &[("retry-after", absurd)], r#"{"success":false}"#);
        let server = Server::always(refusal).await;
        let client = server.client();
        let call = client.zones().get(ZONE).deadline(Duration::from_secs(30));
        assert!(call.await.unwrap_err().is_rate_limited(), "{absurd}");
        assert!(server.count() <= 3, "{absurd}");
    }
}

#[tokio::test]
async fn a_content_type_does_not_decide() {
    for media_type in [
        "text/plain",
        "application/octet-stream",
        "",
        "application/json; charset=x",
    ] {
        let body = r#"{"success":true,"result":{"id":"1","name":"example.com"}}"#;
        let server = Server::always(reply(200, &[("content-type", media_type)], body)).await;
        assert_eq!(
            server.client().zones().get(ZONE).await.unwrap().name,
            "example.com"
        );
        let refusal = r#"{"success":false,"errors":[{"code":7,"message":"no"}]}"#;
        let server = Server::always(reply(200, &[("content-type", media_type)], refusal)).await;
        let error = server.client().zones().get(ZONE).await.unwrap_err();
        assert!(error.has_code(7), "{media_type}: {error}");
    }
}

#[tokio::test]
async fn nothing_is_no_zone() {
    let server = Server::always(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
    let client = server.client();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Empty);
    assert!(client.zones().list().await.is_err());
    // For a deletion it is a valid answer.
    client.dns().records().delete(ZONE, "1").await.unwrap();
}

#[tokio::test]
async fn what_is_no_ray_id_is_not_shown_as_one() {
    let long = "x".repeat(5000);
    for odd in [long.as_str(), "a b", "a\tb"] {
        let server = Server::always(reply(404, &[("cf-ray", odd)], "{}")).await;
        let error = server.client().zones().get(ZONE).await.unwrap_err();
        assert_eq!(error.ray_id(), None);
        assert!(error.to_string().len() < 500);
    }
}

#[tokio::test]
async fn what_the_server_says_is_shown_tame() {
    let forged = json(
        400,
        r#"{"success":false,"errors":[{"code":7,"message":"a\n\u001b[2JERROR b"}]}"#,
    );
    let server = Server::always(forged).await;
    let error = server.client().zones().get(ZONE).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(r"7: a\n\u{1b}[2JERROR b"), "{text}");
    assert_eq!(
        error.api_errors()[0].message(),
        "a\n\u{1b}[2JERROR b",
        "as it came"
    );

    let server = Server::always(failure(400, 7, &"x".repeat(1_000_000))).await;
    let error = server.client().zones().get(ZONE).await.unwrap_err();
    assert!(error.to_string().len() < 5_000);
    assert!(
        error.to_string().contains("[ray 8f00ba7-FRA]"),
        "the rest is still there"
    );
}

#[tokio::test]
async fn wrong_types_are_kept_and_told() {
    let server = Server::always(success(r#"{"id":7,"name":["x"],"status":{"a":1}}"#)).await;
    let client = server.client();
    let (_, meta) = client.zones().get(ZONE).with_meta().await.unwrap();
    let spots: BTreeSet<_> = meta
        .drift()
        .iter()
        .map(|drift| drift.pointer().to_owned())
        .collect();
    for spot in ["/result/id", "/result/name", "/result/status"] {
        assert!(spots.contains(spot), "{spot}: {spots:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_bounded_in_time() {
    let server = Server::start(|_, _| Answer::Drip(b"HTTP/1.1 200 OK\r\nx: ".to_vec())).await;
    let client = server
        .builder()
        .retries(0)
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test]
async fn a_body_longer_than_announced_is_not_taken_for_the_next_reply() {
    let mut first = json(
        200,
        r#"{"success":true,"result":{"id":"1","name":"first"}}"#,
    );
    first.extend(success(r#"{"id":"2","name":"smuggled"}"#));
    let server = Server::scripted([first, success(r#"{"id":"1","name":"second"}"#)]).await;
    let client = server.client();
    assert_eq!(client.zones().get(ZONE).await.unwrap().name, "first");
    assert_ne!(client.zones().get(ZONE).await.unwrap().name, "smuggled");
}

/// The table names tests that exist, with spaces so that lines break in its narrow column.
#[test]
fn each_row_of_the_table_names_its_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(folder.join("HOSTILE.md")).unwrap();
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .filter(|row| !row.starts_with("| Case"))
        .collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit("| ").next().unwrap();
        for name in last.split("; ") {
            let (file, test) = name
                .trim_start_matches('`')
                .split_once("`: ")
                .unwrap_or_else(|| panic!("no test: {row}"));
            // What only the transport sees is tested there.
            let (of, file) = file.split_once('/').unwrap_or(("cf-client", file));
            let test = test.replace(' ', "_");
            let path = folder
                .with_file_name(of)
                .join(format!("tests/it/{file}.rs"));
            let source = std::fs::read_to_string(&path);
            let source = source.unwrap_or_else(|_| panic!("there is no {path:?}: {row}"));
            assert!(
                source.contains(&format!("fn {test}(")),
                "there is no {name}: {row}"
            );
        }
    }
}
