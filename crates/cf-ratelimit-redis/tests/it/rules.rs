//! Who may send when: the quota, its order, and what the API says is left.

use std::time::Instant;

use cf_client::{Acquire, Decision, RateLimitReply, RateLimiter};
use cf_ratelimit_redis::{ConfigError, RedisBudget};
use http::StatusCode;

use crate::support::{Redis, SECOND, acquire, assert_wait, budget, said, seconds};

#[tokio::test]
async fn two_processes_share_one_budget_in_order() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (
        budget(&redis, 2, 100 * SECOND),
        budget(&redis, 2, 100 * SECOND),
    );
    let start = Instant::now();
    assert_eq!(acquire(&one, 1).await, Decision::Proceed);
    assert_eq!(acquire(&two, 1).await, Decision::Proceed);
    let (third, fourth, fifth) = (
        acquire(&one, 2).await,
        acquire(&two, 2).await,
        acquire(&one, 3).await,
    );
    assert_wait(seconds(third), 100.0, start);
    assert_wait(seconds(fourth), 100.0, start);
    assert!(
        seconds(fifth) > seconds(fourth) + 50.0,
        "a place of its own: {fifth:?}"
    );
    // Asking again keeps the place.
    assert!(seconds(acquire(&one, 2).await) <= 100.0);

    // Leaving makes room.
    one.release(3, Instant::now());
    redis.until("places", 2).await;
    let next = acquire(&two, 3).await;
    assert!(seconds(next) <= seconds(fifth), "{next:?}");

    // No place for those who cannot wait that long.
    let mut hurried = Acquire::new(9, Instant::now());
    hurried.max_wait = SECOND;
    assert!(matches!(one.acquire(hurried).await, Decision::Wait(_)));
    assert_eq!(redis.count("places"), 3);
}

#[tokio::test]
async fn keys_are_budgets_of_their_own() {
    let Some(redis) = Redis::start() else { return };
    for key in ["a", "b"] {
        let builder = RedisBudget::builder(&redis.url)
            .key(key)
            .limit(1, 100 * SECOND);
        let budget = builder.timeout(5 * SECOND).build().unwrap();
        assert_eq!(acquire(&budget, 1).await, Decision::Proceed);
        assert!(matches!(acquire(&budget, 2).await, Decision::Wait(_)));
    }
}

#[tokio::test]
async fn a_window_that_passed_has_room_again() {
    let Some(redis) = Redis::start() else { return };
    let budget = budget(&redis, 2, 60 * SECOND);
    let start = Instant::now();
    assert_eq!(acquire(&budget, 1).await, Decision::Proceed);
    assert_eq!(acquire(&budget, 2).await, Decision::Proceed);
    let wait = seconds(acquire(&budget, 3).await);
    assert_wait(wait, 60.0, start);
    redis.pass(30);
    assert!(matches!(acquire(&budget, 3).await, Decision::Wait(_)));
    redis.pass(30);
    assert_eq!(acquire(&budget, 3).await, Decision::Proceed);
}

#[tokio::test]
async fn no_second_gets_more_than_its_own_quota() {
    let Some(redis) = Redis::start() else { return };
    let builder = RedisBudget::builder(&redis.url)
        .timeout(5 * SECOND)
        .per_second(Some(3));
    let budget = builder.build().unwrap();
    let start = Instant::now();
    for ticket in 0..3 {
        assert_eq!(acquire(&budget, ticket).await, Decision::Proceed);
    }
    for ticket in 3..9 {
        let wait = seconds(acquire(&budget, ticket).await);
        assert_wait(wait, (ticket / 3) as f64, start);
    }
    let start = Instant::now();
    redis.pass(1);
    for ticket in 3..6 {
        assert_eq!(acquire(&budget, ticket).await, Decision::Proceed);
    }
    let next = seconds(acquire(&budget, 6).await);
    assert_wait(next, 1.0, start);
}

#[tokio::test]
async fn what_is_left_is_left_for_all() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (
        budget(&redis, 100, 100 * SECOND),
        budget(&redis, 100, 100 * SECOND),
    );
    assert_eq!(acquire(&one, 1).await, Decision::Proceed);
    let limits = said(&[("ratelimit", "\"default\";r=2;t=30")]);
    let start = Instant::now();
    one.record(&RateLimitReply::new(
        1,
        StatusCode::OK,
        &limits,
        Instant::now(),
    ));
    redis.until("underway", 0).await;
    assert_eq!(acquire(&one, 2).await, Decision::Proceed);
    assert_eq!(acquire(&two, 2).await, Decision::Proceed);
    let wait = seconds(acquire(&two, 3).await);
    assert_wait(wait, 30.0, start);
}

/// What is left is spread over the remaining time, and not beyond it.
#[tokio::test]
async fn little_left_is_spread() {
    let Some(redis) = Redis::start() else { return };
    let budget = budget(&redis, 100, 100 * SECOND);
    let start = Instant::now();
    assert_eq!(acquire(&budget, 1).await, Decision::Proceed);
    let limits = said(&[
        ("ratelimit", "\"default\";r=4;t=100"),
        ("ratelimit-policy", "\"default\";q=100;w=300"),
    ]);
    budget.record(&RateLimitReply::new(
        1,
        StatusCode::OK,
        &limits,
        Instant::now(),
    ));
    redis.until("underway", 0).await;
    for (ticket, expected) in [(2, 25.0), (3, 50.0), (4, 75.0), (5, 100.0), (6, 100.0)] {
        let wait = seconds(acquire(&budget, ticket).await);
        // Time that passes is subtracted from the wait, and makes the gaps before it smaller.
        let passed = 2.0 * start.elapsed().as_secs_f64() + 0.01;
        assert!(
            (expected - passed..=expected).contains(&wait),
            "{wait} s, where {expected} s were due {passed:.3} s ago at most"
        );
    }
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
        acquire(&budget, 1).await,
        Decision::Proceed,
        "the first time without Redis, too"
    );
    assert!(!format!("{budget:?} {}", budget.sharing()).contains("s3cr3t"));
    let error = RedisBudget::builder("redis://host/")
        .limit(0, SECOND)
        .build()
        .unwrap_err();
    assert!(matches!(error, ConfigError::Limit));
}
