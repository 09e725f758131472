//! A request is sent as it announces: the length of its body, and headers that only the connection may write.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cf_transport::{Body, HyperTransport, Transport, TransportErrorKind as Kind, check_headers};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use crate::support::{built, chain};

/// A request as a server received it.
#[derive(Debug, Clone)]
struct Seen {
    headers: HeaderMap,
    /// The head said that there is no body.
    ended_with_head: bool,
    /// `None` if it was aborted.
    body: Option<Bytes>,
}

/// A server that answers once it has a complete request.
struct Upstream {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<usize>>,
}

impl Upstream {
    async fn start(http2: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let upstream = Self {
            url,
            seen: seen.clone(),
            connections: connections.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let seen = seen.clone();
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let seen = seen.clone();
                    async move {
                        let (parts, body) = request.into_parts();
                        let ended_with_head = body.is_end_stream();
                        let body = body.collect().await.ok().map(|body| body.to_bytes());
                        let is_whole = body.is_some();
                        seen.lock().unwrap().push(Seen {
                            headers: parts.headers,
                            ended_with_head,
                            body,
                        });
                        if !is_whole {
                            return Err("the request broke off");
                        }
                        Ok(Response::new(Full::new(Bytes::from("hello"))))
                    }
                });
                tokio::spawn(async move {
                    let stream = TokioIo::new(stream);
                    let _ = if http2 {
                        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .serve_connection(stream, service)
                            .await
                    } else {
                        hyper::server::conn::http1::Builder::new()
                            .serve_connection(stream, service)
                            .await
                    };
                });
            }
        });
        upstream
    }

    fn transport(http2: bool) -> HyperTransport {
        let builder = HyperTransport::builder();
        built(if http2 {
            builder.http2_only()
        } else {
            builder.http1_only()
        })
    }

    /// The complete requests.
    fn whole(&self) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.body.is_some())
            .cloned()
            .collect()
    }
}

/// Announces one length, and yields another.
struct Liar {
    claimed: Option<u64>,
    pieces: std::slice::Iter<'static, &'static str>,
}

impl http_body::Body for Liar {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(
            self.pieces
                .next()
                .map(|piece| Ok(Frame::data(Bytes::from(*piece)))),
        )
    }

    fn size_hint(&self) -> SizeHint {
        self.claimed
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn liar(claimed: Option<u64>, pieces: &'static [&'static str]) -> Liar {
    let pieces = pieces.iter();
    Liar { claimed, pieces }
}

/// Yields these pieces, each only after a wait.
fn slow(pieces: &'static [&'static str]) -> Body {
    let stream = futures_util::stream::unfold(pieces.iter(), |mut pieces| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let piece = Bytes::from(*pieces.next()?);
        Some((Ok::<_, Infallible>(Frame::data(piece)), pieces))
    });
    Body::stream(None, StreamBody::new(stream))
}

fn request(method: Method, url: &str, length: Option<&str>, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().unwrap();
    if let Some(length) = length {
        let length = HeaderValue::from_str(length).unwrap();
        request.headers_mut().insert("content-length", length);
    }
    request
}

type Make = fn() -> Body;

#[tokio::test]
async fn a_length_that_is_known_to_be_wrong_is_refused_before_sending() {
    let bodies: [(Make, &str); 8] = [
        (|| Body::from("12345678"), "5"),
        (|| Body::from("12345"), "8"),
        (Body::empty, "5"),
        (|| Body::from("12345"), "0"),
        (|| Body::stream(Some(8), liar(None, &["12345678"])), "5"),
        (|| Body::stream(None, liar(Some(8), &["12345678"])), "5"),
        (
            || Body::replayable(Some(8), || liar(None, &["12345678"])),
            "5",
        ),
        (|| Body::replayable(Some(5), || liar(None, &["12345"])), "8"),
    ];
    for http2 in [false, true] {
        let upstream = Upstream::start(http2).await;
        let transport = Upstream::transport(http2);
        for (make, length) in bodies {
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                let request = request(method, &upstream.url, Some(length), make());
                let error = transport.send(request).await.unwrap_err();
                assert_eq!(error.kind(), Kind::Request, "{error}");
                assert!(
                    error.never_sent() && error.to_string().contains("content-length"),
                    "{error}"
                );
            }
        }
        for no_number in [
            "",
            "+5",
            "-5",
            "0x5",
            "5, 5",
            "5;q=1",
            "five",
            "99999999999999999999",
        ] {
            let request = request(
                Method::POST,
                &upstream.url,
                Some(no_number),
                Body::from("12345"),
            );
            let error = transport.send(request).await.expect_err(no_number);
            assert!(error.to_string().contains("not a number"), "{error}");
        }
        for other in ["5", "8"] {
            let mut twice = request(Method::POST, &upstream.url, Some("5"), Body::from("12345"));
            let other = HeaderValue::from_static(other);
            twice.headers_mut().append("content-length", other);
            let error = transport.send(twice).await.unwrap_err();
            assert!(error.to_string().contains("more than one"), "{error}");
        }
        assert_eq!(*upstream.connections.lock().unwrap(), 0);
    }
}

#[tokio::test]
async fn a_body_of_another_length_than_announced_is_no_success() {
    let bodies: [(Make, Option<&str>); 16] = [
        // The header announces a length, and the body's is unknown.
        (|| Body::stream(None, liar(None, &["12345678"])), Some("5")),
        (
            || Body::stream(None, liar(None, &["12345", "678"])),
            Some("5"),
        ),
        (
            || Body::stream(None, liar(None, &["1", "2", "3", "4", "5", "", "6"])),
            Some("5"),
        ),
        (|| Body::stream(None, liar(None, &["12345"])), Some("8")),
        (|| Body::stream(None, liar(None, &[])), Some("8")),
        (|| Body::stream(None, liar(None, &["", "1"])), Some("0")),
        (
            || Body::replayable(None, || liar(None, &["12345", "678"])),
            Some("5"),
        ),
        (|| slow(&["12345", "678"]), Some("5")),
        (|| slow(&["123", "45"]), Some("8")),
        (|| slow(&["1"]), Some("0")),
        // The body announces.
        (
            || Body::stream(None, liar(Some(5), &["12345", "678"])),
            None,
        ),
        (|| Body::stream(None, liar(Some(8), &["12345"])), None),
        (|| Body::stream(None, liar(Some(0), &["1"])), None),
        (
            || Body::stream(Some(5), liar(None, &["12345", "678"])),
            Some("5"),
        ),
        (
            || Body::replayable(Some(5), || liar(None, &["12345", "", "678"])),
            None,
        ),
        (|| Body::replayable(Some(0), || liar(None, &["678"])), None),
    ];
    for http2 in [false, true] {
        let upstream = Upstream::start(http2).await;
        let transport = Upstream::transport(http2);
        for (number, (make, length)) in bodies.into_iter().enumerate() {
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                let request = request(method.clone(), &upstream.url, length, make());
                let error = transport.send(request).await;
                let error = error.expect_err(&format!("body {number}, HTTP/2: {http2}"));
                assert_eq!(error.kind(), Kind::Body, "{number}: {}", chain(&error));
                assert!(
                    chain(&error).contains("its source gave"),
                    "{}",
                    chain(&error)
                );
            }
        }
        assert_eq!(upstream.whole().len(), 0, "{:?}", upstream.whole());
        // The next one has a sound connection.
        let request = request(Method::POST, &upstream.url, None, Body::from("whole"));
        assert_eq!(transport.send(request).await.unwrap().status(), 200);
    }
}

/// Whatever the connection does with it.
#[tokio::test]
async fn a_body_that_breaks_off_is_told_with_its_cause() {
    for http2 in [false, true] {
        for read_timeout in [None, Some(Duration::from_secs(60))] {
            let upstream = Upstream::start(http2).await;
            let builder = HyperTransport::builder().read_timeout(read_timeout);
            let transport = built(if http2 {
                builder.http2_only()
            } else {
                builder.http1_only()
            });
            let pieces = || {
                let pieces = [Ok("x".repeat(100_000)), Err("the disk is on fire")];
                let frame = |piece: String| Frame::data(Bytes::from(piece));
                let pieces = pieces.map(|piece| piece.map(frame).map_err(std::io::Error::other));
                StreamBody::new(futures_util::stream::iter(pieces))
            };
            let bodies = [
                Body::stream(None, pieces()),
                Body::stream(Some(200_000), pieces()),
                Body::replayable(None, pieces),
            ];
            for body in bodies {
                let request = request(Method::PUT, &upstream.url, None, body);
                let error = transport.send(request).await.unwrap_err();
                assert_eq!(error.kind(), Kind::Body, "{}", chain(&error));
                assert!(error.was_sent() && error.host() == Some("127.0.0.1"));
                assert!(
                    chain(&error).contains("the disk is on fire"),
                    "{}",
                    chain(&error)
                );
            }
            assert_eq!(upstream.whole().len(), 0);
        }
    }
}

#[tokio::test]
async fn a_header_announces_what_the_body_does_not_know() {
    let bodies: [Make; 6] = [
        || Body::from("12345"),
        || Body::stream(None, liar(None, &["12345"])),
        || Body::stream(None, liar(None, &["", "123", "", "45", ""])),
        || Body::stream(Some(5), liar(Some(5), &["123", "45"])),
        || Body::replayable(None, || liar(None, &["12345"])),
        || slow(&["123", "45"]),
    ];
    for http2 in [false, true] {
        let upstream = Upstream::start(http2).await;
        let transport = Upstream::transport(http2);
        for make in bodies {
            let request = request(Method::PUT, &upstream.url, Some("5"), make());
            assert_eq!(transport.send(request).await.unwrap().status(), 200);
            let seen = upstream.whole().pop().unwrap();
            assert_eq!(seen.body.unwrap(), "12345");
            assert_eq!(seen.headers["content-length"], "5");
            assert_eq!(seen.headers.get("transfer-encoding"), None);
        }
    }
}

#[tokio::test]
async fn a_request_without_a_body_says_so() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let none = || async {
        vec![
            Body::empty(),
            Body::from(""),
            Body::stream(Some(0), liar(None, &[])),
            Body::stream(None, liar(Some(0), &["", ""])),
            Body::stream(None, Full::new(Bytes::new())),
            Body::replayable(Some(0), || liar(None, &[])),
            Body::file(file.path()).await.unwrap(),
        ]
    };
    for http2 in [false, true] {
        let upstream = Upstream::start(http2).await;
        let transport = Upstream::transport(http2);
        for method in ["POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "OPTIONS"] {
            for body in none().await {
                let shown = format!("{method}, {body:?}, HTTP/2: {http2}");
                let method = Method::try_from(method).unwrap();
                let has_length = [Method::POST, Method::PUT, Method::PATCH].contains(&method);
                let request = request(method.clone(), &upstream.url, None, body);
                transport.send(request).await.expect(&shown);
                let seen = upstream.whole().pop().unwrap();
                assert!(seen.ended_with_head, "{shown}");
                assert_eq!(seen.headers.get("transfer-encoding"), None, "{shown}");
                let length = seen.headers.get("content-length");
                if has_length {
                    assert_eq!(length.unwrap(), "0", "{shown}");
                } else if method == Method::GET || method == Method::HEAD {
                    assert_eq!(length, None, "{shown}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_get_with_a_body_is_sent_whole_or_not_at_all() {
    for http2 in [false, true] {
        let upstream = Upstream::start(http2).await;
        let transport = Upstream::transport(http2);
        for method in [Method::GET, Method::HEAD] {
            let unknown = Body::stream(None, liar(None, &["12345"]));
            let unknown = request(method.clone(), &upstream.url, None, unknown);
            let error = transport.send(unknown).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Request, "{error}");
            assert!(error.to_string().contains("unknown length"), "{error}");
        }
        assert_eq!(*upstream.connections.lock().unwrap(), 0);
        let known = Body::stream(Some(5), liar(None, &["12345"]));
        let known = request(Method::GET, &upstream.url, None, known);
        transport.send(known).await.unwrap();
        assert_eq!(upstream.whole()[0].body.as_ref().unwrap(), "12345");
    }
}

#[tokio::test]
async fn headers_of_the_connection_are_the_transports_own() {
    for http2 in [false, true] {
        let upstream = Upstream::start(http2).await;
        let transport = Upstream::transport(http2);
        for (name, value) in [
            ("connection", "close"),
            ("connection", "x-own"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("transfer-encoding", "chunked"),
            ("transfer-encoding", "gzip"),
            ("upgrade", "websocket"),
            ("http2-settings", "AAMAAABk"),
            ("te", "gzip"),
            ("host", "example.com"),
            ("host", ""),
        ] {
            for body in [Body::empty(), Body::from("12345")] {
                let mut request = request(Method::POST, &upstream.url, None, body);
                let headers = request.headers_mut();
                headers.insert(name, HeaderValue::from_static(value));
                let error = transport.send(request).await.expect_err(name);
                assert_eq!(error.kind(), Kind::Request, "{name}: {error}");
                let text = error.to_string();
                assert!(
                    text.contains(name) && text.contains("leave it out"),
                    "{text}"
                );
            }
        }
        let mut twice = request(Method::GET, &upstream.url, None, Body::empty());
        let own = upstream.url["http://".len()..]
            .trim_end_matches('/')
            .to_owned();
        let own = HeaderValue::try_from(own).unwrap();
        twice.headers_mut().append("host", own.clone());
        twice
            .headers_mut()
            .append("host", HeaderValue::from_static("example.com"));
        assert_eq!(
            transport.send(twice).await.unwrap_err().kind(),
            Kind::Request
        );
        assert_eq!(*upstream.connections.lock().unwrap(), 0);

        let mut fine = request(Method::GET, &upstream.url, None, Body::empty());
        fine.headers_mut()
            .insert("te", HeaderValue::from_static("trailers"));
        fine.headers_mut().insert("host", own.clone());
        transport.send(fine).await.unwrap();
        let seen = &upstream.whole()[0];
        assert_eq!(seen.headers["te"], "trailers");
        assert_eq!(
            seen.headers.get_all("host").iter().collect::<Vec<_>>(),
            [own]
        );
    }
}

/// For other transports, too.
#[tokio::test]
async fn headers_can_be_checked_without_a_transport() {
    let five = [(
        HeaderName::from_static("content-length"),
        HeaderValue::from_static("5"),
    )];
    let check = |body: Body| check_headers(five.iter().map(|(name, value)| (name, value)), body);
    assert!(check(Body::from("12345678")).unwrap_err().never_sent());
    let held = check(Body::stream(None, liar(None, &["12345", "678"]))).unwrap();
    assert_eq!(held.content_length(), Some(5));
    let error = held.bytes(100).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Body);
    let held = check(Body::replayable(None, || liar(None, &["123", "45"]))).unwrap();
    assert_eq!(held.try_clone().unwrap().bytes(100).await.unwrap(), "12345");
    let none = check_headers(&HeaderMap::new(), Body::from("12345678")).unwrap();
    assert_eq!(none.content_length(), Some(8));
}
