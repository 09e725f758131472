//! What a program uses, as text.

use cf_client::Client;
use cf_client::migrate::{Recorder, Usage};
use cf_client::transport::{Body, transport_fn};
use http::Method;

#[test]
fn a_usage_can_be_kept_as_text() {
    let text = "# what the nightly job does\n\nGET /zones\n  POST /zones/0123/dns_records  \nzone 0123\naccount 4567\n? unheard.of\n";
    let usage: Usage = text.parse().unwrap();
    let expected = Usage::new()
        .named("zones.list")
        .request(&Method::POST, "/zones/0123/dns_records")
        .named("unheard.of")
        .zone("0123")
        .account("4567");
    assert_eq!(usage, expected);
    assert_eq!(usage.to_string().parse(), Ok(usage.clone()));
    assert_eq!(Usage::new().zone("0123").and(expected), usage);
    for (text, line) in [
        ("nonsense", 1),
        ("GET /zones\nGET zones", 2),
        ("G T /zones", 1),
    ] {
        assert_eq!(text.parse::<Usage>().unwrap_err().line, line, "{text}");
    }
}

#[test]
fn no_other_name_of_a_path_is_kept() {
    let usage = Usage::new()
        .request(
            &Method::GET,
            "/accounts/0123/storage/kv/namespaces/my-space/values/my-secret-key",
        )
        .request(&Method::GET, "/zones/0123/not_described/my-name-7/things/");
    let text = usage.to_string();
    assert!(
        text.contains("/accounts/0123/storage/kv/namespaces/{namespace_id}/values/{key_name}"),
        "{text}"
    );
    assert!(!text.contains("my-"), "{text}");
}

#[tokio::test]
async fn a_recorder_follows_the_base_url() {
    let transport = transport_fn(|_| async {
        Ok(http::Response::new(Body::from(
            r#"{"success":true,"result":[]}"#,
        )))
    });
    let recorder = Recorder::new(transport).base_path("/cf/");
    let client = |base: &str| {
        let builder = Client::builder().api_token("cfut_t").base_url(base);
        builder.transport(recorder.clone()).build().unwrap()
    };
    client("https://gateway.example.com/cf")
        .zones()
        .list()
        .await
        .unwrap();
    client("https://elsewhere.example.com/v4")
        .user()
        .tokens()
        .list()
        .await
        .unwrap();
    assert_eq!(recorder.usage().to_string(), "GET /zones\n");
}
