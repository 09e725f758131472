//! Forms with files and JSON, as Workers are uploaded.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use cf_auth::Credential;
use cf_client::Client;
use cf_emulator::Emulator;
use cf_types::codec::Blob;
use cf_types::shared::{ScriptMetadata, ScriptParam};
use cf_types::workers::scripts::assets::upload::{Manifest, UploadParam};
use cf_types::{BASE_URL, Call, Operation, api};
use http::header::CONTENT_TYPE;

/// The parts of a form, from the end of the delimiter's line.
fn parts<O: Operation>(call: &Call<(), O>) -> Vec<String> {
    let request = call.to_request(BASE_URL).unwrap();
    let media_type = request.headers()[CONTENT_TYPE].to_str().unwrap();
    let boundary = media_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let delimiter = format!("--{boundary}");
    let body = String::from_utf8(request.into_body().into_vec()).unwrap();
    let parts = body.split(&delimiter).map(str::to_owned);
    parts
        .filter(|part| !part.is_empty() && part != "--\r\n")
        .collect()
}

#[test]
fn each_asset_has_its_own_media_type() {
    let files = BTreeMap::from([
        (
            "0a".to_owned(),
            Blob::from("aGkK").typed("text/html; charset=utf-8"),
        ),
        (
            "0b".to_owned(),
            Blob::from("eyJ9").typed("application/json"),
        ),
        (
            "0c".to_owned(),
            Blob::from("AAEC").named("other").typed("image/png"),
        ),
        ("0d".to_owned(), Blob::from("AAEC")),
    ]);
    let call = api()
        .workers()
        .assets()
        .upload()
        .create("01a7", files, true);
    let part = |name: &str, file: &str, media_type: &str, text: &str| {
        format!(
            "\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: {media_type}\r\n\r\n{text}\r\n"
        )
    };
    let expected = [
        part("0a", "0a", "text/html; charset=utf-8", "aGkK"),
        part("0b", "0b", "application/json", "eyJ9"),
        part("0c", "other", "image/png", "AAEC"),
        part("0d", "0d", "application/octet-stream", "AAEC"),
    ];
    assert_eq!(parts(&call), expected);
}

/// A session, the files with its token, the script.
#[tokio::test]
async fn assets_are_uploaded_with_the_token_of_their_session() {
    let emulator = Emulator::start().await.unwrap();
    let account = emulator.account_id();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    let file = |hash: &str| Manifest::new(hash, 3);
    let manifest = BTreeMap::from([("/index.html".to_owned(), file("0a"))]);
    let start = api().workers().scripts().assets().upload();
    let start = start.create(account, "site", UploadParam::new(manifest));
    let session = Call::new(&client, start.operation().clone()).await.unwrap();
    let session = Credential::api_token(session.jwt.unwrap()).unwrap();

    let files = BTreeMap::from([("0a".to_owned(), Blob::from("aGkK").typed("text/html"))]);
    let upload = api()
        .workers()
        .assets()
        .upload()
        .create(account, files, true);
    let upload = || Call::new(&client, upload.operation().clone());
    // A token that may do everything else may not do this.
    let refused = upload().await.unwrap_err();
    assert_eq!(refused.status().unwrap(), 401, "{refused}");
    let done = upload().credential(session).await.unwrap();
    assert!(done.jwt.is_some());
}

#[cfg(feature = "snippets")]
#[test]
fn the_code_of_a_snippet_is_a_named_file() {
    use cf_types::snippets::{SnippetMetadata, SnippetParam};
    let metadata = SnippetMetadata::new("snippet.js");
    let code = Blob::from("export default {}").named("snippet.js");
    let body = SnippetParam::new(metadata).files([code.typed("application/javascript")]);
    let parts = parts(&api().snippets().update("023e", "mine", body));
    let head = "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"snippet.js\"\r\n\
                Content-Type: application/javascript\r\n";
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert!(parts.iter().any(|part| part.starts_with(head)), "{parts:?}");
}

#[cfg(all(feature = "r2", feature = "zero_trust"))]
#[test]
fn a_body_of_bytes_has_its_own_media_type() {
    fn media_type<O: Operation>(call: &Call<(), O>) -> String {
        let request = call.to_request(BASE_URL).unwrap();
        let media_type = request.headers()[CONTENT_TYPE].to_str().unwrap();
        media_type.to_owned()
    }
    let typed = || Blob::from("a,b").typed("text/csv");
    let objects = || api().r2().buckets().objects();
    let datasets = || api().zero_trust().dlp().datasets();
    let types = [
        media_type(&objects().upload("01a7", "bucket", "key", typed())),
        media_type(&datasets().upload().edit("01a7", "1", 1, typed())),
        media_type(
            &datasets()
                .versions()
                .entries()
                .create("01a7", "1", 1, "2", typed()),
        ),
    ];
    assert_eq!(types, ["text/csv"; 3]);
    let untyped = objects().upload("01a7", "bucket", "key", "a,b");
    assert_eq!(media_type(&untyped), "application/octet-stream");
}

#[test]
fn a_worker_is_uploaded_as_json_and_named_files() {
    let metadata = ScriptMetadata::new().main_module("worker.js");
    let module = |name: &str, text: &str| {
        Blob::from(text)
            .named(name)
            .typed("application/javascript+module")
    };
    let body = ScriptParam::new(metadata).files([
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
