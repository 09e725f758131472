//! `cf-bench` with an allocator that counts. Counting takes time, so times are measured without it.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    cf_bench::worker::main(|| {
        let stats = ALLOCATOR.stats();
        stats.allocations + stats.reallocations
    })
}
