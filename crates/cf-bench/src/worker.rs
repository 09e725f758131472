//! One workload with one peer, in a process of its own.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use crate::peers::{Floor, Ours, Peer, Reqwest};
use crate::server::Server;
use crate::workload::{self, Workload};
use crate::{Failure, usage};

const HELP: &str = "\
cf-bench PEER WORKLOAD TIMES [SERVER]   does it, and says what it took, as a line of JSON
cf-bench serve ROOTS                    runs the server, and writes to the file ROOTS whom to trust
PEER is floor, floor-all, reqwest, value or ours";

/// What it took.
#[derive(Debug, Serialize)]
pub struct Took {
    /// CPU time, user and system, in microseconds.
    pub cpu_micros: i64,
    /// Wall-clock time, in microseconds.
    pub wall_micros: u128,
    /// The number of allocations; 0 if nobody counts.
    pub allocations: usize,
    /// The peak memory of the process.
    pub peak_kilobytes: i64,
    /// Its memory at the end.
    pub resident_kilobytes: i64,
}

/// Does what the command line says. `allocations` returns the number of allocations so far.
pub fn main(allocations: fn() -> usize) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["serve", roots] => on_runtime(serve(roots)),
        [peer, workload, times] => measure(allocations, peer, workload, times, ""),
        [peer, workload, times, server] => measure(allocations, peer, workload, times, server),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", arguments.join(" "));
            ExitCode::FAILURE
        }
    }
}

/// Every peer has one thread, so that CPU times can be compared.
fn on_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

async fn serve(roots: &str) -> Result<(), Failure> {
    let server = Server::open(roots.as_ref()).await?;
    println!("{}", serde_json::to_string(&server.addresses()?)?);
    server.run().await
}

fn measure(
    allocations: fn() -> usize,
    peer: &str,
    workload: &str,
    times: &str,
    server: &str,
) -> Result<(), Failure> {
    let workload: Workload = workload.parse()?;
    let times = times.parse()?;
    let base = format!("{server}{}", workload.base());
    let took = match (workload, peer) {
        (Workload::Decode(_) | Workload::Encode(_), _) => {
            let work = workload::in_memory(peer, workload)?;
            work()?;
            let start = Start::now(allocations);
            for _ in 0..times {
                work()?;
            }
            start.took()
        }
        (_, "floor") => by(Floor::new, allocations, &base, workload, times)?,
        (_, "floor-all") => {
            let new = |base: &str| Ok(Floor::new(base)?.reading_all());
            by(new, allocations, &base, workload, times)?
        }
        (_, "reqwest") => by(Reqwest::new, allocations, &base, workload, times)?,
        (_, "ours") => by(Ours::new, allocations, &base, workload, times)?,
        _ => return Err(workload::no_peer(peer)),
    };
    println!("{}", serde_json::to_string(&took)?);
    Ok(())
}

fn by<P: Peer>(
    new: impl Fn(&str) -> Result<P, Failure>,
    allocations: fn() -> usize,
    base: &str,
    workload: Workload,
    times: usize,
) -> Result<Took, Failure> {
    on_runtime(async {
        if workload == Workload::Start {
            let start = Start::of_process();
            workload::run(&new(base)?, workload, 1).await?;
            return Ok(start.took());
        }
        let peer = new(base)?;
        let (first, so_often) = workload.warm_up();
        workload::run(&peer, first, so_often).await?;
        let start = Start::now(allocations);
        workload::run(&peer, workload, times).await?;
        Ok(start.took())
    })
}

struct Start {
    cpu: i64,
    wall: Instant,
    allocations: usize,
    count: fn() -> usize,
}

impl Start {
    fn now(count: fn() -> usize) -> Self {
        Start {
            cpu: usage::cpu_micros(),
            wall: Instant::now(),
            allocations: count(),
            count,
        }
    }

    /// What the process used before counts as well.
    fn of_process() -> Self {
        Start {
            cpu: 0,
            ..Start::now(|| 0)
        }
    }

    fn took(self) -> Took {
        Took {
            cpu_micros: usage::cpu_micros() - self.cpu,
            wall_micros: self.wall.elapsed().as_micros(),
            allocations: (self.count)() - self.allocations,
            peak_kilobytes: usage::peak_kilobytes(),
            resident_kilobytes: usage::resident_kilobytes(),
        }
    }
}
