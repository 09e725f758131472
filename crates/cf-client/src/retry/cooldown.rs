//! How long to hold off when the API throttles requests without saying for how long.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::backoff;

const FIRST: Duration = Duration::from_secs(5);
/// As long as the API blocks a user who exceeded its limit.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Counts refusals in a row; each makes the next wait twice as long. Shared by all clones of a client.
#[derive(Debug, Default)]
pub(crate) struct Cooldown {
    /// Read for each reply, so without the lock.
    refusals: AtomicU32,
    current: Mutex<Option<Wait>>,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    began: Instant,
    until: Instant,
}

impl Cooldown {
    /// How long to wait after a refusal of a request that was sent at this time.
    pub(crate) fn refused(&self, sent: Instant, now: Instant) -> Duration {
        let mut current = self.lock();
        if let Some(wait) = *current {
            // Those that were in flight together are refused together: that is one refusal.
            if sent <= wait.began && now < wait.until {
                return wait.until - now;
            }
        }
        let before = self.refusals.fetch_add(1, Ordering::Relaxed);
        let longest = FIRST.saturating_mul(1 << before.min(8)).min(LONGEST);
        // Up to a fifth shorter, so that clients do not come back together.
        let wait = longest - backoff::up_to(longest / 5);
        *current = now
            .checked_add(wait)
            .map(|until| Wait { began: now, until });
        wait
    }

    /// A request that was sent at this time was not throttled.
    pub(crate) fn served(&self, sent: Instant) {
        if self.refusals.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut current = self.lock();
        if current.is_none_or(|wait| sent > wait.began) {
            self.clear(&mut current);
        }
    }

    /// Resets.
    pub(crate) fn reset(&self) {
        self.clear(&mut self.lock());
    }

    fn clear(&self, current: &mut Option<Wait>) {
        self.refusals.store(0, Ordering::Relaxed);
        *current = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Wait>> {
        // Nothing panics while it is held.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_grow_to_five_minutes_and_start_anew_once_a_request_is_served() {
        let cooldown = Cooldown::default();
        let mut now = Instant::now();
        for most in [5, 10, 20, 40, 80, 160, 300, 300, 300, 300] {
            let wait = cooldown.refused(now, now);
            let most = most * SECOND;
            assert!(most.mul_f64(0.8) <= wait && wait <= most, "{wait:?}");
            now += wait + SECOND;
        }
        cooldown.served(now);
        assert!(cooldown.refused(now, now) <= 5 * SECOND);
    }

    #[test]
    fn those_refused_together_are_one_refusal() {
        let cooldown = Cooldown::default();
        let start = Instant::now();
        let first = cooldown.refused(start, start + SECOND);
        for _ in 0..100 {
            assert_eq!(cooldown.refused(start, start + 2 * SECOND), first - SECOND);
        }
        // What was in flight before says nothing about now.
        cooldown.served(start);
        let later = start + 10 * SECOND;
        assert!(cooldown.refused(later, later) > 7 * SECOND);
    }
}
