//! `cargo xtask bench`: what requests and decoding cost, compared with the least they can cost.
//!
//! Each peer runs each workload in a process of its own, on one thread, on the same machine
//! in turns, in many short rounds; medians count. CPU time is user and system time. Times are noisy
//! anyway, so CI counts instructions ([`gate`]).

mod codec;
mod gate;
mod growth;
mod http1;
mod http2;
mod programs;
mod rounds;
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
    let mut out = programs::machine()?;
    for (about, table) in [
        (
            "HTTP/2 over TLS, as with the API itself:",
            http2::measure(&programs, &server, options.rounds)?,
        ),
        (
            "HTTP/1.1 in the clear:",
            http1::measure(&programs, &server, options.rounds)?,
        ),
        (
            "Decoding and encoding alone:",
            codec::measure(&programs, options.rounds)?,
        ),
        (
            "The cost of one of few and of many, over HTTP/2 and TLS:",
            growth::measure(&programs, &server, options.rounds)?,
        ),
    ] {
        out.push_str(&format!("\n{about}\n\n{table}"));
    }
    println!("{out}");
    if options.readme {
        readme::put("bench", &out)?;
    }
    Ok(true)
}
