//! HTTP/1.1 in the clear, as with an emulator or a proxy on the same machine.

use anyhow::Result;

use super::programs::{Programs, Server};
use super::rounds::cpu;
use super::table::{HEAD, PEERS, Row};

const ROWS: [Row; 6] = [
    Row {
        what: "GET of a zone, one after the other",
        unit: "µs",
        workload: "get",
        times: 1_000,
        per: 1_000.0,
        measure: cpu,
        target: "≤ 1.10",
    },
    Row {
        what: "POST of a DNS record",
        unit: "µs",
        workload: "post",
        times: 1_000,
        per: 1_000.0,
        measure: cpu,
        target: "≤ 1.10",
    },
    Row {
        what: "64 tasks × 200 GETs, a GET",
        unit: "µs",
        workload: "tasks:64",
        times: 200,
        per: 12_800.0,
        measure: cpu,
        target: "≤ 1.10",
    },
    Row {
        what: "10,000 DNS records in pages of 100, a record",
        unit: "µs",
        workload: "list:10000",
        times: 1,
        per: 10_000.0,
        measure: cpu,
        target: "≤ 1.00",
    },
    Row {
        what: "upload of 100 MB, streamed",
        unit: "ms",
        workload: "upload:100",
        times: 1,
        per: 1_000.0,
        measure: cpu,
        target: "≤ 1.05",
    },
    Row {
        what: "download of 100 MB, streamed",
        unit: "ms",
        workload: "download:100",
        times: 1,
        per: 1_000.0,
        measure: cpu,
        target: "≤ 1.05",
    },
];

/// Measures it; returns the table.
pub fn measure(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    for row in ROWS {
        out.push_str(&row.measure(programs, (server, &server.http), PEERS, rounds)?);
    }
    Ok(out)
}
