//! Constants chosen by benchmark: each with what it bought, and on which workload.

use std::time::Duration;

/// A connection that has been idle for less is reused without a probe: one system call less for each of many requests
/// in a row.
pub(super) const FRESH: Duration = Duration::from_micros(100);

/// Most bytes read from a socket at once. hyper would take up to 408 KiB, which the processor's nearer caches do not
/// hold: with bodies of 10 MB that costs 5 to 15 % more time.
pub(super) const READ_AT_ONCE: u64 = 64 * 1024;
