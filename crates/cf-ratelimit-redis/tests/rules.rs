//! The rules of the shared budget, and what happens without Redis. Against a real redis-server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cf_client::{RateLimitReply, RateLimiter, RateLimits, Turn, Waiting};
use cf_ratelimit_redis::{ConfigError, RedisBudget, Sharing};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use support::Redis;

const SECOND: Duration = Duration::from_secs(1);

fn budget(redis: &Redis, requests: u32, window: Duration) -> RedisBudget {
    let builder = RedisBudget::builder(&redis.url).timeout(5 * SECOND);
    builder.limit(requests, window).build().unwrap()
}

async fn turn(budget: &RedisBudget, ticket: u64) -> Turn {
    budget.turn(&Waiting::new(ticket, Instant::now())).await
}

fn seconds(turn: Turn) -> f64 {
    match turn {
        Turn::Go => 0.0,
        Turn::Wait(wait) => wait.as_secs_f64(),
    }
}

fn said(headers: &[(&'static str, &str)]) -> RateLimits {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    RateLimits::from_headers(&map)
}

/// What a process has told Redis arrives without it waiting for that.
async fn told() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn two_processes_share_one_budget_in_order() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (
        budget(&redis, 2, 100 * SECOND),
        budget(&redis, 2, 100 * SECOND),
    );
    assert_eq!(turn(&one, 1).await, Turn::Go);
    assert_eq!(turn(&two, 1).await, Turn::Go);
    let (third, fourth, fifth) = (
        turn(&one, 2).await,
        turn(&two, 2).await,
        turn(&one, 3).await,
    );
    assert!((99.0..=100.0).contains(&seconds(third)), "{third:?}");
    assert!(seconds(fourth) > 98.0, "{fourth:?}");
    assert!(
        seconds(fifth) > seconds(fourth) + 50.0,
        "a place of its own: {fifth:?}"
    );
    // Asking again keeps the place.
    assert!(seconds(turn(&one, 2).await) <= 100.0);

    // Who leaves makes room.
    one.leave(3, Instant::now());
    told().await;
    let next = turn(&two, 3).await;
    assert!(seconds(next) <= seconds(fifth), "{next:?}");

    // No place for those who cannot wait so long.
    let mut hurried = Waiting::new(9, Instant::now());
    hurried.patience = SECOND;
    assert!(matches!(one.turn(&hurried).await, Turn::Wait(_)));
    assert_eq!(
        redis
            .cli(&["zcard", "{cf-ratelimit:default}:places"])
            .trim(),
        "3"
    );
}

#[tokio::test]
async fn keys_are_budgets_of_their_own() {
    let Some(redis) = Redis::start() else { return };
    for key in ["a", "b"] {
        let builder = RedisBudget::builder(&redis.url)
            .key(key)
            .limit(1, 100 * SECOND);
        let budget = builder.timeout(5 * SECOND).build().unwrap();
        assert_eq!(turn(&budget, 1).await, Turn::Go);
        assert!(matches!(turn(&budget, 2).await, Turn::Wait(_)));
    }
}

#[tokio::test]
async fn a_window_that_passed_has_room_again() {
    let Some(redis) = Redis::start() else { return };
    let budget = budget(&redis, 2, SECOND);
    assert_eq!(turn(&budget, 1).await, Turn::Go);
    assert_eq!(turn(&budget, 2).await, Turn::Go);
    let Turn::Wait(wait) = turn(&budget, 3).await else {
        panic!("there was no room");
    };
    tokio::time::sleep(wait).await;
    assert_eq!(turn(&budget, 3).await, Turn::Go);
}

#[tokio::test]
async fn what_one_process_is_told_all_keep_to() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (
        budget(&redis, 100, 100 * SECOND),
        budget(&redis, 100, 100 * SECOND),
    );
    assert_eq!(turn(&one, 1).await, Turn::Go);
    let limits = said(&[("retry-after", "60")]);
    one.learn(&RateLimitReply::new(
        1,
        StatusCode::TOO_MANY_REQUESTS,
        &limits,
        Instant::now(),
    ));
    one.leave(1, Instant::now());
    told().await;
    let wait = seconds(turn(&two, 1).await);
    assert!((58.0..=60.0).contains(&wait), "{wait}");
}

#[tokio::test]
async fn what_is_left_is_left_for_all() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (
        budget(&redis, 100, 100 * SECOND),
        budget(&redis, 100, 100 * SECOND),
    );
    assert_eq!(turn(&one, 1).await, Turn::Go);
    let limits = said(&[("ratelimit", "\"default\";r=2;t=30")]);
    one.learn(&RateLimitReply::new(
        1,
        StatusCode::OK,
        &limits,
        Instant::now(),
    ));
    told().await;
    assert_eq!(turn(&one, 2).await, Turn::Go);
    assert_eq!(turn(&two, 2).await, Turn::Go);
    let wait = seconds(turn(&two, 3).await);
    assert!((28.0..=30.0).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_limit_of_one_operation_is_no_matter_of_others() {
    let Some(redis) = Redis::start() else { return };
    let budget = budget(&redis, 100, 100 * SECOND);
    let of = |ticket, operation| {
        let mut waiting = Waiting::new(ticket, Instant::now());
        waiting.operation = Some(operation);
        waiting
    };
    assert_eq!(budget.turn(&of(1, "cache.purge")).await, Turn::Go);
    let limits = said(&[("ratelimit", "\"purge\";r=0;t=30"), ("retry-after", "60")]);
    let mut reply = RateLimitReply::new(1, StatusCode::TOO_MANY_REQUESTS, &limits, Instant::now());
    reply.operation = Some("cache.purge");
    budget.learn(&reply);
    told().await;
    assert_eq!(budget.turn(&of(2, "zones.get")).await, Turn::Go);
    let wait = seconds(budget.turn(&of(3, "cache.purge")).await);
    assert!((58.0..=60.0).contains(&wait), "{wait}");
    // It is in nobody's way.
    assert_eq!(budget.turn(&of(4, "zones.get")).await, Turn::Go);
}

#[tokio::test]
async fn without_redis_each_keeps_to_its_share_and_says_so() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let changes: Arc<Mutex<Vec<Sharing>>> = Arc::default();
    let noted = Arc::clone(&changes);
    let one = RedisBudget::builder(&redis.url)
        .limit(8, 100 * SECOND)
        .on_change(move |sharing| noted.lock().unwrap().push(sharing.clone()))
        .build()
        .unwrap();
    let two = budget(&redis, 8, 100 * SECOND);
    assert_eq!(turn(&two, 1).await, Turn::Go);
    assert_eq!(turn(&one, 1).await, Turn::Go);
    assert_eq!(one.sharing(), Sharing::Shared);

    redis.stop();
    // Two processes: half of it, less the one that was sent.
    let mut sent = 0;
    while turn(&one, 10 + sent).await == Turn::Go {
        sent += 1;
    }
    assert_eq!(sent, 3);
    let Sharing::Local {
        requests, reason, ..
    } = one.sharing()
    else {
        panic!("it does not say so");
    };
    assert_eq!(requests, 4);
    assert!(!reason.is_empty());
    assert!(
        one.sharing().to_string().contains("Redis is away"),
        "{}",
        one.sharing()
    );

    redis.start_again();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(turn(&one, 20).await, Turn::Go);
    assert_eq!(one.sharing(), Sharing::Shared);
    let changes = changes.lock().unwrap().clone();
    assert!(
        matches!(changes[..], [Sharing::Local { .. }, Sharing::Shared]),
        "{changes:?}"
    );
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up() {
    let Some(redis) = Redis::start() else { return };
    let budget = RedisBudget::builder(&redis.url).build().unwrap();
    assert_eq!(turn(&budget, 1).await, Turn::Go);
    redis.freeze();
    let started = Instant::now();
    for ticket in 2..30 {
        assert_eq!(turn(&budget, ticket).await, Turn::Go);
    }
    assert!(started.elapsed() < 3 * SECOND, "{:?}", started.elapsed());
    assert!(matches!(budget.sharing(), Sharing::Local { .. }));
}

#[tokio::test]
async fn settings_are_checked_and_passwords_hidden() {
    let error = RedisBudget::builder("htp://:s3cr3t@host")
        .build()
        .unwrap_err();
    assert!(matches!(error, ConfigError::Url(_)));
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
    let builder = RedisBudget::builder("redis://:s3cr3t@127.0.0.1:1/");
    assert!(!format!("{builder:?}").contains("s3cr3t"));
    let budget = builder.build().unwrap();
    assert_eq!(
        turn(&budget, 1).await,
        Turn::Go,
        "the first time without Redis, too"
    );
    assert!(!format!("{budget:?} {}", budget.sharing()).contains("s3cr3t"));
    let error = RedisBudget::builder("redis://host/")
        .limit(0, SECOND)
        .build()
        .unwrap_err();
    assert!(matches!(error, ConfigError::Limit));
}
