//! Who may send when: at most so many requests in any window of time, first come, first served.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The part of the quota that may be used at once, in per cent. What is left is spread over the time
/// until places become free again: better slow than standing before a wall.
const AT_ONCE: usize = 80;

/// The sent requests of the last window, and the planned ones.
#[derive(Debug)]
pub(super) struct Schedule {
    quota: usize,
    window: Duration,
    /// When requests were sent, oldest first; none older than a window.
    sent: VecDeque<Instant>,
    /// Requests that wait, in the order in which they came.
    places: VecDeque<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    ticket: u64,
    slot: Instant,
}

impl Schedule {
    pub(super) fn new(quota: usize, window: Duration) -> Self {
        Schedule {
            quota: quota.max(1),
            window,
            sent: VecDeque::new(),
            places: VecDeque::new(),
        }
    }

    pub(super) fn resize(&mut self, quota: usize) {
        self.quota = quota.max(1);
    }

    /// A request without a place was sent.
    pub(super) fn count(&mut self, now: Instant) {
        self.forget(now);
        self.sent.push_back(now);
    }

    /// When the request may be sent, but not before `opens` nor closer to the one before than `gap`.
    /// It keeps the place that it has, and gets one at the end where it has none and has to wait.
    pub(super) fn slot(
        &mut self,
        ticket: u64,
        now: Instant,
        opens: Instant,
        gap: Duration,
    ) -> Instant {
        self.forget(now);
        if let Some(slot) = self.planned(ticket) {
            // Those before it went later than planned, so there is no room yet for those behind.
            if slot <= now && self.allowed(now) > now {
                self.postpone(now, opens, gap);
            }
            return self.planned(ticket).unwrap_or(slot);
        }
        let slot = self.next(now, opens, gap);
        // Who can go at once needs no place.
        if slot > now {
            self.places.push_back(Place { ticket, slot });
        }
        slot
    }

    /// Whether a request may surely be sent now: nobody waits, and the part for at once is not used up.
    pub(super) fn leaves_room(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.places.is_empty() && self.may_at_once(self.sent.len())
    }

    /// The request is sent now.
    pub(super) fn send(&mut self, ticket: u64, now: Instant) {
        self.remove(ticket);
        self.sent.push_back(now);
    }

    /// Gives up a place.
    pub(super) fn remove(&mut self, ticket: u64) {
        if let Some(index) = self.places.iter().position(|place| place.ticket == ticket) {
            self.places.remove(index);
        }
    }

    /// Moves all that wait behind `opens`, in their order.
    pub(super) fn postpone(&mut self, now: Instant, opens: Instant, gap: Duration) {
        self.forget(now);
        let waiting = std::mem::take(&mut self.places);
        for Place { ticket, .. } in waiting {
            let slot = self.next(now, opens, gap);
            self.places.push_back(Place { ticket, slot });
        }
    }

    /// How many requests have places before `time`.
    pub(super) fn planned_before(&self, time: Instant) -> usize {
        self.places.partition_point(|place| place.slot < time)
    }

    fn planned(&self, ticket: u64) -> Option<Instant> {
        let place = self.places.iter().find(|place| place.ticket == ticket);
        place.map(|place| place.slot)
    }

    /// The first free slot at the end of the queue.
    fn next(&self, now: Instant, opens: Instant, gap: Duration) -> Instant {
        let count = self.sent.len() + self.places.len();
        let last = count.checked_sub(1).map(|last| self.at(last, now));
        let mut slot = now.max(opens);
        if let Some(last) = last {
            slot = slot.max(last + gap);
        }
        if let Some(oldest) = count.checked_sub(self.quota) {
            slot = slot.max(self.at(oldest, now) + self.window);
        }
        // Where all of them are few enough, there is no need to look how many still count.
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
        match self.sent.len().checked_sub(self.quota) {
            Some(oldest) => now.max(self.sent[oldest] + self.window),
            None => now,
        }
    }

    /// When a request was sent, or will be: those that are late go now at the earliest.
    fn at(&self, index: usize, now: Instant) -> Instant {
        match index.checked_sub(self.sent.len()) {
            None => self.sent[index],
            Some(index) => self.places[index].slot.max(now),
        }
    }

    fn forget(&mut self, now: Instant) {
        while self
            .sent
            .front()
            .is_some_and(|sent| *sent + self.window <= now)
        {
            self.sent.pop_front();
        }
    }
}
