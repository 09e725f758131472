//! What the server has said about its own limits.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::schedule::Gate;
use super::{LONGEST_CLOSED, RateLimit, RateLimitReply, ThrottleScope};

/// The limit that holds for every request.
const FOR_ALL: &str = "default";
/// Most limits kept. The API has a handful; a server that invents names must not fill the memory.
const MOST: usize = 64;
/// Below this part of the quota, what is left is spread over the time that is left.
const SLOW_BELOW: u64 = 5;
/// Replies round the time left to seconds, so one window seems to end at slightly different times.
const SLACK: Duration = Duration::from_millis(1500);
/// How long to hold off if nobody says.
const BACKOFF: Duration = Duration::from_secs(5);
/// How long others wait for the reply to a probe before another is sent.
const PROBE_TIME: Duration = Duration::from_secs(10);
/// How soon they ask whether it has come.
const PROBE_POLL: Duration = Duration::from_secs(1);

/// What the server has said.
#[derive(Default)]
pub(super) struct Server {
    limits: Vec<Known>,
}

/// A limit. It is closed while nothing is left.
struct Known {
    name: String,
    for_all: bool,
    /// Where a limit that is not for all was seen; `None` for calls to any path.
    operations: HashSet<Option<&'static str>>,
    quota: Option<u64>,
    left: u64,
    /// Whether the server itself said that nothing is left.
    is_refused: bool,
    until: Instant,
    /// Whether the server itself said so. If the time was cut short or is a guess, one request goes ahead as a probe
    /// when it is over, and the others wait for its outcome.
    is_sure: bool,
    /// When the reply came that said so: only requests sent later know better.
    noted: Instant,
    /// The request that goes ahead, and when it was sent.
    probe: Option<(u64, Instant)>,
}

/// Until when a limit is closed, and whether the server said so.
#[derive(Debug, Clone, Copy)]
struct Closing {
    until: Instant,
    is_sure: bool,
}

impl Server {
    /// Records a reply to a request that was sent at this time, if that is known, while `underway` other requests have
    /// no reply yet. True if a gate closed or opened.
    pub(super) fn record(
        &mut self,
        reply: &RateLimitReply<'_>,
        sent: Option<Instant>,
        underway: u64,
    ) -> bool {
        let mut changed = false;
        for limit in &reply.limits.limits {
            changed |= self.note(limit, reply, sent, underway);
        }
        match reply.throttled {
            Some(scope) => {
                self.close(reply, scope);
                true
            }
            None => changed | self.open(reply, sent),
        }
    }

    /// Records what is left. True if that closes or opens a gate.
    fn note(
        &mut self,
        limit: &RateLimit,
        reply: &RateLimitReply<'_>,
        sent: Option<Instant>,
        underway: u64,
    ) -> bool {
        let now = reply.now;
        let (Some(remaining), Some(reset)) = (limit.remaining, limit.believed_reset()) else {
            return false;
        };
        let Some(until) = now.checked_add(reset) else {
            return false;
        };
        let is_sure = limit.reset_after.is_some_and(|said| said <= reset + SLACK);
        // Those in flight may not be counted yet.
        let left = remaining.saturating_sub(underway);
        let Some(known) = self.find(&limit.name, reply) else {
            return false;
        };
        let was_closed = known.left == 0;
        known.quota = limit.quota.or(known.quota);
        let is_newer = sent.is_some_and(|sent| known.noted < sent);
        if !is_newer && !known.is_over(now) {
            // Replies overtake each other: within a window, the least is the newest; and what was
            // in flight when a gate closed does not open it.
            let same_window = until <= known.until + SLACK;
            if same_window {
                if left < known.left || remaining == 0 {
                    (known.left, known.noted) = (left, now);
                    known.is_refused = remaining == 0;
                }
                return remaining == 0;
            }
            if known.is_refused && remaining > 0 {
                return false;
            }
        }
        (known.left, known.noted, known.probe) = (left, now, None);
        (known.until, known.is_sure) = (until, is_sure);
        known.is_refused = remaining == 0;
        was_closed || remaining == 0
    }

    /// The limit of this name; if it is new, one that is over.
    fn find(&mut self, name: &str, reply: &RateLimitReply<'_>) -> Option<&mut Known> {
        let now = reply.now;
        let index = match self.limits.iter().position(|known| known.name == name) {
            Some(index) => index,
            None => {
                if self.limits.len() >= MOST {
                    self.limits.retain(|known| !known.is_over(now));
                }
                if self.limits.len() >= MOST {
                    // Those for all matter most.
                    let other = self.limits.iter().position(|known| !known.for_all)?;
                    self.limits.swap_remove(other);
                }
                self.limits.push(Known {
                    name: name.to_owned(),
                    for_all: name.is_empty() || name == FOR_ALL,
                    operations: HashSet::new(),
                    quota: None,
                    left: u64::MAX,
                    is_refused: false,
                    until: now,
                    is_sure: true,
                    noted: now,
                    probe: None,
                });
                self.limits.len() - 1
            }
        };
        let known = self.limits.get_mut(index)?;
        if !known.for_all {
            known.operations.insert(reply.operation);
        }
        Some(known)
    }

    /// The request was throttled.
    fn close(&mut self, reply: &RateLimitReply<'_>, scope: ThrottleScope) {
        let asked = reply.limits.retry_after.filter(|wait| !wait.is_zero());
        let wait = asked.or(reply.backoff).unwrap_or(BACKOFF);
        let Some(until) = reply.now.checked_add(wait.min(LONGEST_CLOSED)) else {
            return;
        };
        let is_sure = asked.is_some_and(|asked| asked <= LONGEST_CLOSED);
        let closing = Closing { until, is_sure };
        // A limit that is named and used up is the one meant; without one, the whole API is.
        let mut is_named = false;
        for limit in reply.limits.limits.iter().filter(|limit| limit.is_spent()) {
            is_named = true;
            // If the window's end is known, it says enough.
            let is_known = limit.reset_after.is_some_and(|reset| !reset.is_zero());
            if asked.is_some() || !is_known {
                self.close_one(&limit.name, reply, closing);
            }
        }
        match scope {
            _ if is_named => {}
            ThrottleScope::All => self.close_one("", reply, closing),
            ThrottleScope::Operation => {
                let name = reply.operation.unwrap_or("by path");
                self.close_one(name, reply, closing);
            }
        }
    }

    fn close_one(&mut self, name: &str, reply: &RateLimitReply<'_>, closing: Closing) {
        let Some(known) = self.find(name, reply) else {
            return;
        };
        if known.left > 0 || known.until < closing.until {
            (known.until, known.is_sure) = (closing.until, closing.is_sure);
        }
        (known.left, known.noted, known.probe) = (0, reply.now, None);
        known.is_refused = true;
    }

    /// The request was not throttled: what closed before it was sent is open again, unless the reply says otherwise.
    /// True if anything opened.
    fn open(&mut self, reply: &RateLimitReply<'_>, sent: Option<Instant>) -> bool {
        let count = self.limits.len();
        if let Some(sent) = sent {
            self.limits.retain(|known| {
                // What our own count closed is open when its time is over.
                let closed = if known.is_refused {
                    known.noted < sent
                } else {
                    known.until <= sent
                };
                !(known.left == 0 && closed && known.applies(reply.operation))
            });
        }
        self.limits.len() < count
    }

    /// A request of this operation was sent.
    pub(super) fn send(&mut self, ticket: u64, operation: Option<&'static str>, now: Instant) {
        for known in &mut self.limits {
            if !known.applies(operation) {
                continue;
            }
            if now < known.until {
                known.left = known.left.saturating_sub(1);
            } else if !known.is_over(now) {
                known.probe = Some((ticket, now));
            }
        }
    }

    /// The request is over, whatever became of it.
    pub(super) fn release(&mut self, ticket: u64) {
        for known in &mut self.limits {
            known.probe = known.probe.filter(|(probe, _)| *probe != ticket);
        }
    }

    /// Whether nothing that the server has said can hold up a request now.
    pub(super) fn leaves_room(&self, now: Instant) -> bool {
        let is_far =
            |known: &Known| known.is_over(now) || (known.left > 0 && !known.is_low(known.left));
        self.limits.iter().all(is_far)
    }

    /// The gate that all requests pass, when `planned(until)` others are to be sent before a time.
    pub(super) fn gate(&self, now: Instant, planned: impl Fn(Instant) -> u64) -> Gate {
        let mut gate = Gate::at(now);
        for known in self.limits.iter().filter(|known| known.for_all) {
            if known.left == 0 {
                gate.opens = gate.opens.max(known.opens(now));
                continue;
            }
            if known.is_over(now) {
                continue;
            }
            match known.left.saturating_sub(planned(known.until)) {
                0 => gate.opens = gate.opens.max(known.until),
                left if known.is_low(left) => {
                    let time = known.until.saturating_duration_since(now);
                    let gap = time / u32::try_from(left).unwrap_or(u32::MAX);
                    gate.gap = gate.gap.max(gap);
                    gate.gap_ends = gate.gap_ends.max(known.until);
                }
                _ => {}
            }
        }
        gate
    }

    /// Until when this operation alone has to wait: its own limits do not concern the others.
    pub(super) fn closed_for(
        &self,
        operation: Option<&'static str>,
        now: Instant,
    ) -> Option<Instant> {
        let own = self.limits.iter().filter(|known| !known.for_all);
        let closed = own.filter(|known| known.left == 0 && known.applies(operation));
        let opens = closed.map(|known| known.opens(now)).max();
        opens.filter(|opens| now < *opens)
    }

    /// Until when nothing at all may be sent.
    pub(super) fn closed_for_all(&self, now: Instant) -> Option<Instant> {
        let all = self.limits.iter().filter(|known| known.for_all);
        let closed = all.filter(|known| known.left == 0);
        let opens = closed.map(|known| known.opens(now)).max();
        opens.filter(|opens| now < *opens)
    }
}

impl Known {
    /// Whether so little is left that it is to be spread.
    fn is_low(&self, left: u64) -> bool {
        self.quota.is_some_and(|quota| left < quota / SLOW_BELOW)
    }

    fn applies(&self, operation: Option<&'static str>) -> bool {
        self.for_all || self.operations.contains(&operation)
    }

    /// Whether it says nothing about this time. A closed one whose end is uncertain stays so until a probe has come
    /// back; but not forever.
    fn is_over(&self, now: Instant) -> bool {
        let ends = if self.left > 0 || self.is_sure {
            Some(self.until)
        } else {
            self.until.checked_add(LONGEST_CLOSED)
        };
        ends.is_none_or(|ends| ends <= now)
    }

    /// When the next request may be sent, if nothing is left.
    fn opens(&self, now: Instant) -> Instant {
        if now < self.until {
            return self.until;
        }
        let is_probed = |(_, sent): &(u64, Instant)| now.duration_since(*sent) < PROBE_TIME;
        if self.is_over(now) || !self.probe.as_ref().is_some_and(is_probed) {
            return now;
        }
        now + PROBE_POLL
    }
}
