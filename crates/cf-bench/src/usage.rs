//! What a process has used so far.

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

/// The CPU time of this process, user and system, in microseconds.
pub fn cpu_micros() -> i64 {
    usage().map_or(0, |usage| {
        let micros = |time: TimeVal| time.num_microseconds();
        micros(usage.user_time()) + micros(usage.system_time())
    })
}

/// The most memory that this process ever held, in kilobytes.
pub fn peak_kilobytes() -> i64 {
    usage().map_or(0, |usage| usage.max_rss())
}

fn usage() -> Option<Usage> {
    getrusage(UsageWho::RUSAGE_SELF).ok()
}
