//! Every operation of the API description answers as described.

use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::json;

use crate::client::Client;

const DESCRIPTION: &str = include_str!("../../src/generated/api.txt");
const ID: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// Method and path of every operation, with an identifier for each parameter.
fn operations() -> impl Iterator<Item = (Method, String)> {
    let (_, operations) = DESCRIPTION.split_once("\n\n").unwrap();
    operations.lines().map(|line| {
        let mut columns = line.split('\t');
        let method = columns.next().unwrap().parse().unwrap();
        let segments = columns.next().unwrap().split('/');
        let filled = segments.map(|segment| {
            if segment.starts_with('{') {
                ID
            } else {
                segment
            }
        });
        (method, format!("/{}", filled.collect::<Vec<_>>().join("/")))
    })
}

#[tokio::test]
async fn every_operation_answers() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let (mut answered, mut succeeded) = (0, 0);
    for (method, path) in operations() {
        let answer = client.call(method.clone(), &path, None).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!answer.status.is_server_error(), "{method} {path}: {text}");
        assert_ne!(
            answer.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}: {text}"
        );
        assert!(!text.contains("\"code\":7003"), "{method} {path}: {text}");
        answered += 1;
        succeeded += usize::from(answer.status.is_success());
    }
    assert!(answered > 2747, "{answered}");
    // The others require a body or a parameter, and say so.
    assert!(succeeded > 1900, "{succeeded} of {answered}");
}

#[tokio::test]
async fn samples_are_the_same_for_the_same_request() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = "/radar/http/timeseries?name=main";
    let first = client.get(path).await.json();
    assert_eq!(first["success"], true);
    assert!(first["result"].is_object(), "{first}");
    assert_eq!(client.get(path).await.json(), first);
}

#[tokio::test]
async fn bodies_are_checked_and_the_error_names_the_field() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let queues = format!("/accounts/{}/queues", emulator.account_id());
    for (body, pointer, what) in [
        (json!({}), "/queue_name", "is required"),
        (
            json!({ "queue_name": 5 }),
            "/queue_name",
            "expected a string, found a number",
        ),
        (json!([]), "/body", "expected an object"),
    ] {
        let answer = client.post(&queues, body).await;
        assert_eq!(answer.failure(), (400, 1003));
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["source"]["pointer"], pointer, "{error}");
        assert!(error["message"].as_str().unwrap().contains(what), "{error}");
    }
    let waiting = client
        .post(&queues, json!({ "queue_name": "jobs" }))
        .await
        .result();
    let settings = json!({ "settings": { "delivery_delay": "soon" } });
    let path = format!("{queues}/{}", waiting["queue_id"].as_str().unwrap());
    let answer = client.call(Method::PATCH, &path, Some(settings)).await;
    assert_eq!(
        answer.json()["errors"][0]["source"]["pointer"],
        "/settings/delivery_delay"
    );
}

#[tokio::test]
async fn queries_are_checked() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let namespaces = format!("/accounts/{}/storage/kv/namespaces", emulator.account_id());
    for (query, name) in [
        ("order=color", "order"),
        ("page=one", "page"),
        ("per_page=x", "per_page"),
    ] {
        let answer = client.get(&format!("{namespaces}?{query}")).await;
        assert_eq!(answer.failure(), (400, 1003), "{query}");
        let message = answer.json()["errors"][0]["message"].to_string();
        assert!(message.contains(name), "{message}");
    }
}
