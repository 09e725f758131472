//! From operations to HTTP requests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use cf_types::codec::{Blob, Field};
use cf_types::dns::TextFilter;
use cf_types::dns::records::{ARecordParam, RecordImport};
use cf_types::dns::zone_transfers::tsigs::TsigParam;
use cf_types::{
    AccountId, Arguments, BASE_URL, BaseUrl, Body, BodyKind, BuildError, Call, Meta, Operation,
    PreparedRequest, Untyped, ZoneId, api,
};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method};

const ZONE: &str = "023e105f4ecef8ad9ca31a8372d0c353";

fn target<O: Operation>(call: &Call<(), O>) -> String {
    let request = call.to_request(BASE_URL).unwrap();
    request
        .uri()
        .to_string()
        .strip_prefix(BASE_URL)
        .unwrap()
        .to_owned()
}

#[test]
fn paths_are_filled_and_encoded() {
    let call = api().dns().records().get(ZONE, "a/b c?d#é");
    assert_eq!(
        target(&call),
        format!("/zones/{ZONE}/dns_records/a%2Fb%20c%3Fd%23%C3%A9")
    );
    let plain = "-._~!$&'()*+,;=:@";
    assert!(target(&api().dns().records().get(ZONE, plain)).ends_with(plain));
}

#[test]
fn ids_that_would_lead_elsewhere_are_refused() {
    let build = |zone: &str, record: &str| {
        api()
            .dns()
            .records()
            .get(zone, record)
            .to_request(BASE_URL)
            .unwrap_err()
    };
    assert!(matches!(
        build("", "1"),
        BuildError::EmptySegment {
            param: "zone_id",
            ..
        }
    ));
    assert!(matches!(
        build(ZONE, ""),
        BuildError::EmptySegment {
            param: "dns_record_id",
            ..
        }
    ));
    assert!(matches!(
        build(ZONE, ".."),
        BuildError::DotSegment {
            param: "dns_record_id",
            ..
        }
    ));
    assert!(matches!(build(".", "1"), BuildError::DotSegment { .. }));
    let told = build("", "1").to_string();
    assert!(
        told.contains("dns.records.get") && told.contains("zone_id"),
        "{told}"
    );
}

#[test]
fn base_urls_are_checked() {
    let call = api().zones().list();
    for bad in [
        "api.cloudflare.com",
        "",
        "ftp://x/y",
        "https://",
        "https://x/y?z=1",
        "https://x/#y",
        "http:// x",
    ] {
        let error = call.to_request(bad).unwrap_err();
        assert!(
            matches!(error, BuildError::BaseUrl { .. }),
            "{bad}: {error}"
        );
    }
    // People paste all kinds of things, and errors end up in logs.
    for (given, shown) in [
        ("https://me:hush@example.com/v4", "https://…@example.com/v4"),
        ("https://hush@example.com", "https://…@example.com"),
        ("https://a@hush@example.com/v4", "https://…@example.com/v4"),
        (
            "https://example.com/v4?token=hush",
            "https://example.com/v4?…",
        ),
        ("https://example.com/v4#hush", "https://example.com/v4#…"),
        (
            "https://me:hush@example.com/v4?token=hush#hush",
            "https://…@example.com/v4?…",
        ),
        ("example.com/v4?token=hush", "example.com/v4?…"),
        ("me:hush@example.com/v4", "…@example.com/v4"),
        ("ftp://me:hush@example.com/", "ftp://…@example.com/"),
        ("cfut_hush456789abcdef0123456789abcdef01234567", "…"),
        ("hush456789abcdefGHIJ0123456789abcdef0123", "…"),
        ("ftp://a\nERROR\u{1b}[2J", "ftp://a·ERROR·[2J"),
    ] {
        for error in [
            call.to_request(given).unwrap_err(),
            BaseUrl::new(given).unwrap_err(),
            cf_types::check_base_url(given).unwrap_err(),
        ] {
            let told = format!("{error} {error:?}");
            assert!(
                told.contains(&format!("invalid base URL `{shown}`")),
                "{told}"
            );
            assert!(!told.contains("hush"), "{told}");
        }
    }
    let long = format!("ftp://{}", "x".repeat(100_000));
    assert!(call.to_request(&long).unwrap_err().to_string().len() < 500);
    let request = call
        .to_request("http://127.0.0.1:8787/client/v4//")
        .unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:8787/client/v4/zones");
}

#[test]
fn queries_hold_what_is_set_and_nothing_else() {
    assert_eq!(target(&api().zones().list()), "/zones");
    let call = api()
        .zones()
        .list()
        .name("a b&c")
        .page(2)
        .order("status")
        .direction("desc");
    assert_eq!(
        target(&call),
        "/zones?direction=desc&name=a%20b%26c&order=status&page=2"
    );
}

#[test]
fn objects_in_a_query_take_dots() {
    let name = TextFilter::new().startswith("www.").exact("");
    let call = api().dns().records().list(ZONE).name(name).proxied(true);
    assert_eq!(
        target(&call),
        format!("/zones/{ZONE}/dns_records?name.startswith=www.&proxied=true")
    );
    // A string alone is exactly that string.
    let call = api().dns().records().list(ZONE).name("www.example.com");
    assert_eq!(
        target(&call),
        format!("/zones/{ZONE}/dns_records?name.exact=www.example.com")
    );
}

#[test]
fn a_callers_own_parameter_takes_the_place_of_a_described_one() {
    let call = api()
        .zones()
        .list()
        .page(1)
        .query("page", "7")
        .query("new", "x");
    assert_eq!(target(&call), "/zones?page=7&new=x");
}

#[test]
fn a_body_is_json_with_its_type() {
    let record = ARecordParam::new("www", "192.0.2.1").proxied(true);
    let request = api()
        .dns()
        .records()
        .create(ZONE, record)
        .to_request(BASE_URL)
        .unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(request.headers()[ACCEPT], "application/json");
    let body: serde_json::Value = serde_json::from_slice(request.body().as_bytes()).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"type": "A", "name": "www", "content": "192.0.2.1", "proxied": true})
    );
}

#[test]
fn an_explicit_null_can_be_sent() {
    let mut record = ARecordParam::new("www", "192.0.2.1");
    record.extra.insert("comment", serde_json::Value::Null);
    record.extra.insert("brand_new", serde_json::json!([1]));
    let request = api()
        .dns()
        .records()
        .edit(ZONE, "1", record)
        .to_request(BASE_URL)
        .unwrap();
    let body: serde_json::Value = serde_json::from_slice(request.body().as_bytes()).unwrap();
    assert_eq!(body["comment"], serde_json::Value::Null);
    assert!(body.as_object().unwrap().contains_key("comment"));
    assert_eq!(body["brand_new"][0], 1);
}

#[test]
fn a_form_is_written_with_a_boundary_that_its_content_does_not_have() {
    let file = "--cf-part-0000000000000000\r\nwww 300 IN A 192.0.2.1\r\n";
    let body = RecordImport::new(file).proxied(true);
    let request = api()
        .dns()
        .records()
        .import(ZONE, body)
        .to_request(BASE_URL)
        .unwrap();
    let media_type = request.headers()[CONTENT_TYPE].to_str().unwrap();
    let boundary = media_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let body = String::from_utf8(request.body().as_bytes().to_vec()).unwrap();
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4, "{body}");
    assert!(parts[1].contains("name=\"file\"; filename=\"file\"\r\n") && parts[1].contains(file));
    assert_eq!(
        parts[2],
        "\r\nContent-Disposition: form-data; name=\"proxied\"\r\n\r\ntrue\r\n"
    );
    assert_eq!(parts[3], "--\r\n");
}

#[test]
fn names_in_forms_cannot_break_out_of_their_header() {
    struct Upload(BTreeMap<String, Blob>);
    impl Arguments for Upload {
        fn body(&self) -> Option<&dyn Field> {
            Some(&self.0)
        }
    }
    impl Operation for Upload {
        const META: &'static Meta =
            &Meta::new("upload", Method::POST, "/upload").with_body(BodyKind::Form);
        type Output = ();
    }
    let blob = Blob::from("text")
        .named("a\"\r\nb\\")
        .typed("text/plain; charset=\"utf-8\"\r\nx-evil: 1");
    let files = BTreeMap::from([("n\0\\".to_owned(), blob)]);
    let request = Call::new((), Upload(files)).to_request(BASE_URL).unwrap();
    let body = String::from_utf8(request.into_body().into_vec()).unwrap();
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(
        &lines[1..],
        [
            "Content-Disposition: form-data; name=\"n%00%5C\"; filename=\"a%22%0D%0Ab%5C\"",
            "Content-Type: text/plain; charset=\"utf-8\"%0D%0Ax-evil: 1",
            "",
            "text",
            "--cf-part-0000000000000000--",
        ]
    );
}

#[test]
fn one_operation_serves_accounts_and_zones() {
    let of_account = api()
        .accounts()
        .subscriptions()
        .get(AccountId::from("01a7"));
    let of_zone = api().accounts().subscriptions().get(ZoneId::from("023e"));
    assert_eq!(target(&of_account), "/accounts/01a7/subscriptions");
    assert_eq!(target(&of_zone), "/zones/023e/subscriptions");
    let none = api().accounts().subscriptions().get(AccountId::from(""));
    assert!(matches!(
        none.to_request(BASE_URL),
        Err(BuildError::EmptySegment { .. })
    ));
}

#[test]
fn headers_come_from_parameters_and_callers() {
    let account = cf_types::accounts::AccountParam::new("Example");
    let call = api().accounts().create(account).idempotency_key("k-1");
    assert_eq!(
        call.to_request(BASE_URL).unwrap().headers()["idempotency-key"],
        "k-1"
    );
    let bad = call.clone().idempotency_key("line\nend");
    assert!(matches!(
        bad.to_request(BASE_URL),
        Err(BuildError::Header { .. })
    ));
    let name = HeaderName::from_static("x-own");
    let own = call.header(name, HeaderValue::from_static("1"));
    assert_eq!(own.to_request(BASE_URL).unwrap().headers()["x-own"], "1");
}

#[test]
fn a_header_of_the_caller_takes_the_place_of_one_of_its_name() {
    let account = cf_types::accounts::AccountParam::new("Example");
    let call = api().accounts().create(account).idempotency_key("k-1");
    let given = [
        (ACCEPT, "text/csv"),
        (CONTENT_TYPE, "application/merge-patch+json"),
        (HeaderName::from_static("idempotency-key"), "k-2"),
        (HeaderName::from_static("x-own"), "1"),
        (HeaderName::from_static("x-own"), "2"),
    ];
    let call = given.iter().fold(call, |call, (name, value)| {
        call.header(name.clone(), HeaderValue::from_static(value))
    });
    let request = call.to_request(BASE_URL).unwrap();
    let headers = request.headers();
    assert_eq!(headers.len(), 4);
    assert_eq!(headers["accept"], "text/csv");
    assert_eq!(headers["content-type"], "application/merge-patch+json");
    assert_eq!(headers["idempotency-key"], "k-2");
    assert_eq!(headers["x-own"], "2");
}

#[test]
fn a_draft_is_the_request_in_single_values() {
    let account = cf_types::accounts::AccountParam::new("Example");
    let call = api().accounts().create(account).idempotency_key("k-1");
    let base = BaseUrl::new(BASE_URL).unwrap();
    let prepared = PreparedRequest::new(
        <cf_types::accounts::Create as Operation>::META,
        call.operation(),
        call.options(),
        &base,
    )
    .unwrap();
    assert_eq!(prepared.content_type.as_ref().unwrap(), "application/json");
    assert_eq!(prepared.headers.len(), 1);
    let shown = format!("{prepared:?}");
    assert!(
        shown.contains("/accounts") && !shown.contains("k-1"),
        "{shown}"
    );
    let (prepared, request) = (prepared.into_request(), call.to_request_at(&base).unwrap());
    assert_eq!(prepared.method(), request.method());
    assert_eq!(prepared.uri(), request.uri());
    assert_eq!(prepared.headers(), request.headers());
    assert_eq!(prepared.body(), request.body());
}

#[test]
fn debug_shows_no_argument() {
    let call = api().dns().records().get(ZONE, "hush");
    assert_eq!(format!("{call:?}"), "Call(\"dns.records.get\")");
}

#[test]
fn a_call_can_have_a_credential_of_its_own() {
    use http::header::AUTHORIZATION;
    let session = HeaderValue::from_static("Bearer s3cr3t");
    let call = api()
        .zones()
        .list()
        .credential([(AUTHORIZATION, session.clone())]);
    let request = call.to_request(BASE_URL).unwrap();
    assert_eq!(request.headers()[AUTHORIZATION], session);
    let all = format!("{call:?} {:?} {request:?}", call.options());
    assert!(!all.contains("s3cr3t"), "{all}");
    let with_query = call
        .query("q", "s3cr3t")
        .header(CONTENT_TYPE, HeaderValue::from_static("s3cr3t"));
    assert!(!format!("{:?}", with_query.options()).contains("s3cr3t"));
}

/// Three strings in a row are easily mixed up, so they are set by name, which is checked before sending.
#[test]
fn new_values_have_what_they_need() {
    let account = "023e105f4ecef8ad9ca31a8372d0c353";
    let tsigs = || api().dns().zone_transfers().tsigs();
    let named = TsigParam::new()
        .name("tsig.example.com.")
        .algo("hmac-sha512.");
    let missing = |param: TsigParam| match tsigs().create(account, param).to_request(BASE_URL) {
        Ok(_) => None,
        Err(BuildError::MissingField { operation, field }) => Some((operation, field)),
        Err(other) => panic!("{other}"),
    };
    let operation = "dns.zone_transfers.tsigs.create";
    let at = |field: &str| Some((operation, field.to_owned()));
    assert_eq!(missing(TsigParam::new()), at("/algo"));
    assert_eq!(missing(named.clone()), at("/secret"));
    assert_eq!(
        missing(named.clone().secret("caf79a7804b04337c9c66ccd7bef9190")),
        None
    );

    // A value that the model has no field for was given anyway.
    let mut odd = named.clone();
    odd.extra.insert("secret", serde_json::json!(["a"]));
    assert_eq!(missing(odd), None);

    // An update need not be complete.
    let change = tsigs().update(account, "1", named);
    assert!(change.to_request(BASE_URL).is_ok());
}

#[test]
fn a_call_to_any_path_is_set_as_others_are() {
    let base = BaseUrl::new(BASE_URL).unwrap();
    let to = |path: &str| Call::<_, Untyped<Body>>::untyped((), Method::POST, path);
    let call = to("/new thing/100%25")
        .query("q[]", "secret&b")
        .header(ACCEPT, HeaderValue::from_static("text/csv"))
        .with_idempotency_key(HeaderValue::from_static("once"))
        .json(&[1]);
    assert_eq!(call.options().idempotent, Some(true));
    let shown = format!("{call:?}");
    assert!(
        shown.contains("/new·thing") && !shown.contains("secret"),
        "{shown}"
    );

    let (mut request, body) = call.prepare(&base).unwrap();
    let expected = format!("{BASE_URL}/new%20thing/100%25?q[]=secret%26b");
    assert_eq!(request.uri, *expected);
    assert_eq!(request.accept, "text/csv");
    assert_eq!(request.content_type.as_ref().unwrap(), "application/json");
    assert_eq!(body.as_bytes(), b"[1]");

    // A client's own parameters give way.
    let own = [("q[]", "mine"), ("more", "1")];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    request.add_default_query(&own).unwrap();
    assert_eq!(request.uri, *format!("{expected}&more=1"));

    for path in ["zones", "/zones?a=1", "/zones//1", "/zones/%2e%2e/user"] {
        let error = to(path).prepare(&base).unwrap_err();
        assert!(matches!(error, BuildError::Path { .. }), "{path}: {error}");
    }
}
