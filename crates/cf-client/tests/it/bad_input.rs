//! Bad settings and arguments: a clear error, and nothing is sent.

use std::time::Duration;

use crate::support::{SECRET, Server, TOKEN, ZONE, success};
use cf_client::transport::transport_fn;
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, Credential, Error, ErrorKind, Method};
use http::{HeaderName, HeaderValue};

fn env(vars: &'static [(&'static str, &'static str)]) -> Result<Client, Error> {
    let lookup = |name: &str| {
        let found = vars.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Client::builder().env_vars(lookup).build()
}

#[tokio::test]
async fn the_environment_gives_credential_and_base_url() {
    let client = env(&[("CLOUDFLARE_API_TOKEN", TOKEN)]).unwrap();
    assert_eq!(client.base_url(), "https://api.cloudflare.com/client/v4");
    let client = env(&[
        ("CLOUDFLARE_API_TOKEN", TOKEN),
        ("CLOUDFLARE_BASE_URL", "http://127.0.0.1:8787/client/v4/"),
    ])
    .unwrap();
    assert_eq!(client.base_url(), "http://127.0.0.1:8787/client/v4");
    // Set but empty is not set.
    let client = env(&[("CLOUDFLARE_API_TOKEN", TOKEN), ("CLOUDFLARE_BASE_URL", "")]).unwrap();
    assert_eq!(client.base_url(), cf_client::types::BASE_URL);
}

#[test]
fn one_credential_no_more_no_less() {
    let none = env(&[]).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Credential);
    assert!(none.is_auth() && none.request().is_none());
    assert!(none.to_string().contains("CLOUDFLARE_API_TOKEN"), "{none}");

    let both = env(&[
        ("CLOUDFLARE_API_TOKEN", TOKEN),
        (
            "CLOUDFLARE_API_KEY",
            "0123456789abcdef0123456789abcdef01234",
        ),
        ("CLOUDFLARE_EMAIL", "ada@example.com"),
    ])
    .unwrap_err();
    assert_eq!(both.kind(), ErrorKind::Credential);
    assert!(both.to_string().contains("CLOUDFLARE_API_TOKEN"), "{both}");
    assert!(both.to_string().contains("CLOUDFLARE_API_KEY"), "{both}");
    assert!(!format!("{both} {both:?}").contains(SECRET));

    let none = Client::builder().build().unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Credential);
    assert!(none.to_string().contains("api_token"), "{none}");

    let two = Client::builder()
        .api_token(TOKEN)
        .credential(Credential::user_service_key("v1.0-abc").unwrap())
        .build()
        .unwrap_err();
    assert_eq!(two.kind(), ErrorKind::Credential);
    assert!(two.to_string().contains("more than one"), "{two}");
    assert!(
        two.to_string()
            .contains("user service key from `credential`"),
        "{two}"
    );

    for bad in ["", "with space", "Bearer cfut_abc", "cfk_0123456789"] {
        let error = Client::new(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credential, "{bad}");
    }
}

#[test]
fn base_urls_are_checked() {
    for url in [
        "",
        "api.cloudflare.com/client/v4",
        "//api.cloudflare.com",
        "ftp://api.cloudflare.com",
        "https://",
        "https:///client/v4",
        "https://api.cloudflare.com/client/v4?x=1",
        "https://api.cloudflare.com/client/v4#x",
        "https://exa mple.com",
    ] {
        let error = Client::builder()
            .api_token(TOKEN)
            .base_url(url)
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{url}");
        assert!(error.to_string().contains("base URL"), "{url}: {error}");
    }
}

/// If a URL or a path is invalid, the error shows which one, without anything that may be secret.
#[tokio::test]
async fn urls_are_shown_without_their_secrets() {
    let client = || Client::builder().api_token(TOKEN);
    let fine = client().base_url("http://127.0.0.1:9").build().unwrap();
    for url in [
        "https://user:s3cr3t@example.com/client/v4",
        "https://example.com/client/v4?token=s3cr3t",
        "https://example.com/client/v4#s3cr3t",
        "user:s3cr3t@example.com/client/v4",
        "ftp://example.com/?s3cr3t",
        TOKEN,
    ] {
        for error in [
            client().base_url(url).build().unwrap_err(),
            fine.zones().get(ZONE).base_url(url).await.unwrap_err(),
            fine.request(Method::GET, "/x")
                .base_url(url)
                .send::<()>()
                .await
                .unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Build);
            let shown = format!("{error} {error:?}");
            assert!(
                shown.contains("base URL") && !shown.contains(SECRET),
                "{shown}"
            );
        }
    }
    for path in [
        "/zones?token=s3cr3t",
        "/zones#s3cr3t",
        "zones?token=s3cr3t",
        "https://user:s3cr3t@example.com/zones",
        "//user:s3cr3t@example.com/zones",
        "/../..@example.com/?s3cr3t",
    ] {
        let request = || fine.request(Method::GET, path);
        assert!(!format!("{:?}", request()).contains(SECRET), "{path}");
        let error = request().send::<()>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{path}");
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
    }
    let error = fine
        .request(Method::GET, "/a\n\u{1b}[2J//b")
        .send::<()>()
        .await;
    assert!(!error.unwrap_err().to_string().contains(char::is_control));
}

#[test]
fn user_agents_are_checked() {
    let error = Client::builder()
        .api_token(TOKEN)
        .user_agent("a\nb")
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("user agent"), "{error}");
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_only() {
    let client = Client::builder()
        .api_token(TOKEN)
        .base_url("http://192.0.2.1/client/v4")
        .build()
        .unwrap();
    let error = client
        .zones()
        .get(ZONE)
        .deadline(Duration::from_secs(5))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert_eq!(error.retries(), 0, "it would be refused again");
    assert!(error.to_string().contains("https://"), "{error}");
}

#[cfg(feature = "proxy")]
#[tokio::test]
async fn plain_http_takes_no_proxy_on_another_machine() {
    use cf_client::transport::HyperTransport;
    let server = Server::always(success("{}")).await;
    let transport = HyperTransport::builder().proxy("http://proxy.example.com:3128");
    let client = server
        .builder()
        .transport(transport.build().unwrap())
        .build()
        .unwrap();
    let typed = client.zones().get(ZONE).await.map(drop);
    let by_path = client.request(Method::GET, "/zones").send::<()>().await;
    for error in [typed.unwrap_err(), by_path.unwrap_err()] {
        assert_eq!((error.kind(), error.retries()), (ErrorKind::Build, 0));
        let text = error.to_string();
        assert!(
            text.contains("proxy http://proxy.example.com:3128"),
            "{text}"
        );
        assert!(
            text.contains("https://") && text.contains("nothing was sent"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn ids_are_checked() {
    let server = Server::always(success("{}")).await;
    let client = server.client();
    for id in ["", ".", ".."] {
        let error = client.zones().get(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{id:?}");
        assert!(error.to_string().contains("zone_id"), "{error}");
        assert!(!error.is_retryable());
        assert_eq!(error.request().unwrap().path, "/zones/{zone_id}");
        assert!(
            client
                .dns()
                .records()
                .delete(ZONE, id)
                .with_meta()
                .await
                .is_err()
        );
        assert!(
            client
                .dns()
                .records()
                .delete(ZONE, id)
                .send_raw()
                .await
                .is_err()
        );
        assert!(client.dns().records().list(id).first().await.is_err());
    }
    assert_eq!(server.count(), 0);
    client.zones().get("../a b/ü?#").await.unwrap();
    assert_eq!(
        server.received()[0].target,
        "/client/v4/zones/..%2Fa%20b%2F%C3%BC%3F%23"
    );
}

#[tokio::test]
async fn paths_are_checked() {
    let server = Server::always(success("{}")).await;
    let client = server.client();
    for path in [
        "",
        "zones",
        "https://example.com/zones",
        "@example.com/zones",
        "/",
        "//zones",
        "/zones//dns_records",
        "/zones/",
        "/zones/../user",
        "/zones/.",
        "/zones/%2e%2E/user",
        "/zones/.%2e",
        "/zones?name=x",
        "/zones#x",
    ] {
        let error = client
            .request(Method::GET, path)
            .send::<()>()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{path}");
        assert_eq!(error.request().unwrap().operation, None);
        assert!(error.to_string().contains("the path"), "{error}");
    }
    assert_eq!(server.count(), 0);
    let _: serde_json::Value = client
        .request(Method::GET, "/a b/%41/ü/..x")
        .query("k&", "v= ü")
        .send()
        .await
        .unwrap();
    assert_eq!(
        server.received()[0].target,
        "/client/v4/a%20b/%41/%C3%BC/..x?k%26=v%3D%20%C3%BC"
    );
}

#[tokio::test]
async fn the_credential_never_leaves_for_another_host() {
    use cf_client::types::codec::Field;
    use cf_client::types::{Arguments, Call, Meta, Operation};

    /// Its path would continue the base URL's host name.
    struct Evil;
    impl Arguments for Evil {
        fn param(&self, _: usize) -> &dyn Field {
            &()
        }
    }
    impl Operation for Evil {
        const META: &'static Meta = &Meta::new("evil", Method::GET, ".example.net/zones");
        type Output = ();
    }

    let client = Client::builder()
        .api_token(TOKEN)
        .base_url("https://api.cloudflare.com")
        .transport(transport_fn(|_| async { panic!("nothing may be sent") }))
        .build()
        .unwrap();
    let error = Call::new(&client, Evil).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("start with slash"), "{error}");
}

#[tokio::test]
async fn headers_that_cannot_be_sent_are_refused_with_what_to_do() {
    let server = Server::always(success("[]")).await;
    let client = server.client();
    let record = || ARecordParam::new("www", "192.0.2.1");
    for (name, value, advice) in [
        ("authorization", "Bearer s3cr3t", ".credential("),
        ("x-auth-key", "s3cr3t", ".credential("),
        ("x-auth-email", "s3cr3t@example.com", ".credential("),
        ("x-auth-user-service-key", "v1.0-s3cr3t", ".credential("),
        ("x-auth-something-new", "s3cr3t", ".credential("),
        ("proxy-authorization", "Basic s3cr3t", "proxy's address"),
        ("host", "s3cr3t.example.com", ".base_url("),
        ("connection", "s3cr3t", "leave it out"),
        ("keep-alive", "s3cr3t", "leave it out"),
        ("proxy-connection", "s3cr3t", "leave it out"),
        ("transfer-encoding", "s3cr3t", "leave it out"),
        ("upgrade", "s3cr3t", "leave it out"),
        ("te", "s3cr3t", "leave it out"),
        ("content-length", "s3cr3t", "leave it out"),
        ("content-length", "5", "leave it out"),
    ] {
        let header = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        let (name, value) = (header.0.clone(), header.1.clone());
        let create = client.dns().records().create(ZONE, record());
        let typed = create.header(name.clone(), value.clone()).await.map(drop);
        let list = client.zones().list().header(name.clone(), value.clone());
        let listed = list.clone().items().next().await.unwrap().map(drop);
        let raw = list.send_raw().await.map(drop);
        let by_path = client.request(Method::POST, "/x").body("12345678");
        let by_path = by_path
            .header(name.clone(), value.clone())
            .send::<()>()
            .await;
        let errors = [typed, listed, raw, by_path].map(Result::unwrap_err);
        let of_client = server
            .builder()
            .header(name.clone(), value)
            .build()
            .unwrap_err();
        for error in errors.into_iter().chain([of_client]) {
            let text = error.to_string();
            assert_eq!(error.kind(), ErrorKind::Build, "{text}");
            assert!(
                text.contains(name.as_str()) && text.contains(advice),
                "{text}"
            );
            assert!(!format!("{text} {error:?}").contains(SECRET), "{text}");
            assert!(!error.is_retryable());
        }
    }
    assert_eq!(server.count(), 0);
}

/// By any transport.
#[tokio::test]
async fn a_length_that_is_not_the_bodys_is_no_success() {
    let transport = transport_fn(|request| async move {
        let body = request.into_body();
        let announced = body.content_length();
        let body = body.bytes(1000).await?;
        assert!(announced.is_none_or(|length| length == body.len() as u64));
        let reply = r#"{"success":true,"errors":[],"messages":[],"result":{}}"#;
        Ok(http::Response::new(cf_client::Body::from(reply)))
    });
    let client = Client::builder().api_token(TOKEN).transport(transport);
    let client = client.build().unwrap();
    let put = |body: cf_client::Body, length: &'static str| {
        let header = HeaderValue::from_static(length);
        let put = client.request(Method::PUT, "/x").body(body);
        put.header(http::header::CONTENT_LENGTH, header)
            .send::<serde_json::Value>()
    };
    let stream = |length| {
        let text = http_body_util::Full::new(bytes::Bytes::from("12345678"));
        let text = http_body_util::BodyExt::boxed(text);
        let chunks = futures_util::stream::unfold(text, |mut text| async move {
            let frame = http_body_util::BodyExt::frame(&mut text).await?;
            Some((frame, text))
        });
        cf_client::Body::stream(length, http_body_util::StreamBody::new(chunks))
    };
    for length in ["5", "9", "0"] {
        for known in ["12345678".into(), stream(Some(8))] {
            let error = put(known, length).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Build, "{error}");
        }
        let error = put(stream(None), length).await.unwrap_err();
        assert_eq!((error.kind(), error.retries()), (ErrorKind::Transport, 0));
        assert!(
            error.to_string().contains("bytes, but its source gave"),
            "{error}"
        );
    }
    for fits in ["12345678".into(), stream(Some(8)), stream(None)] {
        put(fits, "8").await.unwrap();
    }
}

#[test]
fn outside_a_runtime_is_an_error_no_panic() {
    let client = Client::new(TOKEN).unwrap();
    let call = client.zones().get(ZONE).into_future();
    let error = futures_util::FutureExt::now_or_never(call)
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}

#[test]
fn a_body_that_is_no_json_is_an_error() {
    let client = Client::new(TOKEN).unwrap();
    let keys = std::collections::HashMap::from([((1, 2), 3)]);
    let call = client.request(Method::POST, "/x").json(&keys).send::<()>();
    let error = futures_util::FutureExt::now_or_never(call)
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("JSON"), "{error}");
}
