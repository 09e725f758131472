//! From HTTP replies to values or errors.
#![allow(clippy::unwrap_used)]

use cf_types::{Reply, ReplyError, accounts, dns, user, zones};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode, response};

fn parts(status: u16, media_type: &str) -> response::Parts {
    let mut parts = http::Response::new(()).into_parts().0;
    parts.status = StatusCode::from_u16(status).unwrap();
    parts
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
    parts
}

fn zone(status: u16, body: &str) -> Result<Reply<zones::Zone>, ReplyError> {
    cf_types::decode_watched::<zones::Get>(&parts(status, "application/json"), body.as_bytes())
}

#[test]
fn the_value_is_in_result() {
    let text = r#"{"result":{"id":"1","name":"x"},"success":true,"errors":[],"messages":["hi",{"code":1}],"extra":1}"#;
    let reply = zone(200, text).unwrap();
    assert_eq!(reply.value().name, "x");
    assert_eq!(reply.messages()[0].message(), "hi");
    assert_eq!(reply.messages()[1].code(), Some(1));
    assert!(
        reply
            .drift()
            .iter()
            .any(|d| d.pointer() == "/result/account")
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&reply.to_json()).unwrap(),
        serde_json::from_str::<serde_json::Value>(text).unwrap()
    );
}

#[test]
fn a_missing_envelope_is_drift() {
    let reply = zone(200, r#"{"id":"1","name":"x"}"#).unwrap();
    assert_eq!(reply.value().name, "x");
    assert_eq!(reply.to_json(), r#"{"id":"1","name":"x"}"#);
    let list =
        cf_types::decode::<zones::List>(&parts(200, "application/json"), br#"[{"name":"x"}]"#);
    assert_eq!(list.unwrap().value()[0].name, "x");
}

#[test]
fn the_page_knows_where_it_stands() {
    let text =
        r#"{"result":[{"name":"x"}],"success":true,"result_info":{"page":2,"total_pages":3}}"#;
    let list = cf_types::decode::<zones::List>(&parts(200, "application/json"), text.as_bytes());
    assert_eq!(list.unwrap().into_value().info.total_pages, Some(3));
}

#[test]
fn a_refusal_is_an_error_whatever_the_status() {
    for status in [200, 400, 403, 500] {
        let text = r#"{"success":false,"errors":[{"code":1004,"message":"bad","source":{"pointer":"/name"},
            "error_chain":[{"code":9005,"message":"worse"}]}],"result":null}"#;
        let Err(ReplyError::Api(failure)) = zone(status, text) else {
            unreachable!()
        };
        assert_eq!(failure.status.as_u16(), status);
        assert!(failure.has_code(1004) && failure.has_code(9005) && !failure.has_code(1));
        let told = failure.to_string();
        assert!(told.contains("1004: bad at /name (9005: worse)"), "{told}");
    }
}

#[test]
fn error_bodies_in_odd_shapes_are_read_as_far_as_they_go() {
    for (body, code, message) in [
        (r#"{"success":false,"errors":null}"#, None, None),
        (
            r#"{"success":false,"errors":["plain"]}"#,
            None,
            Some("plain"),
        ),
        (r#"{"success":false,"errors":[{}]}"#, None, Some("")),
        (
            r#"{"success":false,"errors":[{"code":"10000","message":"m"}]}"#,
            Some(10000),
            Some("m"),
        ),
        (
            r#"{"success":false,"errors":[{"message":"m"}]}"#,
            None,
            Some("m"),
        ),
        (
            r#"{"success":false,"errors":{"code":5}}"#,
            Some(5),
            Some(""),
        ),
        (r#"{"success":false,"error":"plain"}"#, None, Some("plain")),
        (r#"{}"#, None, None),
        ("no JSON", None, None),
        ("", None, None),
    ] {
        let Err(ReplyError::Api(failure)) = zone(400, body) else {
            unreachable!("{body}")
        };
        let first = failure.errors.first();
        assert_eq!(first.and_then(|e| e.code()), code, "{body}");
        assert_eq!(first.map(|e| e.message()).as_deref(), message, "{body}");
        assert_eq!(failure.excerpt.as_bytes(), body.as_bytes());
    }
}

#[test]
fn what_is_not_the_apis_is_told_apart() {
    let html = b"<!DOCTYPE html><title>Blocked</title>";
    let page = cf_types::decode::<zones::Get>(&parts(200, "text/html"), html);
    assert!(matches!(page, Err(ReplyError::Html { .. })));
    let page = cf_types::decode::<zones::Get>(&parts(502, "application/json"), html);
    assert!(matches!(page, Err(ReplyError::Html { .. })));
    assert!(matches!(zone(200, ""), Err(ReplyError::Empty { .. })));
    assert!(matches!(
        zone(200, "{\"result\":"),
        Err(ReplyError::NotJson { .. })
    ));
    let mut moved = parts(302, "text/html");
    moved.headers.insert(
        LOCATION,
        HeaderValue::from_static("https://elsewhere.example/x?token=hush"),
    );
    let Err(error) = cf_types::decode::<zones::Get>(&moved, b"") else {
        unreachable!()
    };
    let told = error.to_string();
    assert!(
        told.contains("https://elsewhere.example/x") && !told.contains("hush"),
        "{told}"
    );
}

#[test]
fn text_and_bytes_come_as_they_are() {
    let bind = b"www.example.com. 300 IN A 192.0.2.1\n";
    let text = cf_types::decode::<dns::records::Export>(&parts(200, "text/plain"), bind).unwrap();
    assert_eq!(text.value().as_bytes(), bind);
    let pdf = b"%PDF-1.7 \xff\x00";
    let parts_pdf = parts(200, "application/pdf");
    let blob = cf_types::decode::<accounts::receipts::Pdf>(&parts_pdf, pdf).unwrap();
    assert_eq!(blob.value().as_ref(), pdf);
    let refused =
        br#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#;
    let failed =
        cf_types::decode::<accounts::receipts::Pdf>(&parts(403, "application/json"), refused);
    assert!(matches!(failed, Err(ReplyError::Api(failure)) if failure.has_code(10000)));
}

#[test]
fn excerpts_are_bounded_and_debug_hides_them() {
    let body = format!("{{\"success\":false,\"hush\":\"{}\"}}", "x".repeat(200_000));
    let Err(error) = zone(500, &body) else {
        unreachable!()
    };
    assert!(!format!("{error:?}").contains("hush"));
    let ReplyError::Api(failure) = error else {
        unreachable!()
    };
    assert_eq!(failure.excerpt.as_bytes().len(), cf_types::EXCERPT);
}

#[test]
fn a_token_verifies() {
    let text = br#"{"result":{"id":"ed17","status":"active"},"success":true,"errors":[],
        "messages":[{"code":10000,"message":"This API Token is valid and active","type":null}]}"#;
    let reply =
        cf_types::decode_watched::<user::tokens::Verify>(&parts(200, "application/json"), text);
    assert_eq!(reply.unwrap().value().status, "active");
}
