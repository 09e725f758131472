//! Strings and bytes in the form that the API takes.

use cf_types::{BASE_URL, api};

#[test]
fn days_and_times_are_sent_as_given() {
    let logs = || api().user().audit_logs().list();
    for since in ["2026-01-31", "2026-01-31T12:00:00Z"] {
        let request = logs().since(since).to_request(BASE_URL).unwrap();
        let sent = since.replace(':', "%3A");
        let query = request.uri().query().unwrap();
        assert_eq!(query, format!("since={sent}"));
    }
}

#[cfg(feature = "billing")]
#[test]
fn a_day_is_no_point_in_time() {
    use cf_types::Date;
    let call = api()
        .billing()
        .usage()
        .account_usage_v2("01a7")
        .from(Date::from("2026-01-31"));
    let request = call.to_request(BASE_URL).unwrap();
    assert_eq!(request.uri().query(), Some("from=2026-01-31"));
}

#[cfg(feature = "vectorize")]
#[test]
fn vectors_are_sent_as_lines() {
    let lines = "{\"id\":\"1\",\"values\":[1]}\n{\"id\":\"2\",\"values\":[2]}\n";
    let indexes = api().vectorize().indexes();
    let request = indexes.insert("01a7", "index", lines).to_request(BASE_URL);
    let request = request.unwrap();
    assert_eq!(request.headers()["content-type"], "application/x-ndjson");
    assert_eq!(request.body().as_bytes(), lines.as_bytes());
}

#[cfg(feature = "workers")]
#[test]
fn base64_is_text() {
    use cf_types::codec;
    use cf_types::workers::beta::workers::versions::Module;
    let module = Module::new()
        .name("hello.txt")
        .content_type("text/plain")
        .content_base64("aGVsbG8=");
    let json = codec::to_value(&module);
    assert_eq!(json["content_base64"], "aGVsbG8=");
}
