//! Waiting for what takes time.

#[cfg(all(
    feature = "browser_rendering",
    feature = "pages",
    feature = "registrar",
    feature = "workers"
))]
mod ends;
#[cfg(all(
    feature = "custom_hostnames",
    feature = "pages",
    feature = "browser_rendering",
    feature = "d1",
    feature = "rules",
    feature = "ssl"
))]
mod products;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cf_client::transport::{TransportError, TransportErrorKind, transport_fn};
use cf_client::types::zones::Zone;
use cf_client::types::{Progress, Stage, codec};
use cf_client::{Body, Client, ErrorKind};
use cf_emulator::{Emulator, Fault, Pending};
use http::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// A client of the emulator without sockets, so that time can be paused.
fn client(emulator: &Arc<Emulator>) -> Client {
    let (token, base) = (emulator.token().to_owned(), emulator.base_url());
    let emulator = Arc::clone(emulator);
    let transport = transport_fn(move |request: Request<Body>| {
        let emulator = Arc::clone(&emulator);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.bytes(1 << 20).await?;
            let reply = emulator.answer(Request::from_parts(parts, body)).await;
            let cut = |error: std::io::Error| {
                TransportError::new(TransportErrorKind::Interrupted, error.to_string())
            };
            reply.map(|reply| reply.map(Body::from)).map_err(cut)
        }
    });
    Client::builder()
        .api_token(token)
        .base_url(base)
        .transport(transport)
        .no_rate_limit()
        .build()
        .unwrap()
}

async fn start() -> (Arc<Emulator>, Client) {
    let emulator = Arc::new(Emulator::start().await.unwrap());
    let client = client(&emulator);
    (emulator, client)
}

/// A zone whose name servers were just checked.
async fn zone(client: &Client) -> String {
    let zone: Value = client
        .request(Method::POST, "/zones")
        .json(&json!({ "name": "example.net" }))
        .send()
        .await
        .unwrap();
    let id = zone["id"].as_str().unwrap().to_owned();
    let check = client.request(Method::PUT, format!("/zones/{id}/activation_check"));
    check.send::<Value>().await.unwrap();
    id
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_asked_for_until_it_is_active() {
    let (emulator, client) = start().await;
    emulator.set_pending(Pending::polls(3));
    let id = zone(&client).await;
    let (states, started) = (Arc::new(Mutex::new(Vec::new())), Instant::now());
    let seen = Arc::clone(&states);
    let zone = client
        .zones()
        .get(&*id)
        .wait()
        .on_progress(move |progress| {
            let state = (progress.stage(), progress.state().to_owned());
            seen.lock().unwrap().push(state);
        })
        .await
        .unwrap();
    assert_eq!(zone.status.unwrap().as_str(), "active");
    let pending = (Stage::Pending, "pending".to_owned());
    let mut expected = vec![pending; 3];
    expected.push((Stage::Done, "active".to_owned()));
    assert_eq!(*states.lock().unwrap(), expected);
    // 1 s, 1.5 s, 2.25 s.
    assert_eq!(started.elapsed().as_millis() / 50, 4_750 / 50);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_takes_one_poll() {
    let (emulator, client) = start().await;
    let id = zone(&client).await;
    emulator.clear_requests();
    let started = Instant::now();
    client.zones().get(&*id).wait().await.unwrap();
    assert_eq!(emulator.requests().len(), 1);
    assert!(started.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_its_state() {
    let (emulator, client) = start().await;
    emulator.set_pending(Pending::polls(1));
    let id = zone(&client).await;
    let moved = Fault::set_field("/result/status", "moved").on(Method::GET, "/zones/*");
    emulator.inject(moved);
    let error = client.zones().get(&*id).wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(error.state(), Some("moved"));
    assert_eq!(error.request().unwrap().operation, Some("zones.get"));
    assert!(!error.is_retryable());
    let text = error.to_string();
    assert!(
        text.contains("the zone failed: its state is \"moved\""),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_says_the_last_state() {
    let (emulator, client) = start().await;
    emulator.set_pending(Pending::polls(1_000_000));
    let id = zone(&client).await;
    emulator.clear_requests();
    let started = Instant::now();
    let wait = client.zones().get(&*id).wait();
    let wait = wait.pauses(SECOND, 10 * SECOND).deadline(60 * SECOND);
    let error = wait.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_timeout()),
        (ErrorKind::Timeout, true)
    );
    assert_eq!(error.state(), Some("pending"));
    let text = error.to_string();
    assert!(
        text.contains("the zone is not done within 60s; its last state is \"pending\""),
        "{text}"
    );
    // It grows to 10 seconds, and the last poll is a second before the end.
    let elapsed = started.elapsed();
    assert!(
        elapsed <= 60 * SECOND && elapsed >= 58 * SECOND,
        "{elapsed:?}"
    );
    let polls = emulator.requests().len();
    assert!((8..=14).contains(&polls), "{polls}");

    // The time is up before the first answer.
    emulator.inject(Fault::delay(60 * SECOND));
    let wait = client.zones().get(&*id).wait().deadline(2 * SECOND);
    let error = wait.await.unwrap_err();
    assert_eq!((error.kind(), error.state()), (ErrorKind::Timeout, None));
    assert!(
        error.to_string().contains("its state is not known"),
        "{error}"
    );
    let wait = client.zones().get(&*id).wait().deadline(Duration::ZERO);
    assert_eq!(wait.await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_for_a_moment_does_not_end_the_wait() {
    let (emulator, client) = start().await;
    emulator.set_pending(Pending::polls(2));
    let id = zone(&client).await;
    let away = || Fault::html(http::StatusCode::BAD_GATEWAY).on(Method::GET, "/zones/*");

    // It may be there for good: the first poll has to succeed.
    emulator.inject(away().times(3));
    let error = client.zones().get(&*id).wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Html);

    let injected = Arc::clone(&emulator);
    let mut asked = 0;
    let wait = client.zones().get(&*id).wait().on_progress(move |_| {
        asked += 1;
        if asked == 1 {
            // Three attempts each.
            injected.inject(away().times(2 * 3));
        }
    });
    assert_eq!(wait.await.unwrap().status.unwrap().as_str(), "active");

    emulator.set_pending(Pending::polls(5));
    let other = {
        let body = json!({ "name": "example.org" });
        let call = client.request(Method::POST, "/zones").json(&body);
        let zone: Value = call.send().await.unwrap();
        zone["id"].as_str().unwrap().to_owned()
    };
    let injected = Arc::clone(&emulator);
    let wait = client.zones().get(&*other).wait();
    let wait = wait.on_progress(move |_| injected.inject(away().always()));
    assert_eq!(wait.await.unwrap_err().kind(), ErrorKind::Html);

    // A refusal is final.
    emulator.clear_faults();
    let injected = Arc::clone(&emulator);
    let gone = Fault::error(http::StatusCode::NOT_FOUND, 1001, "Invalid zone identifier");
    let gone = gone.on(Method::GET, "/zones/*");
    let wait = client.zones().get(&*other).wait();
    let wait = wait.on_progress(move |_| injected.inject(gone.clone()));
    assert!(wait.await.unwrap_err().is_not_found());
}

/// A client of a server that answers each poll with the next number, and asks for a pause.
fn counting(retry_after: &'static str) -> (Client, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let transport = transport_fn(move |_| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "success": true, "result": { "id": number.to_string() } });
        let mut reply = Response::new(Body::from(body.to_string()));
        let headers = reply.headers_mut();
        headers.insert("retry-after", retry_after.parse().unwrap());
        async move { Ok(reply) }
    });
    let client = Client::builder()
        .api_token("cfut_test")
        .transport(transport);
    (client.build().unwrap(), asked)
}

#[tokio::test(start_paused = true)]
async fn a_longer_pause_that_the_server_asks_for_is_kept() {
    let (client, _) = counting("40");
    let started = Instant::now();
    let zone = client
        .zones()
        .get("1")
        .wait_until(|zone: &Zone| zone.id == "2")
        .await
        .unwrap();
    assert_eq!(zone.id, "2");
    assert_eq!(started.elapsed().as_secs(), 80);

    // One beyond the deadline is not waited for.
    let (client, asked) = counting("600");
    let started = Instant::now();
    let wait = client.zones().get("1").wait_until(|_: &Zone| false);
    let error = wait.deadline(60 * SECOND).await.unwrap_err();
    assert_eq!(
        (error.kind(), asked.load(Ordering::Relaxed)),
        (ErrorKind::Timeout, 1)
    );
    assert!(started.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn anything_can_be_waited_for_with_a_judge_of_ones_own() {
    let (client, _) = counting("0");
    let judge = |zone: &Zone| match zone.id.as_str() {
        "2" => Progress::failed("melted", Some("too hot".to_owned())),
        state => Progress::pending(state),
    };
    let error = client.zones().get("1").wait_until(judge).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.state()),
        (ErrorKind::Failed, Some("melted"))
    );
    let text = error.to_string();
    assert!(
        text.contains("its state is \"melted\"; the API says: too hot"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_ends_the_wait() {
    let (client, asked) = counting("0");
    let wait = client.zones().get("1").wait_until(|_: &Zone| false);
    let ended = tokio::time::timeout(20 * SECOND, wait.into_future()).await;
    assert!(ended.is_err());
    let before = asked.load(Ordering::Relaxed);
    assert!(before > 2);
    tokio::time::sleep(600 * SECOND).await;
    assert_eq!(asked.load(Ordering::Relaxed), before);
}

#[test]
fn every_pause_is_within_its_bounds() {
    let (client, _) = counting("0");
    let wait = client.zones().get("1").wait();
    let poller = wait.pauses(2 * SECOND, 9 * SECOND).into_poller();
    let pauses: Vec<_> = [0, 1, 2, 3, 4, 5, u32::MAX]
        .into_iter()
        .map(|poll| poller.pause_after(poll).as_millis())
        .collect();
    assert_eq!(pauses, [2000, 3000, 4500, 6750, 9000, 9000, 9000]);
    let wait = client.zones().get("1").wait();
    let poller = wait.pauses(Duration::ZERO, Duration::ZERO).into_poller();
    assert_eq!(poller.pause_after(9), Duration::ZERO);
}

/// What the operation of `wait` makes of a reply.
fn judged<O: cf_client::types::Awaited>(reply: Value) -> (Stage, String, Option<String>) {
    let reply: O::Output = codec::from_str(&reply.to_string()).unwrap();
    let progress = O::judge(&reply);
    let reason = progress.reason().map(str::to_owned);
    (progress.stage(), progress.state().to_owned(), reason)
}

#[test]
fn zones_are_judged_by_their_status() {
    type Zones = cf_client::types::zones::Get;
    for (status, stage) in [
        (json!("active"), Stage::Done),
        (json!("pending"), Stage::Pending),
        (json!("initializing"), Stage::Pending),
        (json!("a word of next year"), Stage::Pending),
        (Value::Null, Stage::Pending),
        (json!("moved"), Stage::Failed),
    ] {
        let found = judged::<Zones>(json!({ "status": status.clone() }));
        assert_eq!(found.0, stage, "{status}");
        assert_eq!(found.1, status.as_str().unwrap_or_default());
    }
}

/// What products begin, and how it ends.
#[cfg(feature = "blocking")]
#[test]
fn the_blocking_client_waits_too() {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build_blocking()
        .unwrap();
    emulator.set_pending(Pending::polls(2));
    let zone: Value = client
        .request(Method::POST, "/zones")
        .json(&json!({ "name": "example.net" }))
        .send()
        .unwrap();
    let id = zone["id"].as_str().unwrap();
    let check = client.request(Method::PUT, format!("/zones/{id}/activation_check"));
    check.send::<Value>().unwrap();
    let quick = Duration::from_millis(1);
    let zone = client
        .zones()
        .get(id)
        .wait()
        .pauses(quick, quick)
        .send()
        .unwrap();
    assert_eq!(zone.status.unwrap().as_str(), "active");

    let name = client.run(|client| async move { client.zone_id("example.net").await });
    assert_eq!(name.unwrap().unwrap().as_str(), id);
}
