//! No secret in anything that is printed: errors of every kind, clients, calls, futures.

use std::error::Error as StdError;
use std::time::Duration;

use crate::support::{Answer, SECRET, Server, ZONE, failure, json, reply};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Error, Method};
use http::header::{HeaderName, HeaderValue};

/// The error as `Display` and `Debug` show it, with all its sources.
fn shown(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n{error}\n{error:?}"));
        cause = error.source();
    }
    text
}

/// Every way in which a call with secrets in query, headers and body can fail.
#[tokio::test(start_paused = true)]
async fn no_error_shows_a_secret() {
    let page = format!("<html>{SECRET}</html>");
    let cut = format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{SECRET}");
    let redirect = format!("https://example.com/x?{SECRET}");
    let bodies: Vec<Vec<u8>> = vec![
        failure(403, 10000, "Authentication error"),
        failure(429, 971, "slow down"),
        json(200, &format!(r#"{{"success":false,"result":"{SECRET}"}}"#)),
        json(500, SECRET),
        json(200, SECRET),
        json(200, ""),
        reply(
            502,
            &[("content-type", "text/html"), ("x-token", SECRET)],
            &page,
        ),
        reply(302, &[("location", redirect.as_str())], SECRET),
        json(
            200,
            &format!(r#"{{"success":true,"result":{{"name":["{SECRET}"]}}}}"#),
        ),
    ];
    for body in bodies {
        let text = String::from_utf8(body.clone()).unwrap();
        let server = Server::always(body).await;
        assert_hidden(&server, &text).await;
    }
    let server = Server::start(move |_, _| Answer::Cut(cut.clone().into_bytes())).await;
    assert_hidden(&server, "a cut reply").await;
    let server = Server::start(|_, _| Answer::Silence).await;
    assert_hidden(&server, "silence").await;
    let server =
        Server::start(|_, _| Answer::Cut(format!("{SECRET} no HTTP\r\n\r\n").into_bytes())).await;
    assert_hidden(&server, "no HTTP").await;
}

async fn assert_hidden(server: &Server, what: &str) {
    let client = server
        .builder()
        .strict(true)
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let header = (
        HeaderName::from_static("x-own"),
        HeaderValue::from_static(SECRET),
    );
    let typed = client
        .dns()
        .records()
        .create(ZONE, ARecordParam::new("www", SECRET))
        .query("q", SECRET)
        .header(header.0.clone(), header.1.clone());
    assert!(!format!("{typed:?}").contains(SECRET));
    let by_path = client
        .request(Method::POST, "/zones")
        .query("q", SECRET)
        .header(header.0, header.1)
        .json(&SECRET);
    assert!(!format!("{by_path:?}").contains(SECRET));
    let sending = by_path.send::<u8>();
    assert!(!format!("{sending:?}").contains(SECRET));

    let typed = shown(&typed.await.expect_err(what));
    assert!(!typed.contains(SECRET), "{what}: {typed}");
    assert!(
        !typed.contains(ZONE),
        "the path's variables are not shown either: {typed}"
    );
    let by_path = shown(&sending.await.expect_err(what));
    assert!(!by_path.contains(SECRET), "{what}: {by_path}");
}

#[tokio::test]
async fn clients_and_lists_show_no_secret() {
    let server = Server::always(json(200, "{}")).await;
    let builder = server.builder().header(
        HeaderName::from_static("x-own"),
        HeaderValue::from_static(SECRET),
    );
    assert!(!format!("{builder:?}").contains(SECRET));
    let client = builder.build().unwrap();
    let list = client.zones().list().name(SECRET);
    let all = format!(
        "{client:?} {client:#?} {:?} {:?}",
        list.clone().pages(),
        list.items()
    );
    assert!(!all.contains(SECRET), "{all}");
    assert!(all.contains("127.0.0.1"), "but where it sends to: {all}");
}

#[tokio::test]
async fn streams_show_no_secret() {
    let body = format!("{SECRET}\n{SECRET}\n");
    let server = Server::always(reply(200, &[("x-token", SECRET)], &body)).await;
    let client = server.builder().query("q", SECRET).build().unwrap();
    let stream = || {
        client
            .request(Method::GET, "/logs")
            .query("p", SECRET)
            .send_stream()
    };
    let mut all = format!("{:?} {:?}", stream(), stream().await.unwrap());
    let mut lines = stream().await.unwrap().lines().max_line_bytes(3);
    all += &shown(&lines.next().await.unwrap().unwrap_err());
    all += &format!("{lines:?}");
    let mut values = stream().await.unwrap().json_lines::<u8>();
    all += &shown(&values.next().await.unwrap().unwrap_err());
    all += &format!("{values:?}");
    assert!(!all.contains(SECRET), "{all}");
}

#[cfg(feature = "blocking")]
#[test]
fn a_blocking_client_shows_no_secret() {
    let name = HeaderName::from_static("x-own");
    let client = cf_client::Client::builder()
        .api_token(crate::support::TOKEN)
        .base_url("http://127.0.0.1:1/client/v4")
        .header(name, HeaderValue::from_static(SECRET))
        .retries(0)
        .build_blocking()
        .unwrap();
    let request = client.request(Method::GET, "/x").query("q", SECRET);
    let mut all = format!(
        "{client:?} {request:?} {:?}",
        client.zones().list().name(SECRET).items()
    );
    all += &shown(&client.zones().list().name(SECRET).send().unwrap_err());
    assert!(!all.contains(SECRET), "{all}");
}

#[test]
fn errors_are_small_and_travel() {
    fn travels<T: Send + Sync + 'static>() {}
    travels::<Error>();
    travels::<cf_client::Client>();
    assert!(size_of::<Error>() <= 16);
}
