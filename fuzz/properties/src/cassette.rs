//! Cassettes: what was recorded can be replayed, without its secrets, and no file makes the replay panic.

use std::sync::Arc;

use bytes::Bytes;
use cf_transport::cassette::{Cassette, Matching, Recorder, Replay, Scrub};
use cf_transport::{Body, Transport, transport_fn};
use http::{Request, Response, StatusCode};
use serde_json::Value;

use crate::input::{Message, find, json, parts, run};

/// Must never be in a cassette.
const TOKEN: &str = "cfut_Qm5vdCBhIHRva2VuIG9mIGFueWJvZHk";

/// The input is a cassette to replay, or messages to record, alternating requests and replies.
pub fn cassette(input: &[u8]) {
    match serde_json::from_slice::<Cassette>(input) {
        Ok(cassette) => play(&cassette, input),
        Err(_) => record(input),
    }
}

/// Writing and reading changes nothing, and every request gets a reply or an error.
fn play(cassette: &Cassette, input: &[u8]) {
    let written = serde_json::to_string_pretty(cassette).expect("JSON");
    let again: Cassette = serde_json::from_str(&written).expect("a cassette");
    assert!(again == *cassette);

    let text = std::str::from_utf8(input).expect("JSON is UTF-8");
    let exchanges = json(text).map(|mut value| value["exchanges"].take());
    let exchanges = exchanges.unwrap_or_default();
    let asked: Vec<_> = exchanges.as_array().into_iter().flatten().collect();
    for matching in [Matching::Strict, Matching::Lenient] {
        let replay = Replay::new(cassette.clone()).matching(matching);
        for exchange in &asked {
            if let Some(request) = request_of(&exchange["request"]) {
                match run(replay.send(request)) {
                    Ok(reply) => assert_eq!(exchange_status(&exchanges, &reply), Some(())),
                    Err(error) => assert!(!error.to_string().is_empty()),
                }
            }
        }
        if let Err(error) = replay.finish() {
            assert!(!error.to_string().is_empty());
        }
    }
}

/// The status is one that the cassette has.
fn exchange_status(exchanges: &Value, reply: &Response<Body>) -> Option<()> {
    let mut all = exchanges.as_array()?.iter();
    all.any(|exchange| exchange["reply"]["status"] == reply.status().as_u16())
        .then_some(())
}

/// The request that an exchange of a cassette was recorded from.
fn request_of(asked: &Value) -> Option<Request<Body>> {
    let mut request = Request::builder()
        .method(asked["method"].as_str()?)
        .uri(asked["url"].as_str()?);
    for line in asked["headers"].as_array().into_iter().flatten() {
        let (name, value) = line.as_str()?.split_once(':')?;
        request = request.header(name.trim(), value.trim());
    }
    let body = match &asked["body"]["json"] {
        Value::Null => Body::empty(),
        value => Body::from(value.to_string()),
    };
    request.body(body).ok()
}

/// A recording replays the same replies to the same requests.
fn record(input: &[u8]) {
    let messages: Vec<_> = parts(input)
        .into_iter()
        .filter_map(Message::parse)
        .collect();
    let mut exchanges = Vec::new();
    for pair in messages.chunks_exact(2).take(8) {
        if let (Some(request), Some(reply)) = (request(&pair[0]), reply(&pair[1])) {
            exchanges.push((request, reply));
        }
    }
    let replies: Vec<_> = exchanges.iter().map(|(_, reply)| reply.clone()).collect();
    let replies = Arc::new(std::sync::Mutex::new(replies.into_iter()));
    let recorder = Recorder::new(transport_fn(move |_| {
        let reply = replies.lock().expect("no panic").next();
        std::future::ready(Ok(reply.expect("a reply").map(Body::from)))
    }));
    let recorder = recorder.scrub(Scrub::default().keep_binary());
    for (request, _) in &exchanges {
        run(recorder.send(request.clone().map(Body::from))).expect("a reply");
    }
    let cassette = recorder.cassette();
    assert_eq!(cassette.len(), exchanges.len());
    let written = serde_json::to_string(&cassette).expect("JSON");
    assert!(!written.contains(TOKEN), "a secret in {written}");

    let cassette: Cassette = serde_json::from_str(&written).expect("a cassette");
    let replay = Replay::new(cassette);
    for (request, expected) in &exchanges {
        let reply = run(replay.send(request.clone().map(Body::from)));
        let reply = reply.unwrap_or_else(|error| panic!("{error} in {written}"));
        assert_eq!(reply.status(), expected.status());
        let body = run(reply.into_body().bytes(usize::MAX)).expect("a body in memory");
        same_body(expected.body(), &body);
    }
    replay.finish().expect("all was played");
}

/// JSON stays JSON of the same form, and what contains nothing secret stays as it is.
fn same_body(before: &Bytes, after: &Bytes) {
    let Ok(text) = std::str::from_utf8(before) else {
        assert_eq!(before, after);
        return;
    };
    if let (Some(before), Ok(text)) = (json(text), std::str::from_utf8(after)) {
        let after = json(text).expect("JSON");
        assert_eq!(kind(&before), kind(&after));
    } else if !text.contains(|c: char| c.is_ascii_alphanumeric()) {
        assert_eq!(before, after);
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Object(_) => 1,
        Value::Array(_) => 2,
        _ => 0,
    }
}

fn request(message: &Message<'_>) -> Option<Request<Bytes>> {
    let (method, uri) = message.line.split_once(' ')?;
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .body(body(message))
        .ok()?;
    *request.headers_mut() = message.headers.clone();
    let token = format!("Bearer {TOKEN}").parse().ok()?;
    request.headers_mut().insert("authorization", token);
    Some(request)
}

fn reply(message: &Message<'_>) -> Option<Response<Bytes>> {
    let mut reply = Response::new(body(message));
    *reply.status_mut() = StatusCode::from_bytes(message.line.as_bytes()).ok()?;
    *reply.headers_mut() = message.headers.clone();
    Some(reply)
}

/// The body, with the token wherever there is a placeholder.
fn body(message: &Message<'_>) -> Bytes {
    const MARK: &[u8] = b"{TOKEN}";
    let mut body = message.body.to_vec();
    while let Some(at) = find(&body, MARK) {
        body.splice(at..at + MARK.len(), TOKEN.bytes());
    }
    body.into()
}
