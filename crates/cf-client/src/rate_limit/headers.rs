//! What a reply says about rate limits.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderName};

use crate::retry::retry_after;

/// Most limits taken from one reply; the API sends one or two.
const MOST: usize = 16;
/// Longest wait believed. What goes beyond is no rate limit.
const LONGEST: u64 = 7 * 24 * 60 * 60;

const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

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
    /// Reads the headers of a reply. What cannot be read is passed over.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut limits = RateLimits {
            limits: Vec::new(),
            retry_after: retry_after(headers),
        };
        for member in members(headers, &LEFT) {
            limits.note(&member, |limit, key, value| match key {
                "r" => limit.remaining = Some(value),
                "t" => limit.reset_after = seconds(value),
                _ => {}
            });
        }
        if limits.limits.is_empty() {
            limits.old(headers);
        }
        for member in members(headers, &POLICY) {
            limits.note(&member, |limit, key, value| match key {
                "q" => limit.quota = Some(value),
                "w" => limit.window = seconds(value),
                _ => {}
            });
        }
        limits
    }

    /// Whether the server says nothing about limits.
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.retry_after.is_none()
    }

    /// Takes one member of a list, like `"default";r=50;t=30`, or of a draft of the standard, like
    /// `remaining=50` and `100;w=60`.
    fn note(&mut self, member: &Member<'_>, mut set: impl FnMut(&mut RateLimit, &str, u64)) {
        let draft = match member.item.split_once('=') {
            Some(("limit", value)) => Some(("q", value)),
            Some(("remaining", value)) => Some(("r", value)),
            Some(("reset", value)) => Some(("t", value)),
            _ => None,
        };
        let bare = member.item.parse().ok().filter(|_| !member.quoted);
        let unnamed = draft.is_some() || bare.is_some();
        let name = if unnamed { "" } else { &*member.item };
        let Some(limit) = self.named(name) else {
            return;
        };
        if let Some(quota) = bare {
            limit.quota = Some(quota);
        }
        match draft {
            Some(("q", value)) => limit.quota = value.parse().ok(),
            Some((key, value)) => {
                if let Ok(value) = value.parse() {
                    set(limit, key, value);
                }
            }
            None => {}
        }
        for (key, value) in member.parameters() {
            if let Ok(value) = value.parse() {
                set(limit, key, value);
            } else if let Ok(value) = value.parse::<f64>()
                // Whole numbers by the standard; a fraction is rounded to be on the safe side.
                && value >= 0.0
            {
                let rounded = if key == "r" {
                    value.floor()
                } else {
                    value.ceil()
                };
                set(limit, key, rounded as u64);
            }
        }
    }

    fn named(&mut self, name: &str) -> Option<&mut RateLimit> {
        let known = self.limits.iter().position(|limit| limit.name == name);
        if known.is_none() && self.limits.len() < MOST {
            let name = name.to_owned();
            self.limits.push(RateLimit {
                name,
                ..RateLimit::default()
            });
        }
        let index = known.unwrap_or(self.limits.len() - 1);
        self.limits
            .get_mut(index)
            .filter(|limit| limit.name == name)
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
        self.limits.push(RateLimit {
            quota,
            remaining,
            reset_after,
            ..RateLimit::default()
        });
    }
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

/// A member of a structured list (RFC 9651): an item and its parameters.
#[derive(Debug)]
struct Member<'h> {
    item: Cow<'h, str>,
    quoted: bool,
    parameters: Pieces<'h>,
}

impl<'h> Member<'h> {
    fn new(text: &'h str) -> Option<Self> {
        let mut parameters = pieces(text, b';');
        let item = parameters.next()?.trim_ascii();
        let quoted = item.starts_with('"');
        (quoted || !item.is_empty()).then(|| Member {
            item: unquoted(item),
            quoted,
            parameters,
        })
    }

    fn parameters(&self) -> impl Iterator<Item = (&'h str, Cow<'h, str>)> {
        let parameters = self.parameters.clone();
        let parameters = parameters.filter_map(|part| part.trim_ascii().split_once('='));
        parameters.map(|(key, value)| (key.trim_ascii(), unquoted(value.trim_ascii())))
    }
}

fn members<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = Member<'h>> {
    let lines = headers.get_all(name).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let texts = lines.flat_map(|line| pieces(line, b','));
    texts.take(MOST).filter_map(Member::new)
}

/// The parts of `text` between the separators, save those within quotes.
fn pieces(text: &str, separator: u8) -> Pieces<'_> {
    Pieces {
        rest: Some(text),
        separator,
    }
}

#[derive(Debug, Clone)]
struct Pieces<'h> {
    rest: Option<&'h str>,
    /// An ASCII character.
    separator: u8,
}

impl<'h> Iterator for Pieces<'h> {
    type Item = &'h str;

    fn next(&mut self) -> Option<&'h str> {
        let text = self.rest.take()?;
        // The last part, as most are, needs no look at its quotes.
        if !text.as_bytes().contains(&self.separator) {
            return Some(text);
        }
        let (mut within, mut escaped) = (false, false);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if within => escaped = true,
                b'"' => within = !within,
                _ if byte == self.separator && !within => {
                    self.rest = text.get(at + 1..);
                    return text.get(..at);
                }
                _ => {}
            }
        }
        Some(text)
    }
}

fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"') else {
        return Cow::Borrowed(text);
    };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            _ => plain.push(character),
        }
    }
    Cow::Owned(plain)
}
