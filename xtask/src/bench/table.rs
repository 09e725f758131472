//! What all tables have in common.

use anyhow::Result;

use super::programs::{Programs, Server};
use super::rounds::{Measure, Rounds};

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

impl Row {
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
