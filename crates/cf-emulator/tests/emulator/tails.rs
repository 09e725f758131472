//! Live logs of Workers over a WebSocket.

use cf_emulator::Emulator;
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::Client;

type Socket = WebSocketStream<TcpStream>;

/// A worker and the path of its tails.
async fn worker(emulator: &Emulator) -> (Client, String) {
    let client = Client::new(emulator);
    let path = format!("/accounts/{}/workers/scripts/small", emulator.account_id());
    let kind = Some("application/javascript");
    let script = "addEventListener('fetch', () => {})";
    let put = client.try_send(Method::PUT, &path, kind, script).await;
    put.unwrap().result();
    (client, format!("{path}/tails"))
}

async fn connect(url: &str, protocol: Option<&str>) -> Result<Socket, Error> {
    let mut request = url.into_client_request().unwrap();
    if let Some(protocol) = protocol {
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocol.parse().unwrap());
    }
    let stream = TcpStream::connect(request.uri().authority().unwrap().as_str());
    let stream = stream.await.unwrap();
    Ok(client_async(request, stream).await?.0)
}

async fn event(socket: &mut Socket) -> Value {
    match socket.next().await.unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn events_reach_those_who_listen() {
    let emulator = Emulator::start().await.unwrap();
    let (client, tails) = worker(&emulator).await;
    let filters = json!({ "filters": [{ "outcome": ["exception"] }] });
    let all = client.post(&tails, json!({ "filters": [] })).await.result();
    let failing = client.post(&tails, filters).await.result();
    assert_eq!(
        client.get(&tails).await.result().as_array().unwrap().len(),
        2
    );
    let url = |tail: &Value| tail["url"].as_str().unwrap().to_owned();
    let mut everything = connect(&url(&all), Some("trace-v1")).await.unwrap();
    let mut failures = connect(&url(&failing), Some("trace-v1")).await.unwrap();
    let hello = json!({ "debug": false }).to_string();
    everything.send(Message::text(hello)).await.unwrap();
    // Wrangler sends the same, but unmasked.
    let unmasked = [0x81, 2, b'{', b'}'];
    failures.get_mut().write_all(&unmasked).await.unwrap();

    let logs = json!([{ "level": "log", "message": ["hi"], "timestamp": 1 }]);
    assert_eq!(emulator.trace("small", json!({ "logs": logs })), 2);
    assert_eq!(emulator.trace("other", json!({})), 0);
    let mut admin = Client::with_headers(&emulator, &[]);
    admin.base_url = admin.base_url.replace("/client/v4", "/_emulator");
    let body = json!({ "script": "small", "event": { "outcome": "exception" } });
    assert_eq!(
        admin.post("/tails", body).await.json(),
        json!({ "tails": 2 })
    );

    let first = event(&mut everything).await;
    assert_eq!(
        (&first["scriptName"], &first["logs"]),
        (&json!("small"), &logs)
    );
    assert!(first["eventTimestamp"].as_i64().unwrap() > 0);
    assert_eq!(event(&mut everything).await["outcome"], "exception");
    assert_eq!(event(&mut failures).await["outcome"], "exception");

    for bad in [json!({}), json!({ "script": "small", "event": 1 })] {
        let refused = admin.post("/tails", bad).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
    // Stopping the emulator closes the connection properly.
    emulator.stop().await.unwrap();
    let end = everything.next().await.unwrap().unwrap();
    assert!(matches!(end, Message::Close(_)), "{end:?}");
}

#[tokio::test]
async fn what_is_no_tail_is_refused() {
    let emulator = Emulator::start().await.unwrap();
    let (client, tails) = worker(&emulator).await;
    let tail = client.post(&tails, json!({})).await.result();
    let url = tail["url"].as_str().unwrap();
    let status = |error: Error| match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    };
    assert_eq!(status(connect(url, None).await.unwrap_err()), 400);
    let other = url.rsplit_once('/').unwrap().0.to_owned() + "/nothing";
    let refused = connect(&other, Some("trace-v1")).await.unwrap_err();
    assert_eq!(status(refused), 404);
    let id = tail["id"].as_str().unwrap();
    client.delete(&format!("{tails}/{id}")).await.result();
    let refused = connect(url, Some("trace-v1")).await.unwrap_err();
    assert_eq!(status(refused), 404);
    let again = client.delete(&format!("{tails}/{id}")).await;
    assert_eq!(again.failure(), (404, 10057));
    let plain = url.replace("ws://", "http://");
    let path = plain.split_once("/_emulator").unwrap().1.to_owned();
    let mut browser = Client::with_headers(&emulator, &[]);
    browser.base_url = browser.base_url.replace("/client/v4", "/_emulator");
    assert_eq!(
        browser.get(&path).await.status,
        StatusCode::UPGRADE_REQUIRED
    );
}
