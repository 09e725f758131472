//! Who may send when: a limit on requests in any window of time, first come, first served.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The part of the quota that may be used at once, in percent. The rest is spread over the time until slots become free
/// again: better slow than stopped.
const AT_ONCE: usize = 80;
const LONGEST_WINDOW: Duration = Duration::from_secs(366 * 24 * 60 * 60);
const SECOND: Duration = Duration::from_secs(1);

/// The sent requests of the last window, and the planned ones.
pub(super) struct Schedule {
    quota: usize,
    window: Duration,
    /// The quota of any second, if there is one. All of it may be used at once.
    per_second: Option<usize>,
    /// When requests were sent, oldest first; none older than both windows.
    sent: VecDeque<Instant>,
    /// Requests that wait, in the order in which they came.
    queue: VecDeque<Queued>,
}

#[derive(Clone, Copy)]
struct Queued {
    ticket: u64,
    slot: Instant,
}

/// When requests may be sent, as the server says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    /// Not before.
    pub(super) opens: Instant,
    /// Not closer to the one before, until `gap_ends`.
    pub(super) gap: Duration,
    pub(super) gap_ends: Instant,
}

impl Gate {
    /// One that opens at this time.
    pub(super) fn at(opens: Instant) -> Self {
        Gate {
            opens,
            gap: Duration::ZERO,
            gap_ends: opens,
        }
    }
}

impl Schedule {
    pub(super) fn new(quota: usize, window: Duration, per_second: Option<usize>) -> Self {
        Schedule {
            quota: quota.max(1),
            // Times are added to it.
            window: window.min(LONGEST_WINDOW),
            per_second,
            sent: VecDeque::new(),
            queue: VecDeque::new(),
        }
    }

    /// How many requests any window has, and how long that is.
    pub(super) fn quota(&self) -> (usize, Duration) {
        (self.quota, self.window)
    }

    pub(super) fn resize(&mut self, quota: usize) {
        self.quota = quota.max(1);
    }

    pub(super) fn set_per_second(&mut self, quota: Option<usize>) {
        self.per_second = quota.map(|quota| quota.max(1));
    }

    /// A request without a place was sent.
    pub(super) fn count(&mut self, now: Instant) {
        self.forget(now);
        self.sent.push_back(now);
    }

    /// When the request may be sent. It keeps the place that it has, and gets one at the end where it
    /// has none and has to wait.
    pub(super) fn slot(&mut self, ticket: u64, now: Instant, gate: Gate) -> Instant {
        self.forget(now);
        if let Some(slot) = self.planned(ticket) {
            // Those before it went later than planned, so there is no room yet for those behind.
            if slot <= now && self.allowed(now) > now {
                self.replan(now, gate);
            }
            return self.planned(ticket).unwrap_or(slot);
        }
        let slot = self.next(now, gate);
        // What can go at once needs no place.
        if slot > now {
            self.queue.push_back(Queued { ticket, slot });
        }
        slot
    }

    /// Whether a request may certainly be sent now: nobody waits, and the part for immediate use is not used up.
    pub(super) fn leaves_room(&mut self, now: Instant) -> bool {
        self.forget(now);
        let count = self.sent.len();
        self.queue.is_empty()
            && self.may_at_once(count)
            && self.second_after(count, now).is_none_or(|slot| slot <= now)
    }

    /// The request is sent now.
    pub(super) fn send(&mut self, ticket: u64, now: Instant) {
        self.remove(ticket);
        self.sent.push_back(now);
    }

    /// Gives up a place.
    pub(super) fn remove(&mut self, ticket: u64) {
        if let Some(index) = self.queue.iter().position(|place| place.ticket == ticket) {
            self.queue.remove(index);
        }
    }

    /// Clears the queue.
    pub(super) fn clear_queue(&mut self) {
        self.queue.clear();
    }

    /// Reschedules all that wait behind the gate, in their order.
    pub(super) fn replan(&mut self, now: Instant, gate: Gate) {
        self.forget(now);
        let waiting = std::mem::take(&mut self.queue);
        for Queued { ticket, .. } in waiting {
            let slot = self.next(now, gate);
            self.queue.push_back(Queued { ticket, slot });
        }
    }

    /// How many requests are queued for a time before `time`.
    pub(super) fn planned_before(&self, time: Instant) -> usize {
        self.queue.partition_point(|place| place.slot < time)
    }

    fn planned(&self, ticket: u64) -> Option<Instant> {
        let place = self.queue.iter().find(|place| place.ticket == ticket);
        place.map(|place| place.slot)
    }

    /// The first free slot at the end of the queue.
    fn next(&self, now: Instant, gate: Gate) -> Instant {
        let count = self.sent.len() + self.queue.len();
        let last = count.checked_sub(1).map(|last| self.at(last, now));
        let mut slot = now.max(gate.opens);
        if let Some(last) = last {
            slot = slot.max(last).max(gate.gap_ends.min(last + gate.gap));
        }
        if let Some(oldest) = count.checked_sub(self.quota) {
            slot = slot.max(self.at(oldest, now) + self.window);
        }
        if let Some(after) = self.second_after(count, now) {
            slot = slot.max(after);
        }
        // If all of them are few enough, it does not matter how many still count.
        if self.may_at_once(count) {
            return slot;
        }
        let used = count - self.first_after(slot, count, now);
        if self.may_at_once(used) {
            return slot;
        }
        let left = self.quota.saturating_sub(used).max(1);
        let until_free = (self.at(count - used, now) + self.window).saturating_duration_since(slot);
        let gap = until_free / u32::try_from(left).unwrap_or(u32::MAX);
        last.map_or(slot, |last| slot.max(last + gap))
    }

    fn may_at_once(&self, used: usize) -> bool {
        used == 0 || used.saturating_mul(100) < self.quota.saturating_mul(AT_ONCE)
    }

    /// The first of the `count` requests that still counts at `slot`.
    fn first_after(&self, slot: Instant, count: usize, now: Instant) -> usize {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(middle, now) + self.window > slot {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// The earliest time at which one more request fits into the window, whatever the plan was.
    fn allowed(&self, now: Instant) -> Instant {
        let count = self.sent.len();
        let window = count.checked_sub(self.quota);
        let window = window.map(|oldest| self.sent[oldest] + self.window);
        now.max(window.unwrap_or(now))
            .max(self.second_after(count, now).unwrap_or(now))
    }

    /// When the quota of a second allows one more, behind this number of others.
    fn second_after(&self, count: usize, now: Instant) -> Option<Instant> {
        let oldest = count.checked_sub(self.per_second?)?;
        Some(self.at(oldest, now) + SECOND)
    }

    /// When a request was sent, or will be: those that are late go now at the earliest.
    fn at(&self, index: usize, now: Instant) -> Instant {
        match index.checked_sub(self.sent.len()) {
            None => self.sent[index],
            Some(index) => self.queue[index].slot.max(now),
        }
    }

    /// Forgets what no window counts any longer.
    pub(super) fn forget(&mut self, now: Instant) {
        // A window is rarely shorter than a second; then the quota of the second looks back further.
        let kept = match self.per_second {
            Some(_) => self.window.max(SECOND),
            None => self.window,
        };
        while self.sent.front().is_some_and(|sent| *sent + kept <= now) {
            self.sent.pop_front();
        }
    }
}
