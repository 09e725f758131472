//! What a reply says about rate limits.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderName, HeaderValue};

use crate::retry::retry_after;

/// Most limits taken from one reply; the API sends one or two.
const MOST: usize = 16;
/// Longest wait believed. What goes beyond is no rate limit.
const LONGEST: u64 = 7 * 24 * 60 * 60;

static LEFT: HeaderName = HeaderName::from_static("ratelimit");
static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What a reply says about rate limits: `Ratelimit`, `Ratelimit-Policy`, `Retry-After`, or the old
/// `X-RateLimit-*`.
///
/// ```
/// use std::time::Duration;
/// use cf_client::RateLimits;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("ratelimit", r#""default";r=50;t=30"#.parse()?);
/// headers.insert("ratelimit-policy", r#""default";q=1200;w=300"#.parse()?);
/// let limits = RateLimits::from_headers(&headers);
/// assert_eq!(limits.limits[0].remaining, Some(50));
/// assert_eq!(limits.limits[0].reset_after, Some(Duration::from_secs(30)));
/// assert_eq!(limits.limits[0].quota, Some(1200));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// The limits, each by its name.
    pub limits: Vec<RateLimit>,
    /// How long the server asks to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// One limit, as far as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Its name, like `default`; empty where the server gives none.
    pub name: String,
    /// How many requests may be sent within the window.
    pub quota: Option<u64>,
    /// How long a window lasts.
    pub window: Option<Duration>,
    /// How many requests are left in the current window.
    pub remaining: Option<u64>,
    /// How long until the next window.
    pub reset_after: Option<Duration>,
}

impl RateLimits {
    pub(super) const NONE: Self = RateLimits {
        limits: Vec::new(),
        retry_after: None,
    };

    /// Reads the headers of a reply. What cannot be read is passed over.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut limits = RateLimits::default();
        limits.read(headers);
        limits
    }

    /// The same, in place of what is there, and in its memory.
    pub(super) fn read(&mut self, headers: &HeaderMap) {
        self.retry_after = retry_after(headers);
        let mut reading = Reading {
            limits: &mut self.limits,
            found: 0,
        };
        reading.list(headers, &LEFT, |limit, key, value| match key {
            b"r" => limit.remaining = Some(value),
            b"t" => limit.reset_after = seconds(value),
            _ => {}
        });
        if reading.found == 0 {
            reading.old(headers);
        }
        reading.list(headers, &POLICY, |limit, key, value| match key {
            b"q" => limit.quota = Some(value),
            b"w" => limit.window = seconds(value),
            _ => {}
        });
        let found = reading.found;
        self.limits.truncate(found);
    }

    /// Whether the server says nothing about limits.
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.retry_after.is_none()
    }
}

/// Sets what a parameter says.
type Set = fn(&mut RateLimit, &[u8], u64);

/// Limits that are being read. Those behind the `found` first are of an earlier reply.
struct Reading<'l> {
    limits: &'l mut Vec<RateLimit>,
    found: usize,
}

impl Reading<'_> {
    /// Reads a structured list (RFC 9651): items with parameters. It is read byte by byte: every
    /// reply has two, and they are short.
    fn list(&mut self, headers: &HeaderMap, name: &HeaderName, set: Set) {
        let mut members = 0;
        let lines = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        for line in lines.filter(|line| line.is_ascii()) {
            let (mut limit, mut begins) = (None, true);
            for (part, ends) in (Parts { rest: Some(line) }) {
                let part = part.trim_ascii();
                if begins {
                    members += 1;
                    if members > MOST {
                        return;
                    }
                    limit = self.item(part, set);
                } else if let Some(limit) = &mut limit {
                    parameter(limit, part, set);
                }
                begins = ends;
            }
        }
    }

    /// Takes the item of a member, like `"default"`, or that of a draft of the standard, like
    /// `remaining=50` and `100`.
    fn item(&mut self, item: &[u8], set: Set) -> Option<&mut RateLimit> {
        if item.is_empty() {
            return None;
        }
        let plain = unquoted(item);
        let draft: Option<(&[u8], _)> = match split_once(&plain, b'=') {
            Some((b"limit", value)) => Some((b"q", value)),
            Some((b"remaining", value)) => Some((b"r", value)),
            Some((b"reset", value)) => Some((b"t", value)),
            _ => None,
        };
        let bare = whole(item);
        let unnamed = draft.is_some() || bare.is_some();
        let limit = self.named(if unnamed { b"" } else { &plain })?;
        if let Some(quota) = bare {
            limit.quota = Some(quota);
        }
        match draft {
            Some((b"q", value)) => limit.quota = whole(value),
            Some((key, value)) => {
                if let Some(value) = whole(value) {
                    set(limit, key, value);
                }
            }
            None => {}
        }
        Some(limit)
    }

    fn named(&mut self, name: &[u8]) -> Option<&mut RateLimit> {
        let is_it = |limit: &RateLimit| limit.name.as_bytes() == name;
        let known = self.limits.iter().take(self.found).position(is_it);
        if let Some(known) = known {
            return self.limits.get_mut(known);
        }
        if self.found == MOST {
            return None;
        }
        if self.found == self.limits.len() {
            self.limits.push(RateLimit::default());
        }
        let limit = self.limits.get_mut(self.found)?;
        self.found += 1;
        let mut text = std::mem::take(&mut limit.name);
        if text.as_bytes() != name {
            text.clear();
            text.push_str(str::from_utf8(name).unwrap_or_default());
        }
        *limit = RateLimit {
            name: text,
            ..RateLimit::default()
        };
        Some(limit)
    }

    fn old(&mut self, headers: &HeaderMap) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let quota = number("x-ratelimit-limit");
        let remaining = number("x-ratelimit-remaining");
        if quota.is_none() && remaining.is_none() {
            return;
        }
        let reset_after = number("x-ratelimit-reset").and_then(|reset| match reset {
            // Some servers give the time of day instead of the time left.
            1_000_000_000.. => seconds(reset.saturating_sub(unix_time(headers))),
            _ => seconds(reset),
        });
        if let Some(limit) = self.named(b"") {
            (limit.quota, limit.remaining, limit.reset_after) = (quota, remaining, reset_after);
        }
    }
}

fn parameter(limit: &mut RateLimit, part: &[u8], set: Set) {
    let Some((key, value)) = split_once(part, b'=') else {
        return;
    };
    let key = key.trim_ascii();
    let value = unquoted(value.trim_ascii());
    if let Some(value) = whole(&value).or_else(|| rounded(&value, key == b"r")) {
        set(limit, key, value);
    }
}

/// A whole number, as it is by the standard.
fn whole(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    let number = digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.filter(|_| !digits.is_empty())
}

/// A fraction, rounded to be on the safe side.
fn rounded(number: &[u8], down: bool) -> Option<u64> {
    let number: f64 = str::from_utf8(number).ok()?.parse().ok()?;
    let rounded = if down { number.floor() } else { number.ceil() };
    (number >= 0.0).then_some(rounded as u64)
}

fn seconds(value: u64) -> Option<Duration> {
    (value <= LONGEST).then(|| Duration::from_secs(value))
}

/// The server's time where it tells it, else ours.
fn unix_time(headers: &HeaderMap) -> u64 {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let since = date
        .unwrap_or_else(SystemTime::now)
        .duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// The parts of a structured list, items and parameters, each with whether its member ends there.
struct Parts<'h> {
    rest: Option<&'h [u8]>,
}

impl<'h> Iterator for Parts<'h> {
    type Item = (&'h [u8], bool);

    fn next(&mut self) -> Option<(&'h [u8], bool)> {
        let text = self.rest.take()?;
        let mut looked_at = 0;
        while let Some(unseen) = text.get(looked_at..)
            && let Some(at) = position(unseen, |byte| matches!(byte, b'"' | b',' | b';'))
        {
            let behind = looked_at + at + 1;
            if unseen[at] == b'"' {
                looked_at = behind + quoted(&text[behind..]);
            } else {
                self.rest = Some(&text[behind..]);
                return Some((&text[..behind - 1], unseen[at] == b','));
            }
        }
        Some((text, true))
    }
}

/// How long a text is up to behind the quote that ends it; all of it where none does.
fn quoted(text: &[u8]) -> usize {
    let mut end = 0;
    while let Some(at) = position(&text[end..], |byte| matches!(byte, b'"' | b'\\')) {
        end += at + 1;
        if text[end - 1] == b'"' {
            return end;
        }
        end = text.len().min(end + 1);
    }
    text.len()
}

fn position(text: &[u8], is_it: impl Fn(u8) -> bool) -> Option<usize> {
    text.iter().position(|byte| is_it(*byte))
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = position(text, |byte| byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn unquoted(text: &[u8]) -> Cow<'_, [u8]> {
    match text {
        [b'"', inner @ ..] => unescaped(inner.strip_suffix(b"\"").unwrap_or(inner)),
        _ => Cow::Borrowed(text),
    }
}

fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next()),
            _ => plain.push(*byte),
        }
    }
    Cow::Owned(plain)
}
