//! The emulator: it answers any request as the API would.

use bytes::Bytes;
use cf_emulator::Emulator;
use http::{Method, Request, Response, StatusCode, header};
use serde_json::Value;

use crate::input::{Message, parts, run};

/// The initial zone, and its account.
pub(crate) const ZONE: &str = "0123456789abcdef0123456789abcdef";
const ACCOUNT: &str = "fedcba9876543210fedcba9876543210";
const TOKEN: &str = "the-token-that-may-do-everything";

/// The input is a sequence of requests to an emulator with an account, a zone and some records. `{zone}` and
/// `{account}` stand for their identifiers, and `{last}` for the one in the latest reply. `SNAPSHOT` instead
/// of a request saves the state and restores it.
pub fn emulator(input: &[u8]) {
    with_emulator(|emulator| {
        let mut last = String::new();
        for part in parts(input).into_iter().take(12) {
            if part.trim_ascii() == b"SNAPSHOT" {
                let state = emulator.snapshot();
                emulator.restore(&state).expect("its own snapshot");
                assert!(emulator.snapshot() == state, "the state changed");
                continue;
            }
            let filled = fill(part, &last);
            let Some(request) = Message::parse(&filled).as_ref().and_then(request) else {
                continue;
            };
            let reply = answer(emulator, &request);
            check(&request, &reply);
            if let Some(id) = id_in(reply.body()) {
                last = id;
            }
        }
    });
}

/// An emulator in its initial state.
pub(crate) fn with_emulator(test: impl FnOnce(&Emulator)) {
    thread_local! {
        static EMULATOR: Emulator = run(start());
    }
    EMULATOR.with(|emulator| {
        emulator.reset();
        test(emulator);
    });
}

async fn start() -> Emulator {
    let seed = serde_json::json!({ "accounts": [{
        "id": ACCOUNT, "name": "Ada's account",
        "zones": [{ "id": ZONE, "name": "example.com", "records": [
            { "id": "00000000000000000000000000000001", "type": "A", "name": "www", "content": "192.0.2.1" },
            { "type": "TXT", "name": "@", "content": "\"v=spf1 -all\"" },
        ]}],
    }]});
    let builder = Emulator::builder().token(TOKEN).seed(seed.to_string());
    builder.start().await.expect("an emulator")
}

pub(crate) fn answer(emulator: &Emulator, request: &Request<Bytes>) -> Response<Bytes> {
    run(emulator.answer(request.clone())).expect("no fault was asked for")
}

fn fill(part: &[u8], last: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(part);
    if !text.contains('{') {
        return part.to_vec();
    }
    let filled = text.replace("{zone}", ZONE).replace("{account}", ACCOUNT);
    filled.replace("{last}", last).into_bytes()
}

fn request(message: &Message<'_>) -> Option<Request<Bytes>> {
    let (method, path) = message.line.split_once(' ')?;
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .body(Bytes::copy_from_slice(message.body))
        .ok()?;
    *request.headers_mut() = message.headers.clone();
    let headers = request.headers_mut();
    // Faults could answer anything.
    headers.remove("x-emulator-fault");
    if !headers.contains_key(header::AUTHORIZATION) {
        headers.insert(header::AUTHORIZATION, bearer());
    }
    // The control routes are not part of the API.
    (!request.uri().path().starts_with("/_emulator")).then_some(request)
}

pub(crate) fn bearer() -> http::HeaderValue {
    format!("Bearer {TOKEN}").parse().expect("a header")
}

fn check(request: &Request<Bytes>, reply: &Response<Bytes>) {
    let (method, uri, status) = (request.method(), request.uri(), reply.status());
    assert!(!status.is_server_error(), "{method} {uri}: {status}");
    let body = reply.body();
    if !status.is_client_error() {
        return check_success(request, reply);
    }
    let shown = String::from_utf8_lossy(body);
    let json: Value =
        serde_json::from_slice(body).unwrap_or_else(|error| panic!("{error} in {shown}"));
    assert_eq!(json["success"], false, "{method} {uri}: {shown}");
    assert_eq!(json["result"], Value::Null, "{method} {uri}: {shown}");
    let errors = json["errors"].as_array().expect("errors");
    let said = |error: &Value| error["code"].is_u64() && error["message"].is_string();
    assert!(
        !errors.is_empty() && errors.iter().all(said),
        "{method} {uri}: {shown}"
    );
}

fn check_success(request: &Request<Bytes>, reply: &Response<Bytes>) {
    let (method, uri) = (request.method(), request.uri());
    assert!(reply.status().is_success() || reply.status() == StatusCode::NOT_MODIFIED);
    let media_type = reply.headers().get(header::CONTENT_TYPE);
    // Stored values keep their own content type.
    let stored = uri.path().contains("/values/") || uri.path().contains("/objects/");
    let is_json = media_type.is_some_and(|value| value == "application/json");
    if is_json && !stored && *method != Method::HEAD {
        let body = String::from_utf8_lossy(reply.body());
        assert!(
            crate::input::json(&body).is_some(),
            "{method} {uri}: {body}"
        );
    }
}

fn id_in(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    Some(json["result"]["id"].as_str()?.to_owned())
}
