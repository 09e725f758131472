//! `cargo xtask budget`: what compiling costs, and what a program weighs, against the limits.
//!
//! Times are CPU seconds of rustc for our own crates. Limits are multiples of rustc's time, in the same run, for a
//! program on bare hyper and all its dependencies: a slow machine is slow with both.

mod rustc;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::description::{self, Description};
use crate::readme;
use rustc::Run;
pub use rustc::wrapped;

/// The crates whose compilation counts.
const OWN: &[&str] = &[
    "cf-multipart",
    "cf-redact",
    "cf-types",
    "cf-auth",
    "cf-transport",
    "cf-client",
];
/// The program on this library, and the same one on bare hyper.
const OURS: &str = "list_records";
const BARE: &str = "list_records_bare";
const CHECK: &[&str] = &["check"];
const BUILD: &[&str] = &["build"];
const RELEASE: &[&str] = &["build", "--release"];
/// What compiling all products may cost grows with the API. For a thousand operations: how many times the compiler's time
/// for the bare program, and gigabytes.
const CHECK_ALL: (f64, f64) = (0.88, 1.45);
const BUILD_ALL: (f64, f64) = (1.31, 1.82);
/// How many times as large as the bare program ours may be, with HTTP/2 and without.
const WEIGHT: f64 = 1.25;
const WEIGHT_HTTP1: f64 = 1.03;
/// The limit of lines per operation.
const LINES: usize = 50;

/// What to do.
#[derive(clap::Args)]
pub struct Options {
    /// Puts the table into the README.
    #[arg(long)]
    readme: bool,
}

struct Row {
    what: String,
    measured: String,
    limit: String,
    kept: bool,
}

/// Measures and prints the table. False if a limit is exceeded.
#[allow(clippy::print_stdout)]
pub fn run(options: &Options) -> Result<bool> {
    let budget = Budget::new()?;
    let all = ["-p", "cf-client", "--features", "full"];
    let program = |feature| {
        let only = ["--no-default-features", "--features", feature];
        [&["-p", "cf-budget", "--bin", OURS], &only[..]].concat()
    };

    let operations = Description::load(&description::home())?.operations.len();
    #[allow(clippy::cast_precision_loss)]
    let thousands = operations as f64 / 1000.0;
    let [check_all, build_all] =
        [CHECK_ALL, BUILD_ALL].map(|(times, memory)| (times * thousands, memory * thousands));

    let bare = budget.bare(CHECK)?;
    let mut rows = vec![
        budget
            .compile("`cargo check -p cf-client --features full`", CHECK, &all)?
            .row(bare, check_all.0, Some(check_all.1)),
        budget
            .compile("`cargo check -p cf-client`", CHECK, &all[..2])?
            .row(bare, 0.4, None),
    ];
    let bare = budget.bare(BUILD)?;
    let compiled = budget.compile("`cargo build -p cf-client --features full`", BUILD, &all)?;
    rows.push(compiled.row(bare, build_all.0, Some(build_all.1)));
    let bare = budget.bare(RELEASE)?;
    let what = "release build of a program that lists zones and DNS records";
    rows.push(
        budget
            .compile(what, RELEASE, &program("http2"))?
            .row(bare, 0.9, None),
    );
    rows.push(budget.weight(
        "that program stripped, over the same on bare hyper, rustls and serde_json",
        WEIGHT,
    )?);
    budget.build(&program("client"))?;
    rows.push(budget.weight(
        "that program without the feature `http2`, over the same on bare hyper, with HTTP/2",
        WEIGHT_HTTP1,
    )?);
    rows.push(lines_per_operation(operations)?);

    let table = table(&rows);
    println!("{table}");
    if options.readme {
        write_readme(&table)?;
    }
    Ok(rows.iter().all(|row| row.kept))
}

struct Budget {
    target: PathBuf,
}

impl Budget {
    fn new() -> Result<Self> {
        let target = description::top().join("target/budget");
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        Ok(Budget { target })
    }

    /// rustc's time for a clean build of the program on bare hyper.
    fn bare(&self, how: &[&str]) -> Result<f64> {
        let program = [how, &["-p", "cf-budget", "--bin", BARE]].concat();
        let runs = rustc::watch(&self.target, &program)?;
        Ok(runs.iter().map(|run| run.seconds).sum())
    }

    /// rustc's time for our own crates, and the program if it is one.
    fn compile(&self, what: &'static str, how: &[&str], arguments: &[&str]) -> Result<Compiled> {
        let forget: Vec<&str> = OWN.iter().flat_map(|own| ["-p", own]).collect();
        let clean = [&["clean"], &forget[..]].concat();
        let status = rustc::cargo(&self.target, &clean).status()?;
        ensure!(status.success(), "cargo clean failed");
        let mut runs = rustc::watch(&self.target, &[how, arguments].concat())?;
        runs.retain(|run| run.name == OURS || OWN.contains(&run.name.replace('_', "-").as_str()));
        ensure!(
            runs.len() >= OWN.len(),
            "{what}: not all of our crates were compiled"
        );
        Ok(Compiled { what, runs })
    }

    /// Builds a program, only for its size.
    fn build(&self, program: &[&str]) -> Result<()> {
        let status = rustc::cargo(&self.target, &[RELEASE, program].concat()).status()?;
        ensure!(status.success(), "cargo build failed");
        Ok(())
    }

    /// The size of the program relative to the one on bare hyper.
    #[allow(clippy::cast_precision_loss)]
    fn weight(&self, what: &str, limit: f64) -> Result<Row> {
        let size = |name: &str| -> Result<u64> {
            let path = self.target.join("release").join(name);
            let found = fs::metadata(&path).with_context(|| format!("no {}", path.display()))?;
            Ok(found.len() / 1024)
        };
        let (ours, bare) = (size(OURS)?, size(BARE)?);
        let times = ours as f64 / bare as f64;
        Ok(Row {
            what: what.to_owned(),
            measured: format!("{ours} KB, {times:.2} × {bare} KB"),
            limit: format!("{limit:.2} ×"),
            kept: times <= limit,
        })
    }
}

/// Our own crates, compiled.
struct Compiled {
    what: &'static str,
    runs: Vec<Run>,
}

impl Compiled {
    /// Checks the limits: a multiple of the bare program's time, and the memory of the largest rustc.
    fn row(self, bare: f64, times: f64, gigabytes: Option<f64>) -> Row {
        let seconds: f64 = self.runs.iter().map(|run| run.seconds).sum();
        let largest = self
            .runs
            .iter()
            .map(|run| run.gigabytes)
            .fold(0.0, f64::max);
        let fits = gigabytes.is_none_or(|limit| largest <= limit);
        let also = |value: Option<f64>| value.map(|gb| format!(", {gb:.1} GB")).unwrap_or_default();
        Row {
            what: self.what.to_owned(),
            measured: format!(
                "{seconds:.1} s, {:.2} × {bare:.1} s{}",
                seconds / bare,
                also(gigabytes.map(|_| largest))
            ),
            limit: format!("{times:.2} ×{}", also(gigabytes)),
            kept: seconds <= bare * times && fits,
        }
    }
}

/// Lines of generated code outside models, per operation. Comments do not count.
fn lines_per_operation(operations: usize) -> Result<Row> {
    fn is_code(line: &&str) -> bool {
        let line = line.trim_start();
        !(line.is_empty() || line.starts_with("//") || line.starts_with("#[doc"))
    }
    fn lines(dir: &Path) -> Result<usize> {
        let mut sum = 0;
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.file_stem().is_some_and(|name| name == "definitions") {
                continue;
            }
            sum += if path.is_dir() {
                lines(&path)?
            } else {
                fs::read_to_string(&path)?.lines().filter(is_code).count()
            };
        }
        Ok(sum)
    }
    let all = lines(&description::top().join("crates/cf-types/src/generated"))?;
    let average = all / operations.max(1);
    Ok(Row {
        what: "generated code of one operation, average".to_owned(),
        measured: format!("{average} lines"),
        limit: format!("{LINES} lines"),
        kept: average <= LINES,
    })
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from("| what | measured | limit |\n|---|---|---|\n");
    for row in rows {
        let mark = if row.kept { "" } else { " **over**" };
        out.push_str(&format!(
            "| {} | {}{mark} | {} |\n",
            row.what, row.measured, row.limit
        ));
    }
    out
}

fn write_readme(table: &str) -> Result<()> {
    let said = format!(
        "What that costs, by `cargo xtask budget`: CPU seconds of rustc for our own crates, and how many times that is \
         what\nrustc takes, in the same run and the same way, for the program of the last rows on bare hyper, rustls \
         and serde_json, with\nall that it is built from. With it the largest rustc.\n\n{table}"
    );
    readme::put("budget", &said)
}
