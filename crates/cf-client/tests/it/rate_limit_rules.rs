//! The rules of the budget, on the test's own clock; and how headers are read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cf_client::auth::MaybeReady;
use cf_client::transport::transport_fn;
use cf_client::{
    Acquire, Body, Client, Decision, LocalBudget, RateLimitReply, RateLimiter, RateLimits,
};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

fn acquire(budget: &LocalBudget, ticket: u64, now: Instant) -> Decision {
    let request = Acquire::new(ticket, now);
    budget
        .acquire(request)
        .now_or_never()
        .expect("it does not wait itself")
}

fn limits(headers: &[(&'static str, &str)]) -> RateLimits {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        map.append(HeaderName::from_static(name), value);
    }
    RateLimits::from_headers(&map)
}

/// A limit as numbers: quota, window, remaining, reset.
fn told(headers: &[(&'static str, &str)]) -> Vec<(String, [Option<u64>; 4])> {
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
    let limits = limits(headers).limits.into_iter();
    limits
        .map(|limit| {
            let numbers = [
                limit.quota,
                seconds(limit.window),
                limit.remaining,
                seconds(limit.reset_after),
            ];
            (limit.name, numbers)
        })
        .collect()
}

#[test]
fn headers_are_read_in_all_their_forms() {
    let named = |name: &str, numbers| (name.to_owned(), numbers);
    let both = [
        ("ratelimit", r#""default";r=50;t=30"#),
        ("ratelimit-policy", r#""default";q=1200;w=300"#),
    ];
    assert_eq!(
        told(&both),
        [named(
            "default",
            [Some(1200), Some(300), Some(50), Some(30)]
        )]
    );

    let two = [
        (
            "ratelimit",
            r#""burst";r=0;t=1 , "a,\"b;";pk=:Y2Y=:;t=9;r=7"#,
        ),
        ("ratelimit-policy", "burst;q=10;w=1"),
        ("ratelimit-policy", r#""a,\"b;";q=20"#),
    ];
    assert_eq!(
        told(&two),
        [
            named("burst", [Some(10), Some(1), Some(0), Some(1)]),
            named("a,\"b;", [Some(20), None, Some(7), Some(9)]),
        ]
    );

    let draft = [
        ("ratelimit", "limit=100, remaining=40, reset=5"),
        ("ratelimit-policy", "100;w=60"),
    ];
    assert_eq!(
        told(&draft),
        [named("", [Some(100), Some(60), Some(40), Some(5)])]
    );

    let old = [
        ("x-ratelimit-limit", "60"),
        ("x-ratelimit-remaining", "3"),
        ("x-ratelimit-reset", "20"),
    ];
    assert_eq!(told(&old), [named("", [Some(60), None, Some(3), Some(20)])]);
    let time_of_day = [
        ("x-ratelimit-remaining", "3"),
        ("x-ratelimit-reset", "1795521645"),
        ("date", "Tue, 24 Nov 2026 12:00:00 GMT"),
    ];
    assert_eq!(
        told(&time_of_day),
        [named("", [None, None, Some(3), Some(45)])]
    );

    assert_eq!(
        limits(&[("retry-after", "7")]).retry_after,
        Some(Duration::from_secs(7))
    );
    assert!(limits(&[]).is_empty());
    for odd in [
        "",
        ",,;",
        "\"",
        "x;r",
        "\"x\";r=-1;t=1e99",
        "\"x\";r=x;t=",
        "remaining=x",
    ] {
        let told = told(&[("ratelimit", odd)]);
        assert!(
            told.iter().all(|(_, numbers)| numbers[2].is_none()),
            "{odd}: {told:?}"
        );
    }
}

/// Replies arrive out of order: the one with less left counts.
#[test]
fn an_older_reply_opens_no_gate() {
    let (budget, start) = (LocalBudget::default(), Instant::now());
    assert_eq!(acquire(&budget, 1, start), Decision::Proceed);
    assert_eq!(acquire(&budget, 2, start), Decision::Proceed);
    let said = |left: u8| limits(&[("ratelimit", &format!("\"default\";r={left};t=30"))]);
    budget.record(&RateLimitReply::new(2, StatusCode::OK, &said(0), start));
    budget.record(&RateLimitReply::new(1, StatusCode::OK, &said(1), start));
    assert_eq!(
        acquire(&budget, 3, start),
        Decision::Wait(Duration::from_secs(30))
    );
    assert_eq!(
        acquire(&budget, 3, start + Duration::from_secs(30)),
        Decision::Proceed
    );
}

/// Something that happens to a budget.
#[derive(Debug, Clone)]
enum Event {
    Arrives,
    /// The time that passes.
    Passes(u64),
    /// A waiting one gives up.
    Leaves(usize),
    /// A reply says how many are left, and for how many seconds.
    Says(u64, u64),
    TurnedAway(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Arrives),
        3 => (0_u64..40).prop_map(Event::Passes),
        1 => (0_usize..8).prop_map(Event::Leaves),
        1 => (0_u64..6, 0_u64..60).prop_map(|(left, seconds)| Event::Says(left, seconds)),
        1 => (0_u64..60).prop_map(Event::TurnedAway),
    ]
}

proptest! {
    /// Whatever happens: no window exceeds the quota, nothing goes before the server allows
    /// it, nobody overtakes, and everybody has a turn in the end.
    #[test]
    fn a_budget_keeps_its_promises(
        quota in 1_u32..12,
        window in 1_u64..60,
        per_second in prop::option::of(1_u32..4),
        events in prop::collection::vec(event(), 1..120),
    ) {
        let (start, window) = (Instant::now(), Duration::from_secs(window));
        let budget = LocalBudget::new(quota, window).per_second(per_second);
        let mut now = start;
        let mut sent: Vec<Instant> = Vec::new();
        let mut waiting: VecDeque<u64> = VecDeque::new();
        let (mut closed, mut closed_by_limit): (Option<Instant>, Option<Instant>) = (None, None);
        let mut window_ends = start;
        let mut tickets = 0;
        let mut ask = |waiting: &mut VecDeque<u64>, now: Instant, closed: Option<Instant>| {
            let mut left = VecDeque::new();
            for ticket in waiting.drain(..) {
                match acquire(&budget, ticket, now) {
                    Decision::Proceed => {
                        assert!(left.is_empty(), "one overtook");
                        assert!(closed.is_none_or(|until| until <= now), "sent before it was allowed");
                        sent.push(now);
                        let places = sent.len().checked_sub(quota as usize + 1);
                        if let Some(before) = places {
                            assert!(now - sent[before] >= window, "more than the quota");
                        }
                        let limit = per_second.and_then(|limit| sent.len().checked_sub(limit as usize + 1));
                        if let Some(before) = limit {
                            let gap = now - sent[before];
                            assert!(gap >= Duration::from_secs(1), "more than a second's");
                        }
                        budget.release(ticket, now);
                    }
                    Decision::Wait(_) => left.push_back(ticket),
                }
            }
            *waiting = left;
        };
        for event in events {
            match event {
                Event::Arrives => {
                    tickets += 1;
                    waiting.push_back(tickets);
                }
                Event::Passes(seconds) => now += Duration::from_secs(seconds),
                Event::Leaves(index) => {
                    if let Some(ticket) = waiting.remove(index) {
                        budget.release(ticket, now);
                    }
                }
                Event::Says(left, seconds) => {
                    let text = format!("\"default\";r={left};t={seconds}");
                    let said = limits(&[("ratelimit", text.as_str())]);
                    budget.record(&RateLimitReply::new(0, StatusCode::OK, &said, now));
                    let ends = now + Duration::from_secs(seconds);
                    let slack = Duration::from_millis(1500);
                    let is_over = now >= window_ends;
                    let is_later = ends > window_ends + slack;
                    // A request that was in flight when nothing was left does not open it again.
                    let is_held = !is_over && closed_by_limit.is_some() && left > 0;
                    if is_over || (is_later && !is_held) {
                        // Another window: what was said before no longer holds.
                        (window_ends, closed_by_limit) = (ends, None);
                    }
                    if left == 0 {
                        closed_by_limit = Some(window_ends);
                    }
                }
                Event::TurnedAway(seconds) => {
                    let said = limits(&[("retry-after", seconds.to_string().as_str())]);
                    let status = StatusCode::TOO_MANY_REQUESTS;
                    budget.record(&RateLimitReply::new(0, status, &said, now));
                    closed = closed.max(Some(now + Duration::from_secs(seconds)));
                }
            }
            ask(&mut waiting, now, closed.max(closed_by_limit));
        }
        // Waiting as long as told is enough, and never takes forever.
        let mut rounds = 0;
        while let Some(first) = waiting.front().copied() {
            match acquire(&budget, first, now) {
                Decision::Wait(wait) => now += wait,
                Decision::Proceed => { waiting.pop_front(); budget.release(first, now); }
            }
            rounds += 1;
            prop_assert!(rounds < 1000, "never a turn");
        }
    }

    #[test]
    fn the_usual_form_means_what_other_spellings_do(
        left in "[+]?[0-9]{0,21}([.][0-9])?",
        reset in "[0-9]{0,21}",
        more in "(;w=1|,\"x\"|;|x)?",
    ) {
        let usual = format!(r#""default";r={left};t={reset}{more}"#);
        let spaced = format!(r#""default" ;r={left};t={reset}{more}"#);
        prop_assert_eq!(told(&[("ratelimit", &usual)]), told(&[("ratelimit", &spaced)]));
    }

    #[test]
    fn any_header_can_be_read(value in "[ -~]{0,60}", policy in "[\"a;=,rtqw0-9]{0,40}") {
        let read = limits(&[("ratelimit", &value), ("ratelimit-policy", &policy), ("ratelimit", &policy)]);
        prop_assert!(read.limits.len() <= 16);
    }
}

/// Lets every request go, and records what replies say.
#[derive(Debug, Default)]
struct Listener(Mutex<Vec<RateLimits>>);

impl RateLimiter for Listener {
    fn acquire(&self, _: Acquire) -> MaybeReady<'_, Decision> {
        MaybeReady::ready(Decision::Proceed)
    }
    fn record(&self, reply: &RateLimitReply<'_>) {
        self.0.lock().unwrap().push(reply.limits.clone());
    }
    fn release(&self, _: u64, _: Instant) {}
}

#[tokio::test]
async fn what_one_reply_says_is_not_taken_for_what_the_next_says() {
    const LEFT: &str = "ratelimit";
    const POLICY: &str = "ratelimit-policy";
    let replies: [&[(&'static str, &str)]; 9] = [
        &[
            (LEFT, r#""default";r=50;t=30, "burst";r=3;t=1"#),
            (POLICY, r#""default";q=1200;w=300, "burst";q=10;w=1"#),
        ],
        // The same policy, fewer limits; then another policy.
        &[
            (LEFT, r#""burst";r=2;t=1"#),
            (POLICY, r#""default";q=1200;w=300, "burst";q=10;w=1"#),
        ],
        &[
            (LEFT, r#""default";r=48;t=28"#),
            (POLICY, r#""default";q=1200"#),
        ],
        &[(LEFT, r#""default";r=47;t=27"#)],
        &[(POLICY, r#""default";q=1200"#)],
        // Two lines, of which the first is known.
        &[
            (LEFT, r#""default";r=46;t=26"#),
            (POLICY, r#""default";q=1200"#),
            (POLICY, r#""burst";q=10;w=1"#),
        ],
        &[
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", "40"),
        ],
        &[("retry-after", "7")],
        &[],
    ];
    let heard = Arc::new(Listener::default());
    let waiting: Vec<_> = replies.iter().map(|headers| headers.to_vec()).collect();
    let waiting = Mutex::new(VecDeque::from(waiting));
    let client = Client::builder()
        .api_token("cfut_test")
        .rate_limiter(Arc::clone(&heard))
        .transport(transport_fn(move |_| {
            let mut response = http::Response::new(Body::from("{}"));
            for (name, value) in waiting.lock().unwrap().pop_front().unwrap() {
                let value = HeaderValue::from_str(value).unwrap();
                response.headers_mut().append(name, value);
            }
            std::future::ready(Ok(response))
        }))
        .build()
        .unwrap();
    for _ in replies {
        let call = client.request(http::Method::GET, "/user").send_raw();
        call.await.unwrap();
    }
    let heard = heard.0.lock().unwrap();
    let expected: Vec<_> = replies.iter().map(|headers| limits(headers)).collect();
    assert_eq!(*heard, expected);
}

/// Panics when told of a reply.
#[derive(Debug, Default)]
struct Faulty(Mutex<Vec<u64>>);

impl RateLimiter for Faulty {
    fn acquire(&self, _: Acquire) -> MaybeReady<'_, Decision> {
        MaybeReady::ready(Decision::Proceed)
    }
    fn record(&self, _: &RateLimitReply<'_>) {
        panic!("of the test");
    }
    fn release(&self, ticket: u64, _: Instant) {
        self.0.lock().unwrap().push(ticket);
    }
}

#[tokio::test]
async fn a_limiter_that_panics_is_told_of_the_end_all_the_same() {
    let limiter = Arc::new(Faulty::default());
    let client = Client::builder()
        .api_token("cfut_test")
        .rate_limiter(Arc::clone(&limiter))
        .transport(transport_fn(|_| {
            std::future::ready(Ok(http::Response::new(Body::from("{}"))))
        }))
        .build()
        .unwrap();
    let call = async move { client.request(http::Method::GET, "/ips").send::<()>().await };
    assert!(tokio::spawn(call).await.unwrap_err().is_panic());
    assert_eq!(limiter.0.lock().unwrap().len(), 1);
}
