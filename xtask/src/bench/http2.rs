//! HTTP/2 over TLS, as with the API itself.

use anyhow::{Context, Result};

use super::programs::{Programs, Server};
use super::rounds::{Rounds, cpu, peak, resident, wall};
use super::table::{DOWNLOAD, GET, HEAD, LIST, PEERS, POST, READING_ALL, Row, TASKS, UPLOAD, line};

/// Next to the server.
const NEAR: [Row; 9] = [
    GET.with_target("≤ 1.05"),
    POST.with_target("≤ 1.05"),
    TASKS.with_target("≤ 1.05"),
    LIST.with_target("≤ 0.90"),
    UPLOAD.with_target("≤ 1.05"),
    DOWNLOAD.with_target("≤ 1.05"),
    Row {
        what: "from the start of a process to its first reply",
        unit: "ms",
        workload: "start",
        times: 1,
        per: 1_000.0,
        measure: cpu,
        target: "+ 1 ms",
    },
    Row {
        what: "resident memory after the first reply",
        unit: "MB",
        workload: "start",
        times: 1,
        per: 1_000.0,
        measure: resident,
        target: "≤ 1.15",
    },
    Row {
        what: "resident memory after all kinds of requests",
        unit: "MB",
        workload: "everything",
        times: 1,
        per: 1_000.0,
        measure: resident,
        target: "≤ 1.15",
    },
];

/// On the clock, with 50 ms there and back.
const FAR: [Row; 2] = [
    Row {
        what: "upload of 100 MB to a server 50 ms away, on the clock",
        ..on_the_clock(UPLOAD)
    },
    Row {
        what: "download of 100 MB from there, on the clock",
        ..on_the_clock(DOWNLOAD)
    },
];

const fn on_the_clock(row: Row) -> Row {
    Row {
        unit: "s",
        per: 1e6,
        measure: wall,
        target: "≤ 1.05",
        ..row
    }
}

/// What takes so long that a few rounds have to do.
const FEW: u32 = 3;

/// Measures everything; returns the table.
pub fn measure(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    let near = (server, &*server.https);
    for row in NEAR {
        out.push_str(&row.measure(programs, near, PEERS, rounds)?);
    }
    // The same by hand with every field read; a list is read so in any case.
    for row in &NEAR[..3] {
        let what = row.what;
        let line = row
            .with_target("")
            .measure(programs, near, READING_ALL, rounds)?;
        let reading_all = format!("{what}, every field read by hand, too");
        out.push_str(&line.replacen(what, &reading_all, 1));
    }
    out.push_str(&beside(programs, server, rounds)?);
    for row in FAR {
        let far = (server, &*server.far);
        out.push_str(&row.measure(programs, far, PEERS, FEW.min(rounds))?);
    }
    out.push_str(&late(programs, server, FEW.min(rounds))?);
    out.push_str(&waiting(programs, server)?);
    out.push_str(&allocations(programs, server)?);
    out.push_str(&growth_of_streams(programs, server)?);
    Ok(out)
}

/// A GET while eight replies are open on the connection, and the same relative to one alone.
fn beside(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    const GETS: u32 = 1_000;
    let run = |peer, workload| server.run(peer, workload, GETS, &server.https);
    let alone = PEERS.map(|peer| run(peer, "get"));
    let beside = PEERS.map(|peer| run(peer, "beside:8"));
    let took = programs.compare(&[alone, beside].concat(), rounds)?;
    let figures = took.figures(wall).split_off(PEERS.len());
    let figures: Vec<_> = figures.iter().map(|took| took / f64::from(GETS)).collect();
    let what = "GET beside eight open replies, on the clock";
    let mut out = line(what, "µs", &figures, took.ratio_of(5, 3, wall), "");
    let [floor, reqwest, ours] = [0, 1, 2].map(|peer| took.ratio_of(peer + 3, peer, wall));
    out.push_str(&format!(
        "| the same relative to a GET alone | × | {floor:.2} | {reqwest:.2} | {ours:.2} | | ≤ 1.20 |\n"
    ));
    Ok(out)
}

/// On the clock: one page after the other, and eight at a time.
fn late(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let run = |peer, workload| server.run(peer, workload, 1, &server.https);
    let took = programs.compare(&PEERS.map(|peer| run(peer, "slow-list:1")), rounds)?;
    let figures = took.figures(wall);
    let figures: Vec<_> = figures.iter().map(|took| took / 1e6).collect();
    let what = "the list with replies 20 ms late, on the clock";
    let mut out = line(what, "s", &figures, took.ratio(wall), "");
    let eight = programs.compare(&[run("ours", "slow-list:8")], rounds)?;
    let last = |took: &Rounds| took.figures(wall).pop().context("nothing was measured");
    let (one, eight) = (last(&took)?, last(&eight)?);
    out.push_str(&format!(
        "| the same with `concurrency(8)`: {:.1} × faster | s | | | {:.2} | | 6 × |\n",
        one / eight,
        eight / 1e6,
    ));
    Ok(out)
}

/// What a GET that waits takes: the memory of a thousand more, at the peak.
fn waiting(programs: &Programs, server: &Server) -> Result<String> {
    let all = |workload| PEERS.map(|peer| server.run(peer, workload, 1, &server.https));
    let took = programs.compare(&[all("waiting:100"), all("waiting:1100")].concat(), FEW)?;
    let figures = took.figures(peak);
    let (few, many) = figures.split_at(PEERS.len());
    let each: Vec<_> = many
        .iter()
        .zip(few)
        .map(|(many, few)| (many - few) / 1_000.0)
        .collect();
    Ok(line(
        "memory of a GET that waits for its reply",
        "KB",
        &each,
        each[2] / each[0],
        "",
    ))
}

/// For a thousand more: what a process allocates once is not part of a GET.
fn allocations(programs: &Programs, server: &Server) -> Result<String> {
    let worker = programs.counting_worker();
    let of = |peer, times| -> Result<f64> {
        let run = server.run(peer, "get", times, &server.https);
        Ok(run.by(&worker)?.allocations)
    };
    let each = |peer| -> Result<f64> { Ok((of(peer, 2_000)? - of(peer, 1_000)?) / 1_000.0) };
    let mut out = String::new();
    for (what, peers) in [
        ("allocations of a GET", PEERS),
        (
            "the same where every field is read by hand, too",
            READING_ALL,
        ),
    ] {
        let figures = peers.into_iter().map(each).collect::<Result<Vec<_>>>()?;
        out.push_str(&line(what, "", &figures, figures[2] / figures[0], "+ 8"));
    }
    Ok(out)
}

/// How much more memory ten times the bytes take.
fn growth_of_streams(programs: &Programs, server: &Server) -> Result<String> {
    let mut out = String::new();
    for (what, small, large) in [
        ("uploading", "upload:10", "upload:100"),
        ("downloading", "download:10", "download:100"),
    ] {
        let all = |workload| PEERS.map(|peer| server.run(peer, workload, 1, &server.https));
        let took = programs.compare(&[all(small), all(large)].concat(), FEW)?;
        let figures = took.figures(resident);
        let (small, large) = figures.split_at(PEERS.len());
        let more = large.iter().zip(small).map(|(large, small)| large - small);
        let more: Vec<_> = more.map(|more| format!("{:+.1}", more / 1_000.0)).collect();
        out.push_str(&format!(
            "| memory after {what} 100 MB in place of 10 | MB | {} | | no growth |\n",
            more.join(" | ")
        ));
    }
    Ok(out)
}
