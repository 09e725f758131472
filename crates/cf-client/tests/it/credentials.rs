//! Calls with their own credential.

use std::sync::Arc;

use crate::support::{Answer, SECRET, Server, TOKEN, ZONE, failure, json, reply, success};
use cf_client::auth::{CredentialError, MaybeReady};
use cf_client::transport::{FollowRedirects, HyperTransport};
use cf_client::{Client, Credential, CredentialProvider, ErrorKind, Method};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::Value;

/// As the API issues them for uploading static files.
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uIjoiczNjcjN0In0.czNjcjN0";

fn session() -> Credential {
    Credential::api_token(JWT).unwrap()
}

/// A client whose own credential must not be asked for.
fn client(server: &Server) -> Client {
    #[derive(Debug)]
    struct Untouchable;
    impl CredentialProvider for Untouchable {
        fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
            panic!("the client's own credential was asked for")
        }
    }
    let builder = Client::builder().base_url(&server.base_url);
    builder.credential_provider(Untouchable).build().unwrap()
}

/// The credential headers of each request.
fn said(server: &Server) -> Vec<Vec<(String, String)>> {
    let is_credential = |name: &str| name == "authorization" || name.starts_with("x-auth-");
    let received = server.received().into_iter();
    received
        .map(|request| {
            let mut headers = request.headers;
            headers.retain(|(name, _)| is_credential(name));
            headers
        })
        .collect()
}

fn bearer() -> Vec<(String, String)> {
    vec![("authorization".to_owned(), format!("Bearer {JWT}"))]
}

#[tokio::test]
async fn every_kind_of_call_takes_one() {
    let page = r#"{"success":true,"result":[{"id":"1"}],"result_info":{"page":1,"total_pages":2}}"#;
    let last = r#"{"success":true,"result":[{"id":"2"}],"result_info":{"page":2,"total_pages":2}}"#;
    let server = Server::start(move |_, request| {
        let is_list = request.target.contains("/zones?") || request.target.ends_with("/zones");
        let body = match (is_list, request.query("page")) {
            (true, Some("2")) => last,
            (true, _) => page,
            _ => r#"{"success":true,"result":{}}"#,
        };
        Answer::Bytes(json(200, body))
    })
    .await;
    let client = client(&server);
    client
        .zones()
        .get(ZONE)
        .credential(session())
        .await
        .unwrap();
    let raw = client.zones().get(ZONE).credential(session());
    raw.send_raw().await.unwrap();
    let meta = client.zones().get(ZONE).credential(session());
    meta.with_meta().await.unwrap();
    let mut zones = client.zones().list().credential(session()).items();
    assert!(zones.next().await.unwrap().is_ok() && zones.next().await.unwrap().is_ok());
    let by_path = client.request(Method::POST, "/pages/assets/upload");
    let by_path = by_path.credential(session()).json(&["file"]);
    by_path.send::<Value>().await.unwrap();
    assert_eq!(said(&server), vec![bearer(); 6]);

    // Of any kind, and none at all.
    let key =
        Credential::api_key("ada@example.com", "0123456789abcdef0123456789abcdef01234").unwrap();
    client.zones().get(ZONE).credential(key).await.unwrap();
    let own = (
        HeaderName::from_static("x-auth-own"),
        HeaderValue::from_static("mine"),
    );
    client.zones().get(ZONE).credential([own]).await.unwrap();
    client.zones().get(ZONE).credential([]).await.unwrap();
    let said = said(&server).split_off(6);
    let names = |said: &[(String, String)]| {
        said.iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&said[0]), ["x-auth-email", "x-auth-key"]);
    assert_eq!(names(&said[1]), ["x-auth-own"]);
    assert!(said[2].is_empty());

    // The client's is unchanged.
    let usual = server.client();
    usual.zones().get(ZONE).credential(session()).await.unwrap();
    usual.zones().get(ZONE).await.unwrap();
    let token = format!("Bearer {TOKEN}");
    let last = server.received().pop().unwrap();
    assert_eq!(last.header("authorization"), Some(&*token));
}

#[cfg(feature = "blocking")]
#[tokio::test(flavor = "multi_thread")]
async fn blocking_calls_take_one() {
    let server = Server::always(success("[]")).await;
    let builder = Client::builder()
        .base_url(&server.base_url)
        .api_token(TOKEN);
    tokio::task::spawn_blocking(move || {
        let client = builder.build_blocking().unwrap();
        client.zones().list().credential(session()).send().unwrap();
        let list = client.zones().list().credential(session());
        assert_eq!(list.items().count(), 0);
        let by_path = client.request(Method::GET, "/x").credential(session());
        by_path.send::<Value>().unwrap();
    })
    .await
    .unwrap();
    assert_eq!(said(&server), vec![bearer(); 3]);
}

#[tokio::test]
async fn a_refused_one_is_not_replaced_by_the_clients() {
    let server = Server::always(failure(401, 10000, "Authentication error")).await;
    let client = client(&server);
    let error = client
        .zones()
        .get(ZONE)
        .credential(session())
        .await
        .unwrap_err();
    assert!(error.is_auth());
    let text = error.to_string();
    assert!(
        text.contains(".credential(…)") && text.contains("expired"),
        "{text}"
    );
    assert!(!text.contains("tokens().verify()"), "{text}");
    assert_eq!(said(&server), [bearer()]);
}

#[tokio::test(start_paused = true)]
async fn it_goes_along_when_the_call_is_repeated() {
    let server = Server::scripted([failure(503, 1, "later"), success("{}")]).await;
    let client = client(&server);
    client
        .zones()
        .get(ZONE)
        .credential(session())
        .await
        .unwrap();
    assert_eq!(said(&server), vec![bearer(); 2]);
}

#[tokio::test]
async fn it_is_shown_nowhere_and_goes_to_no_other_host() {
    let other = Server::always(success("{}")).await;
    let location = format!(
        "{}/zones/{ZONE}",
        other.base_url.replace("127.0.0.1", "localhost")
    );
    let server = Server::always(reply(302, &[("location", &location)], "")).await;
    let client = client(&server);
    let call = client.zones().get(ZONE).credential(session());
    let by_path = client.request(Method::GET, "/x").credential(session());
    let mut shown = format!("{call:?} {:?} {by_path:?}", call.options());
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    shown += &format!(
        "{error} {error:?} {:?}",
        by_path.send::<Value>().await.unwrap_err()
    );
    for part in JWT.split('.').chain([SECRET]) {
        assert!(!shown.contains(part), "{shown}");
    }
    assert_eq!(other.count(), 0);

    // If redirects are followed, it is not sent along, whatever its header is called.
    let transport = FollowRedirects::new(HyperTransport::new().unwrap());
    let builder = Client::builder()
        .base_url(&server.base_url)
        .api_token(TOKEN);
    let client = builder.transport(transport).build().unwrap();
    let name = HeaderName::from_static("x-session");
    let own = [
        (name, HeaderValue::from_static(SECRET)),
        (AUTHORIZATION, HeaderValue::from_static(SECRET)),
    ];
    client.zones().get(ZONE).credential(own).await.unwrap();
    let request = other.received().pop().unwrap();
    assert_eq!(
        (request.header("x-session"), request.header("authorization")),
        (None, None)
    );
    assert_eq!(
        server.received().pop().unwrap().header("x-session"),
        Some(SECRET)
    );
}
