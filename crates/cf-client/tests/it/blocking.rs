//! The client for programs without async.

use std::io::{BufRead as _, BufReader, Read as _};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::support::{Answer, Server, TOKEN, ZONE, reply};
use cf_client::blocking;
use cf_client::transport::transport_fn;
use cf_client::types::Cursor;
use cf_client::types::dns::records::{ARecordParam, TxtRecordParam};
use cf_client::{Body, Client, ErrorKind, Method};
use cf_emulator::Emulator;
use http::Response;
use serde_json::Value;

/// An emulator with a zone, on its own runtime; alive as long as the runtime.
fn emulator() -> (tokio::runtime::Runtime, Emulator, blocking::Client) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let emulator = runtime.block_on(Emulator::start()).unwrap();
    emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build_blocking()
        .unwrap();
    (runtime, emulator, client)
}

#[test]
fn the_same_tree_ends_in_send() {
    let (_runtime, emulator, client) = emulator();
    let zone = client.zone_id("example.com").unwrap();
    assert_eq!(client.zone_of("www.example.com").unwrap(), zone);
    assert_eq!(client.only_account_id().unwrap(), emulator.account_id());
    let records = || client.dns().records();
    let record = ARecordParam::new("www.example.com", "192.0.2.1");
    let created = records().create(&zone, record).send().unwrap();
    for number in 0..24 {
        let record = TxtRecordParam::new("example.com", format!("\"{number}\""));
        records().create(&zone, record).send().unwrap();
    }
    let id = created.id().unwrap();
    let (got, meta) = records().get(&zone, id).with_meta().unwrap();
    assert_eq!(
        (got.name(), meta.status().as_u16()),
        (Some("www.example.com"), 200)
    );

    let all = records()
        .list(&zone)
        .per_page(10)
        .items()
        .concurrency(2)
        .collect_all()
        .unwrap();
    assert_eq!(all.len(), 25);
    let mut pages = records().list(&zone).per_page(10).pages();
    assert_eq!(pages.next().unwrap().unwrap().len(), 10);
    assert_eq!(pages.cursor(), Some(&Cursor::Number(2)));
    let three: Result<Vec<_>, _> = records().list(&zone).items().max_items(3).collect();
    assert_eq!(three.unwrap().len(), 3);
    assert!(records().list(&zone).first().unwrap().is_some());

    records().delete(&zone, id).send().unwrap();
    let error = records().get(&zone, id).send().unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let raw = records().get(&zone, id).send_raw().unwrap();
    assert_eq!(raw.status(), 404);

    let by_path: Value = client
        .request(Method::GET, format!("/zones/{zone}"))
        .query("a", "b")
        .send()
        .unwrap();
    assert_eq!(by_path["name"], "example.com");
    let (_, meta) = client
        .request(Method::GET, "/zones")
        .with_meta::<Value>()
        .unwrap();
    assert_eq!(meta.status(), 200);
    assert!(
        client
            .request(Method::GET, "/zones/x")
            .send_stream()
            .is_err()
    );
}

#[test]
fn bodies_are_read_as_they_come() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(|_, request| match request.target.as_str() {
        "/client/v4/cut" => {
            Answer::Cut(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nbegin".to_vec())
        }
        _ => Answer::Bytes(reply(200, &[], &"{\"n\":1}\n".repeat(100_000))),
    }));
    let client = server.builder().build_blocking().unwrap();
    let body = client
        .request(Method::GET, "/logs")
        .send_stream()
        .unwrap()
        .into_body();
    assert_eq!(body.content_length(), Some(800_000));
    assert_eq!(
        BufReader::new(body).lines().map(Result::unwrap).count(),
        100_000
    );

    let mut cut = client
        .request(Method::GET, "/cut")
        .send_raw()
        .unwrap()
        .into_body();
    let mut text = String::new();
    assert!(cut.read_to_string(&mut text).is_err());
    assert_eq!(text, "begin");
    assert_eq!(cut.read(&mut [0; 8]).unwrap(), 0, "an error ends it");
}

#[test]
fn lines_are_iterated() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let body = "{\"n\":1}\n\nno JSON\n{\"n\":2}\n";
    let server = runtime.block_on(Server::always(reply(200, &[], body)));
    let client = server.builder().build_blocking().unwrap();
    let stream = || client.request(Method::GET, "/logs").send_stream().unwrap();
    assert_eq!(stream().status(), 200);
    let lines: Result<Vec<String>, _> = stream().lines().collect();
    assert_eq!(lines.unwrap(), ["{\"n\":1}", "", "no JSON", "{\"n\":2}"]);
    let numbers: Vec<_> = stream()
        .json_lines::<Value>()
        .map(|line| line.map(|line| line["n"].as_u64().unwrap()))
        .collect();
    assert_eq!(*numbers[0].as_ref().unwrap(), 1);
    assert_eq!(numbers[1].as_ref().unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!((*numbers[2].as_ref().unwrap(), numbers.len()), (2, 3));
    let mut short = stream().lines().max_line_bytes(3);
    assert_eq!(
        short.next().unwrap().unwrap_err().kind(),
        ErrorKind::TooLarge
    );
    assert!(short.next().is_none());
}

#[cfg(feature = "events")]
#[test]
fn what_models_stream_is_iterated() {
    let (_runtime, emulator, client) = emulator();
    let path = format!(
        "/accounts/{}/ai/run/@cf/meta/llama-3.1-8b-instruct",
        emulator.account_id()
    );
    let ask = || {
        let body = serde_json::json!({ "prompt": "Why?", "stream": true });
        let call = client.request(Method::POST, path.as_str()).json(&body);
        call.send_stream().unwrap()
    };
    let text = ask().tokens().text().unwrap();
    assert!(text.ends_with("Why?"), "{text}");
    let mut tokens = ask().tokens();
    let pieces: Result<Vec<String>, _> = tokens.by_ref().collect();
    let pieces = pieces.unwrap();
    assert_eq!(pieces.concat(), text);
    let used = tokens.usage().unwrap()["completion_tokens"].as_u64();
    assert_eq!(used, Some(pieces.len() as u64));
    let events: Result<Vec<_>, _> = ask().events().collect();
    let first: Value = events.unwrap()[0].json().unwrap();
    assert_eq!(first["response"], pieces[0]);

    emulator.inject(cf_emulator::Fault::cut_body(60));
    let mut cut = ask().tokens();
    let error = cut.find_map(Result::err).unwrap();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(cut.next().is_none());
}

/// Inside a runtime, of either kind; the server runs elsewhere.
#[test]
fn it_works_within_a_runtime() {
    let (_runtime, _emulator, client) = emulator();
    let own = client.clone();
    let single = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    single.block_on(async move {
        assert!(own.zones().list().first().unwrap().is_some());
    });
    let multi = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    multi.block_on(async move {
        let task = tokio::spawn(async move {
            let zone = client.zones().list().first().unwrap();
            // The last clone is dropped within the runtime, too.
            drop(client);
            zone
        });
        assert!(task.await.unwrap().is_some());
    });
}

#[test]
fn threads_share_a_client() {
    let (_runtime, _emulator, client) = emulator();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| client.zones().list().send().unwrap());
        }
    });
}

/// A call from within the client's own thread.
#[test]
fn what_would_wait_for_itself_is_an_error() {
    let cell: Arc<OnceLock<blocking::Client>> = Arc::default();
    let within = Arc::clone(&cell);
    let client = Client::builder()
        .api_token(TOKEN)
        .transport(transport_fn(move |_| {
            let client = within.get().unwrap().clone();
            let error = client.zones().get(ZONE).send().unwrap_err();
            let body = serde_json::json!({"success": true, "result": error.to_string()});
            async move { Ok(Response::new(Body::from(body.to_string()))) }
        }))
        .build_blocking()
        .unwrap();
    cell.set(client.clone()).unwrap();
    let said: String = client.request(Method::GET, "/x").send().unwrap();
    assert!(said.contains("would wait for itself"), "{said}");
}

#[test]
fn a_panic_within_is_an_error_and_not_the_end() {
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let client = Client::builder()
        .api_token(TOKEN)
        .transport(transport_fn(move |_| {
            let number = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async move {
                assert!(number > 0, "on purpose");
                Ok(Response::new(Body::from(r#"{"success":true,"result":1}"#)))
            }
        }))
        .build_blocking()
        .unwrap();
    let get = || client.request(Method::GET, "/x").send::<u8>();
    assert!(get().unwrap_err().to_string().contains("panicked"));
    assert_eq!(get().unwrap(), 1);
}

#[test]
fn a_reset_opens_what_a_reply_closed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let closing = [("ratelimit", "\"default\";r=0;t=100")];
    let zone = r#"{"success":true,"result":{"id":"1"}}"#;
    let server = runtime.block_on(Server::always(reply(200, &closing, zone)));
    let client = server.builder().build_blocking().unwrap();
    let get = || {
        let call = client.zones().get(ZONE);
        call.deadline(Duration::from_secs(60)).send()
    };
    get().unwrap();
    assert!(get().unwrap_err().is_rate_limited());
    client.reset_rate_limit();
    get().unwrap();
}

#[test]
fn limits_hold_without_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(|_, _| Answer::Silence));
    let client = server.builder().build_blocking().unwrap();
    let started = Instant::now();
    let error = client
        .zones()
        .get(ZONE)
        .deadline(Duration::from_millis(200))
        .send()
        .unwrap_err();
    assert!(error.is_timeout());
    assert!(started.elapsed() < Duration::from_secs(20));
    let error = blocking::Client::new("not a token").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credential);
}
