//! Forms: what is written, and that no content can break out of its part.

use std::collections::HashSet;

use bytes::Bytes;
use cf_transport::Body;
use cf_transport::multipart::{Form, Part};
use http::{HeaderValue, Request, header};
use http_body_util::Full;

/// The boundary and the text of a form.
async fn written(form: Form) -> (String, String) {
    let (content_type, body) = form.finish();
    let boundary = content_type
        .to_str()
        .unwrap()
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap()
        .to_owned();
    let len = body.content_length();
    let bytes = body.bytes(1 << 20).await.unwrap();
    assert!(len.is_none_or(|len| len == bytes.len() as u64));
    (boundary, String::from_utf8(bytes.to_vec()).unwrap())
}

/// A stream of unknown length.
fn stream(text: &'static str) -> Body {
    let chunk = Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from(text)));
    let chunks = futures_util::stream::iter([chunk]);
    Body::stream(None, http_body_util::StreamBody::new(chunks))
}

#[tokio::test]
async fn a_form_is_written_as_the_standard_says() {
    let form = Form::new().text("metadata", "{}").part(
        Part::new("worker.js", "export {}")
            .file_name("worker.js")
            .content_type(HeaderValue::from_static("application/javascript+module"))
            .header(header::CONTENT_LANGUAGE, HeaderValue::from_static("en")),
    );
    let form = form.part(Part::new("blob", stream("bytes")).file_name("b"));
    let (boundary, text) = written(form).await;
    let expected = "--B\r\n\
        Content-Disposition: form-data; name=\"metadata\"\r\n\
        \r\n\
        {}\r\n\
        --B\r\n\
        Content-Disposition: form-data; name=\"worker.js\"; filename=\"worker.js\"\r\n\
        Content-Type: application/javascript+module\r\n\
        content-language: en\r\n\
        \r\n\
        export {}\r\n\
        --B\r\n\
        Content-Disposition: form-data; name=\"blob\"; filename=\"b\"\r\n\
        Content-Type: application/octet-stream\r\n\
        \r\n\
        bytes\r\n\
        --B--\r\n";
    assert_eq!(text, expected.replace("--B", &format!("--{boundary}")));
}

#[tokio::test]
async fn a_form_without_parts_is_only_its_end() {
    let (boundary, text) = written(Form::new()).await;
    assert_eq!(text, format!("--{boundary}--\r\n"));
}

#[tokio::test]
async fn names_cannot_break_out_of_their_header() {
    let name = "a\"; filename=\"b\r\nx-evil: 1\r\n\r\n\0é%\\";
    let form = Form::new().part(Part::new(name, "text").file_name(name));
    let (_, text) = written(form).await;
    let quoted = "a%22; filename=%22b%0D%0Ax-evil: 1%0D%0A%0D%0A%00é%%5C";
    let line = format!("Content-Disposition: form-data; name=\"{quoted}\"; filename=\"{quoted}\"");
    assert_eq!(text.lines().nth(1).unwrap(), line);
    assert_eq!(text.lines().count(), 6, "{text:?}");
}

#[tokio::test]
async fn boundaries_are_long_and_never_the_same() {
    let mut seen = HashSet::new();
    for _ in 0..1000 {
        let (boundary, _) = written(Form::new()).await;
        assert!((40..=70).contains(&boundary.len()), "RFC 2046, 5.1.1");
        assert!(seen.insert(boundary));
    }
}

#[tokio::test]
async fn a_form_in_a_form_keeps_its_own_boundary() {
    let (inner_type, inner) = Form::new().text("a", "b").finish();
    let inner = inner.bytes(1 << 10).await.unwrap();
    let part = Part::new("nested", inner.clone()).content_type(inner_type);
    let (boundary, text) = written(Form::new().part(part)).await;
    assert!(!String::from_utf8_lossy(&inner).contains(&boundary));
    assert_eq!(text.matches(&boundary).count(), 2);
}

#[tokio::test]
async fn a_form_is_sent_again_and_has_a_length_if_all_its_parts_have() {
    let replayable = || Body::replayable(Some(5), || Full::from("hello"));
    let (_, form) = Form::new()
        .text("a", "b")
        .part(Part::new("file", replayable()))
        .finish();
    assert!(form.content_length().is_some());
    let again = form.try_clone().expect("all parts can be sent again");
    assert_eq!(
        form.bytes(1024).await.unwrap(),
        again.bytes(1024).await.unwrap()
    );

    let (_, form) = Form::new().part(Part::new("file", stream("x"))).finish();
    assert!(form.try_clone().is_none());
    assert_eq!(form.content_length(), None);
}

#[tokio::test]
async fn a_part_that_fails_fails_the_form() {
    let short = Body::stream(
        Some(10),
        http_body_util::StreamBody::new(futures_util::stream::iter([Ok::<_, std::io::Error>(
            http_body::Frame::data(Bytes::from("abc")),
        )])),
    );
    let (_, form) = Form::new().part(Part::new("file", short)).finish();
    let error = form.bytes(1024).await.unwrap_err();
    assert!(
        error.to_string().contains("announced with 10 bytes"),
        "{error}"
    );
}

#[test]
fn a_request_gets_body_and_type() {
    let form = Form::new().text("a", "b");
    let request = form
        .attach(Request::post("https://localhost/").header(header::CONTENT_TYPE, "text/plain"))
        .unwrap();
    let types: Vec<_> = request
        .headers()
        .get_all(header::CONTENT_TYPE)
        .iter()
        .collect();
    assert_eq!(types.len(), 1);
    assert!(
        types[0]
            .to_str()
            .unwrap()
            .starts_with("multipart/form-data; boundary=cf-")
    );
    assert!(Form::new().attach(Request::post("not an address")).is_err());
}

#[test]
fn debug_shows_no_content() {
    let part = Part::new("secret", "hunter2")
        .header(header::AUTHORIZATION, HeaderValue::from_static("hunter2"));
    let shown = format!("{:?}", Form::new().part(part));
    assert!(!shown.contains("hunter2"), "{shown}");
}
