//! What is sent again, when, and what never is. Over real sockets; clocks that wait are paused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{Answer, Server, ZONE, failure, json, reply, success};
use cf_auth::{CredentialError, MaybeReady};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, Credential, CredentialProvider, ErrorKind, Method};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

const RECORD: &str = r#"{"id":"1","type":"A","name":"www","content":"192.0.2.1","ttl":1}"#;

fn record() -> ARecordParam {
    ARecordParam::new("www", "192.0.2.1")
}

fn zone() -> Vec<u8> {
    success(r#"{"id":"1","name":"example.com"}"#)
}

fn limited(retry_after: &str) -> Vec<u8> {
    reply(
        429,
        &[
            ("retry-after", retry_after),
            ("date", "Tue, 24 Nov 2026 12:00:00 GMT"),
        ],
        r#"{"success":false,"errors":[{"code":971,"message":"slow down"}]}"#,
    )
}

#[tokio::test(start_paused = true)]
async fn a_429_is_sent_again_once_the_server_allows_it() {
    for (asked, seconds) in [("30", 30), ("Tue, 24 Nov 2026 12:02:00 GMT", 120)] {
        let server = Server::scripted([limited(asked), success(RECORD)]).await;
        let started = Instant::now();
        let client = server.client();
        // Whatever the method: the request was refused.
        let (_, meta) = client
            .dns()
            .records()
            .create(ZONE, record())
            .with_meta()
            .await
            .unwrap();
        assert_eq!(meta.retries(), 1);
        assert!(
            started.elapsed() >= Duration::from_secs(seconds),
            "{asked}: {:?}",
            started.elapsed()
        );
        assert!(
            started.elapsed() < Duration::from_secs(seconds + 2),
            "{asked}: {:?}",
            started.elapsed()
        );
        let received = server.received();
        assert_eq!(received.len(), 2);
        assert_eq!(received[0].body, received[1].body);
        assert!(received[1].body.contains("192.0.2.1"));
    }
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_fails_at_once() {
    let server = Server::always(limited("300")).await;
    let started = Instant::now();
    let client = server.client();
    let error = client
        .zones()
        .get(ZONE)
        .deadline(Duration::from_secs(20))
        .await
        .unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.is_rate_limited() && error.is_retryable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(300)));
    assert!(error.has_code(971));
    assert!(error.to_string().contains("asks to wait 300 s"), "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn server_failures_are_repeated_for_idempotent_methods_only() {
    for status in [408, 500, 502, 503, 504, 520, 522, 524, 530] {
        let server = Server::scripted([
            failure(status, 1, "later"),
            failure(status, 1, "later"),
            zone(),
        ])
        .await;
        let client = server.client();
        let (_, meta) = client.zones().get(ZONE).with_meta().await.unwrap();
        assert_eq!(meta.retries(), 2, "GET after {status}");

        let server = Server::scripted([failure(status, 1, "later"), success(RECORD)]).await;
        let client = server.client();
        let error = client
            .dns()
            .records()
            .create(ZONE, record())
            .await
            .unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.retries(), 0);
        assert!(!error.is_retryable());
        assert!(error.to_string().contains("may act twice"), "{error}");
        assert_eq!(server.count(), 1, "no second POST after {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_refusals_are_final() {
    for status in [400, 401, 403, 404, 409, 422, 501, 505] {
        let server = Server::always(failure(status, 1, "no")).await;
        let error = server.client().zones().get(ZONE).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(server.count(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_can_say_otherwise() {
    let server = Server::scripted([failure(503, 1, "later"), success(RECORD)]).await;
    let client = server.client();
    client
        .dns()
        .records()
        .create(ZONE, record())
        .idempotent(true)
        .await
        .unwrap();
    assert_eq!(server.count(), 2);

    let server = Server::always(failure(503, 1, "later")).await;
    let client = server.client();
    assert!(client.zones().get(ZONE).idempotent(false).await.is_err());
    assert_eq!(server.count(), 1);
    assert!(client.zones().get(ZONE).retries(0).await.is_err());
    assert_eq!(server.count(), 2);
    let error = client.zones().get(ZONE).retries(4).await.unwrap_err();
    assert_eq!((error.retries(), server.count()), (4, 7));
    assert!(error.to_string().contains("after 4 retries"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_is_repeated_for_get_never_for_post() {
    let cut_first = |number: usize, _: &crate::support::Received| match number {
        0 => Answer::Cut(Vec::new()),
        _ => Answer::Bytes(zone()),
    };
    let server = Server::start(cut_first).await;
    server.client().zones().get(ZONE).await.unwrap();
    assert_eq!(server.count(), 2);

    let server = Server::start(cut_first).await;
    let client = server.client();
    let error = client
        .dns()
        .records()
        .create(ZONE, record())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(server.count(), 1, "the record may exist already");
    assert!(
        error.to_string().contains("a second POST may act twice"),
        "{error}"
    );
}

/// By the method alone, each of these would be repeated.
const ACTING: &[(Method, &str)] = &[
    (Method::PUT, "/user/tokens/1/value"),
    (Method::PUT, "/accounts/1/tokens/2/value"),
    (Method::PUT, "/zones/1/activation_check"),
    (Method::PUT, "/zones/1/subscription"),
    (
        Method::GET,
        "/accounts/1/browser-rendering/devtools/browser",
    ),
    (Method::DELETE, "/accounts/1/rules/lists/2/items"),
];

/// By the method alone, none of these would be.
const READING: &[(Method, &str)] = &[
    (Method::POST, "/graphql"),
    (Method::POST, "/accounts/1/storage/kv/namespaces/2/bulk/get"),
    (Method::POST, "/zones/1/logpush/validate/destination/exists"),
];

#[tokio::test(start_paused = true)]
async fn what_acts_each_time_is_sent_once_whatever_its_method() {
    let lost = |_: usize, _: &crate::support::Received| Answer::Cut(Vec::new());
    let gateway = |_: usize, _: &crate::support::Received| Answer::Bytes(failure(502, 1, "later"));
    let server = Server::start(lost).await;
    let rolled = server.client().user().tokens().value().update("1").await;
    let mut errors = vec![rolled.unwrap_err()];
    assert_eq!(server.count(), 1);
    for (method, path) in ACTING {
        for server in [Server::start(lost).await, Server::start(gateway).await] {
            let client = server.client();
            let request = client.request(method.clone(), *path);
            errors.push(request.send::<serde_json::Value>().await.unwrap_err());
            assert_eq!(server.count(), 1, "{method} {path}");
        }
    }
    for error in errors {
        assert!(!error.is_retryable());
        let words = error.to_string();
        assert!(words.contains("it may have been carried out"), "{words}");
    }

    // A refused request was not carried out.
    let server = Server::scripted([limited("1"), success("\"secret\"")]).await;
    server
        .client()
        .user()
        .tokens()
        .value()
        .update("1")
        .await
        .unwrap();
    assert_eq!(server.count(), 2);
    // And the caller may know better.
    let server = Server::start(lost).await;
    let client = server.client();
    let rolled = client
        .user()
        .tokens()
        .value()
        .update("1")
        .idempotent(true)
        .await;
    assert_eq!((rolled.unwrap_err().retries(), server.count()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn what_only_reads_is_repeated_whatever_its_method() {
    for (method, path) in READING {
        let server = Server::scripted([failure(502, 1, "later"), success("{}")]).await;
        let client = server.client();
        let request = client.request(method.clone(), *path);
        request.send::<serde_json::Value>().await.unwrap();
        assert_eq!(server.count(), 2, "{method} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_repeated_for_get_never_for_post() {
    let silent_first = |number: usize, _: &crate::support::Received| match number {
        0 => Answer::Silence,
        _ => Answer::Bytes(zone()),
    };
    let server = Server::start(silent_first).await;
    let started = Instant::now();
    server
        .client()
        .zones()
        .get(ZONE)
        .attempt_timeout(Duration::from_secs(7))
        .await
        .unwrap();
    assert!(started.elapsed() >= Duration::from_secs(7));
    assert_eq!(server.count(), 2);

    let server = Server::start(silent_first).await;
    let client = server.client();
    let error = client
        .dns()
        .records()
        .create(ZONE, record())
        .await
        .unwrap_err();
    assert!(error.is_timeout() && !error.is_retryable());
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_never_arrived_is_repeated_whatever_the_method() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = Client::builder()
        .api_token(crate::support::TOKEN)
        .base_url(format!("http://{closed}/client/v4"))
        .build()
        .unwrap();
    let error = client
        .dns()
        .records()
        .create(ZONE, record())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.retries(), 2);
    assert!(error.is_retryable());
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_attempts_and_waits() {
    let server = Server::start(|_, _| Answer::Silence).await;
    let started = Instant::now();
    let client = server
        .builder()
        .deadline(Duration::from_secs(90))
        .build()
        .unwrap();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert!(error.is_timeout());
    assert!(started.elapsed() >= Duration::from_secs(90));
    assert!(started.elapsed() < Duration::from_secs(91));
    assert!(error.to_string().contains("deadline of 90s"), "{error}");
    assert_eq!(
        server.count(),
        2,
        "60 s for the first attempt, the rest for the second"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_gives_up_repeating_when_everything_fails() {
    let server = Server::always(failure(503, 1, "down")).await;
    let client = server.client();
    let calls: Vec<_> = (0..300)
        .map(|_| client.zones().get(ZONE).retries(1).into_future())
        .collect();
    let errors = futures_util::future::join_all(calls).await;
    let retries: u32 = errors
        .into_iter()
        .map(|failed| failed.unwrap_err().retries())
        .sum();
    assert_eq!(server.count(), 300 + retries as usize);
    assert!(
        (100..110).contains(&retries),
        "300 calls failed at once, {retries} retries"
    );
}

/// Provides an old token, and a new one once the old one is refused.
#[derive(Debug)]
struct Rotating {
    refreshed: AtomicUsize,
}

impl CredentialProvider for Rotating {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::future(async { Credential::api_token("cfut_old").map(Arc::new) })
    }

    fn refresh<'a>(
        &'a self,
        _: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        self.refreshed.fetch_add(1, Ordering::Relaxed);
        MaybeReady::future(async { Credential::api_token("cfut_new").map(Arc::new).map(Some) })
    }
}

#[tokio::test]
async fn a_refused_credential_is_renewed_once() {
    let answer = |_: usize, request: &crate::support::Received| {
        Answer::Bytes(match request.header("authorization") {
            Some("Bearer cfut_new") if request.target.ends_with("/good") => zone(),
            _ => failure(401, 10000, "Authentication error"),
        })
    };
    let server = Server::start(answer).await;
    let provider = Arc::new(Rotating {
        refreshed: AtomicUsize::new(0),
    });
    let client = Client::builder()
        .credential_provider(Arc::clone(&provider))
        .base_url(&server.base_url)
        .build()
        .unwrap();
    // Also for a POST: the first one was refused.
    let _: serde_json::Value = client.request(Method::POST, "/good").send().await.unwrap();
    assert_eq!(
        (server.count(), provider.refreshed.load(Ordering::Relaxed)),
        (2, 1)
    );

    let error = client
        .request(Method::GET, "/bad")
        .send::<()>()
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    assert!(error.is_auth());
    assert_eq!(
        (server.count(), provider.refreshed.load(Ordering::Relaxed)),
        (4, 2)
    );
}

#[tokio::test]
async fn a_provider_without_a_credential_sends_nothing() {
    #[derive(Debug)]
    struct Sealed;
    impl CredentialProvider for Sealed {
        fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
            MaybeReady::future(async {
                Err(CredentialError::provider(
                    "the vault is sealed; unseal it first",
                ))
            })
        }
    }
    let server = Server::always(zone()).await;
    let client = Client::builder()
        .credential_provider(Sealed)
        .base_url(&server.base_url)
        .build()
        .unwrap();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credential);
    assert!(error.is_auth());
    assert!(error.to_string().contains("the vault is sealed"), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_call_ends_it() {
    let server = Server::start(|_, _| Answer::Silence).await;
    let client = server.client();
    let call = client.zones().get(ZONE).into_future();
    tokio::select! {
        _ = call => panic!("nobody answered"),
        () = server.until_received(1) => {}
    }
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn calls_move_between_tasks() {
    let server = Server::always(json(
        200,
        r#"{"success":true,"result":{"id":"1","name":"example.com"}}"#,
    ))
    .await;
    let client = server.client();
    let call = client.zones().get(ZONE).into_future();
    drop(client);
    let zone = tokio::spawn(call).await.unwrap().unwrap();
    assert_eq!(zone.name, "example.com");
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_again_has_the_same_headers() {
    let name = |name| HeaderName::from_static(name);
    let value = |value| HeaderValue::from_static(value);
    let server = Server::scripted([limited("1"), limited("1"), success(RECORD)]).await;
    let client = server
        .builder()
        .header(name("x-twice"), value("1"))
        .header(name("x-twice"), value("2"))
        .header(name("x-own"), value("the client's"))
        .build()
        .unwrap();
    let call = client.dns().records().create(ZONE, record());
    call.header(name("x-own"), value("the call's"))
        .await
        .unwrap();
    let received = server.received();
    let sorted = |at: usize| {
        let mut headers = received[at].headers.clone();
        headers.sort();
        headers
    };
    assert_eq!((sorted(1), sorted(2)), (sorted(0), sorted(0)));
    let own = |name| {
        let headers = sorted(2).into_iter();
        let values = headers.filter_map(move |(given, value)| (given == name).then_some(value));
        values.collect::<Vec<_>>()
    };
    assert_eq!(own("x-twice"), ["1", "2"]);
    assert_eq!(own("x-own"), ["the call's"]);
    assert_eq!(own("content-type"), ["application/json"]);
    assert_eq!(own("authorization").len(), 1);
}
