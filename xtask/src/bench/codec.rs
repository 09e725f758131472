//! Decoding and encoding alone, without network. The ratio is that of speeds: more is better.

use anyhow::Result;

use super::programs::{Programs, Run};
use super::rounds::cpu;

const HEAD: &str = "\
| in memory | | serde_json by hand | this library | speed | target |
|---|---|---|---|---|---|
";

/// What, the peer, its workload, the repetitions, the divisor from µs to a ms of one, and the target.
const ROWS: [(&str, &str, &str, u32, f64, &str); 3] = [
    (
        "decoding 5,000 DNS records into structs with every field",
        "floor",
        "decode:5000",
        5,
        5_000.0,
        "≥ 0.80",
    ),
    (
        "the same into `serde_json::Value`",
        "value",
        "decode:5000",
        5,
        5_000.0,
        "≥ 2.5",
    ),
    (
        "encoding 1,000 new records",
        "floor",
        "encode:1000",
        50,
        50_000.0,
        "",
    ),
];

/// Measures it; returns the table.
pub fn measure(programs: &Programs, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    for (what, peer, workload, times, per, target) in ROWS {
        let runs = [peer, "ours"].map(|peer| Run {
            peer,
            workload,
            times,
            address: "",
            server: None,
        });
        let took = programs.compare(&runs, rounds)?;
        let figures = took.figures(cpu);
        out.push_str(&format!(
            "| {what} | ms | {:.2} | {:.2} | {:.2} × | {target} |\n",
            figures[0] / per,
            figures[1] / per,
            1.0 / took.ratio(cpu),
        ));
    }
    Ok(out)
}
