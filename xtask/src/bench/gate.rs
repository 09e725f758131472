//! Instruction counts, which do not depend on what else the machine does.
//!
//! The unchanged worker runs under valgrind, once with few and once with more repetitions: the difference is
//! the cost of the work, without start and end. So it needs no benchmark harness, nor any code in the
//! worker that knows about valgrind.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::programs::{Programs, Run, Server};
use crate::description;

/// Name, workload, the two numbers of repetitions, and to which of the server's addresses requests go.
const COUNTED: [(&str, &str, u32, u32, Address); 6] = [
    ("GET of a zone", "get", 20, 220, secure),
    ("POST of a record", "post", 20, 220, secure),
    ("list of 1,000 records", "list:1000", 1, 5, secure),
    ("GET of a zone, HTTP/1.1", "get", 20, 220, plain),
    ("list of 1,000 records, HTTP/1.1", "list:1000", 1, 5, plain),
    ("decoding 500 records", "decode:500", 2, 10, plain),
];
/// Percent.
const ALLOWED: f64 = 5.0;

type Address = fn(&Server) -> &str;

type Counts = BTreeMap<String, u64>;

/// HTTP/2 over TLS.
fn secure(server: &Server) -> &str {
    &server.https
}

fn plain(server: &Server) -> &str {
    &server.http
}

/// Counts, and compares with the committed figures or replaces them. False if there are more.
#[allow(clippy::print_stdout, clippy::cast_precision_loss)]
pub fn run(programs: &Programs, accept: bool) -> Result<bool> {
    let server = programs.serve()?;
    let mut counted = Counts::new();
    for (name, workload, few, many, address) in COUNTED {
        let run = |times| server.run("ours", workload, times, address(&server));
        let less = instructions(programs, &run(few))?;
        let more = instructions(programs, &run(many))?;
        let each = more.saturating_sub(less) / u64::from(many - few);
        counted.insert(name.to_owned(), each);
    }
    if accept {
        let text = serde_json::to_string_pretty(&counted)?;
        fs::write(figures(), text + "\n")?;
        println!("{}: {counted:#?}", figures().display());
        return Ok(true);
    }
    let text = fs::read_to_string(figures()).context("no figures are committed")?;
    let committed: Counts = serde_json::from_str(&text)?;
    let mut open = true;
    for (name, now) in &counted {
        let was = *committed.get(name).unwrap_or(&0);
        let change = (*now as f64 / was as f64 - 1.0) * 100.0;
        println!("{name}: {now} instructions, {change:+.1} % of {was}");
        open &= change <= ALLOWED;
    }
    if !open {
        println!(
            "More than {ALLOWED} % more. Find out why (`valgrind --tool=callgrind {} ours get 200 …`), or, if it \
             has to be, accept the new figures: `cargo xtask bench --accept`",
            programs.worker().display()
        );
    }
    Ok(open)
}

fn figures() -> PathBuf {
    description::top().join("crates/cf-bench/instructions.json")
}

fn instructions(programs: &Programs, run: &Run<'_>) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(programs.worker());
    run.arguments(&mut command);
    let output = command
        .output()
        .context("cannot run valgrind; it is Debian's package of that name")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("`ours {}` failed under valgrind: {said}", run.workload);
    }
    let count = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let count = count.context("valgrind did not report its instruction count")?;
    Ok(count.1.trim().parse()?)
}
