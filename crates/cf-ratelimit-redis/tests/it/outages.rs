//! What happens when Redis is unavailable, and when its clock jumps.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cf_client::Decision;
use cf_ratelimit_redis::{RedisBudget, RedisBudgetBuilder, Sharing};

use crate::support::{Redis, SECOND, acquire, budget, seconds};

/// Records each change.
fn noting(builder: RedisBudgetBuilder) -> (RedisBudget, Arc<Mutex<Vec<Sharing>>>) {
    let changes: Arc<Mutex<Vec<Sharing>>> = Arc::default();
    let noted = Arc::clone(&changes);
    let builder = builder.on_change(move |sharing| noted.lock().unwrap().push(sharing.clone()));
    (builder.build().unwrap(), changes)
}

/// How many requests go at once.
async fn sent(budget: &RedisBudget) -> usize {
    let mut tickets = 1_000..;
    let mut sent = 0;
    while acquire(budget, tickets.next().unwrap()).await == Decision::Proceed {
        sent += 1;
    }
    sent
}

#[tokio::test]
async fn without_redis_each_keeps_to_its_share_and_says_so() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let builder = RedisBudget::builder(&redis.url).timeout(5 * SECOND);
    let (one, changes) = noting(builder.limit(8, 100 * SECOND));
    let two = budget(&redis, 8, 100 * SECOND);
    assert_eq!(acquire(&two, 1).await, Decision::Proceed);
    assert_eq!(acquire(&one, 1).await, Decision::Proceed);
    assert_eq!(one.sharing(), Sharing::Shared);

    redis.stop();
    // Two processes: half of it, less the one that was sent.
    assert_eq!(sent(&one).await, 3);
    let Sharing::Local {
        requests, reason, ..
    } = one.sharing()
    else {
        panic!("it does not say so");
    };
    assert_eq!(requests, 4);
    assert!(!reason.is_empty());
    let text = one.sharing().to_string();
    assert!(text.contains("Redis is unavailable"), "{text}");

    redis.start_again();
    let started = Instant::now();
    let mut ticket = 20;
    while one.sharing() != Sharing::Shared {
        assert!(started.elapsed() < 20 * SECOND, "it never comes back");
        acquire(&one, ticket).await;
        ticket += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let changes = changes.lock().unwrap().clone();
    assert!(
        matches!(changes[..], [Sharing::Local { .. }, Sharing::Shared]),
        "{changes:?}"
    );
}

#[tokio::test]
async fn who_is_refused_by_redis_keeps_to_a_share_and_is_told_once_what_to_do() {
    let Some(redis) = Redis::start() else { return };
    redis.require_password("right");
    for address in [
        redis.url.clone(),
        redis.url.replace("redis://", "redis://:wrong@"),
        redis.url.replace("redis://", "redis://nobody:wrong@"),
    ] {
        let builder = RedisBudget::builder(address).limit(100, 100 * SECOND);
        let (budget, changes) = noting(builder.timeout(5 * SECOND));
        // Four fifths of a tenth at once.
        assert_eq!(sent(&budget).await, 8);
        let changes = changes.lock().unwrap().clone();
        let [Sharing::Local { requests, .. }] = changes[..] else {
            panic!("{changes:?}");
        };
        assert_eq!(requests, 10);
        let text = changes[0].to_string();
        assert!(text.contains("check those in its address"), "{text}");
        assert!(
            text.contains("10 requests") && !text.contains("wrong"),
            "{text}"
        );
    }
    let right = redis.url.replace("redis://", "redis://:right@");
    let budget = RedisBudget::builder(right)
        .timeout(5 * SECOND)
        .build()
        .unwrap();
    acquire(&budget, 1).await;
    assert_eq!(budget.sharing(), Sharing::Shared);
}

#[tokio::test]
async fn the_share_without_redis_can_be_set() {
    let nowhere = "redis://127.0.0.1:1/";
    for (share, expected) in [(1, 1), (25, 20), (1_000, 80), (0, 1)] {
        let builder = RedisBudget::builder(nowhere).limit(100, 100 * SECOND);
        let budget = builder.local_requests(share).build().unwrap();
        assert_eq!(sent(&budget).await, expected, "{share}");
    }
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up() {
    let Some(redis) = Redis::start() else { return };
    let budget = RedisBudget::builder(&redis.url).build().unwrap();
    assert_eq!(acquire(&budget, 1).await, Decision::Proceed);
    redis.freeze();
    let started = Instant::now();
    for ticket in 2..30 {
        assert_eq!(acquire(&budget, ticket).await, Decision::Proceed);
    }
    assert!(started.elapsed() < 10 * SECOND, "{:?}", started.elapsed());
    assert!(matches!(budget.sharing(), Sharing::Local { .. }));
}

/// What Redis stored is in the future then.
#[tokio::test]
async fn a_clock_that_is_set_back_closes_nothing() {
    let Some(redis) = Redis::start() else { return };
    let budget = budget(&redis, 4, 100 * SECOND);
    for ticket in 0..4 {
        acquire(&budget, ticket).await;
    }
    let mut before = seconds(acquire(&budget, 9).await);
    assert!(before > 90.0);
    for hours in [1, 24 * 365] {
        redis.pass(-3600 * hours);
        let after = seconds(acquire(&budget, 9).await);
        assert!(
            (before - 5.0..=before + 1.0).contains(&after),
            "{after} for {before}"
        );
        // And the window continues from there.
        redis.pass(20);
        let later = seconds(acquire(&budget, 9).await);
        assert!(
            (after - 25.0..=after - 19.0).contains(&later),
            "{later} for {after}"
        );
        before = later;
    }
    redis.pass(101);
    assert_eq!(acquire(&budget, 10).await, Decision::Proceed);
}
