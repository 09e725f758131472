//! Redirects: where they lead, and what is not sent along.

use std::sync::{Arc, Mutex};

use cf_transport::{Body, FollowRedirects, Transport, TransportErrorKind as Kind, transport_fn};
use http::{HeaderMap, HeaderValue, Method, Request, Response};

type Seen = Arc<Mutex<Vec<(Method, String, HeaderMap, String)>>>;

/// Redirects by these rules of (address, status, location), and replies "here" elsewhere.
fn server(rules: &[(&'static str, u16, &'static str)]) -> (Seen, FollowRedirects<impl Transport>) {
    let seen = Seen::default();
    let (for_server, rules) = (seen.clone(), rules.to_vec());
    let inner = transport_fn(move |request: Request<Body>| {
        let (seen, rules) = (for_server.clone(), rules.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = body.bytes(1024).await?;
            let uri = parts.uri.to_string();
            let text = String::from_utf8(body.to_vec()).unwrap();
            seen.lock()
                .unwrap()
                .push((parts.method, uri.clone(), parts.headers, text));
            let rule = rules.iter().find(|(address, ..)| *address == uri);
            Ok(match rule {
                Some((_, status, location)) => Response::builder()
                    .status(*status)
                    .header("location", *location)
                    .body(Body::from("elsewhere"))
                    .unwrap(),
                None => Response::new(Body::from("here")),
            })
        }
    });
    (seen, FollowRedirects::new(inner))
}

fn with_credentials(method: Method, url: &str) -> Request<Body> {
    let mut secret = HeaderValue::from_static("hunter2");
    secret.set_sensitive(true);
    Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", "Bearer hunter2")
        .header("cookie", "a=hunter2")
        .header("x-auth-key", "hunter2")
        .header("x-auth-email", "hunter2")
        .header("cf-access-client-secret", "hunter2")
        .header("x-mine", secret)
        .header("content-type", "text/plain")
        .header("accept", "application/json")
        .body(Body::from("body"))
        .unwrap()
}

#[tokio::test]
async fn addresses_are_resolved_against_the_one_that_was_asked() {
    for (location, expected) in [
        ("/new?a=b#c", "https://a.test/new?a=b"),
        ("new", "https://a.test/x/new"),
        ("../new", "https://a.test/new"),
        ("../../../new/.", "https://a.test/new/"),
        ("?page=2", "https://a.test/x/old?page=2"),
        ("new?to=../..", "https://a.test/x/new?to=../.."),
        ("//b.test/new", "https://b.test/new"),
        ("https://b.test:8443/new", "https://b.test:8443/new"),
    ] {
        let (seen, transport) = server(&[("https://a.test/x/old", 302, location)]);
        let request = Request::get("https://a.test/x/old")
            .body(Body::empty())
            .unwrap();
        let reply = transport.send(request).await.unwrap();
        assert_eq!(reply.status(), 200, "{location}");
        assert_eq!(seen.lock().unwrap()[1].1, expected, "{location}");
    }
}

#[tokio::test]
async fn credentials_stay_with_their_host_port_and_scheme() {
    for (from, to, kept) in [
        ("https://a.test/old", "https://a.test/new", true),
        ("https://a.test/old", "https://A.test:443/new", true),
        ("https://a.test/old", "https://b.test/new", false),
        ("https://a.test/old", "https://sub.a.test/new", false),
        ("https://a.test/old", "https://a.test:8443/new", false),
        ("http://a.test/old", "https://a.test/new", false),
    ] {
        let (seen, transport) = server(&[(from, 307, to)]);
        transport
            .send(with_credentials(Method::POST, from))
            .await
            .unwrap();
        let seen = seen.lock().unwrap();
        let (method, _, headers, body) = &seen[1];
        assert_eq!((method, &**body), (&Method::POST, "body"));
        assert_eq!(headers["accept"], "application/json");
        assert_eq!(headers["content-type"], "text/plain");
        let shown = headers
            .values()
            .any(|value| value.to_str().unwrap().contains("hunter2"));
        assert_eq!(shown, kept, "{from} to {to}: {headers:?}");
        assert_eq!(headers.len(), if kept { 8 } else { 2 });
    }
    // There and back again: what was left behind stays behind.
    let (seen, transport) = server(&[
        ("https://a.test/old", 307, "https://b.test/new"),
        ("https://b.test/new", 307, "https://a.test/newer"),
    ]);
    transport
        .send(with_credentials(Method::POST, "https://a.test/old"))
        .await
        .unwrap();
    assert!(!seen.lock().unwrap()[2].2.contains_key("authorization"));
}

#[tokio::test]
async fn only_what_is_safe_is_followed() {
    let once = || Body::stream(Some(4), http_body_util::Full::from("body"));
    for (method, status, body, expected) in [
        (Method::GET, 301, Body::empty(), Some(Method::GET)),
        (Method::HEAD, 302, Body::empty(), Some(Method::HEAD)),
        (Method::POST, 301, "body".into(), None),
        (Method::POST, 302, "body".into(), None),
        (Method::POST, 303, "body".into(), Some(Method::GET)),
        (Method::HEAD, 303, Body::empty(), Some(Method::HEAD)),
        (Method::PUT, 308, "body".into(), Some(Method::PUT)),
        (Method::PUT, 307, once(), None),
        (Method::GET, 300, Body::empty(), None),
        (Method::GET, 304, Body::empty(), None),
    ] {
        let (seen, transport) = server(&[("https://a.test/old", status, "/new")]);
        let request = Request::builder()
            .method(method.clone())
            .uri("https://a.test/old")
            .header("content-type", "text/plain")
            .body(body)
            .unwrap();
        let reply = transport.send(request).await.unwrap();
        let seen = seen.lock().unwrap();
        let followed = seen.get(1).map(|(method, ..)| method.clone());
        assert_eq!(followed, expected, "{method} {status}");
        assert_eq!(
            reply.status().as_u16(),
            if expected.is_some() { 200 } else { status }
        );
        if status == 303 {
            assert_eq!((seen[1].3.as_str(), seen[1].2.len()), ("", 0));
        }
    }
}

#[tokio::test]
async fn a_location_that_leads_nowhere_or_out_of_tls_is_the_reply() {
    for location in [
        "http://a.test/new",
        "ftp://a.test/",
        "mailto:a@a.test",
        "https://",
        "a b",
    ] {
        let (seen, transport) = server(&[("https://a.test/old", 302, location)]);
        let request = Request::get("https://a.test/old")
            .body(Body::empty())
            .unwrap();
        let reply = transport.send(request).await.unwrap();
        assert_eq!(reply.status(), 302, "{location}");
        assert_eq!(reply.into_body().bytes(1024).await.unwrap(), "elsewhere");
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_loop_ends_with_an_error() {
    let (seen, transport) = server(&[("https://a.test/old", 302, "/old")]);
    let request = Request::get("https://a.test/old")
        .body(Body::empty())
        .unwrap();
    let error = transport.limit(3).send(request).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(
        error
            .to_string()
            .contains("more than 3 redirects (a.test:443"),
        "{error}"
    );
    assert_eq!(seen.lock().unwrap().len(), 4);
}
