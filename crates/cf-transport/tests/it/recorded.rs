//! A test as users write it: replayed from a cassette next to it.
//!
//! To record it again, over TLS and from a server that creates other identifiers each time:
//!
//! `CF_RECORD=1 cargo test -p cf-transport --features cassette --test it recorded`

use std::hash::BuildHasher;
use std::path::Path;

use crate::support::built;
use crate::support::tls::{Authority, TlsServer};
use bytes::Bytes;
use cf_transport::cassette::{Matching, Recorder, Replay};
use cf_transport::{Body, HyperTransport, Transport};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};

const CASSETTE: &str = "tests/cassettes/dns_record.json";

/// What is tested: creates a record, finds it in the list, deletes it.
async fn round_trip(transport: &dyn Transport, api: &str, zone: &str) {
    let records = format!("{api}/zones/{zone}/dns_records");
    let record = json!({ "type": "A", "name": "www.example.com", "content": "192.0.2.1" });
    let (status, created) = call(transport, Method::POST, &records, Some(record)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(created["result"]["zone_id"], zone);
    let id = created["result"]["id"].as_str().unwrap().to_owned();

    let query = format!("{records}?name=www.example.com&per_page=5");
    let (_, list) = call(transport, Method::GET, &query, None).await;
    assert_eq!(list["result"][0]["id"], id);

    let one = format!("{records}/{id}");
    let (_, deleted) = call(transport, Method::DELETE, &one, None).await;
    assert_eq!(deleted["result"]["id"], id);
    let (status, gone) = call(transport, Method::GET, &one, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(gone["errors"][0]["code"], 81044);
}

async fn call(
    transport: &dyn Transport,
    method: Method,
    url: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(header::AUTHORIZATION, "Bearer secret-of-the-recorder")
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.map_or_else(Body::empty, |body| body.to_string().into()))
        .unwrap();
    let reply = transport.send(request).await.unwrap();
    let status = reply.status();
    let text = reply.into_body().bytes(1 << 20).await.unwrap();
    (status, serde_json::from_slice(&text).unwrap())
}

#[tokio::test]
async fn a_record_is_created_found_and_deleted() {
    let cassette = Path::new(env!("CARGO_MANIFEST_DIR")).join(CASSETTE);
    if std::env::var_os("CF_RECORD").is_some() {
        record(&cassette).await;
    }
    // Any zone will do, and any server.
    let zone = "c0ffee00c0ffee00c0ffee00c0ffee00";
    let replay = Replay::from_file(&cassette)
        .unwrap()
        .matching(Matching::Lenient);
    round_trip(&replay, "https://api.cloudflare.com/client/v4", zone).await;
    replay.finish().unwrap();

    let text = std::fs::read_to_string(&cassette).unwrap();
    assert!(!text.contains("secret-of-the-recorder"));
}

async fn record(cassette: &Path) {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let service = hyper::service::service_fn(answer);
    let server = TlsServer::serving(&identity, &["h2"], None, service).await;
    let transport = built(HyperTransport::builder().add_root_certificates(authority.pem()));
    let recorder = Recorder::new(transport);
    let api = format!("https://localhost:{}/client/v4", server.port);
    round_trip(&recorder, &api, &identifier("zone")).await;
    recorder.save(cassette).unwrap();
}

/// 32 hexadecimal digits: different in each process, the same for each name.
fn identifier(name: &str) -> String {
    use std::sync::LazyLock;
    static HASHERS: LazyLock<[std::hash::RandomState; 2]> = LazyLock::new(Default::default);
    let [a, b] = &*HASHERS;
    format!("{:016x}{:016x}", a.hash_one(name), b.hash_one(name))
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    body.collect().await?;
    let record = identifier("record");
    let result = json!({
        "id": record, "zone_id": identifier("zone"), "type": "A", "name": "www.example.com",
        "content": "192.0.2.1", "created_on": "2026-01-02T03:04:05Z", "comment": "by someone@corp.example",
    });
    let (status, body) = match (parts.method, parts.uri.path().ends_with(&record)) {
        (Method::GET, true) => (
            404,
            json!({ "success": false, "errors": [{ "code": 81044, "message": "Record does not exist." }] }),
        ),
        (Method::GET, false) => (200, json!({ "success": true, "result": [result] })),
        (Method::DELETE, _) => (200, json!({ "success": true, "result": { "id": record } })),
        _ => (200, json!({ "success": true, "result": result })),
    };
    let reply = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::SET_COOKIE, "__cf_bm=secret-of-the-recorder")
        .body(body.to_string().into());
    Ok(reply.unwrap())
}
