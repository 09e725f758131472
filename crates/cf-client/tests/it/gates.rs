//! How a server's words close and open the gate of a budget, on the test's own clock.

use std::time::{Duration, Instant};

use cf_client::{
    Acquire, Decision, LocalBudget, RateLimitReply, RateLimiter, RateLimits, ThrottleScope,
};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);
/// The longest time that a gate is closed.
const LONGEST: Duration = Duration::from_secs(300);
/// How long others wait for a probe.
const PROBE: Duration = Duration::from_secs(10);

/// A budget with room for all, and the time.
struct Bench {
    budget: LocalBudget,
    now: Instant,
    tickets: u64,
}

impl Bench {
    fn new() -> Self {
        Bench {
            budget: LocalBudget::new(u32::MAX, SECOND).per_second(None),
            now: Instant::now(),
            tickets: 0,
        }
    }

    fn acquire(&self, ticket: u64, operation: Option<&'static str>) -> Decision {
        let mut request = Acquire::new(ticket, self.now);
        request.operation = operation;
        let decision = self.budget.acquire(request).now_or_never();
        decision.expect("it does not wait itself")
    }

    /// A new request that is sent at once.
    fn send(&mut self) -> u64 {
        self.tickets += 1;
        assert_eq!(self.acquire(self.tickets, None), Decision::Proceed);
        self.tickets
    }

    /// How long a new request would have to wait.
    fn wait(&mut self) -> Duration {
        self.tickets += 1;
        match self.acquire(self.tickets, None) {
            Decision::Proceed => panic!("nothing is closed"),
            Decision::Wait(wait) => {
                self.budget.release(self.tickets, self.now);
                wait
            }
        }
    }

    fn answer(&self, ticket: u64, status: u16, headers: &[(&'static str, &str)]) {
        self.record(ticket, None, status, headers, |_| {});
    }

    fn record(
        &self,
        ticket: u64,
        operation: Option<&'static str>,
        status: u16,
        headers: &[(&'static str, &str)],
        change: impl Fn(&mut RateLimitReply<'_>),
    ) {
        let limits = read(headers);
        let status = StatusCode::from_u16(status).unwrap();
        let mut reply = RateLimitReply::new(ticket, status, &limits, self.now);
        reply.operation = operation;
        change(&mut reply);
        self.budget.record(&reply);
        self.budget.release(ticket, self.now);
    }
}

fn read(headers: &[(&'static str, &str)]) -> RateLimits {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        map.append(HeaderName::from_static(name), value);
    }
    RateLimits::from_headers(&map)
}

const NOTHING_LEFT: (&str, &str) = ("ratelimit", r#""default";r=0;t=604800"#);

#[test]
fn a_probe_goes_ahead_and_its_reply_decides() {
    // It succeeds: open.
    let mut bench = Bench::new();
    let first = bench.send();
    bench.answer(first, 200, &[NOTHING_LEFT]);
    assert_eq!(bench.wait(), LONGEST);
    bench.now += LONGEST;
    let probe = bench.send();
    assert_eq!(bench.wait(), SECOND);
    bench.answer(probe, 404, &[]);
    bench.send();
    bench.send();

    // It is refused: closed again.
    let mut bench = Bench::new();
    let first = bench.send();
    bench.answer(first, 429, &[]);
    assert_eq!(bench.wait(), 5 * SECOND);
    bench.now += 5 * SECOND;
    let probe = bench.send();
    bench.record(probe, None, 429, &[], |reply| {
        reply.backoff = Some(40 * SECOND);
    });
    assert_eq!(bench.wait(), 40 * SECOND);

    // It never returns: another one goes.
    bench.now += 40 * SECOND;
    let lost = bench.send();
    assert_eq!(bench.wait(), SECOND);
    bench.budget.release(lost, bench.now);
    bench.send();
    bench.now += PROBE;
    bench.send();
}

#[test]
fn what_was_left_is_counted_down_until_the_window_is_over() {
    let mut bench = Bench::new();
    let first = bench.send();
    bench.answer(first, 200, &[("ratelimit", r#""default";r=2;t=604800"#)]);
    bench.now += SECOND;
    let (one, two) = (bench.send(), bench.send());
    assert_eq!(bench.wait(), LONGEST - SECOND);
    bench.now += SECOND;
    // They say nothing about what is left.
    bench.answer(one, 200, &[]);
    bench.answer(two, 200, &[]);
    assert_eq!(bench.wait(), LONGEST - 2 * SECOND);
    bench.now += LONGEST;
    let probe = bench.send();
    assert_eq!(bench.wait(), SECOND);
    bench.answer(probe, 200, &[]);
    for _ in 0..5 {
        bench.send();
    }
}

/// The server asks to wait for 30 s; then all go.
#[test]
fn where_the_server_says_when_nobody_goes_ahead() {
    for headers in [
        [("retry-after", "30"), ("x-a", "b")],
        [
            ("ratelimit", r#""default";r=0;t=30"#),
            ("ratelimit-policy", r#""default";q=1200;w=300"#),
        ],
        // Seconds are rounded up.
        [
            ("ratelimit", r#""default";r=0;t=31"#),
            ("ratelimit-policy", r#""default";q=1200;w=30"#),
        ],
    ] {
        let mut bench = Bench::new();
        let first = bench.send();
        bench.answer(first, 429, &headers);
        assert_eq!(bench.wait(), 30 * SECOND, "{headers:?}");
        bench.now += 30 * SECOND;
        for _ in 0..3 {
            bench.send();
        }
    }
}

#[test]
fn a_window_does_not_outlast_itself() {
    let mut bench = Bench::new();
    let first = bench.send();
    let policy = ("ratelimit-policy", r#""default";q=10;w=10"#);
    bench.answer(first, 200, &[NOTHING_LEFT, policy]);
    assert_eq!(bench.wait(), 10 * SECOND);
    // Even if little is left, it is not spread over a week.
    let mut bench = Bench::new();
    let first = bench.send();
    let little = ("ratelimit", r#""default";r=1;t=604800"#);
    bench.answer(
        first,
        200,
        &[little, ("ratelimit-policy", r#""default";q=100;w=604800"#)],
    );
    assert!(bench.wait() <= LONGEST);
}

#[test]
fn only_what_was_sent_later_knows_better() {
    let good = [("ratelimit", r#""default";r=50;t=300"#)];
    let mut bench = Bench::new();
    let (early, refused) = (bench.send(), bench.send());
    bench.now += SECOND;
    bench.answer(refused, 429, &[("retry-after", "120")]);
    bench.now += SECOND;
    bench.answer(early, 200, &good);
    assert_eq!(bench.wait(), 119 * SECOND);

    // The same with the count in the headers.
    let mut bench = Bench::new();
    let (early, last) = (bench.send(), bench.send());
    bench.now += SECOND;
    bench.answer(last, 200, &[NOTHING_LEFT]);
    bench.now += SECOND;
    bench.answer(early, 200, &good);
    assert_eq!(bench.wait(), LONGEST - SECOND);
    bench.now += LONGEST;
    let probe = bench.send();
    bench.now += SECOND;
    bench.answer(probe, 200, &good);
    for _ in 0..40 {
        bench.send();
    }
}

#[test]
fn a_limit_of_one_operation_is_opened_by_that_operation() {
    let mut bench = Bench::new();
    let purge = Some("cache.purge");
    assert_eq!(bench.acquire(1, purge), Decision::Proceed);
    bench.record(1, purge, 429, &[], |reply| {
        reply.throttled = Some(ThrottleScope::Operation);
        reply.backoff = Some(20 * SECOND);
    });
    bench.tickets = 1;
    bench.now += SECOND;
    let other = bench.send();
    bench.answer(other, 200, &[]);
    assert_eq!(bench.acquire(90, purge), Decision::Wait(19 * SECOND));
    bench.now += 19 * SECOND;
    assert_eq!(bench.acquire(90, purge), Decision::Proceed);
    assert_eq!(bench.acquire(91, purge), Decision::Wait(SECOND));
    bench.record(90, purge, 200, &[], |_| {});
    assert_eq!(bench.acquire(91, purge), Decision::Proceed);
}

#[test]
fn a_flood_of_names_leaves_room_for_the_limit_of_all() {
    let mut bench = Bench::new();
    for number in 0..500 {
        let name = format!("\"n{number}\";r=0;t=300");
        let headers = [("ratelimit", name.as_str())];
        bench.record(u64::MAX, Some("zones.create"), 200, &headers, |_| {});
    }
    let refused = bench.send_by("zones.list");
    bench.answer(refused, 429, &[("retry-after", "60")]);
    assert_eq!(bench.wait(), 60 * SECOND);
}

impl Bench {
    /// A new request of this operation that is sent at once.
    fn send_by(&mut self, operation: &'static str) -> u64 {
        self.tickets += 1;
        assert_eq!(
            self.acquire(self.tickets, Some(operation)),
            Decision::Proceed
        );
        self.tickets
    }
}

#[test]
fn settings_without_measure_do_no_harm() {
    for (requests, window) in [
        (0, Duration::ZERO),
        (1, Duration::MAX),
        (u32::MAX, Duration::MAX),
    ] {
        let budget = LocalBudget::new(requests, window).per_second(Some(0));
        let mut bench = Bench {
            budget,
            ..Bench::new()
        };
        bench.send();
        bench.wait();
    }
}

/// Something that happens between a client and any server.
#[derive(Debug, Clone)]
enum Event {
    /// A new request of an operation asks, and gives up if it has to wait.
    Asks(usize),
    Passes(u32),
    /// One in flight is answered.
    Answered(usize, Answer),
    /// One in flight fails.
    Fails(usize),
}

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    throttled: Option<ThrottleScope>,
    backoff: Option<Duration>,
}

const OPERATIONS: [Option<&str>; 3] = [None, Some("zones.list"), Some("cache.purge")];

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("0".to_owned()),
        (0_u64..400).prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        prop::sample::select(vec![
            "",
            "-1",
            "+7",
            "1.5",
            "1e300",
            "99999999999999999999",
            "7s",
            "x"
        ])
        .prop_map(str::to_owned),
    ]
}

fn limit() -> impl Strategy<Value = (String, String, String)> {
    let name = prop::sample::select(vec!["\"default\"", "default", "\"\"", "purge", "a", "b"]);
    (name.prop_map(str::to_owned), number(), number())
}

fn header() -> impl Strategy<Value = (&'static str, String)> {
    let left = |(name, left, reset)| ("ratelimit", format!("{name};r={left};t={reset}"));
    let policy = |(name, quota, window)| {
        let policy = format!("{name};q={quota};w={window}");
        ("ratelimit-policy", policy)
    };
    prop_oneof![
        limit().prop_map(left),
        limit().prop_map(policy),
        number().prop_map(|wait| ("retry-after", wait)),
        Just(("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT".to_owned())),
        number().prop_map(|left| ("x-ratelimit-remaining", left)),
        number().prop_map(|reset| ("x-ratelimit-reset", reset)),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![Just(200_u16), Just(429), Just(429), Just(404), Just(503)];
    let throttled = prop_oneof![
        Just(None),
        Just(Some(ThrottleScope::All)),
        Just(Some(ThrottleScope::Operation)),
    ];
    let backoff = prop::option::of((0_u64..1_000_000).prop_map(Duration::from_secs));
    (
        status,
        prop::collection::vec(header(), 0..4),
        throttled,
        backoff,
    )
        .prop_map(|(status, headers, throttled, backoff)| Answer {
            status,
            headers,
            throttled,
            backoff,
        })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..OPERATIONS.len()).prop_map(Event::Asks),
        2 => (0_u32..400).prop_map(Event::Passes),
        4 => (0_usize..8, answer()).prop_map(|(index, answer)| Event::Answered(index, answer)),
        1 => (0_usize..8).prop_map(Event::Fails),
    ]
}

proptest! {
    /// Whatever a server says, in whatever order: nobody waits longer than five minutes; and once
    /// it serves requests again, nobody waits at all (except to spread what is left of a quota).
    #[test]
    fn no_server_keeps_a_gate_closed(
        quotas in any::<bool>(),
        events in prop::collection::vec(event(), 1..40),
    ) {
        let mut bench = Bench::new();
        let mut underway = Vec::new();
        for event in events {
            match event {
                Event::Asks(operation) => {
                    bench.tickets += 1;
                    let (ticket, operation) = (bench.tickets, OPERATIONS[operation]);
                    match bench.acquire(ticket, operation) {
                        Decision::Proceed => underway.push((ticket, operation)),
                        Decision::Wait(wait) => {
                            prop_assert!(wait <= LONGEST, "{wait:?}");
                            bench.budget.release(ticket, bench.now);
                        }
                    }
                }
                Event::Passes(seconds) => bench.now += seconds * SECOND,
                Event::Answered(index, answer) if !underway.is_empty() => {
                    let (ticket, operation) = underway.remove(index % underway.len());
                    let mut headers = answer.headers;
                    if !quotas {
                        for (_, value) in &mut headers {
                            *value = value.replace("q=", "x=");
                        }
                    }
                    let headers: Vec<_> =
                        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    bench.record(ticket, operation, answer.status, &headers, |reply| {
                        reply.throttled = reply.throttled.or(answer.throttled);
                        reply.backoff = answer.backoff;
                    });
                }
                Event::Fails(index) if !underway.is_empty() => {
                    let (ticket, _) = underway.remove(index % underway.len());
                    bench.budget.release(ticket, bench.now);
                }
                _ => {}
            }
        }
        // Those still in flight may be probes; they never come back.
        let good = r#""default";r=900;t=300, "";r=900;t=300, purge;r=900;t=300, a;r=900;t=300, b;r=900;t=300"#;
        let good = [("ratelimit", good)];
        for operation in OPERATIONS {
            bench.now += SECOND;
            let began = bench.now;
            bench.tickets += 1;
            let ticket = bench.tickets;
            while let Decision::Wait(wait) = bench.acquire(ticket, operation) {
                bench.now += wait;
                prop_assert!(bench.now - began <= LONGEST + PROBE + SECOND, "closed for longer");
            }
            bench.now += SECOND;
            bench.record(ticket, operation, 200, &good, |_| {});
            for _ in 0..3 {
                bench.tickets += 1;
                let ticket = bench.tickets;
                let decision = bench.acquire(ticket, operation);
                prop_assert!(quotas || decision == Decision::Proceed, "{decision:?}");
                bench.record(ticket, operation, 200, &good, |_| {});
            }
        }
    }
}
