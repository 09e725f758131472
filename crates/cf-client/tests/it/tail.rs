//! Live logs, against the emulator and against servers that break off.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cf_client::deploy::Worker;
use cf_client::tail::{Tail, TailEvent};
use cf_client::types::shared::ScriptMetadata;
use cf_client::types::workers::scripts::tail::{Filter, TailParam};
use cf_client::{Client, ClientBuilder, Sleep, Timer};
use cf_emulator::{Emulator, Fault};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const TAILS: &str = "/accounts/*/workers/scripts/*/tails";

fn builder(emulator: &Emulator) -> ClientBuilder {
    let builder = Client::builder().api_token(emulator.token());
    builder.base_url(emulator.base_url())
}

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = builder(&emulator).build().unwrap();
    let account = emulator.account_id().to_owned();
    let worker = Worker::new(ScriptMetadata::new()).module("a.js", "export default {}");
    client
        .deploy_worker(&account, "small", worker)
        .await
        .unwrap();
    (emulator, client, account)
}

/// The next event, soon.
async fn next(tail: &mut Tail) -> TailEvent {
    let event = tokio::time::timeout(Duration::from_secs(30), tail.next()).await;
    event
        .expect("nothing comes")
        .expect("it has ended")
        .unwrap()
}

/// Sends an event once somebody listens.
async fn trace(emulator: &Emulator, event: Value) {
    for _ in 0..3000 {
        if emulator.trace("small", event.clone()) > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody listens");
}

/// The IDs of the Worker's tails.
async fn ids(client: &Client, account: &str) -> Vec<String> {
    let path = format!("/accounts/{account}/workers/scripts/small/tails");
    let tails = client.request(Method::GET, path).send::<Vec<Value>>();
    let tails = tails.await.unwrap().into_iter();
    tails
        .map(|tail| tail["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn tails(client: &Client, account: &str) -> usize {
    ids(client, account).await.len()
}

async fn until(mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..3000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come true");
}

#[tokio::test]
async fn events_that_pass_the_filters_arrive() {
    let (emulator, client, account) = start().await;
    let failures = TailParam::new().filters([Filter::new().outcome(["exception"])]);
    let mut tail = client
        .tail_worker(&account, "small", failures)
        .await
        .unwrap();
    assert!(!format!("{tail:?}").contains("ws:"), "{tail:?}");
    trace(&emulator, json!({ "outcome": "ok" })).await;
    let event = json!({
        "outcome": "exception",
        "event": { "request": { "method": "GET", "url": "https://example.com/a" } },
        "logs": [{ "level": "warn", "message": ["count", 3, { "a": 1 }], "timestamp": 1 }],
        "exceptions": [{ "name": "TypeError", "message": "x is not a function", "stack": "at a.js:1" }],
    });
    trace(&emulator, event).await;
    let event = next(&mut tail).await;
    assert_eq!(
        (event.outcome(), event.script()),
        ("exception", Some("small"))
    );
    assert_eq!(event.request(), Some(("GET", "https://example.com/a")));
    let log = event.logs().next().unwrap();
    assert_eq!(
        (log.level(), &*log.message(), log.timestamp()),
        ("warn", "count 3 {\"a\":1}", Some(1))
    );
    let exception = event.exceptions().next().unwrap();
    assert_eq!(
        (exception.name(), &*exception.message()),
        ("TypeError", "x is not a function")
    );
    assert!(event.timestamp().is_some() && event.json()["scriptName"] == "small");
    assert!(
        !format!("{event:?} {log:?}").contains("count"),
        "{event:?} {log:?}"
    );

    assert_eq!(tails(&client, &account).await, 1);
    tail.close().await.unwrap();
    assert_eq!(tails(&client, &account).await, 0);
}

#[tokio::test]
async fn a_tail_that_is_dropped_is_deleted() {
    let (_emulator, client, account) = start().await;
    let tail = client
        .tail_worker(&account, "small", TailParam::new())
        .await
        .unwrap();
    assert_eq!(tails(&client, &account).await, 1);
    drop(tail);
    until(async || tails(&client, &account).await == 0).await;
}

#[tokio::test]
async fn pings_keep_it_alive() {
    let (emulator, client, account) = start().await;
    let tail = client
        .tail_worker(&account, "small", TailParam::new())
        .await
        .unwrap();
    // A ping must be answered before the next one, on a busy machine too.
    let mut tail = tail.ping_every(Duration::from_secs(1));
    let listening = tokio::spawn(async move {
        let event = next(&mut tail).await;
        (tail, event)
    });
    // Some pings later it is still the same tail.
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    trace(&emulator, json!({ "outcome": "canceled" })).await;
    let (tail, event) = listening.await.unwrap();
    assert_eq!(event.outcome(), "canceled");
    let started = emulator.requests().into_iter();
    let started = started.filter(|r| r.method == Method::POST && r.path.ends_with("/tails"));
    assert_eq!(started.count(), 1);
    drop(tail);
}

/// tokio's time, some hours ahead.
#[derive(Debug, Clone, Default)]
struct Ahead(Arc<AtomicU64>);

impl Timer for Ahead {
    fn sleep(&self, time: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(time))
    }
    fn now(&self) -> Instant {
        Instant::now() + Duration::from_secs(3600 * self.0.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn a_tail_that_expires_is_made_anew() {
    let (emulator, _, account) = start().await;
    let clock = Ahead::default();
    let client = builder(&emulator).timer(clock.clone()).build().unwrap();
    let mut tail = client
        .tail_worker(&account, "small", TailParam::new())
        .await
        .unwrap();
    let first = ids(&client, &account).await;
    clock.0.store(7, Ordering::SeqCst);
    let listening = tokio::spawn(async move {
        let event = next(&mut tail).await;
        (tail, event)
    });
    until(async || {
        let now = ids(&client, &account).await;
        now.len() == 1 && now != first
    })
    .await;
    // It may not listen yet.
    let (tail, event) = loop {
        trace(&emulator, json!({ "outcome": "ok" })).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if listening.is_finished() {
            break listening.await.unwrap();
        }
    };
    assert_eq!(event.outcome(), "ok");
    drop(tail);
}

#[tokio::test]
async fn what_cannot_be_tailed_is_an_error() {
    let (emulator, client, account) = start().await;
    let error = client
        .tail_worker(&account, "missing", TailParam::new())
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    for (url, expected) in [
        ("https://example.com/", "wss://"),
        ("ws://example.com/", "encrypted"),
        ("nonsense", "wss://"),
        ("ws://127.0.0.1:1/", "does not answer"),
    ] {
        emulator.inject(Fault::set_field("/result/url", url).on(Method::POST, TAILS));
        let error = client
            .tail_worker(&account, "small", TailParam::new())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{url}: {error}");
    }
    // None of them is left behind.
    until(async || tails(&client, &account).await == 0).await;

    // The Worker goes while somebody listens: the connection's end is not the last word, the API's is.
    let tail = client
        .tail_worker(&account, "small", TailParam::new())
        .await
        .unwrap();
    let mut tail = tail.ping_every(Duration::from_millis(20));
    let gone = Fault::error(
        StatusCode::NOT_FOUND,
        10007,
        "This Worker does not exist on your account.",
    );
    emulator.inject(gone.on(Method::POST, TAILS).always());
    emulator.stop().await.unwrap();
    let mut last = None;
    while let Some(event) = tail.next().await {
        last = Some(event.unwrap_err());
    }
    // A server that stops may say goodbye, or not.
    assert!(last.is_none_or(|error| error.request().is_some()));
    assert!(tail.next().await.is_none());
}
