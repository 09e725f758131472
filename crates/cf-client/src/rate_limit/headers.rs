//! What a reply says about rate limits.
//!
//! By hand and not by the crate `sfv`, which refuses a line for one character that RFC 9651 does not allow. Servers send
//! the drafts of that header, fractions and spaces; of those, what can be read counts.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

use super::LONGEST_CLOSED;
use crate::retry::{retry_after, server_time};

/// Most limits taken from one reply; the API sends one or two.
const MOST: usize = 16;
/// A week: no limit of the API has a longer window, so more counts as this.
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
    /// Reads the headers of a reply. What cannot be read is skipped.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut reader = Reader::NEW;
        reader.read(headers);
        reader.limits
    }

    /// Whether the server says nothing about limits.
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.retry_after.is_none()
    }

    /// How long a refusal with these limits asks to wait. Zero counts as no answer.
    pub(crate) fn asked_wait(&self) -> Option<Duration> {
        let spent = self.limits.iter().filter(|limit| limit.is_spent());
        let resets = spent.filter_map(RateLimit::believed_reset);
        let asked = self.retry_after.into_iter().chain(resets).max();
        asked.filter(|wait| !wait.is_zero())
    }
}

impl RateLimit {
    pub(super) fn is_spent(&self) -> bool {
        self.remaining == Some(0)
    }

    /// How long until the next window, at most the length of one.
    pub(super) fn believed_reset(&self) -> Option<Duration> {
        let window = self.window.filter(|window| !window.is_zero());
        let longest = window.map_or(LONGEST_CLOSED, |window| window.min(LONGEST_CLOSED));
        self.reset_after.map(|reset| reset.min(longest))
    }
}

/// Reads one reply after the other. They say much the same, so it keeps its memory, and the policy until that changes.
pub(super) struct Reader {
    limits: RateLimits,
    policy: Option<HeaderValue>,
    quotas: Vec<RateLimit>,
}

impl Reader {
    pub(super) const NEW: Self = Reader {
        limits: RateLimits {
            limits: Vec::new(),
            retry_after: None,
        },
        policy: None,
        quotas: Vec::new(),
    };

    pub(super) fn read(&mut self, headers: &HeaderMap) -> &RateLimits {
        self.limits.retry_after = retry_after(headers);
        let mut limits = Reading {
            limits: &mut self.limits.limits,
            found: 0,
        };
        let mut lines = headers.get_all(&LEFT).iter();
        let only = lines.next().filter(|_| lines.next().is_none());
        match only.and_then(|line| usual(line.as_bytes())) {
            Some((remaining, reset)) => {
                if let Some(limit) = limits.named(b"default") {
                    limit.remaining = Some(remaining);
                    limit.reset_after = Some(seconds(reset));
                }
            }
            None => limits.list(
                headers.get_all(&LEFT).iter(),
                |limit, key, value| match key {
                    b"r" => limit.remaining = Some(value),
                    b"t" => limit.reset_after = Some(seconds(value)),
                    _ => {}
                },
            ),
        }
        if limits.found == 0 {
            limits.old(headers);
        }
        let mut lines = headers.get_all(&POLICY).iter();
        let only = lines.next().filter(|_| lines.next().is_none());
        if only.is_none() || only != self.policy.as_ref() {
            self.policy = only.cloned();
            let mut quotas = Reading {
                limits: &mut self.quotas,
                found: 0,
            };
            quotas.list(
                headers.get_all(&POLICY).iter(),
                |limit, key, value| match key {
                    b"q" => limit.quota = Some(value),
                    b"w" => limit.window = Some(seconds(value)),
                    _ => {}
                },
            );
            let found = quotas.found;
            self.quotas.truncate(found);
        }
        for known in &self.quotas {
            if let Some(limit) = limits.named(known.name.as_bytes()) {
                limit.quota = known.quota.or(limit.quota);
                limit.window = known.window.or(limit.window);
            }
        }
        let found = limits.found;
        self.limits.limits.truncate(found);
        &self.limits
    }
}

/// Sets what a parameter says.
type Set = fn(&mut RateLimit, &[u8], u64);

/// Limits that are being read. Those after the first `found` are of an earlier reply.
struct Reading<'l> {
    limits: &'l mut Vec<RateLimit>,
    found: usize,
}

impl Reading<'_> {
    /// Reads a structured list (RFC 9651): items with parameters.
    fn list<'h>(&mut self, lines: impl Iterator<Item = &'h HeaderValue>, set: Set) {
        let mut members = 0;
        for line in lines {
            let (mut limit, mut begins) = (None, true);
            for part in (ListParts {
                line: line.as_bytes(),
                at: 0,
            }) {
                if begins {
                    members += 1;
                    if members > MOST {
                        return;
                    }
                    limit = self.item(&part, set);
                } else if let Some(limit) = &mut limit {
                    parameter(limit, &part, set);
                }
                begins = part.ends;
            }
        }
    }

    /// Takes the item of a member, like `"default"`, or that of a draft of the standard, like
    /// `remaining=50` and `100`.
    fn item(&mut self, item: &ListPart<'_>, set: Set) -> Option<&mut RateLimit> {
        let draft: Option<&[u8]> = match item.name {
            b"limit" => Some(b"q"),
            b"remaining" => Some(b"r"),
            b"reset" => Some(b"t"),
            _ => None,
        };
        if let (Some(key), Some(value)) = (draft, item.value) {
            let limit = self.named(b"")?;
            match (key, whole(value)) {
                (b"q", quota) => limit.quota = quota,
                (_, Some(value)) => set(limit, key, value),
                _ => {}
            }
            return Some(limit);
        }
        if let Some(quota) = whole(item.text) {
            let limit = self.named(b"")?;
            limit.quota = Some(quota);
            return Some(limit);
        }
        match item.text {
            b"" => None,
            text => self.named(&unquoted(text)),
        }
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
        if limit.name.as_bytes() != name {
            let name = str::from_utf8(name).ok()?;
            limit.name.clear();
            limit.name.push_str(name);
        }
        self.found += 1;
        (limit.quota, limit.window) = (None, None);
        (limit.remaining, limit.reset_after) = (None, None);
        Some(limit)
    }

    fn old(&mut self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).map(|value| value.as_bytes().trim_ascii());
        let number = |name: &str, down| text(name).and_then(|text| number(text, down));
        let quota = number("x-ratelimit-limit", true);
        let remaining = number("x-ratelimit-remaining", true);
        if quota.is_none() && remaining.is_none() {
            return;
        }
        let reset_after = match number("x-ratelimit-reset", false) {
            // Some servers give the time of day instead of the time left; Cloudflare's, a date.
            Some(reset @ 1_000_000_000..) => {
                let now = server_time(headers).duration_since(SystemTime::UNIX_EPOCH);
                Some(seconds(
                    reset.saturating_sub(now.map_or(0, |now| now.as_secs())),
                ))
            }
            Some(reset) => Some(seconds(reset)),
            None => text("x-ratelimit-reset").and_then(|date| {
                let date = httpdate::parse_http_date(str::from_utf8(date).ok()?).ok()?;
                let left = date
                    .duration_since(server_time(headers))
                    .unwrap_or_default();
                Some(seconds(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
            }),
        };
        if let Some(limit) = self.named(b"") {
            (limit.quota, limit.remaining, limit.reset_after) = (quota, remaining, reset_after);
        }
    }
}

/// What is left, and for how many seconds, in the form of nearly every reply: `"default";r=50;t=30`.
fn usual(line: &[u8]) -> Option<(u64, u64)> {
    let (left, rest) = digits(line.strip_prefix(b"\"default\";r=")?)?;
    let (reset, rest) = digits(rest.strip_prefix(b";t=")?)?;
    rest.is_empty().then_some((left, reset))
}

/// The number that a text begins with, and what follows.
fn digits(text: &[u8]) -> Option<(u64, &[u8])> {
    // So many always fit.
    const MOST: usize = 19;
    let mut number = 0;
    let mut len = 0;
    while let Some(digit) = text.get(len).filter(|byte| byte.is_ascii_digit()) {
        if len == MOST {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
        len += 1;
    }
    (len > 0).then(|| (number, &text[len..]))
}

fn parameter(limit: &mut RateLimit, part: &ListPart<'_>, set: Set) {
    let Some(value) = part.value else {
        return;
    };
    if let Some(value) = number(&unquoted(value), part.name == b"r") {
        set(limit, part.name, value);
    }
}

/// A number that should be whole.
fn number(text: &[u8], down: bool) -> Option<u64> {
    whole(text).or_else(|| rounded(text, down))
}

/// A whole number, as the standard has it.
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
    (number >= 0.0 && number.is_finite()).then_some(rounded as u64)
}

fn seconds(value: u64) -> Duration {
    Duration::from_secs(value.min(LONGEST))
}

/// A part of a structured list: an item like `"default"`, or a parameter like `r=50`.
struct ListPart<'h> {
    text: &'h [u8],
    /// What comes before the `=`; all of it without one.
    name: &'h [u8],
    value: Option<&'h [u8]>,
    /// Whether it is the last of its member.
    ends: bool,
}

/// The parts of a line. Every reply has two such lines, so one pass finds them.
struct ListParts<'h> {
    line: &'h [u8],
    /// Where the next part begins; past the end of the line if there is none.
    at: usize,
}

impl<'h> Iterator for ListParts<'h> {
    type Item = ListPart<'h>;

    fn next(&mut self) -> Option<ListPart<'h>> {
        let text = self.line.get(self.at..)?;
        let (mut end, mut equals) = (0, None);
        while let Some(byte) = text.get(end) {
            match byte {
                b',' | b';' => break,
                b'"' => end += quoted(&text[end..]),
                b'=' => equals = equals.or(Some(end)),
                _ => {}
            }
            end += 1;
        }
        let end = end.min(text.len());
        self.at += end + 1;
        let ends = text.get(end) != Some(&b';');
        let text = &text[..end];
        Some(ListPart {
            text: text.trim_ascii(),
            name: text[..equals.unwrap_or(end)].trim_ascii(),
            value: equals.map(|equals| text[equals + 1..].trim_ascii()),
            ends,
        })
    }
}

/// How far from its opening quote a text has the closing one.
fn quoted(text: &[u8]) -> usize {
    let mut end = 1;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => break,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    end
}

#[inline]
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
