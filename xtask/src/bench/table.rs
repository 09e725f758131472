//! What all tables have in common.

use anyhow::Result;

use super::programs::{Programs, Server};
use super::rounds::{Measure, Rounds, cpu};

pub const PEERS: [&str; 3] = ["floor", "reqwest", "ours"];
/// A hand-written peer that reads every field, as this library does, in place of those that are used.
pub const READING_ALL: [&str; 3] = ["floor-all", "reqwest", "ours"];
pub const HEAD: &str = "\
| workload | | hyper + serde_json by hand | reqwest + serde | this library | ratio | target |
|---|---|---|---|---|---|---|
";

/// One workload, done by three peers.
#[derive(Clone, Copy)]
pub struct Row {
    pub what: &'static str,
    pub unit: &'static str,
    pub workload: &'static str,
    pub times: u32,
    /// The divisor from the measure to the unit.
    pub per: f64,
    pub measure: Measure,
    pub target: &'static str,
}

/// A workload whose CPU time counts.
const fn cpu_row(what: &'static str, unit: &'static str, workload: &'static str) -> Row {
    Row {
        what,
        unit,
        workload,
        times: 1,
        per: 1_000.0,
        measure: cpu,
        target: "",
    }
}

pub const GET: Row = Row {
    times: 1_000,
    ..cpu_row("GET of a zone, one after the other", "µs", "get")
};
pub const POST: Row = Row {
    times: 1_000,
    ..cpu_row("POST of a DNS record", "µs", "post")
};
pub const TASKS: Row = Row {
    times: 200,
    per: 12_800.0,
    ..cpu_row("64 tasks × 200 GETs, a GET", "µs", "tasks:64")
};
pub const LIST: Row = Row {
    per: 10_000.0,
    ..cpu_row(
        "10,000 DNS records in pages of 100, a record",
        "µs",
        "list:10000",
    )
};
pub const UPLOAD: Row = cpu_row("upload of 100 MB, streamed", "ms", "upload:100");
pub const DOWNLOAD: Row = cpu_row("download of 100 MB, streamed", "ms", "download:100");

impl Row {
    pub const fn with_target(self, target: &'static str) -> Row {
        Row { target, ..self }
    }

    /// Measures it against this address of the server; returns the line.
    pub fn measure(
        &self,
        programs: &Programs,
        (server, address): (&Server, &str),
        peers: [&str; 3],
        rounds: u32,
    ) -> Result<String> {
        let runs = peers.map(|peer| server.run(peer, self.workload, self.times, address));
        let took = programs.compare(&runs, rounds)?;
        Ok(self.line(&took))
    }

    fn line(&self, took: &Rounds) -> String {
        let figures = took.figures(self.measure).into_iter();
        let figures: Vec<_> = figures.map(|took| took / self.per).collect();
        let ratio = took.ratio(self.measure);
        line(self.what, self.unit, &figures, ratio, self.target)
    }
}

pub fn line(what: &str, unit: &str, figures: &[f64], ratio: f64, target: &str) -> String {
    let shown: Vec<_> = figures
        .iter()
        .map(|figure| format!("{figure:.2}"))
        .collect();
    let shown = shown.join(" | ");
    format!("| {what} | {unit} | {shown} | {ratio:.2} | {target} |\n")
}
