//! What is recorded, what is replayed, and the error when a request does not match.

use bytes::Bytes;
use cf_transport::cassette::{Cassette, Matching, Recorder, Replay, Scrub};
use cf_transport::{Body, Transport, TransportError, TransportErrorKind as Kind, transport_fn};
use http::{Request, Response, StatusCode};

use super::{ACCOUNT, ZONE, file, get, json, post, recorded, text};

#[tokio::test]
async fn what_was_recorded_is_replayed() {
    let real = transport_fn(|request: Request<Body>| async move {
        let path = request.uri().path().to_owned();
        let body = request.into_body().bytes(1024).await?;
        Ok(match path.as_str() {
            "/client/v4/binary" => Response::new(Body::from(vec![0, 159, 146, 150])),
            "/client/v4/text" => Response::new(Body::from("one\r\ntwo\n\nthree")),
            "/client/v4/empty" => Response::builder().status(204).body(Body::empty()).unwrap(),
            _ => json(
                201,
                &format!(
                    r#"{{"success":true,"n":1.5,"echo":{}}}"#,
                    String::from_utf8_lossy(&body)
                ),
            ),
        })
    });
    let requests = || {
        [
            get("/binary"),
            get("/text"),
            get("/empty"),
            post("/echo", r#"[1,"é"]"#),
        ]
    };
    let recorder = Recorder::new(real).scrub(Scrub::default().keep_binary());
    let mut originals = Vec::new();
    for request in requests() {
        let (parts, body) = recorder.send(request).await.unwrap().into_parts();
        originals.push((parts.status, body.bytes(1024).await.unwrap()));
    }
    let (_folder, path) = file();
    recorder.save(&path).unwrap();

    let replay = Replay::from_file(&path).unwrap();
    for (request, (status, body)) in requests().into_iter().zip(originals) {
        let (parts, replayed) = replay.send(request).await.unwrap().into_parts();
        let replayed = replayed.bytes(1024).await.unwrap();
        assert_eq!(parts.status, status);
        if parts.status == StatusCode::CREATED {
            assert_eq!(parts.headers["content-type"], "application/json");
            // JSON is kept by its value.
            let [replayed, body] = [replayed, body]
                .map(|text| serde_json::from_slice::<serde_json::Value>(&text).unwrap());
            assert_eq!(replayed, body);
        } else {
            assert_eq!(replayed, body);
        }
    }
    replay.finish().unwrap();
}

#[tokio::test]
async fn the_file_is_made_to_be_read() {
    let request = post("/zones?page=2", r#"{"name":"example.com"}"#);
    let text = recorded(
        request,
        json(200, r#"{"success":true,"result":{"name":"example.com"}}"#),
    )
    .await;
    let expected = r#"{
  "version": 1,
  "exchanges": [
    {
      "request": {
        "method": "POST",
        "url": "https://api.cloudflare.com/client/v4/zones?page=2",
        "headers": [
          "content-type: application/json"
        ],
        "body": {
          "json": {
            "name": "example.com"
          }
        }
      },
      "reply": {
        "status": 200,
        "headers": [
          "content-type: application/json"
        ],
        "body": {
          "json": {
            "result": {
              "name": "example.com"
            },
            "success": true
          }
        }
      }
    }
  ]
}
"#;
    assert_eq!(text, expected);
}

#[tokio::test]
async fn identifiers_are_placeholders_that_may_be_anybodys() {
    let real = transport_fn(|request: Request<Body>| async move {
        let path = request.uri().path().to_owned();
        let result = if path.ends_with("/zones") {
            format!(r#"{{"result":[{{"id":"{ZONE}","account":{{"id":"{ACCOUNT}"}}}}]}}"#)
        } else {
            format!(
                r#"{{"result":{{"id":"{}"}}}}"#,
                path.rsplit('/').next().unwrap()
            )
        };
        Ok(json(200, &result))
    });
    let recorder = Recorder::new(real);
    text(&recorder, get(&format!("/accounts/{ACCOUNT}/zones")))
        .await
        .unwrap();
    text(&recorder, get(&format!("/zones/{ZONE}")))
        .await
        .unwrap();
    let (_folder, path) = file();
    recorder.save(&path).unwrap();
    let content = std::fs::read_to_string(&path).unwrap();
    assert!(!content.contains(ZONE) && !content.contains(ACCOUNT));
    assert_eq!(
        content.matches("00000000000000000000000000000001").count(),
        2
    );
    assert_eq!(
        content.matches("00000000000000000000000000000002").count(),
        3
    );

    // Somebody else's account. The zone's placeholder comes from the reply and goes into the next request.
    let other = "ffeeddccbbaa99887766554433221100";
    let replay = Replay::from_file(&path).unwrap();
    let zones = text(&replay, get(&format!("/accounts/{other}/zones")))
        .await
        .unwrap();
    let zones: serde_json::Value = serde_json::from_str(&zones).unwrap();
    let zone = &zones["result"][0];
    assert_eq!(zone["account"]["id"], other);
    let zone = zone["id"].as_str().unwrap();
    assert!(
        text(&replay, get(&format!("/zones/{zone}")))
            .await
            .unwrap()
            .contains(zone)
    );
    replay.finish().unwrap();

    // The account is not the zone.
    let replay = Replay::from_file(&path).unwrap();
    text(&replay, get(&format!("/accounts/{other}/zones")))
        .await
        .unwrap();
    text(&replay, get(&format!("/zones/{other}")))
        .await
        .unwrap_err();
}

async fn two_exchanges() -> Cassette {
    let recorder = Recorder::new(transport_fn(|request: Request<Body>| async move {
        Ok(json(200, &format!("{{\"for\":\"{}\"}}", request.uri())))
    }));
    recorder
        .send(post("/records?b=2&a=1", r#"{"name":"www","ttl":1}"#))
        .await
        .unwrap();
    recorder
        .send(post("/records?b=2&a=1", r#"{"name":"mail","ttl":1}"#))
        .await
        .unwrap();
    recorder.cassette()
}

#[tokio::test]
async fn strict_matching_insists_on_order_query_and_body_and_shows_the_difference() {
    let replay = Replay::new(two_exchanges().await);
    let mut request = post("/records?b=2&a=1", r#"{"name":"mail","ttl":1}"#);
    request
        .headers_mut()
        .insert("authorization", "Bearer hunter2".parse().unwrap());
    let error = replay.send(request).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Other);
    let shown = error.to_string();
    let expected = "POST https://api.cloudflare.com/client/v4/records?b=2&a=1 is not in the cassette; the next one is \
        number 1 of 2:\n--- recorded\n+++ sent\n@@ -4,6 +4,6 @@\n content-type: application/json\n \n {\n-  \"name\": \
        \"www\",\n+  \"name\": \"mail\",\n   \"ttl\": 1\n }\n";
    assert!(shown.starts_with(expected), "{shown}");
    assert!(!shown.contains("hunter2"));

    // The order of members and spaces do not matter.
    text(
        &replay,
        post("/records?b=2&a=1", "{ \"ttl\": 1, \"name\": \"www\" }"),
    )
    .await
    .unwrap();
    for (path, body) in [
        ("/records?a=1&b=2", r#"{"name":"mail","ttl":1}"#),
        ("/records?b=2&a=1", ""),
        ("/records", r#"{"name":"mail","ttl":1}"#),
    ] {
        replay.send(post(path, body)).await.unwrap_err();
    }
    let unfinished = replay.finish().unwrap_err().to_string();
    assert_eq!(
        unfinished.matches("not played: POST").count(),
        1,
        "{unfinished}"
    );
    assert_eq!(
        unfinished.matches("not in it: POST").count(),
        4,
        "{unfinished}"
    );

    text(
        &replay,
        post("/records?b=2&a=1", r#"{"name":"mail","ttl":1}"#),
    )
    .await
    .unwrap();
    let error = replay.send(get("/records")).await.unwrap_err();
    assert!(error.to_string().contains("no exchange left"), "{error}");
}

#[tokio::test]
async fn lenient_matching_takes_any_order_and_prefers_the_same_body() {
    let replay = Replay::new(two_exchanges().await).matching(Matching::Lenient);
    let request = |body| {
        let mut request = post("/records?a=1&b=2", body);
        *request.uri_mut() = "http://localhost:8080/client/v4/records?a=1&b=2"
            .parse()
            .unwrap();
        request
    };
    for body in [
        r#"{"name":"mail","ttl":1}"#,
        "something else",
        "one more than recorded",
    ] {
        text(&replay, request(body)).await.unwrap();
    }
    replay.finish().unwrap();
    let replay = Replay::new(two_exchanges().await).matching(Matching::Lenient);
    for path in ["/records?a=1", "/records?a=1&b=3", "/record?a=1&b=2"] {
        let error = replay.send(post(path, "{}")).await.unwrap_err().to_string();
        assert!(error.contains("the most similar one"), "{error}");
    }
    replay.send(get("/records?a=1&b=2")).await.unwrap_err();
}

#[tokio::test]
async fn errors_are_passed_on_and_not_recorded() {
    let recorder = Recorder::new(transport_fn(|request: Request<Body>| async move {
        if request.uri().path().ends_with("/cut") {
            let chunks = [Ok(http_body::Frame::data(Bytes::from("x"))), Err("cut")];
            let body = http_body_util::StreamBody::new(futures_util::stream::iter(chunks));
            return Ok(Response::new(Body::stream(None, body)));
        }
        Err(TransportError::new(Kind::Connect, "no way"))
    }));
    assert_eq!(
        recorder.send(get("/")).await.unwrap_err().kind(),
        Kind::Connect
    );
    assert_eq!(
        recorder.send(get("/cut")).await.unwrap_err().kind(),
        Kind::Body
    );
    assert!(recorder.cassette().is_empty());
}

#[tokio::test]
async fn requests_are_kept_in_the_order_of_sending() {
    let recorder = Recorder::new(transport_fn(|request: Request<Body>| async move {
        for _ in 0..if request.uri().path().ends_with("/slow") {
            9
        } else {
            1
        } {
            tokio::task::yield_now().await;
        }
        Ok(json(200, "{}"))
    }));
    let (slow, quick) = tokio::join!(recorder.send(get("/slow")), recorder.send(get("/quick")));
    slow.unwrap();
    quick.unwrap();
    let replay = Replay::new(recorder.cassette());
    for path in ["/slow", "/quick"] {
        replay.send(get(path)).await.unwrap();
    }
}

#[test]
fn a_file_that_is_no_cassette_is_named() {
    let (folder, path) = file();
    let error = Cassette::load(&path).unwrap_err();
    assert!(error.to_string().contains("record it first"), "{error}");
    for (content, why) in [
        ("{}", "missing field"),
        ("hello", "line 1"),
        (r#"{"version":1,"exchanges":[],"more":1}"#, "unknown field"),
        (r#"{"version":99,"exchanges":[]}"#, "version 99"),
    ] {
        let path = folder.path().join("wrong.json");
        std::fs::write(&path, content).unwrap();
        let error = format!("{:?}", Cassette::load(&path).unwrap_err());
        assert!(
            error.contains("wrong.json") && error.contains(why),
            "{error}"
        );
    }
    let impossible = r#"{"version":1,"exchanges":[{"request":{"method":"GET","url":"https://a/"},"reply":{"status":99999}}]}"#;
    std::fs::write(folder.path().join("x.json"), impossible).unwrap_or_default();
    Cassette::load(folder.path().join("x.json")).unwrap_err();
}
