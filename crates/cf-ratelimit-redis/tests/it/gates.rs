//! What the API tells one process holds for all; and no reply stops a fleet.

use std::time::{Duration, Instant};

use cf_client::{Acquire, Decision, RateLimitReply, RateLimiter, ThrottleScope};
use cf_ratelimit_redis::RedisBudget;
use http::StatusCode;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::{Redis, SECOND, acquire, assert_wait, budget, said, seconds};

type Headers<'h> = &'h [(&'static str, &'h str)];

const NOTHING_LEFT: (&str, &str) = ("ratelimit", r#""default";r=0;t=604800"#);
const YEAR_9999: (&str, &str) = ("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT");

struct Fleet {
    redis: Redis,
    one: RedisBudget,
    two: RedisBudget,
}

impl Fleet {
    fn new() -> Option<Self> {
        let redis = Redis::start()?;
        let (one, two) = (
            budget(&redis, 1_000, 300 * SECOND),
            budget(&redis, 1_000, 300 * SECOND),
        );
        Some(Fleet { redis, one, two })
    }

    /// The first process sends a request and gets this reply.
    async fn answered(&self, ticket: u64, status: u16, headers: Headers<'_>) {
        assert_eq!(acquire(&self.one, ticket).await, Decision::Proceed);
        self.answer(ticket, status, headers, None).await;
    }

    async fn answer(
        &self,
        ticket: u64,
        status: u16,
        headers: Headers<'_>,
        backoff: Option<Duration>,
    ) {
        let underway = self.redis.count("underway");
        let limits = said(headers);
        let status = StatusCode::from_u16(status).unwrap();
        let mut reply = RateLimitReply::new(ticket, status, &limits, Instant::now());
        reply.backoff = backoff;
        self.one.record(&reply);
        self.one.release(ticket, Instant::now());
        self.redis.until("underway", underway - 1).await;
    }

    /// How long a request of the other process has to wait.
    async fn closed(&self) -> f64 {
        let wait = acquire(&self.two, u64::MAX).await;
        self.two.release(u64::MAX, Instant::now());
        seconds(wait)
    }
}

#[tokio::test]
async fn what_one_process_is_told_all_keep_to() {
    let Some(fleet) = Fleet::new() else { return };
    let start = Instant::now();
    fleet.answered(1, 429, &[("retry-after", "60")]).await;
    assert_wait(fleet.closed().await, 60.0, start);
    // So do those that start later.
    let later = budget(&fleet.redis, 1_000, 300 * SECOND);
    assert_wait(seconds(acquire(&later, 1).await), 60.0, start);
    // The API said when: all go then.
    fleet.redis.pass(60);
    for ticket in 1..4 {
        assert_eq!(acquire(&later, ticket).await, Decision::Proceed);
    }
}

#[tokio::test]
async fn no_reply_stops_a_fleet_for_longer_than_five_minutes() {
    let policy = ("ratelimit-policy", r#""default";q=1200;w=30"#);
    let cases: [(u16, Headers<'_>, f64); 6] = [
        (200, &[NOTHING_LEFT], 300.0),
        (200, &[NOTHING_LEFT, policy], 30.0),
        (429, &[YEAR_9999], 300.0),
        (429, &[YEAR_9999, NOTHING_LEFT], 300.0),
        (429, &[], 5.0),
        (429, &[("ratelimit", r#""default";r=0;t=0"#)], 5.0),
    ];
    for (status, headers, expected) in cases {
        let Some(fleet) = Fleet::new() else { return };
        let start = Instant::now();
        fleet.answered(1, status, headers).await;
        let wait = fleet.closed().await;
        assert_wait(wait, expected, start);
        // Asking does not make it longer.
        fleet.redis.pass(2);
        assert!(fleet.closed().await < wait - 1.0);
        // Then one request of one process goes ahead, and the others wait for its reply.
        fleet.redis.pass(expected as i64);
        assert_eq!(acquire(&fleet.one, 2).await, Decision::Proceed);
        assert_eq!(fleet.closed().await, 1.0, "{headers:?}");
        fleet.answer(2, 200, &[], None).await;
        for ticket in 3..6 {
            assert_eq!(
                acquire(&fleet.two, ticket).await,
                Decision::Proceed,
                "{headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_probe_that_is_turned_away_closes_again_and_one_that_is_lost_is_replaced() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.answered(1, 429, &[]).await;
    fleet.redis.pass(5);
    assert_eq!(acquire(&fleet.one, 2).await, Decision::Proceed);
    let start = Instant::now();
    fleet.answer(2, 429, &[], Some(40 * SECOND)).await;
    assert_wait(fleet.closed().await, 40.0, start);

    fleet.redis.pass(40);
    assert_eq!(acquire(&fleet.one, 3).await, Decision::Proceed);
    assert_eq!(fleet.closed().await, 1.0);
    // Its process died.
    fleet.redis.pass(10);
    assert_eq!(acquire(&fleet.two, 4).await, Decision::Proceed);
    assert_eq!(fleet.closed().await, 1.0);
    // Its call was dropped.
    fleet.two.release(4, Instant::now());
    fleet.redis.until("underway", 1).await;
    assert_eq!(acquire(&fleet.one, 5).await, Decision::Proceed);
}

#[tokio::test]
async fn only_what_was_sent_later_knows_better() {
    let Some(fleet) = Fleet::new() else { return };
    let good = [("ratelimit", r#""default";r=500;t=300"#)];
    for ticket in [1, 2] {
        assert_eq!(acquire(&fleet.one, ticket).await, Decision::Proceed);
    }
    fleet.redis.pass(1);
    let start = Instant::now();
    fleet.answer(2, 429, &[("retry-after", "120")], None).await;
    fleet.redis.pass(1);
    fleet.answer(1, 200, &good, None).await;
    assert_wait(fleet.closed().await, 119.0, start);

    // What waits behind a gate goes when it opens, in order.
    fleet.redis.pass(120);
    fleet.answered(3, 429, &[YEAR_9999]).await;
    fleet.redis.pass(300);
    assert_eq!(acquire(&fleet.one, 4).await, Decision::Proceed);
    for ticket in [5, 6] {
        assert_eq!(seconds(acquire(&fleet.two, ticket).await), 1.0);
    }
    fleet.answer(4, 200, &good, None).await;
    for ticket in [5, 6, 7] {
        assert_eq!(acquire(&fleet.two, ticket).await, Decision::Proceed);
    }
}

#[tokio::test]
async fn a_reset_opens_the_gate_for_all() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.answered(1, 429, &[("retry-after", "200")]).await;
    let waiting = acquire(&fleet.two, 2).await;
    assert!(seconds(waiting) > 190.0);
    fleet.two.reset();
    fleet.redis.until("gates", 0).await;
    assert_eq!(acquire(&fleet.two, 2).await, Decision::Proceed);
    assert_eq!(acquire(&fleet.one, 3).await, Decision::Proceed);
}

#[tokio::test]
async fn a_limit_of_one_operation_is_no_matter_of_others() {
    let Some(fleet) = Fleet::new() else { return };
    let of = |ticket, operation| {
        let mut request = Acquire::new(ticket, Instant::now());
        request.operation = Some(operation);
        request
    };
    let named = said(&[("ratelimit", "\"purge\";r=0;t=30"), ("retry-after", "60")]);
    let nameless = said(&[("retry-after", "60")]);
    for (limits, scope) in [
        (named, ThrottleScope::All),
        (nameless, ThrottleScope::Operation),
    ] {
        fleet.one.reset();
        fleet.redis.until("gates", 0).await;
        assert_eq!(
            fleet.one.acquire(of(1, "cache.purge")).await,
            Decision::Proceed
        );
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut reply = RateLimitReply::new(1, status, &limits, Instant::now());
        reply.operation = Some("cache.purge");
        reply.throttled = Some(scope);
        let start = Instant::now();
        fleet.one.record(&reply);
        fleet.redis.until("gates", 1).await;
        assert_eq!(
            fleet.two.acquire(of(2, "zones.get")).await,
            Decision::Proceed
        );
        let wait = seconds(fleet.two.acquire(of(3, "cache.purge")).await);
        assert_wait(wait, 60.0, start);
        // It holds up nobody.
        assert_eq!(
            fleet.two.acquire(of(4, "zones.get")).await,
            Decision::Proceed
        );
        for ticket in [2, 4] {
            fleet.two.release(ticket, Instant::now());
        }
        fleet.redis.until("underway", 0).await;
    }
}

#[tokio::test]
async fn an_api_that_invents_names_fills_no_memory() {
    let Some(fleet) = Fleet::new() else { return };
    for round in 0..20 {
        let names: Vec<_> = (0..16)
            .map(|n| format!("\"n{round}-{n}\";r=500;t=300"))
            .collect();
        fleet
            .answered(round, 200, &[("ratelimit", &names.join(","))])
            .await;
    }
    assert!(fleet.redis.count("gates") <= 64);
    fleet.answered(99, 429, &[("retry-after", "60")]).await;
    assert!(fleet.closed().await > 50.0);
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u64..400).prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        Just("0".to_owned()),
        Just("1.5".to_owned()),
    ]
}

fn header() -> impl Strategy<Value = (&'static str, String)> {
    let name = || {
        prop_oneof![
            Just("\"default\""),
            Just("\"\""),
            Just("a"),
            Just("\"b\\\"\"")
        ]
    };
    prop_oneof![
        (name(), number(), number())
            .prop_map(|(name, r, t)| ("ratelimit", format!("{name};r={r};t={t}"))),
        (name(), number(), number())
            .prop_map(|(name, q, w)| ("ratelimit-policy", format!("{name};q={q};w={w}"))),
        number().prop_map(|wait| ("retry-after", wait)),
        number().prop_map(|left| ("x-ratelimit-remaining", left)),
        number().prop_map(|reset| ("x-ratelimit-reset", reset)),
    ]
}

type Event = (u16, Vec<(&'static str, String)>, Option<u64>, i64);

/// A reply, and how long it takes until the next request asks.
fn event() -> impl Strategy<Value = Event> {
    let status = prop_oneof![Just(200_u16), Just(429), Just(404), Just(503)];
    let headers = prop::collection::vec(header(), 0..4);
    (
        status,
        headers,
        prop::option::of(any::<u64>()),
        -400_i64..400,
    )
}

const CASES: usize = 25;

/// Whatever an API says, in whatever order, and whatever the clock does: nobody waits longer than
/// five minutes, and once requests are served again, nobody waits.
#[tokio::test]
async fn no_api_keeps_a_fleet_from_working() {
    let Some(fleet) = Fleet::new() else { return };
    let mut runner = TestRunner::default();
    let events = prop::collection::vec(event(), 1..12);
    let mut ticket = 0;
    for _ in 0..CASES {
        let events = events.new_tree(&mut runner).unwrap().current();
        let story = format!("{events:?}");
        fleet.redis.cli(&["flushall"]);
        for (status, headers, backoff, pause) in events {
            ticket += 1;
            match acquire(&fleet.one, ticket).await {
                Decision::Proceed => {
                    let headers: Vec<_> = headers
                        .iter()
                        .map(|(name, value)| (*name, value.as_str()))
                        .collect();
                    fleet
                        .answer(ticket, status, &headers, backoff.map(Duration::from_secs))
                        .await;
                }
                Decision::Wait(wait) => {
                    assert!(wait <= 300 * SECOND, "{wait:?} after {story}");
                    fleet.one.release(ticket, Instant::now());
                    fleet.redis.until("places", 0).await;
                }
            }
            fleet.redis.pass(pause);
        }
        // A clock that was set back is noticed by the next request; from then on it is right.
        fleet.closed().await;
        fleet.redis.until("underway", 0).await;
        fleet.redis.pass(1);
        let mut waited = 0.0;
        ticket += 1;
        loop {
            match acquire(&fleet.two, ticket).await {
                Decision::Proceed => break,
                Decision::Wait(wait) => {
                    waited += wait.as_secs_f64();
                    assert!(waited <= 320.0, "{waited} after {story}");
                    fleet.redis.pass(wait.as_secs_f64().ceil() as i64);
                }
            }
        }
        fleet.redis.pass(1);
        let good = said(&[(
            "ratelimit",
            r#""default";r=900;t=300, "";r=900;t=300, a;r=900;t=300, "b\"";r=900;t=300"#,
        )]);
        fleet.two.record(&RateLimitReply::new(
            ticket,
            StatusCode::OK,
            &good,
            Instant::now(),
        ));
        fleet.redis.until("underway", 0).await;
        ticket += 1;
        let next = seconds(acquire(&fleet.one, ticket).await);
        assert!(next <= 1.0, "{next} after {story}");
        fleet.one.release(ticket, Instant::now());
    }
}
