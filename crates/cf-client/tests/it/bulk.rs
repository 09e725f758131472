//! Many calls at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cf_client::transport::transport_fn;
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Body, Client};
use cf_emulator::{Emulator, Fault};
use futures_util::StreamExt as _;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// How many requests are under way, and how many there were at most.
#[derive(Default)]
struct Load {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

/// A client whose request to `/things/N` takes N seconds, and fails for an odd N beyond 100.
fn client(load: &Arc<Load>) -> Client {
    let load = Arc::clone(load);
    let transport = transport_fn(move |request: Request<Body>| {
        let load = Arc::clone(&load);
        async move {
            let number = request.uri().path().rsplit('/').next().unwrap_or_default();
            let number: u64 = number.parse().unwrap_or_default();
            load.all.fetch_add(1, Ordering::Relaxed);
            let now = load.now.fetch_add(1, Ordering::Relaxed) + 1;
            load.most.fetch_max(now, Ordering::Relaxed);
            tokio::time::sleep(number as u32 % 100 * SECOND).await;
            load.now.fetch_sub(1, Ordering::Relaxed);
            let fails = number > 100 && number % 2 == 1;
            let body = match fails {
                true => json!({ "success": false, "errors": [{ "code": 1000, "message": "no" }] }),
                false => json!({ "success": true, "result": number }),
            };
            let mut reply = Response::new(Body::from(body.to_string()));
            if fails {
                *reply.status_mut() = StatusCode::BAD_REQUEST;
            }
            Ok(reply)
        }
    });
    let client = Client::builder()
        .api_token("cfut_test")
        .transport(transport);
    client.no_rate_limit().build().unwrap()
}

fn thing(
    client: &Client,
    number: u64,
) -> impl Future<Output = Result<u64, cf_client::Error>> + use<> {
    client
        .request(Method::GET, format!("/things/{number}"))
        .send()
}

#[tokio::test(start_paused = true)]
async fn results_come_as_they_are_ready_or_in_order() {
    let load = Arc::default();
    let client = client(&load);
    let mut bulk = client.bulk([5, 1, 3, 2], thing).concurrency(3);
    let mut seen = Vec::new();
    while let Some(item) = bulk.next().await {
        seen.push((item.index, item.result.unwrap()));
    }
    assert_eq!(seen, [(1, 1), (2, 3), (3, 2), (0, 5)]);
    assert_eq!((bulk.done(), bulk.failed(), bulk.under_way()), (4, 0, 0));
    assert!(bulk.next().await.is_none());
    assert_eq!(load.most.load(Ordering::Relaxed), 3);

    let started = Instant::now();
    let ordered = client.bulk([5, 1, 3, 2], thing).concurrency(4).ordered();
    let seen: Vec<_> = ordered.map(|item| item.result.unwrap()).collect().await;
    assert_eq!(seen, [5, 1, 3, 2]);
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_item_by_item_and_can_end_it() {
    let load = Arc::default();
    let client = client(&load);
    let all = client.bulk(100..110, thing).collect_all().await;
    let failed: Vec<_> = all.iter().map(Result::is_err).collect();
    assert_eq!(failed, [false, true].repeat(5));
    assert!(all[1].as_ref().unwrap_err().has_code(1000));

    load.all.store(0, Ordering::Relaxed);
    let mut bulk = client
        .bulk([101; 50], thing)
        .concurrency(4)
        .give_up_after(2);
    let mut seen = 0;
    while let Some(item) = bulk.next().await {
        assert!(item.result.is_err());
        seen += 1;
    }
    // Those under way are finished.
    assert!((2..=5).contains(&seen), "{seen}");
    assert_eq!(load.all.load(Ordering::Relaxed), seen);
    assert_eq!(bulk.left(), (50 - seen, Some(50 - seen)));
}

#[tokio::test(start_paused = true)]
async fn nothing_and_endless_items_are_fine() {
    let load = Arc::default();
    let client = client(&load);
    assert!(client.bulk([], thing).next().await.is_none());
    let mut endless = client.bulk(std::iter::repeat(1), thing).concurrency(0);
    for _ in 0..3 {
        endless.next().await.unwrap().result.unwrap();
    }
    drop(endless);
    assert_eq!(load.most.load(Ordering::Relaxed), 1);
    // A future that is dropped loses nothing.
    let mut bulk = client.bulk([3, 4], thing);
    assert!(tokio::time::timeout(SECOND, bulk.next()).await.is_err());
    assert_eq!(bulk.under_way(), 2);
    assert_eq!(bulk.next().await.unwrap().result.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_holds() {
    let times = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (noted, started) = (Arc::clone(&times), Instant::now());
    let transport = transport_fn(move |_| {
        noted.lock().unwrap().push(started.elapsed().as_secs());
        async { Ok(Response::new(Body::from(r#"{"success":true,"result":1}"#))) }
    });
    let client = Client::builder()
        .api_token("cfut_test")
        .transport(transport);
    let client = client.rate_limit(10, 100 * SECOND).build().unwrap();
    let all = client
        .bulk(0..25, thing)
        .concurrency(25)
        .collect_all()
        .await;
    assert!(all.iter().all(Result::is_ok));
    let times = times.lock().unwrap();
    for window in times.windows(11) {
        assert!(window[10] - window[0] >= 100, "{times:?}");
    }
}

#[tokio::test]
async fn records_are_written_many_at_once() {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url());
    let client = client.no_rate_limit().build().unwrap();
    let refused = Fault::error(StatusCode::BAD_REQUEST, 1004, "DNS Validation Error");
    emulator.inject(refused.on(Method::POST, "/zones/*/dns_records").times(3));
    let zone = &zone;
    let bulk = client.bulk(0..60, |client, host| {
        let record = ARecordParam::new(format!("h{host}"), "192.0.2.1");
        client.dns().records().create(&**zone, record).send()
    });
    let all = bulk.concurrency(16).collect_all().await;
    let failed = all.iter().filter(|result| result.is_err()).count();
    assert_eq!((all.len(), failed), (60, 3));
    let there: Vec<Value> = client
        .request(Method::GET, format!("/zones/{zone}/dns_records"))
        .query("per_page", "1000")
        .send()
        .await
        .unwrap();
    assert_eq!(there.len(), 57);
}
