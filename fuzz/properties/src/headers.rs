//! Rate limits in headers: `Retry-After`, `Ratelimit`, `Ratelimit-Policy`, `X-RateLimit-*`.

use std::time::{Duration, Instant};

use cf_client::{Acquire, Decision, LocalBudget, RateLimitReply, RateLimiter, RateLimits};
use http::{HeaderMap, StatusCode, header};

use crate::input;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest time that a gate is closed.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The input is the headers of a reply.
pub fn headers(input: &[u8]) {
    let headers = input::headers(input);
    let read = RateLimits::from_headers(&headers);

    assert!(read.limits.len() <= 16);
    for (index, limit) in read.limits.iter().enumerate() {
        assert!(limit.window.is_none_or(|window| window <= WEEK));
        assert!(limit.reset_after.is_none_or(|reset| reset <= WEEK));
        let twice = read.limits[..index].iter().any(|l| l.name == limit.name);
        assert!(!twice, "two limits of the name {:?}", limit.name);
    }
    assert!(read.retry_after.is_none_or(|wait| wait <= DAY));
    if let Some(wait) = plain_wait(&headers) {
        // Of several lines, the longest counts.
        let lines = headers.get_all(header::RETRY_AFTER).iter().count();
        assert!(read.retry_after >= Some(wait));
        assert!(lines > 1 || read.retry_after == Some(wait));
    }

    // A client that follows it waits as long as it says, but not forever.
    let now = Instant::now();
    for status in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let budget = LocalBudget::default();
        budget.record(&RateLimitReply::new(1, status, &read, now));
        budget.release(1, now);
        let decision = input::run(budget.acquire(Acquire::new(2, now)));
        let wait = match decision {
            Decision::Proceed => Duration::ZERO,
            Decision::Wait(wait) => wait,
        };
        assert!(wait <= LONGEST, "waits for {wait:?}");
        let refused = status == StatusCode::TOO_MANY_REQUESTS;
        let named = read.limits.iter().any(|limit| limit.remaining == Some(0));
        if let Some(asked) = read.retry_after.filter(|_| refused && !named) {
            let asked = asked.min(LONGEST);
            assert!(wait >= asked, "waits for {wait:?} and not for {asked:?}");
        }
    }
}

/// What the standard defines: a number of seconds, or a date relative to the server's own.
fn plain_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(DAY));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let until = date(text)?;
    let now = date(headers.get(header::DATE)?.to_str().ok()?)?;
    Some(until.duration_since(now).unwrap_or_default().min(DAY))
}
