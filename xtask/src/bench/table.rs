//! The table: each workload by each peer.

use anyhow::{Context, Result};

use super::programs::{Programs, Server, Took, Work};

const PEERS: [&str; 3] = ["floor", "reqwest", "ours"];
const HEAD: &str = "\
| workload | | hyper + serde_json by hand | reqwest + serde | this library | ratio | target |
|---|---|---|---|---|---|---|
";

/// What of a run is looked at.
type Measure = fn(&Took) -> f64;

struct Row<'a> {
    what: &'a str,
    unit: &'a str,
    workload: &'a str,
    times: u32,
    /// By what the measure is divided for the unit.
    per: f64,
    measure: Measure,
    target: f64,
}

fn cpu(took: &Took) -> f64 {
    took.cpu_micros
}

fn resident(took: &Took) -> f64 {
    took.resident_kilobytes
}

const ROWS: &[Row<'static>] = &[
    Row {
        what: "GET of a zone, one after the other",
        unit: "µs",
        workload: "get",
        times: 3_000,
        per: 3_000.0,
        measure: cpu,
        target: 1.10,
    },
    Row {
        what: "POST of a DNS record",
        unit: "µs",
        workload: "post",
        times: 3_000,
        per: 3_000.0,
        measure: cpu,
        target: 1.10,
    },
    Row {
        what: "10,000 DNS records in pages of 100, a record",
        unit: "µs",
        workload: "list:10000",
        times: 3,
        per: 30_000.0,
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
        times: 10,
        per: 10_000.0,
        measure: cpu,
        target: 1.05,
    },
    Row {
        what: "download of 10 MB, streamed",
        unit: "ms",
        workload: "download:10",
        times: 10,
        per: 10_000.0,
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

/// Measures all of it: the table.
pub fn measure(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    for row in ROWS {
        let work = work(row.workload, row.times, &server.http);
        let took = programs.compare(&PEERS, &work, rounds)?;
        let figures: Vec<_> = took
            .iter()
            .map(|took| (row.measure)(took) / row.per)
            .collect();
        out.push_str(&line(
            row.what,
            row.unit,
            &figures,
            &format!("≤ {:.2}", row.target),
        ));
    }
    out.insert_str(HEAD.len(), &every_field(programs, server, rounds)?);
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

fn line(what: &str, unit: &str, figures: &[f64], target: &str) -> String {
    let (Some(floor), Some(ours)) = (figures.first(), figures.last()) else {
        return String::new();
    };
    let shown: Vec<_> = figures
        .iter()
        .map(|figure| format!("{figure:.2}"))
        .collect();
    let ratio = ours / floor;
    format!(
        "| {what} | {unit} | {} | {ratio:.2} | {target} |\n",
        shown.join(" | ")
    )
}

/// The same GET where the hand-written one reads every field as well.
fn every_field(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let work = work("get", 3_000, &server.http);
    let took = programs.compare(&["floor-all", "reqwest", "ours"], &work, rounds)?;
    let figures: Vec<_> = took.iter().map(|took| took.cpu_micros / 3_000.0).collect();
    Ok(line(
        "GET of a zone, every field read by hand, too",
        "µs",
        &figures,
        "",
    ))
}

fn over_tls(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let work = Work {
        roots: Some(server.certificate.clone()),
        ..work("get", 2_000, &server.https)
    };
    let took = programs.compare(&PEERS, &work, rounds)?;
    let figures: Vec<_> = took.iter().map(|took| took.cpu_micros / 2_000.0).collect();
    Ok(line(
        "GET of a zone over TLS and HTTP/2",
        "µs",
        &figures,
        "",
    ))
}

/// With the system's roots to read, as it is with the real API. The request itself is plain.
fn start(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let took = programs.compare(&PEERS, &work("start", 1, &server.http), rounds)?;
    let figures: Vec<_> = took.iter().map(|took| took.cpu_micros / 1_000.0).collect();
    Ok(line(
        "from the start of a process to its first reply",
        "ms",
        &figures,
        "+ 2 ms",
    ))
}

/// Of a thousand more: what a process asks for once is no part of a GET.
fn allocations(programs: &Programs, server: &Server) -> Result<String> {
    let worker = programs.counting_worker();
    let of = |peer: &str, times| -> Result<f64> {
        let work = work("get", times, &server.http);
        Ok(work.run(&worker, peer)?.allocations)
    };
    let each = |peer: &str| -> Result<f64> { Ok((of(peer, 2_000)? - of(peer, 1_000)?) / 1_000.0) };
    let count =
        |peers: [&str; 3]| -> Result<Vec<f64>> { peers.iter().map(|peer| each(peer)).collect() };
    let needed = count(PEERS)?;
    let all = count(["floor-all", "reqwest", "ours"])?;
    Ok(line("allocations of a GET", "", &needed, "+ 8")
        + &line(
            "the same where every field is read by hand, too",
            "",
            &all,
            "+ 8",
        ))
}

/// Time on the clock: one page after the other, and eight side by side.
fn late(programs: &Programs, server: &Server) -> Result<String> {
    let slow = |workload| work(workload, 1, &server.http);
    let took = programs.compare(&PEERS, &slow("slow-list:1"), 2)?;
    let figures: Vec<_> = took.iter().map(|took| took.wall_micros / 1e6).collect();
    let mut out = line(
        "the list with replies 20 ms late, on the clock",
        "s",
        &figures,
        "",
    );
    let eight = programs.compare(&["ours"], &slow("slow-list:8"), 2)?;
    let eight = eight.first().context("nothing was measured")?.wall_micros / 1e6;
    let one = figures.last().copied().unwrap_or_default();
    out.push_str(&format!(
        "| the same with `concurrency(8)`: {:.1} × faster | s | | | {eight:.2} | | 6 × |\n",
        one / eight
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
        let more = large.iter().zip(&small);
        let more = more.map(|(large, small)| large.resident_kilobytes - small.resident_kilobytes);
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
    let decode = work("decode:5000", 20, "");
    let took = programs.compare(&["floor", "value", "ours"], &decode, rounds)?;
    let [structs, value, ours] = took[..] else {
        return Ok(String::new());
    };
    let millis = |took: Took, times: f64| took.cpu_micros / 1_000.0 / times;
    let speed = |other: Took| other.cpu_micros / ours.cpu_micros;
    let mut out = format!(
        "| decoding 5,000 DNS records into structs with every field | ms | {:.2} | | {:.2} | {:.2} of its speed | ≥ 0.80 |\n\
         | the same into `serde_json::Value` | ms | {:.2} | | {:.2} | {:.1} × its speed | ≥ 2.5 |\n",
        millis(structs, 20.0),
        millis(ours, 20.0),
        speed(structs),
        millis(value, 20.0),
        millis(ours, 20.0),
        speed(value),
    );
    let encode = work("encode:1000", 200, "");
    let took = programs.compare(&["floor", "ours"], &encode, rounds)?;
    if let [structs, ours] = took[..] {
        let (structs, ours) = (millis(structs, 200.0), millis(ours, 200.0));
        let speed = structs / ours;
        out.push_str(&format!(
            "| encoding 1,000 new records | ms | {structs:.3} | | {ours:.3} | {speed:.2} of its speed | |\n"
        ));
    }
    Ok(out)
}
