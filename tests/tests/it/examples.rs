//! The example of each operation's documentation is a request that can be sent.

use cf_client::transport::{Body, HyperTransport, Transport};
use cf_emulator::Emulator;
use cf_tests::examples;
use cf_types::BASE_URL;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, StatusCode};

#[test]
fn every_example_is_a_request() {
    let examples = examples();
    assert!(examples.len() > 100, "{}", examples.len());
    let refused: Vec<String> = examples
        .iter()
        .filter_map(|example| {
            let error = example.request.as_ref().err()?;
            Some(format!("{}: {error}", example.operation))
        })
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// What the description rules out, the emulator refuses; what it cannot serve, it says with status 501.
#[tokio::test]
async fn the_emulator_understands_every_example() {
    let emulator = Emulator::start().await.unwrap();
    let transport = HyperTransport::new().unwrap();
    let token = HeaderValue::try_from(format!("Bearer {}", emulator.token())).unwrap();
    let mut wrong = Vec::new();
    for example in examples() {
        let (mut parts, body) = example.request.unwrap().into_parts();
        let path = parts
            .uri
            .to_string()
            .replace(BASE_URL, &emulator.base_url());
        parts.uri = path.parse().unwrap();
        parts.headers.insert(AUTHORIZATION, token.clone());
        let request = Request::from_parts(parts, Body::from(body.into_vec()));
        let reply = transport.send(request).await.unwrap();
        let status = reply.status();
        let text = reply.into_body().bytes(1 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&text);
        let misunderstood = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        if misunderstood || status == StatusCode::METHOD_NOT_ALLOWED || text.contains(": expected ")
        {
            wrong.push(format!("{}: {status} {text:.300}", example.operation));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
