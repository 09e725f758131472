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

/// The peak memory of this process, in kilobytes.
pub fn peak_kilobytes() -> i64 {
    usage().map_or(0, |usage| usage.max_rss())
}

fn usage() -> Option<Usage> {
    getrusage(UsageWho::RUSAGE_SELF).ok()
}

/// The current memory of this process, in kilobytes; 0 if the system does not tell.
pub fn resident_kilobytes() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
