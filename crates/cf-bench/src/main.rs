//! One workload with one peer, in a process of its own. `cargo xtask bench` runs it for every peer.

use std::process::ExitCode;

fn main() -> ExitCode {
    cf_bench::worker::main(|| 0)
}
