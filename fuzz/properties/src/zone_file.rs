//! BIND zone files: importing what the emulator exports gives the same records.

use bytes::Bytes;
use cf_emulator::Emulator;
use http::{HeaderValue, Request, StatusCode, header};
use serde_json::Value;

use crate::emulator::{ZONE, answer, bearer, with_emulator};

/// The input is a zone file.
pub fn zone_file(input: &[u8]) {
    with_emulator(|emulator| {
        let (status, answered) = import(emulator, input);
        if status != StatusCode::OK {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{answered}");
            assert_eq!(answered["success"], false);
            // If one record is refused, none is imported.
            assert_eq!(records(emulator).len(), 2);
            return;
        }
        let exported = export(emulator);
        let before = records(emulator);
        emulator.reset();
        let (status, answered) = import(emulator, exported.as_bytes());
        assert_eq!(status, StatusCode::OK, "{answered} for {exported:?}");
        assert_eq!(lines(&export(emulator)), lines(&exported));
        assert_eq!(records(emulator), before, "by {exported:?}");
    });
}

fn import(emulator: &Emulator, file: &[u8]) -> (StatusCode, Value) {
    const BOUNDARY: &str = "the-end-of-a-part-that-no-input-will-guess";
    let mut body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"zone.txt\"\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
    let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let reply = send(emulator, "POST", "import", &media_type, body);
    (reply.0, serde_json::from_slice(&reply.1).expect("JSON"))
}

fn export(emulator: &Emulator) -> String {
    let (status, body) = send(emulator, "GET", "export", "", Vec::new());
    assert_eq!(status, StatusCode::OK);
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

/// The records without what differs each time they are created.
fn records(emulator: &Emulator) -> Vec<Value> {
    let (status, body) = send(emulator, "GET", "?per_page=5000000", "", Vec::new());
    assert_eq!(status, StatusCode::OK);
    let mut json: Value = serde_json::from_slice(&body).expect("JSON");
    let records = json["result"].as_array_mut().map(std::mem::take);
    let mut records = records.expect("a list");
    for record in &mut records {
        let record = record.as_object_mut().expect("an object");
        for name in ["id", "created_on", "modified_on", "comment_modified_on"] {
            record.remove(name);
        }
    }
    records.sort_by_key(Value::to_string);
    records
}

/// Without the lines with the time.
fn lines(file: &str) -> Vec<&str> {
    let timed = |line: &&str| line.starts_with(";; Exported:") || line.contains("\tSOA\t");
    file.lines().filter(|line| !timed(line)).collect()
}

fn send(
    emulator: &Emulator,
    method: &str,
    what: &str,
    media_type: &str,
    body: Vec<u8>,
) -> (StatusCode, Bytes) {
    let slash = if what.starts_with('?') { "" } else { "/" };
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/client/v4/zones/{ZONE}/dns_records{slash}{what}"))
        .header(header::AUTHORIZATION, bearer())
        .body(Bytes::from(body))
        .expect("a request");
    if !media_type.is_empty() {
        let media_type = HeaderValue::from_str(media_type).expect("a header");
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, media_type);
    }
    let reply = answer(emulator, &request);
    (reply.status(), reply.into_body())
}
