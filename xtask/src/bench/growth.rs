//! Whether the cost per item stays the same when there are many.

use anyhow::Result;

use super::programs::{Programs, Server};
use super::rounds::cpu;

const HEAD: &str = "\
| CPU µs of one | of | by hand | this library | ratio |
|---|---|---|---|---|
";

/// One of what, how many of what, its workload, and the repetitions.
const ROWS: [(&str, (u32, &str), &str, u32); 6] = [
    ("record of a list", (1_000, "records"), "list:1000", 10),
    ("record of a list", (10_000, "records"), "list:10000", 1),
    ("record of a list", (100_000, "records"), "list:100000", 1),
    ("GET", (1, "task"), "tasks:1", 1_000),
    ("GET", (16, "tasks at once"), "tasks:16", 150),
    ("GET", (256, "tasks at once"), "tasks:256", 10),
];

/// Measures lists of different lengths and different numbers of tasks; returns the table.
pub fn measure(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    for (one, (many, unit), workload, times) in ROWS {
        let runs = ["floor", "ours"].map(|peer| server.run(peer, workload, times, &server.https));
        let took = programs.compare(&runs, rounds)?;
        let each = f64::from(many * times);
        let figures = took.figures(cpu);
        out.push_str(&format!(
            "| {one} | {many} {unit} | {:.2} | {:.2} | {:.2} |\n",
            figures[0] / each,
            figures[1] / each,
            took.ratio(cpu),
        ));
    }
    Ok(out)
}
