//! The scripted transport: what it replies, and what it says when the script is not followed.

use cf_transport::mock::ScriptedTransport;
use cf_transport::{Body, Transport, TransportError, TransportErrorKind as Kind};
use http::{Method, Request, Response, header};

const API: &str = "https://api.cloudflare.com/client/v4";

async fn send(
    script: &ScriptedTransport,
    method: Method,
    path: &str,
    body: &'static str,
) -> Result<(u16, String), TransportError> {
    let request = Request::builder()
        .method(method)
        .uri(format!("{API}{path}"))
        .header("authorization", "Bearer hunter2")
        .body(Body::from(body))
        .unwrap();
    let reply = script.send(request).await?;
    let status = reply.status().as_u16();
    let text = reply.into_body().bytes(1000).await?;
    Ok((status, String::from_utf8(text.to_vec()).unwrap()))
}

#[tokio::test]
async fn replies_come_in_any_order_and_once_each() {
    let script = ScriptedTransport::new()
        .expect(Method::GET, "/zones")
        .reply(200, "first")
        .expect(Method::GET, "/zones")
        .reply(429, "second")
        .expect(Method::DELETE, "/client/v4/zones/1")
        .reply(200, "deleted");
    assert_eq!(
        send(&script, Method::DELETE, "/zones/1", "").await.unwrap(),
        (200, "deleted".to_owned())
    );
    assert_eq!(
        send(&script, Method::GET, "/zones", "").await.unwrap(),
        (200, "first".to_owned())
    );
    assert_eq!(
        send(&script, Method::GET, "/zones?page=2", "")
            .await
            .unwrap(),
        (429, "second".to_owned())
    );
    script.finish().unwrap();
    assert_eq!(script.requests().len(), 3);
    assert_eq!(script.requests()[0].method, Method::DELETE);

    send(&script, Method::GET, "/zones", "")
        .await
        .expect_err("used up");
}

#[tokio::test]
async fn missing_and_unexpected_requests_are_named() {
    let script = ScriptedTransport::new()
        .expect(Method::GET, "/zones?name=a")
        .times(2)
        .reply(200, "{}")
        .expect(Method::GET, "/ips")
        .any_number()
        .reply(200, "{}");
    send(&script, Method::GET, "/zones?page=1&name=a", "")
        .await
        .unwrap();
    let error = send(&script, Method::GET, "/zones?name=b", "")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Other);
    assert!(error.was_sent(), "or else a client would send it again");
    let shown = error.to_string();
    assert!(
        shown.contains("does not expect GET https://api.cloudflare.com/client/v4/zones?name=b"),
        "{shown}"
    );
    assert!(
        shown.contains(r#"GET /zones?name=a: the query lacks name=a: "name=b""#),
        "{shown}"
    );
    assert!(
        shown.contains("GET /ips (any number of times): the path is /client/v4/zones"),
        "{shown}"
    );

    let error = script.finish().unwrap_err();
    assert_eq!(error.missing(), ["GET /zones?name=a"]);
    assert_eq!(error.unexpected(), [format!("GET {API}/zones?name=b")]);
    assert!(
        format!("{error:?}").contains("missing: GET /zones?name=a\n"),
        "{error:?}"
    );
}

#[tokio::test]
async fn conditions_are_checked_and_secrets_are_not_told() {
    let script = ScriptedTransport::new()
        .expect(Method::POST, "/zones")
        .header(header::AUTHORIZATION, "Bearer hunter2")
        .body("{}")
        .when("a version header", |request| {
            request.headers.contains_key("x-version")
        })
        .reply(200, "never");
    let error = send(&script, Method::POST, "/zones", "{}")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("not fulfilled: a version header"),
        "{error}"
    );
    let error = send(&script, Method::POST, "/zones", "[]")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("the body is [], not {}"),
        "{error}"
    );

    let other = ScriptedTransport::new()
        .expect(Method::POST, "/zones")
        .header(header::AUTHORIZATION, "Bearer other-secret")
        .reply(200, "never");
    let error = send(&other, Method::POST, "/zones", "").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the header authorization differs"),
        "{error}"
    );
    let shown = format!("{error} {error:?} {other:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("other-secret"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_ordered_script_insists_on_the_order() {
    let script = ScriptedTransport::new()
        .in_order()
        .expect(Method::GET, "/a")
        .reply(200, "a")
        .expect(Method::GET, "/poll")
        .any_number()
        .reply(200, "poll")
        .expect(Method::GET, "/b")
        .reply(200, "b");
    send(&script, Method::GET, "/b", "")
        .await
        .expect_err("too early");
    send(&script, Method::GET, "/a", "").await.unwrap();
    send(&script, Method::GET, "/poll", "").await.unwrap();
    send(&script, Method::GET, "/poll", "").await.unwrap();
    send(&script, Method::GET, "/b", "").await.unwrap();
    send(&script, Method::GET, "/poll", "")
        .await
        .expect_err("its turn is over");
    assert!(script.finish().unwrap_err().missing().is_empty());
}

#[tokio::test]
async fn failures_and_computed_replies() {
    let script = ScriptedTransport::new()
        .expect(Method::GET, "/down")
        .fail(Kind::Connect)
        .expect(Method::GET, "/echo")
        .times(2)
        .reply_with(|request| {
            Ok(Response::new(Body::from(
                request.uri.query().unwrap_or_default().to_owned(),
            )))
        });
    let error = send(&script, Method::GET, "/down", "").await.unwrap_err();
    assert_eq!((error.kind(), error.never_sent()), (Kind::Connect, true));
    assert_eq!(error.host(), Some("api.cloudflare.com"));
    for query in ["x=1", "x=2"] {
        assert_eq!(
            send(&script, Method::GET, &format!("/echo?{query}"), "")
                .await
                .unwrap()
                .1,
            query
        );
    }
    script.finish().unwrap();
}

#[tokio::test]
async fn a_script_that_cannot_be_played_says_so() {
    let one_shot = Body::stream(None, http_body_util::Full::<bytes::Bytes>::from("once"));
    let script = ScriptedTransport::new()
        .expect(Method::GET, "/status")
        .reply(9999, "")
        .expect(Method::GET, "/stream")
        .reply(200, one_shot);
    let error = send(&script, Method::GET, "/status", "").await.unwrap_err();
    assert!(
        error.to_string().contains("9999 is not a status"),
        "{error}"
    );
    let error = send(&script, Method::GET, "/stream", "").await.unwrap_err();
    assert!(error.to_string().contains("stream"), "{error}");
}
