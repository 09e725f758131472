//! When a reply is a value, by every kind of call, over real sockets.

use std::collections::BTreeMap;

use crate::support::{Answer, Server, ZONE, json, reply};
use cf_client::{Client, Error, ErrorKind, Method};
use serde_json::Value;

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// This many items, or a value (1), or nothing (0).
    Got(usize),
    Failed(ErrorKind),
}
use ErrorKind::{Api, Decode, Empty, NotJson};
use Outcome::{Failed, Got};

fn seen<T>(result: Result<T, Error>, count: impl Fn(&T) -> usize) -> Outcome {
    match result {
        Ok(value) => Got(count(&value)),
        Err(error) => {
            let shown = error.to_string();
            assert!(!shown.contains(char::is_control), "{shown:?}");
            assert!(error.request().is_some(), "{shown}");
            if error.kind() == Decode {
                assert!(error.body().is_some(), "the body is kept: {shown}");
            }
            Failed(error.kind())
        }
    }
}

/// Every way to call for one zone.
async fn one(client: &Client) -> Vec<(&'static str, Outcome)> {
    let has_id = |id: &str| usize::from(!id.is_empty());
    let got = client.zones().get(ZONE);
    let meta = client.zones().get(ZONE).with_meta().await;
    vec![
        ("get", seen(got.await, |zone| has_id(zone.id.as_str()))),
        (
            "get with meta",
            seen(meta, |(zone, _)| has_id(zone.id.as_str())),
        ),
    ]
}

/// Every way to call for a list.
async fn many(client: &Client) -> Vec<(&'static str, Outcome)> {
    let list = || client.zones().list();
    let meta = list().with_meta().await;
    let first = list().first().await;
    let mut pages = list().pages();
    let page = pages.next().await.unwrap();
    let mut items = list().items();
    let item = items.next().await.transpose();
    vec![
        ("list", seen(list().await, |page| page.len())),
        ("list with meta", seen(meta, |(page, _)| page.len())),
        ("first", seen(first, |zone| usize::from(zone.is_some()))),
        ("page", seen(page, |page| page.len())),
        ("item", seen(item, |zone| usize::from(zone.is_some()))),
        (
            "pages",
            seen(list().pages().collect_all().await, |pages| {
                pages.iter().map(|page| page.len()).sum()
            }),
        ),
        ("items", seen(list().items().collect_all().await, Vec::len)),
        (
            "side by side",
            seen(list().items().concurrency(4).collect_all().await, Vec::len),
        ),
    ]
}

#[derive(serde::Deserialize)]
struct Mine {
    id: String,
}

/// Every way to call a path.
async fn by_path(client: &Client) -> Vec<(&'static str, Outcome)> {
    let request = || client.request(Method::GET, "/things/1");
    let meta = request().with_meta::<Value>().await;
    let is_there = |value: &Value| usize::from(!value.is_null());
    vec![
        ("any JSON", seen(request().send::<Value>().await, is_there)),
        (
            "any JSON with meta",
            seen(meta, |(value, _)| is_there(value)),
        ),
        (
            "a struct",
            seen(request().send::<Mine>().await, |mine| {
                usize::from(!mine.id.is_empty())
            }),
        ),
        (
            "a map",
            seen(request().send::<BTreeMap<String, Value>>().await, |map| {
                map.len()
            }),
        ),
    ]
}

async fn delete(client: &Client) -> Vec<(&'static str, Outcome)> {
    let typed = client.dns().records().delete(ZONE, "1");
    let meta = client.dns().records().delete(ZONE, "1").with_meta().await;
    let by_path = client
        .request(Method::DELETE, "/things/1")
        .send::<Value>()
        .await;
    vec![
        ("delete", seen(typed.await, |_| 1)),
        ("delete with meta", seen(meta, |_| 1)),
        ("delete by path", seen(by_path, |_| 1)),
    ]
}

/// Each body, and its outcome as a zone, as a list of zones, as a reply to a deletion.
#[tokio::test]
async fn bodies_become_what_they_say_however_they_are_asked_for() {
    let refused = [Failed(Api); 3];
    for (body, [as_one, as_many, as_deletion]) in [
        (
            r#"{"success":true,"errors":[],"messages":[],"result":{"id":"1"}}"#,
            [Got(1), Failed(Decode), Got(1)],
        ),
        (
            r#"{"success":true,"errors":null,"result":[{"id":"1"}]}"#,
            [Failed(Decode), Got(1), Failed(Decode)],
        ),
        (r#"{"result":{"id":"1"}}"#, [Got(1), Failed(Decode), Got(1)]),
        (
            r#"{"success":null,"errors":null,"result":[{"id":"1"}]}"#,
            [Failed(Decode), Got(1), Failed(Decode)],
        ),
        (
            r#"{"success":true,"result":[]}"#,
            [Failed(Decode), Got(0), Got(1)],
        ),
        (
            r#"{"success":true,"result":null}"#,
            [Failed(Decode), Failed(Decode), Got(1)],
        ),
        (
            r#"{"success":true,"errors":[],"messages":[]}"#,
            [Failed(Decode), Failed(Decode), Got(1)],
        ),
        (r#"{"success":true,"result":"x"}"#, [Failed(Decode); 3]),
        (r#"{"success":true,"result":7}"#, [Failed(Decode); 3]),
        (
            r#"{"success":true,"result":{"zones":[{"id":"1"}]}}"#,
            [Got(0), Failed(Decode), Got(1)],
        ),
        (
            r#"{"errors":[{"code":1000,"message":"not authorized"}],"result":null}"#,
            refused,
        ),
        (
            r#"{"errors":[{"code":1000,"message":"not authorized"}],"result":[]}"#,
            refused,
        ),
        (
            r#"{"errors":[{"code":1000,"message":"not authorized"}],"result":{"id":"1"}}"#,
            refused,
        ),
        (
            r#"{"success":"true","errors":[{"code":1000,"message":"not authorized"}],"result":{"id":"1"}}"#,
            refused,
        ),
        (
            r#"{"success":true,"errors":[{"code":1000,"message":"not authorized"}],"result":{"id":"1"}}"#,
            [Got(1), Failed(Decode), Got(1)],
        ),
        (r#"{"errors":{"detail":"not authorized"}}"#, refused),
        (r#"{"errors":"not authorized","result":[]}"#, refused),
        (
            r#"{"data":null,"errors":[{"message":"not authorized"}]}"#,
            refused,
        ),
        (
            r#"{"data":{"viewer":{}},"errors":null}"#,
            [Failed(Decode); 3],
        ),
        (r#"{"data":[{"id":"1"}]}"#, [Failed(Decode); 3]),
        (r#"[{"id":"1"}]"#, [Failed(Decode), Got(1), Failed(Decode)]),
        (r#"{"id":"1"}"#, [Got(1), Failed(Decode), Got(1)]),
        (r#""x""#, [Failed(Decode); 3]),
        ("null", [Failed(Decode), Failed(Decode), Got(1)]),
        ("nonsense", [Failed(NotJson); 3]),
        ("", [Failed(Empty), Failed(Empty), Got(1)]),
    ] {
        let server = Server::always(json(200, body)).await;
        let client = server.client();
        for (way, outcome) in one(&client).await {
            assert_eq!(outcome, as_one, "{way}: {body}");
        }
        for (way, outcome) in many(&client).await {
            assert_eq!(outcome, as_many, "{way}: {body}");
        }
        for (way, outcome) in delete(&client).await {
            let due = match (way, outcome) {
                // Whatever the result is, it is JSON.
                ("delete by path", Got(1)) if as_deletion == Failed(Decode) => Got(1),
                _ => as_deletion,
            };
            assert_eq!(outcome, due, "{way}: {body}");
        }
    }
}

/// The value is the envelope's result, or the whole body, and never nothing instead of something.
#[tokio::test]
async fn requests_by_path_get_the_result_or_the_whole_body() {
    for (body, outcomes) in [
        (
            r#"{"success":true,"result":{"id":"1"}}"#,
            [Got(1), Got(1), Got(1), Got(1)],
        ),
        (r#"{"result":{"id":"1"}}"#, [Got(1), Got(1), Got(1), Got(1)]),
        (
            r#"{"success":true,"result":null}"#,
            [Got(0), Got(0), Failed(Decode), Failed(Decode)],
        ),
        (
            r#"{"success":true,"errors":[],"id":"1"}"#,
            [Got(1), Got(1), Got(1), Got(3)],
        ),
        (
            r#"{"data":{"id":"1"}}"#,
            [Got(1), Got(1), Failed(Decode), Got(1)],
        ),
        (
            r#"{"data":{"id":"1"},"errors":null}"#,
            [Got(1), Got(1), Failed(Decode), Got(2)],
        ),
        (
            r#"{"data":{"id":"1"},"errors":[]}"#,
            [Got(1), Got(1), Failed(Decode), Got(2)],
        ),
        (
            r#"{"data":null,"errors":[{"message":"no"}]}"#,
            [Failed(Api); 4],
        ),
        (
            r#"{"errors":[{"message":"no"}],"result":{"id":"1"}}"#,
            [Failed(Api); 4],
        ),
        (
            r#"[{"id":"1"}]"#,
            [Got(1), Got(1), Failed(Decode), Failed(Decode)],
        ),
        (r#""x""#, [Got(1), Got(1), Failed(Decode), Failed(Decode)]),
        ("{}", [Got(1), Got(1), Failed(Decode), Got(0)]),
        ("", [Failed(Empty); 4]),
    ] {
        let server = Server::always(json(200, body)).await;
        for ((way, outcome), due) in by_path(&server.client()).await.into_iter().zip(outcomes) {
            assert_eq!(outcome, due, "{way}: {body}");
        }
    }
}

/// A list whose second page is invalid returns the first, then an error: it does not just end.
#[tokio::test]
async fn a_list_never_ends_with_a_mismatch() {
    for wrong in [
        r#"{"success":true,"result":{}}"#,
        r#"{"success":true,"result":null}"#,
        r#"{"success":true}"#,
        r#"{"errors":[{"code":1000,"message":"not authorized"}],"result":[]}"#,
        r#"{"data":[]}"#,
        "{}",
    ] {
        let server = Server::start(move |_, request| {
            let first = r#"{"success":true,"result":[{"id":"1"},{"id":"2"}],
                "result_info":{"page":1,"per_page":2,"total_count":4,"total_pages":2}}"#;
            let second = request.query("page") == Some("2");
            Answer::Bytes(json(200, if second { wrong } else { first }))
        })
        .await;
        let client = server.client();
        let mut items = client.zones().list().items();
        assert_eq!(items.next().await.unwrap().unwrap().id, "1");
        assert_eq!(items.next().await.unwrap().unwrap().id, "2");
        let error = items.next().await.unwrap().unwrap_err();
        assert!([Api, Decode].contains(&error.kind()), "{wrong}: {error}");
        assert!(items.next().await.is_none());
        assert!(client.zones().list().items().collect_all().await.is_err());
    }
}

/// An empty success in reply to a deletion, in every form.
#[tokio::test]
async fn an_empty_success_of_a_deletion_is_one() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
    ] {
        let server = Server::always(head.as_bytes().to_vec()).await;
        let client = server.client();
        for (way, outcome) in delete(&client).await {
            assert_eq!(outcome, Got(1), "{way}: {head}");
        }
        assert_eq!(one(&client).await[0].1, Failed(Empty), "{head}");
        assert_eq!(many(&client).await[0].1, Failed(Empty), "{head}");
    }
}

#[tokio::test]
async fn streams_are_judged_before_the_first_byte_and_no_more() {
    let headers = |media_type| [("content-type", media_type)];
    for (media_type, body, is_data) in [
        ("application/json", r#"{"success":true,"result":[]}"#, true),
        ("application/json", r#"[1,2]"#, true),
        ("application/json", "null", true),
        ("application/x-ndjson", "{\"n\":1}\n{\"n\":2}\n", true),
        ("application/json", r#"{"errors":[1]}"#, true),
        ("application/json", r#"{"success":false,"tests":1}"#, true),
        (
            "application/json",
            r#"{"errors":[{"code":7,"message":"no"}]}"#,
            false,
        ),
        ("application/json", r#"{"success":false}"#, false),
        ("text/html", "<html>mine</html>", true),
    ] {
        let server = Server::always(reply(200, &headers(media_type), body)).await;
        let client = server.client();
        let by_path = client.request(Method::GET, "/values/1").send_stream().await;
        let export = client.dns().records().export(ZONE).send_stream().await;
        for download in [by_path, export] {
            match download {
                Ok(download) => {
                    assert!(is_data, "{body}");
                    assert_eq!(download.bytes(1000).await.unwrap(), body);
                }
                Err(error) => assert!(!is_data && error.kind() == Api, "{body}: {error}"),
            }
        }
    }
}

#[cfg(feature = "blocking")]
#[test]
fn a_blocking_client_judges_no_otherwise() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    for (body, [as_one, as_many, as_deletion]) in [
        (
            r#"{"success":true,"result":[{"id":"1"}]}"#,
            [Failed(Decode), Got(1), Failed(Decode)],
        ),
        (
            r#"{"success":true,"result":null}"#,
            [Failed(Decode), Failed(Decode), Got(1)],
        ),
        (
            r#"{"errors":[{"message":"no"}],"result":null}"#,
            [Failed(Api); 3],
        ),
        (r#"{"data":null}"#, [Failed(Decode); 3]),
        ("", [Failed(Empty), Failed(Empty), Got(1)]),
    ] {
        let server = runtime.block_on(Server::always(json(200, body)));
        let client = server.builder().build_blocking().unwrap();
        let one = client.zones().get(ZONE).send();
        assert_eq!(seen(one, |_| 1), as_one, "{body}");
        let items: Result<Vec<_>, _> = client.zones().list().items().collect();
        assert_eq!(seen(items, Vec::len), as_many, "{body}");
        let list = client.zones().list().send();
        assert_eq!(seen(list, |page| page.len()), as_many, "{body}");
        let deleted = client.dns().records().delete(ZONE, "1").send();
        assert_eq!(seen(deleted, |_| 1), as_deletion, "{body}");
    }
}
