//! `cargo xtask bench`: what requests and decoding cost, compared with the least they can cost.
//!
//! Each peer runs each workload in a process of its own, on one thread, on the same machine
//! in turns, in many short rounds; medians count. CPU time is user and system time. Times are noisy
//! anyway, so CI counts instructions ([`gate`]).

mod gate;
mod growth;
mod programs;
mod table;

use anyhow::Result;

use crate::readme;
use programs::Programs;

/// What to do.
#[derive(clap::Args)]
pub struct Options {
    /// Puts the tables into the README.
    #[arg(long)]
    readme: bool,
    /// Counts instructions instead; fails if there are over 5 % more than committed.
    #[arg(long)]
    gate: bool,
    /// Counts instructions and accepts them as the new committed figures.
    #[arg(long, conflicts_with = "gate")]
    accept: bool,
    /// How often everything is measured.
    #[arg(long, default_value_t = 25)]
    rounds: u32,
}

/// Measures; returns false if the gate fails.
#[allow(clippy::print_stdout)]
pub fn run(options: &Options) -> Result<bool> {
    let programs = Programs::build()?;
    if options.gate || options.accept {
        return gate::run(&programs, options.accept);
    }
    let server = programs.serve()?;
    let table = table::measure(&programs, &server, options.rounds)?;
    let growth = growth::measure(&programs, &server, options.rounds)?;
    println!("{table}\n{growth}");
    if options.readme {
        readme::put(
            "bench",
            &format!("{}\n{table}\n{growth}", programs::machine()?),
        )?;
    }
    Ok(true)
}
