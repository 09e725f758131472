//! `cargo xtask bench`: what requests and decoding cost, beside the least they can cost.
//!
//! Each peer does each workload in a process of its own, all on one thread, all on the same machine
//! in turns, in many short rounds; medians count. CPU time is user and system time. Times are noisy
//! all the same, so CI counts instructions ([`gate`]).

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
    /// Counts instructions instead; fails where there are over 5 % more than is committed.
    #[arg(long)]
    gate: bool,
    /// Counts instructions and takes them as the figures to be committed.
    #[arg(long, conflicts_with = "gate")]
    accept: bool,
    /// How often everything is measured.
    #[arg(long, default_value_t = 25)]
    rounds: u32,
}

/// Measures; false where the gate is shut.
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
