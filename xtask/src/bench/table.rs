//! The table: each workload with each peer.

use anyhow::{Context, Result};

use super::programs::{Measure, Programs, Rounds, Server, Took, Work};

const PEERS: [&str; 3] = ["floor", "reqwest", "ours"];
const HEAD: &str = "\
| workload | | hyper + serde_json by hand | reqwest + serde | this library | ratio | target |
|---|---|---|---|---|---|---|
";

struct Row<'a> {
    what: &'a str,
    unit: &'a str,
    workload: &'a str,
    times: u32,
    /// The divisor from the measure to the unit.
    per: f64,
    measure: Measure,
    target: f64,
}

fn cpu(took: &Took) -> f64 {
    took.cpu_micros
}

fn wall(took: &Took) -> f64 {
    took.wall_micros
}

fn resident(took: &Took) -> f64 {
    took.resident_kilobytes
}

const ROWS: &[Row<'static>] = &[
    Row {
        what: "GET of a zone, one after the other",
        unit: "µs",
        workload: "get",
        times: 2_000,
        per: 2_000.0,
        measure: cpu,
        target: 1.10,
    },
    Row {
        what: "POST of a DNS record",
        unit: "µs",
        workload: "post",
        times: 2_000,
        per: 2_000.0,
        measure: cpu,
        target: 1.10,
    },
    Row {
        what: "10,000 DNS records in pages of 100, a record",
        unit: "µs",
        workload: "list:10000",
        times: 1,
        per: 10_000.0,
        measure: cpu,
        target: 1.30,
    },
    Row {
        what: "64 tasks × 200 GETs, a GET",
        unit: "µs",
        workload: "tasks:64",
        times: 200,
        per: 12_800.0,
        measure: cpu,
        target: 1.10,
    },
    Row {
        what: "upload of 10 MB, streamed",
        unit: "ms",
        workload: "upload:10",
        times: 20,
        per: 20_000.0,
        measure: cpu,
        target: 1.05,
    },
    Row {
        what: "download of 10 MB, streamed",
        unit: "ms",
        workload: "download:10",
        times: 20,
        per: 20_000.0,
        measure: cpu,
        target: 1.05,
    },
    Row {
        what: "resident memory after all of it",
        unit: "MB",
        workload: "everything",
        times: 1,
        per: 1_000.0,
        measure: resident,
        target: 1.15,
    },
];

/// Measures everything; returns the table.
pub fn measure(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    for row in ROWS {
        let work = work(row.workload, row.times, &server.http);
        let took = programs.compare(&PEERS, &work, rounds)?;
        let target = format!("≤ {:.2}", row.target);
        out.push_str(&compared(
            row.what,
            (row.unit, row.per),
            &took,
            row.measure,
            &target,
        ));
    }
    out.push_str(&every_field(programs, server, rounds)?);
    out.push_str(&over_tls(programs, server, rounds)?);
    out.push_str(&start(programs, server, rounds)?);
    out.push_str(&allocations(programs, server)?);
    out.push_str(&late(programs, server)?);
    out.push_str(&growth_of_streams(programs, server)?);
    out.push_str(&memory(programs, rounds)?);
    Ok(out)
}

fn work<'a>(workload: &'a str, times: u32, server: &'a str) -> Work<'a> {
    Work {
        workload,
        times,
        server,
        roots: None,
    }
}

fn compared(
    what: &str,
    (unit, per): (&str, f64),
    took: &Rounds,
    measure: Measure,
    target: &str,
) -> String {
    let figures: Vec<_> = took
        .figures(measure)
        .iter()
        .map(|took| took / per)
        .collect();
    line(what, unit, &figures, took.ratio(measure), target)
}

fn line(what: &str, unit: &str, figures: &[f64], ratio: f64, target: &str) -> String {
    let shown: Vec<_> = figures
        .iter()
        .map(|figure| format!("{figure:.2}"))
        .collect();
    let shown = shown.join(" | ");
    format!("| {what} | {unit} | {shown} | {ratio:.2} | {target} |\n")
}

/// The same with a hand-written peer that reads every field as well.
fn every_field(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::new();
    for (what, workload, times, each) in [
        ("GET of a zone", "get", 2_000, 2_000.0),
        ("POST of a DNS record", "post", 2_000, 2_000.0),
        ("64 tasks × 200 GETs, a GET", "tasks:64", 200, 12_800.0),
    ] {
        let work = work(workload, times, &server.http);
        let took = programs.compare(&["floor-all", "reqwest", "ours"], &work, rounds)?;
        let what = format!("{what}, every field read by hand, too");
        out.push_str(&compared(&what, ("µs", each), &took, cpu, ""));
    }
    Ok(out)
}

fn over_tls(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let work = Work {
        roots: Some(server.certificate.clone()),
        ..work("get", 1_000, &server.https)
    };
    let took = programs.compare(&PEERS, &work, rounds)?;
    let what = "GET of a zone over TLS and HTTP/2";
    Ok(compared(what, ("µs", 1_000.0), &took, cpu, ""))
}

/// Reads the system's root certificates, as with the real API. The request itself is plain HTTP.
fn start(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let took = programs.compare(&PEERS, &work("start", 1, &server.http), rounds)?;
    let what = "from the start of a process to its first reply";
    Ok(compared(what, ("ms", 1_000.0), &took, cpu, "+ 2 ms"))
}

/// For a thousand more: what a process allocates once is not part of a GET.
fn allocations(programs: &Programs, server: &Server) -> Result<String> {
    let worker = programs.counting_worker();
    let of = |peer: &str, times| -> Result<f64> {
        let work = work("get", times, &server.http);
        Ok(work.run(&worker, peer)?.allocations)
    };
    let each = |peer: &str| -> Result<f64> { Ok((of(peer, 2_000)? - of(peer, 1_000)?) / 1_000.0) };
    let count =
        |peers: [&str; 3]| -> Result<Vec<f64>> { peers.iter().map(|peer| each(peer)).collect() };
    let mut out = String::new();
    for (what, floor) in [
        ("allocations of a GET", "floor"),
        (
            "the same where every field is read by hand, too",
            "floor-all",
        ),
    ] {
        let figures = count([floor, "reqwest", "ours"])?;
        out.push_str(&line(what, "", &figures, figures[2] / figures[0], "+ 8"));
    }
    Ok(out)
}

/// Wall-clock time: one page after the other, and eight at a time.
fn late(programs: &Programs, server: &Server) -> Result<String> {
    let slow = |workload| work(workload, 1, &server.http);
    let took = programs.compare(&PEERS, &slow("slow-list:1"), 3)?;
    let what = "the list with replies 20 ms late, on the clock";
    let mut out = compared(what, ("s", 1e6), &took, wall, "");
    let eight = programs.compare(&["ours"], &slow("slow-list:8"), 3)?;
    let last = |took: &Rounds| took.figures(wall).pop().context("nothing was measured");
    let (one, eight) = (last(&took)?, last(&eight)?);
    out.push_str(&format!(
        "| the same with `concurrency(8)`: {:.1} × faster | s | | | {:.2} | | 6 × |\n",
        one / eight,
        eight / 1e6,
    ));
    Ok(out)
}

/// How much more memory ten times the bytes take.
fn growth_of_streams(programs: &Programs, server: &Server) -> Result<String> {
    let mut out = String::new();
    for (what, small, large) in [
        ("uploading", "upload:10", "upload:100"),
        ("downloading", "download:10", "download:100"),
    ] {
        let small = programs.compare(&PEERS, &work(small, 1, &server.http), 2)?;
        let large = programs.compare(&PEERS, &work(large, 1, &server.http), 2)?;
        let (small, large) = (small.figures(resident), large.figures(resident));
        let more = large.iter().zip(&small).map(|(large, small)| large - small);
        let more: Vec<_> = more.map(|more| format!("{:+.1}", more / 1_000.0)).collect();
        out.push_str(&format!(
            "| memory after {what} 100 MB in place of 10 | MB | {} | | no growth |\n",
            more.join(" | ")
        ));
    }
    Ok(out)
}

/// Decoding and encoding. The ratio is that of speeds: more is better.
fn memory(programs: &Programs, rounds: u32) -> Result<String> {
    let decode = work("decode:5000", 5, "");
    let mut out = String::new();
    for (what, peer, rest) in [
        (
            "decoding 5,000 DNS records into structs with every field",
            "floor",
            "of its speed | ≥ 0.80 |\n",
        ),
        (
            "the same into `serde_json::Value`",
            "value",
            "× its speed | ≥ 2.5 |\n",
        ),
    ] {
        let took = programs.compare(&[peer, "ours"], &decode, rounds)?;
        out.push_str(&faster(what, 5_000.0, &took, rest));
    }
    let encode = work("encode:1000", 50, "");
    let took = programs.compare(&["floor", "ours"], &encode, rounds)?;
    let what = "encoding 1,000 new records";
    out.push_str(&faster(what, 50_000.0, &took, "of its speed | |\n"));
    Ok(out)
}

fn faster(what: &str, per: f64, took: &Rounds, rest: &str) -> String {
    let figures: Vec<_> = took
        .figures(cpu)
        .iter()
        .map(|took| format!("{:.2}", took / per))
        .collect();
    let speed = 1.0 / took.ratio(cpu);
    format!(
        "| {what} | ms | {} | {speed:.2} {rest}",
        figures.join(" | | ")
    )
}
