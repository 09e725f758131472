//! One workload by one peer, in a process of its own: `cf-bench PEER WORKLOAD TIMES`.
//!
//! Prints one line of JSON: the CPU time of the work alone in microseconds, and the process' peak
//! memory. `cargo xtask bench` runs it for every peer and makes the table.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::process::ExitCode;

use cf_bench::{fixtures, memory, usage};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [peer, workload, times] = &arguments[..] else {
        eprintln!("usage: cf-bench PEER WORKLOAD TIMES");
        return ExitCode::from(2);
    };
    match times
        .parse()
        .map_err(Into::into)
        .and_then(|times| run(peer, workload, times))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{peer} {workload}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(peer: &str, workload: &str, times: usize) -> Result<(), Box<dyn Error>> {
    let mut work: Box<dyn FnMut() -> Result<usize, Box<dyn Error>>> = match workload {
        "decode" => {
            let page = fixtures::records(1, 5_000, 5_000);
            let head = memory::json_head();
            match peer {
                "floor" => Box::new(move || Ok(memory::decode_structs(&page)?)),
                "value" => Box::new(move || Ok(memory::decode_value(&page)?)),
                "ours" => Box::new(move || Ok(memory::decode_ours(&head, &page)?)),
                _ => return Err("no such peer".into()),
            }
        }
        "encode" => {
            let structs: Vec<_> = (0..1_000).map(fixtures::new_record).collect();
            let params: Vec<_> = (0..1_000).map(fixtures::record_param).collect();
            match peer {
                "floor" => Box::new(move || Ok(memory::encode_structs(&structs)?)),
                "ours" => Box::new(move || Ok(memory::encode_ours(&params))),
                _ => return Err("no such peer".into()),
            }
        }
        _ => return Err("no such workload".into()),
    };
    let before = usage::cpu_micros();
    for _ in 0..times {
        std::hint::black_box(work()?);
    }
    let cpu = usage::cpu_micros() - before;
    let peak = usage::peak_kilobytes();
    println!("{{\"cpu_micros\":{cpu},\"peak_kilobytes\":{peak}}}");
    Ok(())
}
