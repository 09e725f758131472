//! How many retries a client may make in total.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Retries help against single failures; when everything fails, they are a flood. Each retry takes
/// one from the budget, each request that succeeds puts a fifth back, and each second two. Shared
/// by all clones of a client.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<State>);

#[derive(Debug)]
struct State {
    /// In thousandths of a retry.
    left: u128,
    refilled: Instant,
}

const MOST: u128 = 100_000;
const RETRY: u128 = 1_000;
const FOR_SUCCESS: u128 = 200;
const PER_MILLISECOND: u128 = 2;

impl Budget {
    pub(crate) fn new(now: Instant) -> Self {
        let state = State {
            left: MOST,
            refilled: now,
        };
        Budget(Mutex::new(state))
    }

    /// Takes one retry, if there is one left.
    pub(crate) fn take(&self, now: Instant) -> bool {
        self.with(|state| {
            let since = now.saturating_duration_since(state.refilled);
            state.left = (state.left + since.as_millis() * PER_MILLISECOND).min(MOST);
            state.refilled = now;
            let may = state.left >= RETRY;
            if may {
                state.left -= RETRY;
            }
            may
        })
    }

    /// Records a request that succeeded.
    pub(crate) fn note_success(&self) {
        self.with(|state| state.left = (state.left + FOR_SUCCESS).min(MOST));
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // Nothing panics while it is held.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn runs_out_and_refills() {
        let start = Instant::now();
        let budget = Budget::new(start);
        assert_eq!((0..500).filter(|_| budget.take(start)).count(), 100);
        for _ in 0..10 {
            budget.note_success();
        }
        assert_eq!((0..10).filter(|_| budget.take(start)).count(), 2);
        let later = start + Duration::from_secs(5);
        assert_eq!((0..50).filter(|_| budget.take(later)).count(), 10);
    }
}
