//! Waits that grow, and that differ between clients.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);

/// Anything up to 0.5 s, then 1 s, 2 s … 8 s: full jitter, so that clients which failed together
/// do not come back together.
pub(crate) fn jittered(retries: u32) -> Duration {
    up_to(FIRST.saturating_mul(1 << retries.min(8)).min(LONGEST))
}

/// A random time.
pub(super) fn up_to(most: Duration) -> Duration {
    most.mul_f64(random())
}

/// From 0 to 1. Each `RandomState` has keys of its own, from the operating system's randomness.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit_and_differ() {
        for (retries, most) in [(0, 0.5), (1, 1.0), (4, 8.0), (40, 8.0)] {
            let waits: Vec<_> = (0..200).map(|_| jittered(retries).as_secs_f64()).collect();
            assert!(waits.iter().all(|wait| (0.0..=most).contains(wait)));
            assert!(waits.iter().any(|wait| *wait > most / 2.0));
            assert!(waits.iter().any(|wait| *wait < most / 2.0));
        }
    }
}
