//! Never more is sent than the budget and the server allow. Over real sockets, with paused clocks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Answer, Server, TOKEN, ZONE, reply, success};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, ErrorKind, LocalBudget, Method};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const ZONE_BODY: &str = r#"{"success":true,"result":{"id":"1","name":"example.com"}}"#;

/// A server that records the second, from its start, in which each request came.
async fn noting(
    answer: impl Fn(usize, &crate::support::Received) -> Vec<u8> + Send + Sync + 'static,
) -> (Server, Arc<Mutex<Vec<u64>>>) {
    let times = Arc::new(Mutex::new(Vec::new()));
    let (noted, started) = (Arc::clone(&times), Instant::now());
    let server = Server::start(move |number, request| {
        noted.lock().unwrap().push(started.elapsed().as_secs());
        Answer::Bytes(answer(number, request))
    })
    .await;
    (server, times)
}

fn zone(headers: &[(&str, &str)]) -> Vec<u8> {
    reply(200, headers, ZONE_BODY)
}

fn turned_away(headers: &[(&str, &str)]) -> Vec<u8> {
    let body = r#"{"success":false,"errors":[{"code":971,"message":"slow down"}]}"#;
    reply(429, headers, body)
}

async fn gets(client: &Client, count: usize) -> Vec<Result<(), cf_client::Error>> {
    let calls = (0..count).map(|_| async { client.zones().get(ZONE).await.map(|_| ()) });
    join_all(calls).await
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_kept_and_shared_by_clones() {
    let (server, times) = noting(|_, _| zone(&[])).await;
    let client = server
        .builder()
        .rate_limit(10, 100 * SECOND)
        .build()
        .unwrap();
    let tasks = (0..25).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.zones().get(ZONE).await.map(|_| ()) })
    });
    for done in join_all(tasks).await {
        done.unwrap().unwrap();
    }
    let times = times.lock().unwrap().clone();
    // Eight at once, then slower and slower up to the limit, and not beyond.
    assert_eq!(times[..8], [0; 8]);
    assert_eq!(times[8..11], [50, 100, 100]);
    for window in times.windows(11) {
        assert!(window[10] - window[0] >= 100, "{times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn clients_can_share_a_budget() {
    let (server, times) = noting(|_, _| zone(&[])).await;
    let budget = Arc::new(LocalBudget::new(1, 60 * SECOND));
    for _ in 0..3 {
        let client = server
            .builder()
            .rate_limiter(Arc::clone(&budget))
            .build()
            .unwrap();
        client.zones().get(ZONE).await.unwrap();
    }
    assert_eq!(*times.lock().unwrap(), [0, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_everything_goes_at_once() {
    let (server, times) = noting(|number, _| match number {
        0 => zone(&[("ratelimit", "\"default\";r=0;t=60")]),
        _ => zone(&[]),
    })
    .await;
    let client = server
        .builder()
        .rate_limit(1, 60 * SECOND)
        .no_rate_limit()
        .build()
        .unwrap();
    for done in gets(&client, 5).await {
        done.unwrap();
    }
    client.zones().get(ZONE).await.unwrap();
    assert_eq!(*times.lock().unwrap(), [0; 6]);
}

#[tokio::test(start_paused = true)]
async fn the_next_call_waits_when_nothing_is_left() {
    for header in [
        ("ratelimit", "\"default\";r=0;t=30"),
        ("ratelimit", "limit=100, remaining=0, reset=30"),
        ("x-ratelimit-remaining", "0\r\nx-ratelimit-reset: 30"),
    ] {
        let (server, times) = noting(move |_, _| zone(&[header])).await;
        let client = server.client();
        client.zones().get(ZONE).await.unwrap();
        let (_, meta) = client.clone().zones().get(ZONE).with_meta().await.unwrap();
        assert_eq!(*times.lock().unwrap(), [0, 30], "{header:?}");
        assert_eq!(meta.rate_limit_wait(), 30 * SECOND);
        assert_eq!(meta.retries(), 0, "it was never turned away");
    }
}

#[tokio::test(start_paused = true)]
async fn one_call_turned_away_holds_back_all() {
    let (server, times) = noting(|number, _| match number {
        0 => turned_away(&[("retry-after", "120")]),
        _ => zone(&[]),
    })
    .await;
    let client = server.client();
    let first = tokio::spawn(client.zones().get(ZONE).into_future());
    tokio::time::sleep(SECOND).await;
    for done in gets(&client, 20).await {
        done.unwrap();
    }
    first.await.unwrap().unwrap();
    let times = times.lock().unwrap().clone();
    assert_eq!((times.len(), times[0]), (22, 0));
    assert!(times[1..].iter().all(|time| *time == 120), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_bounds_calls_side_by_side() {
    let (server, times) = noting(|number, _| match number {
        0 => zone(&[("ratelimit", "\"default\";r=3;t=30")]),
        _ => zone(&[]),
    })
    .await;
    let client = server.client();
    client.zones().get(ZONE).await.unwrap();
    for done in gets(&client, 10).await {
        done.unwrap();
    }
    let times = times.lock().unwrap().clone();
    assert_eq!(
        times.iter().filter(|time| **time < 30).count(),
        1 + 3,
        "{times:?}"
    );
    assert_eq!(times.len(), 11);
}

#[tokio::test(start_paused = true)]
async fn little_left_is_spread_over_the_time() {
    let (server, times) = noting(|number, _| match number {
        0 => zone(&[
            ("ratelimit", "\"default\";r=10;t=100"),
            ("ratelimit-policy", "\"default\";q=100;w=100"),
        ]),
        _ => zone(&[]),
    })
    .await;
    let client = server.client();
    client.zones().get(ZONE).await.unwrap();
    for done in gets(&client, 5).await {
        done.unwrap();
    }
    let times = times.lock().unwrap().clone();
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= 10, "{times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_operation_is_no_matter_of_others() {
    let (server, times) = noting(|_, request| match request.method.as_str() {
        "POST" => turned_away(&[("retry-after", "60"), ("ratelimit", "\"records\";r=0;t=60")]),
        _ => zone(&[]),
    })
    .await;
    let client = server.client();
    let create = || {
        client
            .dns()
            .records()
            .create(ZONE, ARecordParam::new("www", "192.0.2.1"))
    };
    assert!(create().retries(0).await.unwrap_err().is_rate_limited());
    client.zones().get(ZONE).await.unwrap();
    let error = create().deadline(20 * SECOND).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(
        *times.lock().unwrap(),
        [0, 0],
        "the second POST was not sent"
    );
}

#[tokio::test(start_paused = true)]
async fn what_would_come_too_late_fails_at_once() {
    let (server, _) = noting(|_, _| zone(&[])).await;
    let client = server
        .builder()
        .rate_limit(1, 300 * SECOND)
        .build()
        .unwrap();
    client.zones().get(ZONE).await.unwrap();
    let started = Instant::now();
    let error = client
        .zones()
        .get(ZONE)
        .deadline(60 * SECOND)
        .await
        .unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.is_rate_limited() && error.is_retryable());
    assert_eq!(
        (error.status(), error.retry_after()),
        (None, Some(300 * SECOND))
    );
    let text = error.to_string();
    assert!(
        text.contains("room in 300 s") && text.contains("nothing was sent"),
        "{text}"
    );
    assert_eq!(server.count(), 1);

    // It kept no place in the queue: one with more time comes next.
    client.zones().get(ZONE).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    let (server, _) = noting(move |_, request| {
        let number: usize = request.query("n").unwrap().parse().unwrap();
        seen.lock().unwrap().push(number);
        zone(&[])
    })
    .await;
    let client = server.builder().rate_limit(5, 10 * SECOND).build().unwrap();
    let calls = (0..40).map(|number| {
        let call = client.zones().get(ZONE).query("n", number.to_string());
        async move { call.await.map(|_| ()) }
    });
    for done in join_all(calls).await {
        done.unwrap();
    }
    let order = order.lock().unwrap().clone();
    // Those sent at the same instant may arrive out of order.
    for (place, number) in order.iter().enumerate() {
        assert!(place.abs_diff(*number) < 5, "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_gives_up_its_place() {
    let (server, times) = noting(|_, _| zone(&[])).await;
    let client = server
        .builder()
        .rate_limit(1, 100 * SECOND)
        .build()
        .unwrap();
    client.zones().get(ZONE).await.unwrap();
    let waits = tokio::time::timeout(SECOND, client.zones().get(ZONE).into_future()).await;
    assert!(waits.is_err(), "it was waiting");
    client.zones().get(ZONE).await.unwrap();
    assert_eq!(*times.lock().unwrap(), [0, 100]);
}

#[tokio::test]
async fn requests_by_path_wait_like_the_others() {
    let server = Server::always(success("{}")).await;
    let client = Client::builder()
        .api_token(TOKEN)
        .base_url(&server.base_url)
        .rate_limit(1, 300 * SECOND)
        .build()
        .unwrap();
    let get = || {
        client
            .request(Method::GET, "/zones/1")
            .deadline(SECOND)
            .send::<Value>()
    };
    get().await.unwrap();
    assert!(get().await.unwrap_err().is_rate_limited());
    assert_eq!(server.count(), 1);
}
