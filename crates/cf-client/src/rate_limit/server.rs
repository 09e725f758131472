//! What the server has said about its own limits.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use http::StatusCode;

use super::{RateLimit, RateLimitReply};

/// The limit that holds for every request.
const FOR_ALL: &str = "default";
/// Most limits kept. The API has a handful; a server that invents names shall not fill the memory.
const MOST: usize = 64;
/// Below this part of the quota, what is left is spread over the time that is left.
const SLOW_BELOW: u64 = 5;
/// Longest wait asked for that is believed.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Replies round the time left to seconds, so one window seems to end at slightly different times.
const SLACK: Duration = Duration::from_millis(1500);

/// What the server has said.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// Nothing is to be sent before.
    opens: Option<Instant>,
    limits: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    name: String,
    for_all: bool,
    /// Where a limit that is not for all was seen; `None` for requests by path.
    operations: HashSet<Option<&'static str>>,
    quota: Option<u64>,
    left: u64,
    until: Instant,
}

/// When requests may be sent, by the server's word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    pub(super) opens: Instant,
    pub(super) gap: Duration,
}

impl Server {
    /// Takes note of a reply, while `underway` other requests have no reply yet. Whether a gate
    /// closed.
    pub(super) fn learn(&mut self, reply: &RateLimitReply<'_>, underway: u64) -> bool {
        let now = reply.now;
        let mut spent = false;
        for limit in &reply.limits.limits {
            self.note(limit, reply, underway);
            spent |= limit.remaining == Some(0);
        }
        // A limit that is named and used up is the one meant; without one, the whole API is.
        let refused = reply.status == StatusCode::TOO_MANY_REQUESTS;
        let wait = reply.limits.retry_after.filter(|_| refused);
        let wait = wait.map(|wait| wait.min(LONGEST));
        let Some(opens) = wait.and_then(|wait| now.checked_add(wait)) else {
            return spent;
        };
        if spent {
            for known in &mut self.limits {
                let meant = reply
                    .limits
                    .limits
                    .iter()
                    .any(|limit| limit.remaining == Some(0) && limit.name == known.name);
                if meant {
                    known.until = known.until.max(opens);
                    known.left = 0;
                }
            }
        } else {
            self.opens = self.opens.max(Some(opens));
        }
        true
    }

    fn note(&mut self, limit: &RateLimit, reply: &RateLimitReply<'_>, underway: u64) {
        let now = reply.now;
        let (Some(remaining), Some(reset)) = (limit.remaining, limit.reset_after) else {
            return;
        };
        let Some(until) = now.checked_add(reset) else {
            return;
        };
        // Those underway may not be counted yet.
        let left = remaining.saturating_sub(underway);
        match self
            .limits
            .iter_mut()
            .find(|known| known.name == limit.name)
        {
            Some(known) => {
                if !known.for_all {
                    known.operations.insert(reply.operation);
                }
                known.quota = limit.quota.or(known.quota);
                // Replies overtake each other: within a window, the least is the newest.
                let same_window = now < known.until && until <= known.until + SLACK;
                if same_window {
                    known.left = known.left.min(left);
                } else {
                    (known.left, known.until) = (left, until);
                }
            }
            None => {
                if self.limits.len() >= MOST {
                    self.limits.retain(|known| now < known.until);
                }
                if self.limits.len() < MOST {
                    self.limits.push(Known {
                        name: limit.name.clone(),
                        for_all: limit.name.is_empty() || limit.name == FOR_ALL,
                        operations: HashSet::from([reply.operation]),
                        quota: limit.quota,
                        left,
                        until,
                    });
                }
            }
        }
    }

    /// A request of this operation was sent.
    pub(super) fn send(&mut self, operation: Option<&'static str>, now: Instant) {
        for known in &mut self.limits {
            if now < known.until && known.applies(operation) {
                known.left = known.left.saturating_sub(1);
            }
        }
    }

    /// Whether nothing that the server has said can hold up a request now.
    pub(super) fn leaves_room(&self, now: Instant) -> bool {
        let is_far =
            |known: &Known| known.until < now || (known.left > 0 && !known.is_low(known.left));
        self.opens.is_none_or(|opens| opens <= now) && self.limits.iter().all(is_far)
    }

    /// The gate that all requests pass, when `planned(until)` others are to be sent before a time.
    pub(super) fn gate(&self, now: Instant, planned: impl Fn(Instant) -> u64) -> Gate {
        let mut opens = self.opens.map_or(now, |opens| opens.max(now));
        let mut gap = Duration::ZERO;
        for known in self.limits.iter().filter(|known| known.for_all) {
            if known.until < now {
                continue;
            }
            match known.left.saturating_sub(planned(known.until)) {
                0 => opens = opens.max(known.until),
                left if known.is_low(left) => {
                    let time = known.until.saturating_duration_since(now);
                    gap = gap.max(time / u32::try_from(left).unwrap_or(u32::MAX));
                }
                _ => {}
            }
        }
        Gate { opens, gap }
    }

    /// Until when this operation alone has to wait: limits of its own are no matter of the others.
    pub(super) fn closed_for(
        &self,
        operation: Option<&'static str>,
        now: Instant,
    ) -> Option<Instant> {
        let own = self.limits.iter().filter(|known| {
            !known.for_all && known.left == 0 && now < known.until && known.applies(operation)
        });
        own.map(|known| known.until).max()
    }

    /// Until when nothing at all may be sent.
    pub(super) fn closed_for_all(&self, now: Instant) -> Option<Instant> {
        let all = self
            .limits
            .iter()
            .filter(|known| known.for_all && known.left == 0);
        let until = all.map(|known| known.until).max();
        until.max(self.opens).filter(|until| now < *until)
    }
}

impl Known {
    /// Whether with so much left it is to be spread.
    fn is_low(&self, left: u64) -> bool {
        self.quota.is_some_and(|quota| left < quota / SLOW_BELOW)
    }

    fn applies(&self, operation: Option<&'static str>) -> bool {
        self.for_all || self.operations.contains(&operation)
    }
}
