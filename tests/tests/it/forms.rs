//! Forms with files and JSON, as Workers are uploaded.
#![allow(clippy::unwrap_used)]

use cf_types::codec::Blob;
use cf_types::workers::{ScriptUpdateParams, ScriptUpdateParamsMetadata};
use cf_types::{BASE_URL, api};
use http::header::CONTENT_TYPE;

#[test]
fn a_worker_is_uploaded_as_json_and_named_files() {
    let metadata = ScriptUpdateParamsMetadata::new().main_module("worker.js");
    let module = |name: &str, text: &str| {
        Blob::from(text)
            .named(name)
            .typed("application/javascript+module")
    };
    let body = ScriptUpdateParams::new(metadata).files([
        module("worker.js", "import './a.js'"),
        module("a.js", "export {}"),
    ]);
    let request = api()
        .workers()
        .scripts()
        .update("01a7", "hello", body)
        .to_request(BASE_URL)
        .unwrap();
    assert_eq!(request.method(), "PUT");
    assert!(
        request
            .uri()
            .path()
            .ends_with("/accounts/01a7/workers/scripts/hello")
    );
    let media_type = request.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
    let boundary = media_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let body = String::from_utf8(request.into_body().into_vec()).unwrap();
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 5, "{body}");
    assert_eq!(
        parts[1],
        "\r\nContent-Disposition: form-data; name=\"metadata\"\r\nContent-Type: application/json\r\n\r\n\
         {\"main_module\":\"worker.js\"}\r\n"
    );
    assert_eq!(
        parts[2],
        "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"worker.js\"\r\n\
         Content-Type: application/javascript+module\r\n\r\nimport './a.js'\r\n"
    );
    assert!(parts[3].contains("filename=\"a.js\""));
    assert_eq!(parts[4], "--\r\n");
}
