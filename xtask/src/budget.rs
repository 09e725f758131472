//! `cargo xtask budget`: what compiling costs, and what a program weighs, against the limits.
//!
//! Times are CPU seconds, user and system, of our own crates: dependencies are built before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};

use crate::description::{self, Description};
use crate::readme;

/// The crates whose compilation counts.
const OWN: &[&str] = &["cf-types", "cf-auth", "cf-transport", "cf-client"];

struct Row {
    what: String,
    measured: String,
    limit: String,
    kept: bool,
}

/// Measures, prints the table, and puts it into the README. False where a limit is not kept.
#[allow(clippy::print_stdout)]
pub fn run() -> Result<bool> {
    let target = description::top().join("target/budget");
    let bench = Bench { target };
    let list = [
        "--no-default-features",
        "--features",
        "hyper,ring,zones,dns",
        "--example",
        "list_records",
    ];
    let mut rows = vec![
        bench.compile(
            "`cargo check -p cf-client --features full`",
            &["check", "-p", "cf-client", "--features", "full"],
            150.0,
            Some(4.0),
        )?,
        bench.compile(
            "`cargo build -p cf-client --features full`",
            &["build", "-p", "cf-client", "--features", "full"],
            240.0,
            Some(5.0),
        )?,
        bench.compile(
            "`cargo check -p cf-client`",
            &["check", "-p", "cf-client"],
            12.0,
            None,
        )?,
        bench.compile(
            "release build of a program that lists zones and DNS records",
            &[&["build", "--release", "-p", "cf-client"][..], &list[..]].concat(),
            25.0,
            None,
        )?,
    ];
    rows.push(bench.weight(&list)?);
    rows.push(lines_per_operation()?);
    let table = table(&rows);
    println!("{table}");
    write_readme(&table)?;
    Ok(rows.iter().all(|row| row.kept))
}

struct Bench {
    target: PathBuf,
}

impl Bench {
    fn cargo(&self, arguments: &[&str]) -> Result<()> {
        let status = Command::new(env!("CARGO"))
            .args(arguments)
            .arg("--quiet")
            .arg("--target-dir")
            .arg(&self.target)
            .env("CARGO_INCREMENTAL", "0")
            .current_dir(description::top())
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            bail!("`cargo {}` failed", arguments.join(" "));
        }
        Ok(())
    }

    /// Builds all, forgets our own crates, and measures building them again.
    fn compile(
        &self,
        what: &str,
        arguments: &[&str],
        seconds: f64,
        gigabytes: Option<f64>,
    ) -> Result<Row> {
        self.cargo(arguments)?;
        for profile in ["--profile=dev", "--profile=release"] {
            let mut clean = vec!["clean", profile];
            for own in OWN {
                clean.extend(["-p", own]);
            }
            self.cargo(&clean)?;
        }
        let before = cpu_seconds()?;
        self.cargo(arguments)?;
        let took = cpu_seconds()? - before;
        let memory = peak_gigabytes()?;
        let fits = gigabytes.is_none_or(|limit| memory <= limit);
        let also = |value: Option<f64>| value.map(|gb| format!(", {gb:.1} GB")).unwrap_or_default();
        Ok(Row {
            what: what.to_owned(),
            measured: format!("{took:.1} s{}", also(gigabytes.map(|_| memory))),
            limit: format!("{seconds:.0} s{}", also(gigabytes)),
            kept: took <= seconds && fits,
        })
    }

    /// How much more the program weighs than the same on bare hyper.
    fn weight(&self, ours: &[&str]) -> Result<Row> {
        let bare = [
            "--no-default-features",
            "--features",
            "hyper,ring",
            "--example",
            "list_records_bare",
        ];
        self.cargo(&[&["build", "--release", "-p", "cf-client"][..], &bare[..]].concat())?;
        self.cargo(&[&["build", "--release", "-p", "cf-client"][..], ours].concat())?;
        let size = |name: &str| -> Result<u64> {
            let path = self.target.join("release/examples").join(name);
            Ok(fs::metadata(&path)
                .with_context(|| format!("no {}", path.display()))?
                .len())
        };
        let (ours, bare) = (size("list_records")?, size("list_records_bare")?);
        let more = ours.saturating_sub(bare) / 1024;
        Ok(Row {
            what: "that program stripped, over the same on bare hyper, rustls and serde_json"
                .to_owned(),
            measured: format!("{} KB (+ {more} KB)", ours / 1024),
            limit: "+ 700 KB".to_owned(),
            kept: more <= 700,
        })
    }
}

/// The CPU time of all programs that this one has run.
#[allow(clippy::cast_precision_loss)]
fn cpu_seconds() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// The memory of the largest program that this one has run.
#[allow(clippy::cast_precision_loss)]
fn peak_gigabytes() -> Result<f64> {
    let kilobytes = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    Ok(kilobytes as f64 / 1024.0 / 1024.0)
}

/// Lines of generated source outside models, per operation.
fn lines_per_operation() -> Result<Row> {
    fn lines(dir: &Path) -> Result<usize> {
        let mut sum = 0;
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "definitions") {
                    sum += lines(&path)?;
                }
            } else {
                sum += fs::read_to_string(&path)?.lines().count();
            }
        }
        Ok(sum)
    }
    let operations = Description::load(&description::home())?.operations.len();
    let all = lines(&description::top().join("crates/cf-types/src/generated"))?;
    let average = all / operations.max(1);
    Ok(Row {
        what: "generated source of one operation, average".to_owned(),
        measured: format!("{average} lines"),
        limit: "60 lines".to_owned(),
        kept: average <= 60,
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
        "What that costs, by `cargo xtask budget` on 2 cores (CPU seconds and the largest rustc; our\n\
         own crates, dependencies built before):\n\n{table}"
    );
    readme::put("budget", &said)
}
