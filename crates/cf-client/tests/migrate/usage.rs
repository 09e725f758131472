//! What a program uses, as text.

use cf_client::migrate::Usage;
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
